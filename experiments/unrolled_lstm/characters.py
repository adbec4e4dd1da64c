"""The reviews as characters: windows of text and, for every character, the one that follows."""

import numpy as np

from keras_rnn_tutorials.data import source
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.data.imdb import TRAINED_ON
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage.printable import escaped

OTHER = 0
# Id i is KNOWN[i]; a new line ends a review.
KNOWN = "\N{REPLACEMENT CHARACTER}\n" + "".join(map(chr, range(32, 127)))
_TABLE = np.full(128, OTHER, np.int32)
_TABLE[[ord(c) for c in KNOWN[1:]]] = np.arange(1, len(KNOWN))


def load(
    data: str = "auto", data_dir: str | None = None, steps: int = 40, windows: int = 20_000
) -> Dataset:
    """Loads windows of the reviews' text, or of the generated reviews.

    Training windows are cut one after the other from the first reviews, validation windows from
    those that `imdb.load` holds out, test windows from the test reviews.

    Args:
        data: "auto", "tfds" or "sample"; see `keras_rnn_tutorials.data.source.find`.
        data_dir: where TFDS keeps its data sets.
        steps: characters of a window.
        windows: to train on. There are a tenth as many, and at least one, to validate and to test.

    Returns:
        x int32 of shape `(windows, steps)`, ids of `KNOWN`; y, the same one character later.

    Raises:
        UserError: the data cannot be loaded, or hold fewer windows.
    """
    builder = source.find("imdb_reviews", data, data_dir)
    if builder is None:
        from keras_rnn_tutorials.data import sample

        train, test = sample.reviews()
    else:
        train, test = (source.read(builder, split, "text") for split in ("train", "test"))
    few = max(1, windows // 10)
    return Dataset(
        name="imdb_reviews",
        origin="sample" if builder is None else "tfds",
        train=_windows(train.x[:TRAINED_ON], steps, windows),
        validation=_windows(train.x[TRAINED_ON:], steps, few),
        test=_windows(test.x, steps, few),
    )


def encode(text: str) -> np.ndarray:
    """The ids of a text's characters, int32; `OTHER` for those that are not `KNOWN`."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    return _TABLE[np.where(codes < len(_TABLE), codes, 0)]


def decode(ids) -> str:
    """The text of ids."""
    return "".join(KNOWN[i] for i in ids)


def write_on(model, beginnings, length: int, temperature: float, seed: int) -> list[str]:
    """Continues texts, as `continued` does.

    Returns:
        Each beginning, `|` and what was added; control characters are escaped.
    """
    ids, steps = continued(model, beginnings, length, temperature, seed), len(beginnings[0])
    return [f"{escaped(decode(line[:steps]))}|{escaped(decode(line[steps:]))}" for line in ids]


def continued(model, beginnings, length: int, temperature: float, seed: int) -> np.ndarray:
    """Continues texts, one drawn character after the other.

    Args:
        model: maps ids `(lines, steps)` to the logits of the next character,
            `(lines, steps, known)`, in `predict_on_batch`.
        beginnings: ids `(lines, steps)`.
        length: characters to add.
        temperature: divides the logits; a small one prefers the likeliest characters.
        seed: of the draws.

    Returns:
        The ids of the beginnings and of what was added, `(lines, steps + length)`.
    """
    rng, ids = np.random.default_rng(seed), np.array(beginnings)
    steps = ids.shape[1]
    for _ in range(length):
        logits = model.predict_on_batch(ids[:, -steps:])[:, -1].astype(float) / temperature
        # The largest sum of a logit and Gumbel noise is a draw from the softmax.
        ids = np.column_stack([ids, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)])
    return ids


def _windows(texts, steps: int, windows: int) -> Split:
    wanted, parts = steps * windows + 1, []
    for text in texts:
        if wanted <= 0:
            break
        text = text if isinstance(text, str) else text.decode("utf-8", errors="replace")
        parts.append(encode(text.replace("\n", " ") + "\n"))
        wanted -= len(parts[-1])
    if wanted > 0:
        raise UserError(
            f"The reviews do not hold {windows} windows of {steps} characters: ask for fewer."
        )
    ids = np.concatenate(parts)[: steps * windows + 1]
    return Split(ids[:-1].reshape(windows, steps), ids[1:].reshape(windows, steps))
