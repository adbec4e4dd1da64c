"""A directory in use by one process at a time."""

import contextlib
import os
from pathlib import Path

import filelock

from keras_rnn_tutorials.errors import UserError

NAME = ".lock"


@contextlib.contextmanager
def held(directory: Path, otherwise: str = ""):
    """Locks a directory during the block.

    It is the system's lock on an open file, so a process that dies releases it. On a network file
    system it may only exclude processes of the same machine.

    Args:
        directory: the directory to lock; it exists.
        otherwise: what a user can do instead of waiting, for the error message.

    Raises:
        UserError: another process holds the lock.
        OSError: the lock file is a link, or cannot be opened.
    """
    path = directory / NAME
    lock = filelock.FileLock(path, timeout=0.2)  # its last holder may be removing it at this moment
    try:
        lock.acquire()
    except filelock.Timeout:
        otherwise = f", or {otherwise}" if otherwise else ""
        raise UserError(
            f"Another process{_holder(path)} is writing to {directory}: wait for it{otherwise}."
        ) from None
    try:
        if path.lstat().st_nlink == 1:  # else it has another name, and belongs to somebody
            path.write_text(str(os.getpid()))
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows does not remove an open file
            path.unlink()
        lock.release()


def _holder(path: Path) -> str:
    try:
        holder = path.read_text()
    except (OSError, ValueError):  # on Windows a locked file cannot be read
        return ""
    return f" ({holder})" if holder.isdigit() else ""
