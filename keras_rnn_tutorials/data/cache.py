"""Arrays that take long to make, kept on disk."""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.storage import sealed
from keras_rnn_tutorials.storage.files import write_whole


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
            return sealed.from_bytes(path.read_bytes(), key)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            _say(f"Cannot read the cache {path} ({error.strerror}); doing without it.")
        except ValueError:
            _say(f"The cache {path} is damaged; doing without it.")

    made = make()
    content = sealed.to_bytes(made, key)
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


def _say(line: str) -> None:
    print(line, file=sys.stderr)
