"""A cache on disk for arrays that take long to compute."""

import functools
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import keras_rnn_tutorials
from keras_rnn_tutorials.storage import sealed
from keras_rnn_tutorials.storage.files import read_regular, write_whole
from keras_rnn_tutorials.storage.printable import escaped


def arrays(
    directory: str | os.PathLike,
    name: str,
    key: str,
    make: Callable[[], dict[str, np.ndarray]],
    fault: Callable[[dict[str, np.ndarray]], str | None] = lambda _: None,
) -> dict[str, np.ndarray]:
    """Returns the arrays stored under a key, or computes and stores them.

    They are stored in `directory` or, if that cannot be written to, in the user's own cache
    directory. If that cannot be written to either, a line on stderr says so and nothing is stored.
    A file that is damaged or cannot be read is not used; a line on stderr says so.

    Args:
        directory: where to store them; created if missing.
        name: the start of the file's name.
        key: everything that the arrays depend on, except this package's own code, as any text. Each
            key and each version of this package has its own file.
        make: computes the arrays; called only if there is no valid file for this key.
        fault: returns what is wrong with arrays from a file; None if they are valid.

    Returns:
        The arrays by their names.

    Raises:
        TypeError: an array holds Python objects, which only pickle could store.
    """
    key = f"{key} {_code()}"
    file_name = f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    paths = [Path(place, file_name) for place in (directory, *_user_directory())]
    for path in paths:
        try:
            kept = sealed.from_bytes(read_regular(path), key)
            if not fault(kept):
                return kept
            _say(f"The cache {path} is damaged; doing without it.")
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


@functools.cache
def _code() -> str:
    """This package's version, and a digest of the modules that compute the arrays."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return f"{keras_rnn_tutorials.__version__} {digest.hexdigest()}"


def _user_directory() -> list[Path]:
    """The user's own cache directory, or nothing for a user without a home directory."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification says to ignore a relative path
        base = os.path.expanduser("~/.cache")
    return [Path(base, "keras_rnn_tutorials")] if os.path.isabs(base) else []


def _say(line: str) -> None:
    print(escaped(line), file=sys.stderr)
