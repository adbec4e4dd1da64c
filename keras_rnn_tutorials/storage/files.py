"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from keras_rnn_tutorials.errors import CannotWrite


def write_whole(path: Path, content: bytes):
    """Writes a file beside its place, flushes it, and renames it there.

    A reader meets the old file or the new one, never a part, whatever stops the process or the
    machine.

    Args:
        path: where the file goes; its directory exists.
        content: all of it.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    flush(path.parent)


def flush(path: Path):
    """Has the system put on the disk what it holds back of a file, or the names of a directory.

    Args:
        path: a file or a directory.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot flush a directory
            raise
    finally:
        os.close(descriptor)


def flush_all(path: Path):
    """Flushes a file, or a directory with all that is in it."""
    if path.is_dir():
        for inner in path.iterdir():
            flush_all(inner)
    flush(path)


@contextlib.contextmanager
def writing(directory: Path):
    """Turns a system's refusal to write inside the block into a `CannotWrite`.

    Args:
        directory: what is being written to, for the message.

    Raises:
        CannotWrite: the disk is full, or the directory cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotWrite(
                f"No space is left on the device of {directory}: free some, or name another place "
                "with --out_dir. Nothing half-written was left."
            ) from error
        raise CannotWrite(
            f"{directory} cannot be written ({error.strerror or error}): name another place with "
            "--out_dir."
        ) from error
