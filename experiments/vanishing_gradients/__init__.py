"""A, B5: how much of the loss's gradient reaches a step that lies far back. Measured.

    python -m experiments.vanishing_gradients

The tutorial draws how the gradient fades on its way back through time; an LSTM's, it says, lives.
Here an Embedding of 32, a cell of 32 units and a sigmoid unit read the last T words of reviews. The
norm of dLoss/dh_t, the gradient with respect to zeros added to h_t, is averaged over 64 test
reviews of T words or more, before and after one pass over 4,000 reviews.

2.5 minutes of processor time. Seed 0, distance 100 of T = 500, first and trained: simple RNN 4e-8,
2e-15 (Keras' orthogonal kernel: 9e-2, 4e-2); LSTM, forget bias 0: 8e-22, 1e-6; 1: 2e-8, 3e-3; 5:
1e-2, 9e-3; GRU 8e-8, 6e-2. At TF1's first weights a forget bias of 1, which keeps 0.73 of c a step,
led the simple RNN in 6 of 16 seeds; 5 led in all, by 1e8 in the median. Trained, 1 led by 1e7 or
more in seeds 0, 1 and 3, and not in seed 2.

Differences from the published listing:

1. The picture: measured; published, drawn without numbers, "about 0" after three steps.
2. Task and sizes: D3's reviews, 32 units, float64 (1e-100 is 0 in float32); published, none.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from matplotlib.figure import Figure

from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import imdb
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.record import Record

FLOOR = {28: 1e-8, 100: 1e-14, 500: 1e-30}  # of the figure's axes, by T
STATES = {"at the start": "initial weights", "trained": "after a short training"}
WORDS, UNITS = 10_000, 32
# Name: colour, line. The dashed one starts from Keras' recurrent kernel, the others from TF1's.
CELLS = {
    "simple RNN": ("tab:red", "-"),
    "simple RNN, orthogonal": ("tab:red", "--"),
    "LSTM, forget bias 0": ("lightskyblue", "-"),
    "LSTM, forget bias 1": ("tab:blue", "-"),
    "LSTM, forget bias 5": ("navy", "-"),
    "GRU": ("tab:green", "-"),
}


@dataclass(frozen=True, kw_only=True)
class Config(runner.DataConfig):
    """How long to train, and on how many reviews to measure."""

    reviews: Annotated[int, "training reviews, read once"] = 4_000
    measured_on: Annotated[int, "test reviews to average over"] = 64
    longest: Annotated[Literal["28", "100", "500"], "the longest T to measure"] = "500"
    learning_rate: Annotated[float, "of Adam"] = 3e-3
    batch_size: Annotated[int, "reviews a training step"] = 32


def load_data(config: Config):
    """Reviews of 500 word ids, `(batch, 500)`; their last T are what T words are cut to."""
    return imdb.load(config.data, config.data_dir, num_words=WORDS, maxlen=max(FLOOR))


def build_model(config: Config, name: str = "simple RNN", length: int = 500):
    """Ids `(batch, T)` and probes `(batch, T, 32)` → cell → `(batch, 32)` → `(batch, 1)`."""
    import keras

    from experiments.vanishing_gradients.gradients import ProbedCell
    from keras_rnn_tutorials import tf1

    make = {
        "simple RNN": tf1.BasicRNNCell,
        "LSTM": lambda *a, **k: tf1.BasicLSTMCell(*a, forget_bias=float(name[-1]), **k),
        "GRU": tf1.GRUCell,
    }[name.partition(",")[0]]
    cell = make(UNITS, dtype="float64")
    ids = keras.Input((length,), dtype="int32")
    probes = keras.Input((length, UNITS), dtype="float64")
    words = keras.layers.Embedding(WORDS, UNITS, dtype="float64")(ids)
    probed = keras.layers.Concatenate(dtype="float64")([words, probes])
    outputs, _ = tf1.dynamic_rnn(ProbedCell(cell), probed, dtype="float64")
    praise = keras.layers.Dense(1, activation="sigmoid", dtype="float64")(outputs[:, -1])
    if name.endswith("orthogonal"):  # as Keras draws the two parts of the kernel
        parts = keras.initializers.GlorotUniform(), keras.initializers.Orthogonal()
        cell.kernel.assign(keras.ops.concatenate([draw((UNITS, UNITS)) for draw in parts]))
    model = keras.Model([ids, probes], praise)
    model.compile(keras.optimizers.Adam(config.learning_rate), "binary_crossentropy")
    return model


def measure(config: Config, dataset) -> dict:
    """The norms from distance 0 to T - 1, by T, cell and state of training; prints some."""
    import keras

    from experiments.vanishing_gradients import gradients
    from keras_rnn_tutorials.data import batches

    found, shown = {}, (0, 10, 27, 50, 99, 100, 250, 499)
    for length in (n for n in FLOOR if n <= int(config.longest)):
        print(f"\nT = {length:<32}" + "".join(f"{distance:>9}" for distance in shown))
        whole = dataset.test.x[:, -length] != 0  # no padding in what is measured
        x, y = (part[whole][: config.measured_on] for part in dataset.test)
        x = x[:, -length:]
        seen = Split(dataset.train.x[: config.reviews, -length:], dataset.train.y[: config.reviews])
        for name in CELLS:
            keras.utils.set_random_seed(config.seed)
            model, norms = build_model(config, name, length), {}
            for state in STATES:
                if state == "trained":
                    order = batches.shuffled(seen, config.batch_size, config.seed, epoch=0)
                    order = gradients.with_zero_probes(model, order)
                    steps = math.ceil(len(seen.y) / config.batch_size)
                    model.fit(order, steps_per_epoch=steps, shuffle=False, verbose=0)
                norms[state] = gradients.mean_norms(model, x, y)[::-1].tolist()
                line = "".join(f"{norms[state][d]:9.0e}" for d in shown if d < length)
                print(f"{name:24}{state:14}{line}", flush=True)
            found.setdefault(str(length), {})[name] = norms
    return {"norms": found}


def draw(record: Record) -> Figure:
    """A row for each state of training, a column for each T; the way back in time runs right."""
    by_length = record.measured["norms"]
    figure = Figure(figsize=(max(8, 4.8 * len(by_length)), 8.6), layout="constrained")
    figure.suptitle(
        "How much of the loss's gradient reaches a step that lies far back?\n"
        f"Reviews read word by word ({record.title}, seed {record.seed}): norm of dLoss/dh$_t$, "
        f"mean over {record.config['measured_on']} reviews.\nA line that leaves an axis at the "
        "bottom goes on falling: the words from there back teach the weights nothing."
    )
    grid = figure.subplots(2, len(by_length), squeeze=False, sharex="col", sharey="col")
    for (length, cells), column in zip(by_length.items(), grid.T, strict=True):
        for axes, (state, title) in zip(column, STATES.items(), strict=True):
            for name, norms in cells.items():
                colour, line = CELLS[name]
                axes.semilogy(norms[state], line, color=colour, label=name)
            axes.set(title=f"T = {length} words, {title}", ylim=(FLOOR[int(length)], 1e3))
            axes.grid(alpha=0.3)
        column[-1].set_xlabel("distance T - t from the last word (steps)")
    figure.supylabel("norm of dLoss/dh$_t$ (log scale)")
    figure.legend(handles=grid[0, 0].get_lines(), loc="outside lower center", ncols=len(CELLS))
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.measure("vanishing_gradients", config, measure, draw, load_data)
