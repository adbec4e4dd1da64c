"""MNIST, each image as 28 rows of 28 pixels."""

import numpy as np

from keras_rnn_tutorials.data import cache, source
from keras_rnn_tutorials.data.dataset import Dataset, Split

HELD_OUT = 5_000  # as TensorFlow 1's own MNIST loader does
_SPLITS = ("train", "test")


def load(data: str = "auto", data_dir: str | None = None) -> Dataset:
    """Loads MNIST, or the generated sample in its place.

    The first 5,000 training images, in TFDS' order, are held out for validation. TFDS has its own
    order, so they are not the 5,000 images that TensorFlow 1 held out.

    Args:
        data: "auto", "tfds" or "sample"; see `keras_rnn_tutorials.data.source.find`.
        data_dir: where TFDS stores its data sets. The decoded images are stored there too, in
            `keras_rnn_tutorials`, or in the user's cache directory if that cannot be written to.

    Returns:
        55,000 training, 5,000 validation and 10,000 test examples: x float32 in [0, 1] of shape
        `(examples, 28, 28)`, y int64 of shape `(examples,)`.

    Raises:
        UserError: real data were requested but are not available, or are damaged.
    """
    builder = source.find("mnist", data, data_dir)
    if builder is None:
        from keras_rnn_tutorials.data import sample

        train, test = sample.digits()
    else:
        decoded = cache.arrays(
            source.cache_directory(builder),
            "mnist",
            source.fingerprint(builder),
            lambda: _decoded(builder),
            _fault,
        )
        train, test = (
            Split(decoded[f"{split}_images"], decoded[f"{split}_labels"]) for split in _SPLITS
        )
    train, test = _scaled(train), _scaled(test)
    return Dataset(
        name="mnist",
        origin="sample" if builder is None else "tfds",
        train=Split(train.x[HELD_OUT:], train.y[HELD_OUT:]),
        validation=Split(train.x[:HELD_OUT], train.y[:HELD_OUT]),
        test=test,
    )


def _decoded(builder) -> dict[str, np.ndarray]:
    # TFDS stores PNG; decoding all of them takes seconds.
    arrays: dict[str, np.ndarray] = {}
    for split in _SPLITS:
        images, labels = source.read(builder, split, "image")
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    if fault := _fault(arrays):
        raise source.damaged(builder.data_path, fault)
    return arrays


def _fault(arrays: dict[str, np.ndarray]) -> str | None:
    if set(arrays) != {f"{split}_{what}" for split in _SPLITS for what in ("images", "labels")}:
        return "its features are not those of MNIST"
    for split, least in (("train", HELD_OUT + 1), ("test", 1)):
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        if images.dtype != np.uint8 or images.shape[1:] != (28, 28, 1):
            return "its images are not of 28 rows of 28 pixels"
        if labels.dtype != np.int64 or labels.shape != images.shape[:1] or len(labels) < least:
            return f"its {split} split has too few examples, or not a label for each"
        if labels.min() < 0 or labels.max() > 9:
            return "its labels are not the digits 0 to 9"
    return None


def _scaled(split: Split) -> Split:
    rows = split.x.reshape(-1, 28, 28)
    return Split(rows.astype(np.float32) / np.float32(255), split.y.astype(np.int64))
