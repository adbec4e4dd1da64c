"""B1-B9, A1: does the port compute what TensorFlow 1 computed? Number by number.

    python -m experiments.tf1_parity

Genuine TensorFlow 1.15.5 ran every cell and function on random weights and inputs, and wrote down
outputs, final states and gradients (`tests/golden`, made by `tests/tf1_oracle`). The port computes
the same here, and the table says how far it is off: the largest difference of two entries, and the
same divided by the largest entry of its array. Then the tutorials' models are trained for an epoch
of MNIST, from TensorFlow 1's initial weights on the batches that it was fed, and the loss of every
step is compared. `mnist_lstm` and `bidirectional_lstm` are the experiments' own models. As a
control, the port is compared with itself started from weights that are off by 1e-7: training
amplifies rounding errors, and no port can follow more closely than that.

Takes about three minutes on 2 cores. Expect differences of single rounding errors, about 1e-7, that
grow along an epoch, in the two-layer model to 0.1, as those of its control do. Without MNIST there
is no epoch to follow, and only the table is made.

Differences from the published listing:

1. The listings print no numbers to compare with, so TensorFlow 1.15.5 itself was asked.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from matplotlib.figure import Figure

from experiments import bidirectional_lstm, mnist_lstm
from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.record import Record

_COLORS = ("tab:blue", "tab:cyan", "tab:orange", "tab:red", "tab:green")
GOLDEN = Path(__file__).parents[2] / "tests" / "golden"


@dataclass(frozen=True, kw_only=True)
class Config(runner.DataConfig):
    """How far to follow."""

    steps: Annotated[int, "training steps to follow, at most an epoch"] = 1_100


def load_data(config: Config):
    """The images that TensorFlow 1.15.5 was trained on."""
    return mnist.load(config.data, config.data_dir)


def build_model(name: str, initial: list):
    """The port's model of a trajectory, compiled, with TensorFlow 1's initial weights."""
    from keras_rnn_tutorials import tf1
    from keras_rnn_tutorials.tf1.saving import keras_lstm_weights

    piece, _, variant = name.partition("-")
    if piece == "multilayer":
        model = _two_layers(units=64)
        model.set_weights(initial)
        return model
    if piece == "a1":
        model = mnist_lstm.build_model(mnist_lstm.Config(variant=variant))
    else:
        model = bidirectional_lstm.build_model(bidirectional_lstm.Config(variant=variant))
        model.optimizer = tf1.AdamOptimizer(1e-3)  # the experiment has Keras' own Adam
    *cells, kernel, bias = initial
    lstms = [keras_lstm_weights(*cells[i : i + 2]) for i in range(0, len(cells), 2)]
    model.set_weights([*sum(lstms, []), kernel, bias])
    return model


def _two_layers(units: int):
    """Two layers over rows of different lengths, through `keras_rnn_tutorials.tf1`."""
    import keras

    from keras_rnn_tutorials import tf1

    images = keras.Input((28, 28))
    lengths = keras.Input((), dtype="int32")
    cell = tf1.MultiRNNCell([tf1.BasicLSTMCell(units) for _ in range(2)])
    _, states = tf1.dynamic_rnn(cell, images, sequence_length=lengths, dtype="float32")
    scores = keras.layers.Dense(10, activation="softmax")(states[-1].h)
    model = keras.Model([images, lengths], scores)
    model.compile(tf1.AdamOptimizer(1e-3), "sparse_categorical_crossentropy")
    return model


def measure(config: Config, dataset) -> dict:
    """Compares constructs and trajectories; prints a row for each."""
    constructs = [_print_row(row) for row in _construct_rows()]
    followed = {}
    if dataset.origin == "tfds":
        followed = _followed(config, dataset)
    return {"constructs": constructs, "trajectories": followed}


def _construct_rows():
    from experiments.tf1_parity import fixtures

    print(f"{'construct':32}{'case':44}{'outputs':>10}{'states':>10}{'gradients':>10}")
    for path in sorted(GOLDEN.glob("*.npz")):
        if path.stem != "trajectories":
            for case in fixtures.load(path):
                differences = fixtures.replay(case)._asdict()
                measured = {name: value._asdict() for name, value in differences.items()}
                yield {"construct": path.stem, "case": case.name, **measured}


def _print_row(row: dict) -> dict:
    relative = "".join(f"{row[k]['relative']:10.1e}" for k in ("outputs", "states", "gradients"))
    print(f"{row['construct']:32}{row['case']:44}{relative}")
    return row


def _followed(config: Config, dataset) -> dict:
    import numpy as np

    from experiments.tf1_parity import trajectories

    followed, rng = {}, np.random.default_rng(config.seed)
    for name, one in trajectories.load(GOLDEN / "trajectories.npz").items():
        off = [w * np.float32(1 + 1e-7 * rng.choice([-1, 1], w.shape)) for w in one.initial]
        ours, control = (
            trajectories.follow(one, build_model(name, start), dataset.train, config.steps)
            for start in (one.initial, off)
        )
        gaps, control = np.abs(ours - one.losses[: len(ours)]), np.abs(ours - control)
        print(f"{name}: loss off by {gaps[:100].max():.1e} in 100 steps, {gaps.max():.1e} in all; ")
        print(f"its control by {control[:100].max():.1e} and {control.max():.1e}")
        followed[name] = {"gaps": gaps.tolist(), "control": control.tolist()}
    return followed


def draw(record: Record) -> Figure:
    """The difference of the losses along the epoch."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    followed = record.measured["trajectories"]
    for color, (name, one) in zip(_COLORS, followed.items(), strict=False):
        steps = range(1, len(one["gaps"]) + 1)
        axes.semilogy(steps, one["gaps"], ".", color=color, markersize=3, label=name)
        axes.semilogy(steps, one["control"], color=color, linewidth=0.5, alpha=0.6)
    axes.set(
        title=f"Keras 3 beside TensorFlow 1.15.5: one epoch of {record.title}, same weights and "
        "batches\nthin lines, the control: Keras beside itself, weights 1e-7 off at the start",
        xlabel="training step",
        ylabel="difference of the two losses (nats)",
    )
    axes.grid(alpha=0.3)
    if followed:
        axes.legend(markerscale=4)
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.measure("tf1_parity", config, measure, draw, load_data)
