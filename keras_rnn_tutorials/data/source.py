"""Where the data come from: prepared by TFDS, downloaded through TFDS, or generated here."""

import contextlib
import hashlib
import os
import sys
import threading
import urllib.request
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage.printable import escaped

# The address that TFDS downloads each data set from: can it be reached?
_ADDRESS = {
    "mnist": "https://storage.googleapis.com/cvdf-datasets/mnist/train-labels-idx1-ubyte.gz",
    "imdb_reviews": "https://ai.stanford.edu/~amaas/data/sentiment/",
}
_PATIENCE = 5  # seconds; TFDS itself would try for 205


def find(name: str, data: str, data_dir: str | None):
    """Finds a data set, downloading it where that is possible.

    Args:
        name: TFDS' name of the data set.
        data: "auto" falls back on the generated sample, "tfds" never does, "sample" never asks.
        data_dir: where TFDS keeps its data sets; by default TFDS_DATA_DIR, then TFDS' own place.

    Returns:
        A TFDS builder whose data are prepared, or None where the sample is to be used.

    Raises:
        UserError: data is "tfds" and there are none to be had, or what is there cannot be read.
    """
    if data == "sample":
        return None
    root = Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    if root.exists() and not root.is_dir():
        raise UserError(f"--data_dir={root} is not a directory: name the one that TFDS keeps.")
    prepared = sorted((root / name).rglob("dataset_info.json"))
    if prepared:
        return _open(prepared[-1].parent)
    absent = f"No prepared {name} lies under {root}"
    if not _reachable(_ADDRESS[name]):
        reason = f"{absent}, and the network cannot be reached"
    else:
        try:
            return _download(name, root)
        except Exception as error:  # whatever TFDS and the network come up with
            reason = f"{absent}, and its download failed ({_first_line(error)})"
    if data == "tfds":
        raise UserError(f"{reason}: name its directory with --data_dir, or use --data=sample.")
    print(f"{reason}: using the generated sample instead.", file=sys.stderr)
    return None


def read(builder, split: str, feature: str) -> Split:
    """Reads one split of a prepared data set into memory, in the order in which it is stored.

    Args:
        builder: what `find` returned.
        split: "train" or "test".
        feature: which feature is the input, for example "image".

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
        raise _damaged(builder.data_path, f"{split} holds {len(y)} of {expected} examples")
    return Split(x, np.asarray(y, np.int64))


def cache_directory(builder) -> Path:
    """Where what is made of prepared data is kept: beside them.

    Args:
        builder: what `find` returned.

    Returns:
        The directory, which need not exist.
    """
    # The prepared data are in ROOT/NAME/VERSION or ROOT/NAME/CONFIG/VERSION.
    root = Path(builder.data_dir).parents[builder.info.full_name.count("/")]
    return root / "keras_rnn_tutorials"


def fingerprint(builder) -> str:
    """A SHA-256 of the prepared files, which names what can be made of them.

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
        builder = tfds.builder_from_directory(path)
        named = [Path(f) for split in builder.info.splits.values() for f in split.filepaths]
    for file in named:  # the names are made from what dataset_info.json says
        if os.path.dirname(os.path.abspath(file)) != os.path.abspath(path):
            raise _damaged(path, f"its dataset_info.json names {file}, which is outside of it")
    return builder


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

    # In a thread of its own, since no timeout bounds the look-up of a host's name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return answered.is_set()


@contextlib.contextmanager
def _told_as_damage(path):
    try:
        yield
    except ImportError:  # the installation is at fault, not the data
        raise
    except Exception as error:  # whatever TFDS makes of damaged files
        raise _damaged(path, error) from error


def _damaged(path, why) -> UserError:
    return UserError(
        f"The prepared data in {path} cannot be read ({_first_line(why)}): delete that directory, "
        "and it will be downloaded again."
    )


def _first_line(error) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return escaped(lines[0][:200])
