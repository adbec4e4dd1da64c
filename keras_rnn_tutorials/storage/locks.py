"""A directory in use by one run at a time."""

import contextlib
import fcntl
import os
from pathlib import Path

from keras_rnn_tutorials.errors import UserError

NAME = ".lock"


@contextlib.contextmanager
def held(directory: Path):
    """Holds a directory for the length of the block.

    The lock is the system's own on an open file, so a process that dies holds nothing. On a network
    file system it may keep out only the processes of one machine.

    Args:
        directory: what to hold; it exists.

    Raises:
        UserError: another process holds it.
    """
    path = directory / NAME
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace")
            os.close(descriptor)
            process = f" (process {holder})" if holder.isdigit() else ""
            raise UserError(
                f"Another run{process} is writing to {directory}: wait for it, or name another "
                "place with --out_dir."
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_still(path, descriptor):
            break
        os.close(descriptor)  # its last holder has just removed it
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
