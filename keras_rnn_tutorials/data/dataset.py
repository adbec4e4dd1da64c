"""A data set in memory, and its description."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from keras_rnn_tutorials.record import Data


class Split(NamedTuple):
    """Examples and their labels.

    Attributes:
        x: array whose first axis counts the examples.
        y: integer labels, shape `(examples,)`.
    """

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Three splits and their origin.

    Attributes:
        name: "mnist" or "imdb_reviews".
        origin: "tfds" for the real data, "sample" for the generated stand-in.
        train: what the model is fitted on.
        validation: examples held out from the training examples, or None.
        test: the whole test set.
        words: the words of the ids in `x`, by rank; empty if `x` holds no word ids.
    """

    name: str
    origin: str
    train: Split
    validation: Split | None
    test: Split
    words: tuple[str, ...] = ()

    def describe(self) -> Data:
        """The description of the data in a record."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        splits = {name: split for name, split in named.items() if split is not None}
        digest = hashlib.sha256()
        for split in splits.values():
            for array in split:
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        examples = {name: len(split.y) for name, split in splits.items()}
        return Data(self.name, self.origin, examples, digest.hexdigest())
