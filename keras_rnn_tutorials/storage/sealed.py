"""Arrays in files with a digest, so that damage is detected."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage import files

_DIGEST_BYTES = 32


def to_bytes(arrays: dict[str, np.ndarray], key: str) -> bytes:
    """An uncompressed .npz file, which is the fastest to read, and its digest.

    Args:
        arrays: by name.
        key: describes the arrays; `from_bytes` requires the same key.

    Returns:
        The bytes of a file.

    Raises:
        TypeError: an array holds Python objects, which only pickle could store.
    """
    for label, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"Array {label!r} holds Python objects, which only pickle could store.")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # for mypy all are allow_pickle
    buffer.write(_digest(buffer.getbuffer(), key))
    return buffer.getvalue()


def from_bytes(stored: bytes, key: str) -> dict[str, np.ndarray]:
    """Undoes `to_bytes`.

    Args:
        stored: the bytes of a file.
        key: describes the expected arrays.

    Returns:
        The arrays by their names.

    Raises:
        ValueError: the bytes are damaged or belong to another key.
    """
    content, digest = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    # The checksums inside an .npz file leave out its headers, and NumPy fails on a damaged header
    # in ways too many to name; so nothing is parsed before the whole file is known to be sound.
    if digest != _digest(content, key):
        raise ValueError("The digest does not match.")
    try:
        return _loaded(content)
    except Exception as error:  # NumPy and zipfile raise many kinds
        raise ValueError(f"It is sealed, but no file of arrays: {error}") from error


def read_listed(path: Path) -> dict[str, np.ndarray]:
    """Reads an .npz file of this repository that another program wrote.

    Args:
        path: of the file. If there is a file SHA256SUMS beside it, that lists its digest: a zip
            file that has lost part of its directory still opens, but lacks arrays.

    Returns:
        The arrays by their names.

    Raises:
        UserError: it cannot be read, or is damaged.
    """
    try:
        stored = files.read_regular(path)
        line = f"{hashlib.sha256(stored).hexdigest()}  {path.name}\n".encode()
        sums = path.with_name("SHA256SUMS")
        if sums.exists() and line not in sums.read_bytes():
            raise ValueError("its digest is not in SHA256SUMS")
        return _loaded(stored, zipfile.ZIP_DEFLATED)
    except Exception as error:  # zipfile, zlib and NumPy raise many kinds
        raise UserError(
            f"{path} cannot be read ({error}): restore it from the repository."
        ) from error


def _loaded(content: bytes, *compressions: int) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # An uncompressed file cannot need more memory than it has bytes.
        if any(
            m.compress_type not in (zipfile.ZIP_STORED, *compressions) for m in archive.filelist
        ):
            raise ValueError("it is compressed")
    with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
        if repeated := len(loaded.files) - len(set(loaded.files)):
            raise ValueError(f"{repeated} of its names occur twice")
        return dict(loaded)


def _digest(content: bytes | memoryview, key: str) -> bytes:
    # The key is included, so that a file copied to another key's name is detected.
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return digest.digest()
