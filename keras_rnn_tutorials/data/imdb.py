"""IMDB reviews as word ids, encoded as Keras' own IMDB data set is."""

from functools import lru_cache

import numpy as np

from keras_rnn_tutorials.data import cache, source, word_ids
from keras_rnn_tutorials.data.dataset import Dataset, Split

_SPLITS = ("train", "test")
TRAINED_ON = 20_000  # of 25,000; the tutorial holds out the last 20 %


def load(
    data: str = "auto",
    data_dir: str | None = None,
    *,
    num_words: int = 10_000,
    maxlen: int = 500,
    padding: str = "pre",
    truncating: str = "pre",
) -> Dataset:
    """Loads the reviews, or the generated sample in their place.

    The last 5,000 training reviews, in TFDS' order, are held out for validation. The vocabulary is
    that of all 25,000 training reviews.

    Args:
        data: "auto", "tfds" or "sample"; see `keras_rnn_tutorials.data.source.find`.
        data_dir: where TFDS stores its data sets. The encoded reviews are stored there too, in
            `keras_rnn_tutorials`, or in the user's cache directory if that cannot be written to.
        num_words: the number of ids in use; see `keras_rnn_tutorials.data.word_ids`.
        maxlen: the number of ids of each review.
        padding: "pre" to put zeros before the words of a short review, "post" to put them after.
        truncating: "pre" to truncate a long review at its front, "post" at its end.

    Returns:
        20,000 training, 5,000 validation and 25,000 test examples: x int32 of shape
        `(examples, maxlen)`, y int64 of shape `(examples,)`, 1 for a positive review. `words` are
        the words that have an id.

    Raises:
        UserError: real data were requested but are not available, or are damaged.
    """
    builder = source.find("imdb_reviews", data, data_dir)
    if builder is None:
        encoded = _encoded_sample(num_words)
    else:
        encoded = cache.arrays(
            source.cache_directory(builder),
            "imdb_reviews",
            f"num_words={num_words} {source.fingerprint(builder)}",
            lambda: _encoded(builder, num_words),
            lambda encoded: _fault(encoded, num_words),
        )
    train, test = (
        Split(
            word_ids.pad(
                encoded[f"{split}_ids"], encoded[f"{split}_offsets"], maxlen, padding, truncating
            ),
            encoded[f"{split}_labels"],
        )
        for split in _SPLITS
    )
    return Dataset(
        name="imdb_reviews",
        origin="sample" if builder is None else "tfds",
        train=Split(train.x[:TRAINED_ON], train.y[:TRAINED_ON]),
        validation=Split(train.x[TRAINED_ON:], train.y[TRAINED_ON:]),
        test=test,
        words=word_ids.from_lines(encoded["words"].tobytes()),
    )


def _encoded(builder, num_words: int) -> dict[str, np.ndarray]:
    splits = [source.read(builder, split, "text") for split in _SPLITS]
    if any(texts.dtype != object or texts.ndim != 1 for texts, _ in splits):
        raise source.damaged(builder.data_path, "its reviews are no texts")
    arrays = _encode(splits, num_words)
    if fault := _fault(arrays, num_words):
        raise source.damaged(builder.data_path, fault)
    return arrays


def _fault(arrays: dict[str, np.ndarray], num_words: int) -> str | None:
    parts = ("ids", "offsets", "labels")
    if set(arrays) != {"words", *(f"{split}_{part}" for split in _SPLITS for part in parts)}:
        return "its features are not those of the reviews"
    if arrays["words"].dtype != np.uint8 or arrays["words"].ndim != 1:
        return "its words are not bytes"
    try:
        word_ids.from_lines(arrays["words"].tobytes())
    except ValueError:
        return "its words are not those of the reviews"
    for split, least in (("train", TRAINED_ON + 1), ("test", 1)):
        ids, offsets, labels = (arrays[f"{split}_{part}"] for part in parts)
        if [(a.dtype.name, a.ndim) for a in (ids, offsets, labels)] != [
            ("int32", 1), ("int64", 1), ("int64", 1)
        ]:  # fmt: skip
            return "its ids, offsets and labels are not whole numbers"
        if len(labels) < least or len(offsets) != len(labels) + 1:
            return f"its {split} split has too few reviews, or not a label for each"
        if offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 1).any():
            return "its offsets are not those of its ids"
        if ids.min() < 0 or ids.max() >= max(num_words, word_ids.UNKNOWN + 1):
            return "its ids are not those of the words in use"
        if labels.min() < 0 or labels.max() > 1:
            return "its labels are not 0 and 1"
    return None


@lru_cache(maxsize=1)  # generated anew in every process, never stored in a file
def _encoded_sample(num_words: int) -> dict[str, np.ndarray]:
    from keras_rnn_tutorials.data import sample

    return _encode(list(sample.reviews()), num_words)


def _encode(splits: list[Split], num_words: int) -> dict[str, np.ndarray]:
    words = word_ids.rank_words(splits[0].x)
    lines = word_ids.to_lines(words[: max(0, num_words - word_ids.FIRST_WORD)])
    arrays = {"words": np.frombuffer(lines, np.uint8)}
    for name, (texts, labels) in zip(_SPLITS, splits, strict=True):
        ids, offsets = word_ids.encode(texts, words, num_words)
        arrays |= {f"{name}_ids": ids, f"{name}_offsets": offsets, f"{name}_labels": labels}
    return arrays
