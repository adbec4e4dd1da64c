"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from keras_rnn_tutorials.errors import UserError


def write_whole(path: Path, content: bytes):
    """Writes a file beside its place, flushes it, and renames it there.

    A reader meets the old file or the new one, never a part.

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
        os.unlink(name)
        raise


@contextlib.contextmanager
def writing(directory: Path):
    """Turns a system's refusal to write inside the block into a `UserError`.

    Args:
        directory: what is being written to, for the message.

    Raises:
        UserError: the disk is full, or the directory cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"No space is left on the device of {directory}: free some, or name another place "
                "with --out_dir. Nothing half-written was left."
            ) from error
        raise UserError(
            f"{directory} cannot be written ({error.strerror or error}): name another place with "
            "--out_dir."
        ) from error
