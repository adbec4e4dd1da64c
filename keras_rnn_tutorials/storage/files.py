"""Files that are written completely or not at all."""

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from keras_rnn_tutorials.errors import CannotWrite


def write_whole(path: Path, content: bytes):
    """Writes a temporary file, flushes it, and renames it to its final name.

    A reader sees the old file or the new one, never a part of it, whatever stops the process or the
    machine. The process' umask determines the permissions, as for any new file.

    Args:
        path: of the file; its directory exists.
        content: the whole content.
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
    """Reads a regular file, and refuses anything else.

    A named pipe would make its reader wait forever, and a device may never end.

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
    """Makes the system write its buffered data of a file, or the names in a directory, to disk.

    Args:
        path: a file or a directory.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():
            return  # Windows cannot open a directory
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
    """Flushes a file, or a directory with everything in it."""
    if path.is_symlink():
        return  # its target belongs to somebody else
    if path.is_dir():
        for inner in path.iterdir():
            flush_all(inner)
    flush(path)


@contextlib.contextmanager
def writing(directory: Path, otherwise: str = ""):
    """Turns an OSError about writing, raised in the block, into a `CannotWrite`.

    Args:
        directory: the directory being written to, for the error message.
        otherwise: what else a user can do, for the error message, such as "choose another folder
            with --flag".

    Raises:
        CannotWrite: the disk is full, or the directory cannot be written to.
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
