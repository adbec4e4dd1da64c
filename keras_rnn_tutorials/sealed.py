"""Arrays in files that tell when they are damaged."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.errors import UserError

_DIGEST_BYTES = 32


def to_bytes(arrays: dict[str, np.ndarray], key: str) -> bytes:
    """An uncompressed .npz file, the quickest to read, and its digest.

    Args:
        arrays: by their names.
        key: what the arrays are; `from_bytes` asks for the same.

    Returns:
        The bytes of a file.

    Raises:
        TypeError: an array holds Python objects, which only pickle could store.
    """
    for label, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"Array {label!r} holds Python objects, which only pickle could store.")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    buffer.write(_digest(buffer.getbuffer(), key))
    return buffer.getvalue()


def from_bytes(stored: bytes, key: str) -> dict[str, np.ndarray]:
    """Undoes `to_bytes`.

    Args:
        stored: the bytes of a file.
        key: what the arrays should be.

    Returns:
        The arrays by their names.

    Raises:
        ValueError: the bytes are damaged or another key's.
    """
    content, digest = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    # The checksums inside an .npz file leave out its headers, and NumPy fails on a damaged header
    # in ways too many to name; so nothing is parsed before the whole file is known to be sound.
    if digest != _digest(content, key):
        raise ValueError("The digest does not match.")
    with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
        return dict(loaded)


def check_zip(path: Path):
    """Reads all of a zip file, and holds it to its checksums.

    Args:
        path: of the file.

    Raises:
        Exception: it is damaged; of whatever type `zipfile` comes up with.
    """
    with zipfile.ZipFile(path) as archive:
        if (damaged := archive.testzip()) is not None:
            raise zipfile.BadZipFile(f"{damaged} is not what was written")


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Reads an .npz file of this repository, which another program wrote.

    Args:
        path: of the file.

    Returns:
        The arrays by their names.

    Raises:
        UserError: it cannot be read, or is damaged.
    """
    try:
        check_zip(path)
        with np.load(path, allow_pickle=False) as loaded:
            return dict(loaded)
    except Exception as error:  # whatever zipfile, zlib and NumPy come up with
        raise UserError(
            f"{path} is damaged ({type(error).__name__}): restore it from the repository."
        ) from error


def _digest(content: bytes | memoryview, key: str) -> bytes:
    # The key counts, so that a file copied to another key's name is found out.
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return digest.digest()
