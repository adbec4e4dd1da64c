"""`tensorflow.examples.tutorials.mnist.input_data`, served from TFDS."""

import collections
import sys

import numpy as np

from keras_rnn_tutorials._private_apis import eager_mode
from keras_rnn_tutorials.data import mnist

Datasets = collections.namedtuple("Datasets", ["train", "validation", "test"])


class DataSet:
    """Images and labels that are handed out batch by batch, as TensorFlow 1's class did.

    Attributes:
        images: float32 `(examples, 784)` in [0, 1], or `(examples, 28, 28, 1)`.
        labels: one-hot float64 `(examples, 10)`, or uint8 `(examples,)`.
        num_examples: number of examples.
        epochs_completed: how often the last example has been handed out.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, random: np.random.RandomState):
        """Takes the examples, and what shuffles them."""
        self.images, self.labels = images, labels
        self.num_examples = len(images)
        self.epochs_completed = 0
        self._position = 0
        self._random = random

    def next_batch(self, batch_size: int, fake_data=False, shuffle=True):
        """The next images and labels; a batch may take its first rows from the end of an epoch."""
        if fake_data:
            raise ValueError("fake_data: not here")
        if shuffle and self.epochs_completed == 0 and self._position == 0:
            self._shuffle()
        start, end = self._position, self._position + batch_size
        if end <= self.num_examples:
            self._position = end
            return self.images[start:end], self.labels[start:end]
        rest = self.images[start:], self.labels[start:]
        self.epochs_completed += 1
        if shuffle:
            self._shuffle()
        self._position = end - self.num_examples
        return tuple(
            np.concatenate([last, now[: self._position]])
            for last, now in zip(rest, (self.images, self.labels), strict=True)
        )

    def _shuffle(self):
        order = self._random.permutation(self.num_examples)
        self.images, self.labels = self.images[order], self.labels[order]


def read_data_sets(
    data: str,
    train_dir=None,
    fake_data=False,
    one_hot=False,
    dtype=np.float32,
    reshape=True,
    validation_size=5000,
    seed=None,
    source_url=None,
):
    """MNIST from TFDS, in TFDS' order; `train_dir` and `source_url` are not looked at.

    Args:
        data: "auto", "tfds" or "sample"; see `keras_rnn_tutorials.data.source.find`. A script's
            call begins with the next argument.
        train_dir: ignored. TFDS_DATA_DIR says where the data are.
        fake_data: must be false.
        one_hot: whether labels are one-hot.
        dtype: float32, in [0, 1], or uint8, in [0, 255].
        reshape: whether an image is a row of 784 pixels.
        validation_size: number of training examples to hold out, the first.
        seed: of the order; None for NumPy's own random state, which `numpy.random.seed` sets.
        source_url: ignored.

    Returns:
        `Datasets(train, validation, test)`.
    """
    del train_dir, source_url
    if fake_data:
        raise ValueError("fake_data: not here")
    with eager_mode():
        digits = mnist.load(data)
    if digits.origin == "sample":
        print("These digits are generated ones, not MNIST.", file=sys.stderr)
    held_out = digits.validation
    assert held_out is not None
    x = np.concatenate([held_out.x, digits.train.x])
    y = np.concatenate([held_out.y, digits.train.y])
    if not 0 <= validation_size <= len(x):
        raise ValueError(
            f"Validation size should be between 0 and {len(x)}. Received: {validation_size}."
        )
    random = np.random.RandomState(seed) if seed is not None else np.random.mtrand._rand

    def data_set(images, labels):
        images = images.reshape(-1, 784) if reshape else images[..., None]
        if np.dtype(getattr(dtype, "as_numpy_dtype", dtype)) == np.uint8:
            images = np.rint(images * 255).astype(np.uint8)
        labels = np.eye(10)[labels] if one_hot else labels.astype(np.uint8)
        return DataSet(images, labels, random)

    return Datasets(
        data_set(x[validation_size:], y[validation_size:]),
        data_set(x[:validation_size], y[:validation_size]),
        data_set(digits.test.x, digits.test.y),
    )
