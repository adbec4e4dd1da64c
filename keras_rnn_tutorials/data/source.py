"""Finds the data: prepared by TFDS, downloaded through TFDS, or generated here."""

import contextlib
import errno
import hashlib
import os
import re
import sys
import threading
import urllib.request
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage import strict_json
from keras_rnn_tutorials.storage.files import read_regular
from keras_rnn_tutorials.storage.printable import escaped

# The addresses that TFDS downloads from, to check whether they can be reached.
_ADDRESS = {
    "mnist": "https://storage.googleapis.com/cvdf-datasets/mnist/train-labels-idx1-ubyte.gz",
    "imdb_reviews": "https://ai.stanford.edu/~amaas/data/sentiment/",
}
_PATIENCE = 5  # seconds; TFDS itself would keep trying for 205
# Where TFDS stores the configuration that the tutorials read, and the version it downloads.
_PLACE = {"mnist": ("mnist",), "imdb_reviews": ("imdb_reviews", "plain_text")}
_VERSION = {"mnist": "3.0.1", "imdb_reviews": "1.0.0"}
# Caused by the system, not by the data.
_NOT_DAMAGE = {
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ESTALE,
    errno.ETIMEDOUT,
}


def find(name: str, data: str, data_dir: str | None):
    """Finds a data set, and downloads it if necessary and possible.

    Args:
        name: TFDS' name of the data set.
        data: "auto" falls back to the generated sample, "tfds" never does, "sample" always uses it.
        data_dir: where TFDS stores its data sets; by default TFDS_DATA_DIR, then TFDS' default.

    Returns:
        A TFDS builder whose data are prepared, or None if the sample is to be used.

    Raises:
        UserError: data is "tfds" and no data are available, or the existing data cannot be read.
    """
    if data == "sample":
        return None
    given = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    root = Path(given).expanduser()
    names = {data_dir: "--data_dir", os.environ.get("TFDS_DATA_DIR"): "TFDS_DATA_DIR"}
    _refuse_undecodable(root, names.get(given, "the default of --data_dir"))
    if root.exists() and not root.is_dir():
        raise UserError(f"--data_dir={root} is not a directory: name the one that TFDS keeps.")
    prepared = _prepared(name, root)
    if prepared is not None:
        return _open(prepared)
    absent = f"No prepared {name} lies under {root}"
    if not _reachable(_ADDRESS[name]):
        reason = f"{absent}, and the network cannot be reached"
    else:
        try:
            return _download(name, root)
        except Exception as error:  # TFDS and the network raise many kinds
            reason = f"{absent}, and its download failed ({_first_line(error)})"
    place = Path(root, *_PLACE[name], _VERSION[name])
    by_hand = f"Files that TFDS prepared elsewhere go to {place}."
    if data == "tfds":
        raise UserError(
            f"{reason}: name its directory with --data_dir, or use --data=sample. {by_hand}"
        )
    print(escaped(f"{reason}: using the generated sample instead. {by_hand}"), file=sys.stderr)
    return None


def _prepared(name: str, root: Path) -> Path | None:
    """The directory of the newest complete version, or of the newest one if none is complete."""
    directory = root.joinpath(*_PLACE[name])
    try:
        versions = {
            tuple(map(int, path.name.split("."))): path
            for path in (directory.iterdir() if directory.is_dir() else ())
            # TFDS itself writes to VERSION.incompleteSOMETHING, and renames that at the end.
            if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}", path.name)
            and (path / "dataset_info.json").exists()
        }
        if not versions:
            return None
        newest = versions[max(versions)]
        whole = {version: path for version, path in versions.items() if _is_whole(path)}
    except OSError as error:
        raise _unreadable(directory, error.strerror) from error
    if not whole or max(whole) == max(versions):
        return newest
    taken = whole[max(whole)]
    print(escaped(f"{newest} lacks files of its data: reading {taken} instead."), file=sys.stderr)
    return taken


def _is_whole(path: Path) -> bool:
    """Whether both splits have all their shards; the names of the shards state their number."""
    shards = [
        re.fullmatch(r".*-(train|test)\.\w+-[0-9]{5}-of-([0-9]{5})", file.name)
        for file in path.iterdir()
    ]
    found = [(shard[1], int(shard[2])) for shard in shards if shard]
    return {split for split, _ in found} == {"train", "test"} and all(
        found.count((split, count)) == count for split, count in found
    )


def read(builder, split: str, feature: str) -> Split:
    """Reads one split of a prepared data set into memory, in the stored order.

    Args:
        builder: what `find` returned.
        split: "train" or "test".
        feature: the name of the input feature, for example "image".

    Returns:
        The split, as TFDS stores it.

    Raises:
        UserError: the prepared files are damaged.
    """
    with _told_as_damage(builder.data_path):
        whole = builder.as_dataset(split=split, batch_size=-1)
        x, y = whole[feature].numpy(), whole["label"].numpy()
    expected = builder.info.splits[split].num_examples
    if len(y) != expected:
        raise damaged(builder.data_path, f"{split} holds {len(y)} of {expected} examples")
    return Split(x, np.asarray(y, np.int64))


def cache_directory(builder) -> Path:
    """The directory for arrays computed from prepared data: beside the data.

    Args:
        builder: what `find` returned.

    Returns:
        The directory, which need not exist.
    """
    # The prepared data are in ROOT/NAME/VERSION or ROOT/NAME/CONFIG/VERSION.
    root = Path(builder.data_dir).parents[builder.info.full_name.count("/")]
    return root / "keras_rnn_tutorials"


def fingerprint(builder) -> str:
    """A SHA-256 of the prepared files, which identifies what is computed from them.

    Args:
        builder: what `find` returned.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(builder.data_path).glob("*.tfrecord*")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _open(path: Path):
    import tensorflow_datasets as tfds

    with _told_as_damage(path):
        _refuse_foreign_features(path / "features.json")
        builder = tfds.builder_from_directory(path)
        named = [Path(f) for split in builder.info.splits.values() for f in split.filepaths]
    for file in named:  # the names are derived from dataset_info.json
        if os.path.dirname(os.path.abspath(file)) != os.path.abspath(path):
            raise damaged(path, f"its dataset_info.json names {file}, which is outside of it")
    return builder


def _refuse_foreign_features(path: Path):
    """Refuses classes that are not TFDS' own: TFDS would import any module that the file names."""
    unchecked = [strict_json.loads(read_regular(path))]
    while unchecked:
        value = unchecked.pop()
        if isinstance(value, dict):
            for key in {"pythonClassName", "python_class_name", "type"} & value.keys():
                if not str(value[key]).startswith("tensorflow_datasets."):
                    raise ValueError(
                        f"its features.json names {value[key]}, which is not TFDS' own"
                    )
            unchecked += value.values()
        elif isinstance(value, list):
            unchecked += value


def _download(name: str, root: Path):
    import tensorflow_datasets as tfds

    print(f"Downloading {name} through TFDS to {root} ...", file=sys.stderr)
    builder = tfds.builder(name, data_dir=root)
    builder.download_and_prepare()
    return builder


def _reachable(address: str) -> bool:
    answered = threading.Event()

    def ask():
        try:
            request = urllib.request.Request(address, method="HEAD")
            with urllib.request.urlopen(request, timeout=_PATIENCE):
                answered.set()
        except OSError:
            pass

    # In a separate thread, because no timeout limits the lookup of a host name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return answered.is_set()


def damaged(path, why) -> UserError:
    """The error for prepared data that differ from what TFDS prepared.

    Args:
        path: of their directory.
        why: an exception or a text.
    """
    return UserError(
        f"The prepared data in {path} cannot be read ({_first_line(why)}): delete that directory, "
        "and it will be downloaded again."
    )


def _unreadable(path, why) -> UserError:
    return UserError(
        f"The data in {path} cannot be read ({_first_line(why)}): they need not be damaged, so see "
        "to its permissions, its disk, or the memory."
    )


@contextlib.contextmanager
def _told_as_damage(path):
    import tensorflow as tf

    refusals = (
        tf.errors.PermissionDeniedError,
        tf.errors.ResourceExhaustedError,
        tf.errors.UnavailableError,
    )
    try:
        yield
    except (ImportError, MemoryError):  # the installation or the machine is at fault, not the data
        raise
    except UnicodeEncodeError as error:
        _refuse_undecodable(Path.cwd(), "the working directory")
        raise damaged(path, error) from error
    except Exception as error:  # TFDS raises many kinds for damaged files
        if isinstance(error, refusals) or getattr(error, "errno", None) in _NOT_DAMAGE:
            raise _unreadable(path, error) from error
        raise damaged(path, error) from error


def _refuse_undecodable(path: Path, name: str):
    """Refuses a path that is not in UTF-8: TensorFlow cannot open such a file."""
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{name}={path}: rename that path, which is not in UTF-8, or give another."
        ) from None


def _first_line(error) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return escaped(lines[0][:200])
