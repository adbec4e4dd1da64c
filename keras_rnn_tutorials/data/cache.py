"""Arrays that take long to make, kept on disk."""

import hashlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.files import write_whole

_DIGEST_BYTES = 32


def arrays(
    directory: str | os.PathLike,
    name: str,
    key: str,
    make: Callable[[], dict[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Returns the arrays kept under a key, or makes and keeps them.

    They are kept in `directory` or, where that cannot be written, in the user's own cache
    directory; where that cannot be written either, a line on stderr says so and nothing is kept.
    A file that is damaged or cannot be read is not used; a line on stderr says so.

    Args:
        directory: where to keep them; created if missing.
        name: how the file's name begins.
        key: everything that the arrays depend on, as any text. Other keys have other files.
        make: makes the arrays; called only if no whole file has this key.

    Returns:
        The arrays by their names.

    Raises:
        TypeError: an array holds Python objects, which only pickle could store.
    """
    file_name = f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    paths = [Path(place, file_name) for place in (directory, *_user_directory())]
    for path in paths:
        try:
            return _from_bytes(path.read_bytes(), key)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            _say(f"Cannot read the cache {path} ({error.strerror}); doing without it.")
        except ValueError:
            _say(f"The cache {path} is damaged; doing without it.")

    made = make()
    content = _to_bytes(made, key)
    failures = []
    for path in paths:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
            return made
        except OSError as error:
            failures.append(f"{path.parent}: {error.strerror}")
    _say(f"Cannot cache the {name} ({'; '.join(failures)}); the next run makes them again.")
    return made


def _user_directory() -> list[Path]:
    """The user's own cache directory, or nothing for a user without a home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification has a relative path ignored
        base = os.path.expanduser("~/.cache")
    return [Path(base, "keras_rnn_tutorials")] if os.path.isabs(base) else []


def _to_bytes(made: dict[str, np.ndarray], key: str) -> bytes:
    """An uncompressed .npz file, the quickest to read, and its digest."""
    for label, array in made.items():
        if array.dtype.hasobject:
            raise TypeError(f"Array {label!r} holds Python objects, which only pickle could store.")
    buffer = io.BytesIO()
    np.savez(buffer, **made)
    buffer.write(_digest(buffer.getbuffer(), key))
    return buffer.getvalue()


def _digest(content: bytes | memoryview, key: str) -> bytes:
    # The key counts, so that a file copied to another key's name is found out.
    digest = hashlib.sha256(key.encode())
    digest.update(content)
    return digest.digest()


def _from_bytes(stored: bytes, key: str) -> dict[str, np.ndarray]:
    """Undoes `_to_bytes`; raises ValueError for bytes that are damaged or another key's."""
    content, digest = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    # The checksums inside an .npz file leave out its headers, and NumPy fails on a damaged header
    # in ways too many to name; so nothing is parsed before the whole file is known to be sound.
    if digest != _digest(content, key):
        raise ValueError("The digest does not match.")
    with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
        return dict(loaded)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
