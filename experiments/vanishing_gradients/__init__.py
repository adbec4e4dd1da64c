"""A, B5: how far back a gradient reaches, measured.

    python -m experiments.vanishing_gradients

The tutorial draws how the gradient of a simple RNN fades on the backward pass through time (A), and
says that an LSTM's survives (B5). Here a network with an Embedding of 32, a cell of 32 units and a
sigmoid unit reads the last T words of film reviews. Zeros are added to every output h_t, so that
the gradient dLoss/dh_t can be computed. Its norm is averaged over 64 test reviews of at least T
words, before and after one pass over 4,000 training reviews.

What to look for with T = 500, 100 steps before the end, in the median of five seeds:

- Simple RNN: 4e-8 at the start, 9e-11 trained. With Keras' orthogonal kernel: 1e-1 and 7e-6.
- LSTM with forget bias 0: 1e-22 and 6e-4. Forget bias 1: 7e-9 and 8e-3. Forget bias 5: 2e-2 and
  3e-4.
- GRU: 2e-7 and 9e-2.

Whether the LSTM's gradient is larger at the start depends on its forget bias: 1 keeps 0.73 of c per
step, 5 keeps 0.993. Among the trained networks the simple RNN varies most, from 5e-24 to 2e-6. The
trained LSTM with a bias of 1 had a gradient at least 690 times as large in every seed.

Cost: five minutes of processor time.

Differences from the published listing:

1. The picture. Published: drawn, without numbers, "about 0" after three steps. Here: measured.
2. Task and sizes. Published: none. Here: D3's reviews, 32 units, and float64, because 1e-100 is 0
   in float32.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Literal

import numpy as np
from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.data import imdb
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.plotting.style import CELL_COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner.tables import print_table

FLOOR = {28: 1e-8, 100: 1e-14, 500: 1e-30}  # lower end of the figure's axes, by T
STATES = {"at the start": "initial weights", "trained": "after a short training"}
WORDS, UNITS = 10_000, 32


@dataclass(frozen=True)
class Cell:
    """A cell of the comparison, and its line in the figure.

    Attributes:
        kind: "BasicRNNCell", "BasicLSTMCell" or "GRUCell", of `keras_rnn_tutorials.tf1`.
        options: of the cell.
        is_orthogonal: whether it starts from Keras' initial kernel instead of TensorFlow 1's.
        colour: of its line.
        line: its style.
    """

    kind: str
    colour: str
    line: str = "-"
    options: dict = field(default_factory=dict)
    is_orthogonal: bool = False


def _lstm(forget_bias: float, line: str) -> Cell:
    return Cell("BasicLSTMCell", CELL_COLOURS["LSTM"], line, {"forget_bias": forget_bias})


CELLS = {
    "simple RNN": Cell("BasicRNNCell", CELL_COLOURS["SimpleRNN"]),
    "simple RNN, orthogonal": Cell(
        "BasicRNNCell", CELL_COLOURS["SimpleRNN"], "--", is_orthogonal=True
    ),
    "LSTM, forget bias 0": _lstm(0.0, ":"),
    "LSTM, forget bias 1": _lstm(1.0, "-"),
    "LSTM, forget bias 5": _lstm(5.0, "--"),
    "GRU": Cell("GRUCell", CELL_COLOURS["GRU"]),
}


@dataclass(frozen=True, kw_only=True)
class Config(runner.ResumableConfig):
    """How long to train, and on how many reviews to measure."""

    reviews: Annotated[int, "training reviews, read once"] = 4_000
    measured_on: Annotated[int, "test reviews to average over"] = 64
    longest: Annotated[
        Literal["28", "100", "500"],
        "the longest T to measure, in words",
        {"28": "T = 28", "100": "T = 28 and 100", "500": "T = 28, 100 and 500"},
    ] = "500"
    learning_rate: Annotated[float, "learning rate of Adam"] = 3e-3
    batch_size: Annotated[int, "reviews per training step"] = 32


def load_data(config: Config):
    """Reviews of 500 word ids, `(batch, 500)`. For a smaller T their last T ids are read."""
    return imdb.load(config.data, config.data_dir, num_words=WORDS, maxlen=max(FLOOR))


def build_model(config: Config, name: str = "simple RNN", length: int = 500):
    """Ids `(batch, T)` and probes `(batch, T, 32)` → cell → `(batch, 32)` → `(batch, 1)`."""
    import keras

    from experiments.vanishing_gradients.gradients import ProbedCell
    from keras_rnn_tutorials import tf1

    spec = CELLS[name]
    cell = getattr(tf1, spec.kind)(UNITS, dtype="float64", **spec.options)
    ids = keras.Input((length,), dtype="int32")
    probes = keras.Input((length, UNITS), dtype="float64")
    words = keras.layers.Embedding(WORDS, UNITS, dtype="float64")(ids)
    probed = keras.layers.Concatenate(dtype="float64")([words, probes])
    outputs, _ = tf1.dynamic_rnn(ProbedCell(cell), probed, dtype="float64")
    is_positive = keras.layers.Dense(1, activation="sigmoid", dtype="float64")(outputs[:, -1])
    if spec.is_orthogonal:  # as Keras draws the two parts of the kernel
        initial = keras.initializers.GlorotUniform(), keras.initializers.Orthogonal()
        cell.kernel.assign(keras.ops.concatenate([draw((UNITS, UNITS)) for draw in initial]))
    model = keras.Model([ids, probes], is_positive)
    model.compile(keras.optimizers.Adam(config.learning_rate), "binary_crossentropy")
    return model


def measure(config: Config, dataset, once) -> dict:
    """The norms from distance 0 to T - 1, by T, cell and state of training; prints some of them."""
    found, shown = {}, (0, 10, 27, 50, 99, 100, 250, 499)
    for length in (n for n in FLOOR if n <= int(config.longest)):
        print(f"T = {length} words: training and measuring {len(CELLS)} cells…", flush=True)
        distances = [distance for distance in shown if distance < length]
        norms = {
            name: once(f"T = {length}, {name}", partial(_norms, config, dataset, name, length))
            for name in CELLS
        }
        print_table(
            f"T = {length}: norm of dLoss/dh_t, by distance from the last word",
            ("", *map(str, distances)),
            [
                (f"{name}, {state}", *(f"{of_state[distance]:.0e}" for distance in distances))
                for name, by_state in norms.items()
                for state, of_state in by_state.items()
            ],
        )
        found[str(length)] = norms
    return {"norms": found}


def _norms(config: Config, dataset, name: str, length: int, callbacks) -> dict:
    """The norms of one cell, by state of training."""
    from experiments.vanishing_gradients import gradients
    from keras_rnn_tutorials.runner import loop

    whole = dataset.test.x[:, -length] != 0  # what is measured contains no padding
    x, y = (part[whole][: config.measured_on] for part in dataset.test)
    x = x[:, -length:]
    seen = Split(dataset.train.x[: config.reviews, -length:], dataset.train.y[: config.reviews])
    model, norms = build_model(config, name, length), {}
    for state in STATES:
        if state == "trained":
            with loop.deterministic_operations():
                loop.fit(
                    gradients.without_probes(model),
                    Dataset(dataset.name, dataset.origin, seen, validation=None, test=dataset.test),
                    loop.Progress(),
                    seed=config.seed,
                    epochs=1,
                    batch_size=config.batch_size,
                    callbacks=callbacks,
                    verbose=0,
                )
        norms[state] = gradients.mean_norms(model, x, y)[::-1].tolist()
    return norms


def draw(record: Record) -> Figure:
    """One row per state of training, one column per T. The backward pass runs to the right."""
    return draw_runs([record])


def draw_runs(records: list[Record]) -> Figure:
    """The same for several seeds: their median and range."""
    first = records[0]
    by_length = first.measured["norms"]
    figure = Figure(figsize=(max(8, 4.8 * len(by_length)), 8.6), layout="constrained")
    figure.suptitle(
        "How much of the loss's gradient reaches a step that lies far back?\n"
        f"Reviews read word by word ({first.title}, {plotting.seeds(records)}): norm of "
        f"dLoss/dh$_t$, mean over {first.config['measured_on']} reviews.\nA line that leaves its "
        "plot at the bottom keeps falling: words that far back teach the weights nothing."
    )
    grid = figure.subplots(2, len(by_length), squeeze=False, sharex="col", sharey="col")
    for (length, cells), column in zip(by_length.items(), grid.T, strict=True):
        for axes, (state, title) in zip(column, STATES.items(), strict=True):
            for name in cells:
                cell = CELLS[name]
                norms = [record.measured["norms"][length][name][state] for record in records]
                middle = np.median(norms, axis=0)
                axes.semilogy(middle, cell.line, color=cell.colour, label=name)
                if len(norms) > 1:
                    lowest, highest = np.min(norms, axis=0), np.max(norms, axis=0)
                    axes.fill_between(
                        range(len(middle)), lowest, highest, color=cell.colour, alpha=0.1, lw=0
                    )
            axes.set(title=f"T = {length} words, {title}", ylim=(FLOOR[int(length)], 1e3))
            axes.grid(alpha=0.3)
        column[-1].set_xlabel("distance T - t from the last word (steps)")
    figure.supylabel("norm of dLoss/dh$_t$ (log scale)")
    figure.legend(handles=grid[0, 0].get_lines(), loc="outside lower center", ncols=len(CELLS))
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train_several("vanishing_gradients", config, load_data, measure, draw)
