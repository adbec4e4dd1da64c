"""Runs commands in forks of a process that has imported TensorFlow.

The import takes 4 seconds of processor time, and a fork takes almost none. The process to fork from
is `python -m tests.commands`. It reads commands from its standard input, one JSON list per line,
and answers each with its exit status. In it, the generated samples have 3,500 training images and
1,000 training reviews.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Forks:
    """The process to fork from, started by the first command."""

    def __init__(self):
        self._process = None

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess:
        """Runs a module as `python -m` would, in the repository's folder.

        Args:
            module: its name.
            *arguments: of the command.

        Returns:
            Exit status and what was written, as `subprocess.run` returns them.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.commands"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        with tempfile.TemporaryDirectory() as directory:
            streams = [str(Path(directory, name)) for name in ("out.txt", "err.txt")]
            print(json.dumps([module, arguments, *streams]), file=self._process.stdin, flush=True)
            status = json.loads(self._process.stdout.readline())
            written = [Path(path).read_text() for path in streams]
        return subprocess.CompletedProcess([module, *arguments], status, *written)

    def close(self):
        """Ends the process."""
        if self._process is not None:
            self._process.communicate()


def main():
    """Runs what standard input asks for, until it ends."""
    import keras_rnn_tutorials.runner.loop  # noqa: F401
    import keras_rnn_tutorials.tf1  # noqa: F401
    from tests.faults import forks, samples

    samples.shorten(digits=3_500, reviews=1_000)
    for line in sys.stdin:
        print(json.dumps(forks.Child(*json.loads(line)).wait()), flush=True)


if __name__ == "__main__":
    from tests.faults import one_thread  # noqa: F401  starts Python again

    main()
