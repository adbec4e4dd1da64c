"""A data set in memory, and what it says of itself."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_SHOWN = {"mnist": "MNIST", "imdb_reviews": "IMDB"}


def title(name: str, origin: str) -> str:
    """The name to show beside a result; a stand-in is never taken for the real thing.

    Args:
        name: TFDS' name of the data set.
        origin: "tfds" for the real data, "sample" for the generated stand-in.

    Returns:
        For example "MNIST", or "generated sample, not MNIST".
    """
    shown = _SHOWN.get(name, name)
    return shown if origin == "tfds" else f"generated sample, not {shown}"


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
        validation: what is held out of the training examples, or None.
        test: the test set, whole.
    """

    name: str
    origin: str
    train: Split
    validation: Split | None
    test: Split

    @property
    def title(self) -> str:
        """The name to show beside a result."""
        return title(self.name, self.origin)

    def describe(self) -> dict:
        """Name, origin, numbers of examples and a SHA-256 of the arrays, as a record holds them."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        splits = {name: split for name, split in splits.items() if split is not None}
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
