"""A data set in memory, and what it says of itself."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


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
        validation: what is held out of the training examples.
        test: the test set, whole.
    """

    name: str
    origin: str
    train: Split
    validation: Split
    test: Split

    @property
    def title(self) -> str:
        """The name to show beside a result; a stand-in is never taken for the real thing."""
        shown = {"mnist": "MNIST", "imdb_reviews": "IMDB"}[self.name]
        return shown if self.origin == "tfds" else f"generated sample, not {shown}"

    def describe(self) -> dict:
        """Name, origin, numbers of examples and a SHA-256 of every array, as a record holds them."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        digest = hashlib.sha256()
        for split in splits.values():
            for array in split:
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array))
        return {
            "name": self.name,
            "origin": self.origin,
            "examples": {name: len(split.y) for name, split in splits.items()},
            "fingerprint": digest.hexdigest(),
        }
