"""B10, D3: sequences of up to 1,000 words, and remedies.

    python -m experiments.long_sequences           # a reduced grid
    python -m experiments.long_sequences --full    # every row, all reviews

A SimpleRNN, an LSTM and a GRU of 32 units read IMDB reviews: 8,000 in the reduced grid, otherwise
all 20,000. The rows of the table vary:

- the length: the last 100, 200, 500 or 1000 words;
- the truncation: the first 500 words or the last;
- the padding: zeros before the words or after them, masked or not;
- the remedy (`readers.py`): the mean of all outputs, a random sample of the steps, truncated
  back-propagation through time, or chunks, each of which is read into a vector; a second network
  then reads the vectors. The tutorial's first remedy, truncation, is the row with 100 words.

What to look for: the seconds per epoch grow with the number of words, but accuracy hardly does. Any
network whose input ends with unmasked zeros stays near 0.5. The SimpleRNN varies by several
percentage points from run to run, and so does everything in the reduced grid: ignore differences of
that size.

Cost: a minute and a half on 2 cores for the reduced grid (11 of 31 rows), eight minutes for
`--full`.

Differences from the published listing:

1. Training. Published (D3): 10 epochs, batches of 128. Here: 3 epochs, batches of 125, so that
   every batch is full and XLA compiles each model once.
2. The remedies. Published (B10): only named. Here: implemented, except for encoder-decoders.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, NamedTuple

from experiments.long_sequences import figure
from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import imdb
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.runner.tables import print_table

WORDS, UNITS = 10_000, 32
LAYERS = ("SimpleRNN", "LSTM", "GRU")
draw, draw_runs = figure.draw, figure.draw_runs


class Row(NamedTuple):
    """One line of the table."""

    part: str
    name: str
    layer: str
    maxlen: int = 500
    truncating: str = "pre"
    padding: str = "pre"
    mask: bool = False
    reader: str = "last_output"
    options: dict = {}  # of the reader; never changed


_ZEROS = {
    "zeros in front, masked": {"mask": True},
    "zeros behind, not masked": {"padding": "post"},
    "zeros behind, masked": {"padding": "post", "mask": True},
}
_REMEDIES = {
    "mean of all outputs": {"mask": True, "reader": "pooled"},
    "125 random steps": {"reader": "sampled", "options": {"keep": 125}},
    "gradient stops after 50": {"reader": "carried", "options": {"chunk": 50}},
    "gradient stops after 100": {"reader": "carried", "options": {"chunk": 100}},
    "10 chunks, then vectors": {"reader": "hierarchical", "options": {"chunk": 50}},
}
ROWS = [
    *(Row("length", f"last {n} words", a, n) for n in (100, 200, 500, 1000) for a in LAYERS),
    *(Row("cut", "first 500 words", a, truncating="post") for a in LAYERS),
    *(Row("zeros", name, a, **how) for a in LAYERS[:2] for name, how in _ZEROS.items()),
    *(Row("remedy", name, a, **how) for a in LAYERS[:2] for name, how in _REMEDIES.items()),
]
# The reduced grid: these rows for the SimpleRNN, and the first two for the LSTM.
QUICK = ("last 100 words", "last 500 words", "first 500 words", *list(_ZEROS)[1:])
QUICK += ("mean of all outputs", "125 random steps", "gradient stops after 50")
QUICK += ("10 chunks, then vectors",)


def is_quick(row: Row) -> bool:
    """Whether a row is in the reduced grid."""
    return row.name in {"SimpleRNN": QUICK, "LSTM": QUICK[:2]}.get(row.layer, ())


@dataclass(frozen=True, kw_only=True)
class Config(runner.ResumableConfig):
    """The tutorial's 32 units and 10,000 words are fixed. The other numbers are ours."""

    full: Annotated[bool, "train every row on all reviews, instead of the reduced grid"] = False
    reviews: Annotated[int, "training reviews of the reduced grid, at most 20000"] = 8_000
    epochs: Annotated[int, "passes over the training reviews"] = 3
    batch_size: Annotated[int, "reviews per training step"] = 125


def load_data(config: Config) -> Dataset:
    """The last 500 words of the reviews, `(batch, 500)`; the rows load their own lengths."""
    return _view(config, config.data, 500, "pre", "pre")


@lru_cache(maxsize=2)  # neighbouring rows read the same data
def _view(config: Config, data: str, maxlen: int, padding: str, cut: str) -> Dataset:
    how = {"maxlen": maxlen, "padding": padding, "truncating": cut}
    whole = imdb.load(data, config.data_dir, num_words=WORDS, **how)
    if config.full:
        return whole
    few = config.reviews
    counts = {"train": few, "validation": max(1, few // 4), "test": few}
    splits = {name: Split(*(a[:n] for a in getattr(whole, name))) for name, n in counts.items()}
    return Dataset(whole.name, whole.origin, **splits)


def build_model(config: Config, row: Row = ROWS[0]):
    """The compiled model of a row: `(batch, maxlen)` → `(batch, 1)`."""
    from experiments.long_sequences import readers

    how = row.mask, row.reader
    return readers.build_model(row.layer, row.maxlen, UNITS, WORDS, *how, **row.options)


def measure(config: Config, dataset: Dataset, once) -> dict:
    """Trains and tests a model for every row, and prints the table."""
    results = [
        once(f"{row.layer}, {row.name}", partial(_train, config, dataset.origin, row))
        for row in (ROWS if config.full else filter(is_quick, ROWS))
    ]
    print_table(
        "IMDB reviews: accuracy after the last epoch",
        ("", "network", "validation", "test", "seconds per epoch"),
        [
            (r["name"], r["layer"], *(f"{a:.3f}" for a in (r["validation"][-1], r["test"])))
            + (f"{r['seconds']:.1f}",)
            for r in results
        ],
    )
    return {"rows": results}


def _train(config: Config, origin: str, row: Row, callbacks) -> dict:
    import keras

    from keras_rnn_tutorials.runner import loop

    print(f"{row.layer}, {row.name}")
    trained = loop.train(
        partial(build_model, config, row),
        _view(config, origin, row.maxlen, row.padding, row.truncating),
        seed=config.seed,
        epochs=config.epochs,
        batch_size=config.batch_size,
        callbacks=callbacks,
    )
    result = {name: getattr(row, name) for name in ("part", "name", "layer", "maxlen")}
    result["validation"] = trained.progress.history.history["val_accuracy"]
    result["test"] = trained.test["accuracy"]
    result["seconds"] = min(trained.progress.epoch_seconds)
    keras.utils.clear_session()
    return result


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train_several("long_sequences", config, load_data, measure, draw)
