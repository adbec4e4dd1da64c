"""A directory in use by one process at a time."""

import contextlib
import os
from pathlib import Path

import filelock

from keras_rnn_tutorials.errors import UserError

NAME = ".lock"


@contextlib.contextmanager
def held(directory: Path, otherwise: str = ""):
    """Holds a directory for the length of the block.

    The lock is the system's own on an open file, so a process that dies holds nothing. On a network
    file system it may keep out only the processes of one machine.

    Args:
        directory: what to hold; it exists.
        otherwise: what else a user can do than wait, for the message.

    Raises:
        UserError: another process holds it.
        OSError: the lock's file is a link, or cannot be opened.
    """
    path = directory / NAME
    lock = filelock.FileLock(path, timeout=0.2)  # its last holder may just be removing it
    try:
        lock.acquire()
    except filelock.Timeout:
        otherwise = f", or {otherwise}" if otherwise else ""
        raise UserError(
            f"Another process{_holder(path)} is writing to {directory}: wait for it{otherwise}."
        ) from None
    try:
        if path.lstat().st_nlink == 1:  # else the file has another name, and is somebody's own
            path.write_text(str(os.getpid()))
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps a file that is open
            path.unlink()
        lock.release()


def _holder(path: Path) -> str:
    try:
        holder = path.read_text()
    except (OSError, ValueError):  # Windows lets nobody read a file that is locked
        return ""
    return f" ({holder})" if holder.isdigit() else ""
