"""Lets a program continue if standard output or error cannot be written to."""

import contextlib
import os
import sys


class Guarded:
    """A text stream; once writing fails, everything written to it is dropped.

    Attributes:
        failure: the system's error, or None.
    """

    def __init__(self, stream):
        """Takes the stream to write to."""
        self._stream, self.failure = stream, None

    def __getattr__(self, name):
        """All other attributes are the stream's own."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes a text, or drops it."""
        with self._dropping():
            self._stream.write(text)
        return len(text)

    def writelines(self, lines):
        """Writes several texts, or drops them."""
        for line in lines:
            self.write(line)

    def flush(self):
        """Makes the stream write its buffered text."""
        with self._dropping():
            self._stream.flush()

    @contextlib.contextmanager
    def _dropping(self):
        try:
            yield
        except OSError as error:
            if self.failure is None:
                self.failure = error
            # Otherwise Python would fail again at exit, over the text that the stream still holds.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


@contextlib.contextmanager
def guarded():
    """Guards standard output and error during the block.

    A character that the stream's encoding lacks is written as an escape. If standard output cannot
    be written to, a line on standard error says so at the end; a pipe whose reader has exited is
    not reported.

    Yields:
        The guarded standard output and error.
    """
    old = sys.stdout, sys.stderr
    for stream in old:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = new = Guarded(old[0]), Guarded(old[1])
    try:
        yield new
    finally:
        new[0].flush()
        if new[0].failure and not isinstance(new[0].failure, BrokenPipeError):
            reason = new[0].failure.strerror
            print(f"Standard output could not be written: {reason}.", file=sys.stderr)
        new[1].flush()
        sys.stdout, sys.stderr = old
