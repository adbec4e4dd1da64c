"""A1, B1-B9: this package compared with TensorFlow 1.15.5.

    python -m experiments.tf1_parity

Genuine TensorFlow 1.15.5 ran every cell and function with random weights and inputs. Its outputs,
final states and gradients are in `tests/golden`; `tests/tf1_oracle` produced them. This package
computes the same values, and the table shows the largest difference, relative to the largest entry
of its array.

Then the tutorials' models are trained for one epoch of MNIST, from TensorFlow 1's initial weights
and on the same batches, and the losses of every step are compared. The models are those of
`mnist_lstm` and `bidirectional_lstm`. As a control, this package is compared with itself, started
from weights that differ by 1e-7. Training amplifies rounding errors, so no port can be expected to
agree more closely than the control. This is a measurement of single steps on TensorFlow 1's
batches: it does not use the training loop, and it cannot be resumed.

What to look for: differences near 1e-7, the rounding error of float32. They grow during the epoch,
as those of the control do: for the two-layer model to 0.1.

Cost: about three minutes on 2 cores. Without MNIST, only the table is computed.

Differences from the published listing:

1. The numbers. Published: none. Here: those of TensorFlow 1.15.5, which ran the listings' cells.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated

from matplotlib.figure import Figure

from experiments import bidirectional_lstm, mnist_lstm
from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.plotting.style import COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner.tables import print_table

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"


@dataclass(frozen=True)
class Followed:
    """A model that TensorFlow 1 trained for an epoch.

    Attributes:
        title: in the figure.
        colour: of its dots and its line.
        experiment: builds the model; None for the two layers that no experiment has.
        variant: of that experiment.
    """

    title: str
    colour: str
    experiment: ModuleType | None = None
    variant: str = ""


# By the name of the trajectory.
MODELS = {
    "a1-as_published": Followed("LSTM, softmax twice (A1)", COLOURS[0], mnist_lstm, "as_published"),
    "a1-corrected": Followed("LSTM, softmax once (A1)", COLOURS[4], mnist_lstm, "corrected"),
    "b8-static": Followed(
        "bidirectional LSTM, unrolled (B8)", COLOURS[5], bidirectional_lstm, "static"
    ),
    "b8-dynamic": Followed(
        "bidirectional LSTM, looped (B8)", COLOURS[1], bidirectional_lstm, "dynamic"
    ),
    "multilayer-lengths": Followed("two layers, rows of different lengths", COLOURS[2]),
}


@dataclass(frozen=True, kw_only=True)
class Config(runner.DataConfig):
    """How many steps to compare."""

    steps: Annotated[int, "training steps to compare, at most one epoch"] = 1_100


def load_data(config: Config):
    """The images that TensorFlow 1.15.5 was trained on."""
    return mnist.load(config.data, config.data_dir)


def build_model(name: str, initial: list):
    """This package's model of a trajectory, compiled, with TensorFlow 1's initial weights."""
    from keras_rnn_tutorials import tf1
    from keras_rnn_tutorials.tf1.saving import keras_lstm_weights

    experiment = MODELS[name].experiment
    if experiment is None:
        model = _two_layers(units=64)
        model.set_weights(initial)
        return model
    model = experiment.build_model(experiment.Config(variant=MODELS[name].variant))
    if experiment is bidirectional_lstm:
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
    """Compares constructs and trajectories, and prints a table of each."""
    constructs = list(_construct_rows())
    _print_constructs(constructs)
    followed = {}
    if dataset.origin == "tfds":
        followed = _followed(config, dataset)
    return {"constructs": constructs, "trajectories": followed}


def _construct_rows():
    from experiments.tf1_parity import fixtures

    for path in sorted(GOLDEN.glob("*.npz")):
        if path.stem != "trajectories":
            print(f"computing the cases of {path.stem}…", flush=True)
            for case in fixtures.load(path):
                differences = fixtures.replay(case)._asdict()
                measured = {name: value._asdict() for name, value in differences.items()}
                yield {"construct": path.stem, "case": case.name, **measured}


def _print_constructs(rows: list[dict]):
    kinds = ("outputs", "states", "gradients")
    lines = []
    for construct in dict.fromkeys(row["construct"] for row in rows):
        own = [row for row in rows if row["construct"] == construct]
        largest = (f"{max(row[kind]['relative'] for row in own):.1e}" for kind in kinds)
        lines.append((construct, str(len(own)), *largest))
    title = "Largest difference, relative to TensorFlow 1's largest entry"
    print_table(title, ("construct", "cases", *kinds), lines)


def _followed(config: Config, dataset) -> dict:
    import numpy as np

    from experiments.tf1_parity import trajectories

    followed, rows, rng = {}, [], np.random.default_rng(config.seed)
    for name, one in trajectories.load(GOLDEN / "trajectories.npz").items():
        print(f"training {name} for an epoch, twice…", flush=True)
        off = [w * np.float32(1 + 1e-7 * rng.choice([-1, 1], w.shape)) for w in one.initial]
        ours, control = (
            trajectories.follow(one, build_model(name, start), dataset.train, config.steps)
            for start in (one.initial, off)
        )
        gaps, control = np.abs(ours - one.losses[: len(ours)]), np.abs(ours - control)
        followed[name] = {"gaps": gaps.tolist(), "control": control.tolist()}
        largest = (gaps[:100].max(), gaps.max(), control[:100].max(), control.max())
        rows.append((name, *(f"{gap:.1e}" for gap in largest)))
    print_table(
        "Largest difference of the losses (nats): from TensorFlow 1, and of the control",
        ("model", "first 100 steps", "all", "control, first 100", "all"),
        rows,
    )
    return followed


def draw(record: Record) -> Figure:
    """The difference of the losses along the epoch."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    followed = record.measured["trajectories"]
    for name, one in followed.items():
        label, color = MODELS[name].title, MODELS[name].colour
        steps = range(1, len(one["gaps"]) + 1)
        axes.semilogy(steps, one["gaps"], ".", color=color, markersize=3, label=label)
        axes.semilogy(steps, one["control"], color=color, linewidth=0.5, alpha=0.6)
    axes.set(
        title="Keras 3 follows TensorFlow 1.15.5 for an epoch, up to amplified rounding errors\n"
        f"One epoch of {record.title}, same weights and batches. Thin lines, the control: Keras\n"
        "against itself, with initial weights that differ by 1e-7",
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
