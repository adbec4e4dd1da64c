"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from keras_rnn_tutorials.errors import CannotWrite


def write_whole(path: Path, content: bytes):
    """Writes a file beside its place, flushes it, and renames it there.

    A reader meets the old file or the new one, never a part, whatever stops the process or the
    machine. Who may read it is decided by the process' umask, as for any new file.

    Args:
        path: where the file goes; its directory exists.
        content: all of it.
    """
    name = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(name, flags, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    flush(path.parent)


def read_regular(path: Path) -> bytes:
    """Reads a file, and nothing that only stands in the place of one.

    A named pipe would have its reader wait for ever, and a device may never end.

    Args:
        path: of the file, or of a link to one.

    Raises:
        OSError: it cannot be read, or is a directory, a pipe, a socket or a device.
    """
    if not stat.S_ISREG(mode := os.stat(path).st_mode):
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        reason = os.strerror(number) if stat.S_ISDIR(mode) else "not a regular file"
        raise OSError(number, reason, str(path))
    return Path(path).read_bytes()


def flush(path: Path):
    """Has the system put on the disk what it holds back of a file, or the names of a directory.

    Args:
        path: a file or a directory.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():
            return  # Windows opens no directory
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        # EINVAL: a file system that cannot flush a directory. EBADF: Windows flushes only what was
        # opened for writing.
        if error.errno not in (errno.EINVAL, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def flush_all(path: Path):
    """Flushes a file, or a directory with all that is in it."""
    if path.is_symlink():
        return  # what it leads to is somebody else's
    if path.is_dir():
        for inner in path.iterdir():
            flush_all(inner)
    flush(path)


@contextlib.contextmanager
def writing(directory: Path, otherwise: str = ""):
    """Turns a system's refusal to write inside the block into a `CannotWrite`.

    Args:
        directory: what is being written to, for the message.
        otherwise: what else a user can do, for the message: "name another place with --flag".

    Raises:
        CannotWrite: the disk is full, or the directory cannot be written.
    """
    otherwise = f", or {otherwise}" if otherwise else ""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotWrite(
                f"No space is left on the device of {directory}: free some{otherwise}. Nothing "
                "half-written was left."
            ) from error
        raise CannotWrite(
            f"{directory} cannot be written ({error.strerror or error}): make it writable"
            f"{otherwise}."
        ) from error
