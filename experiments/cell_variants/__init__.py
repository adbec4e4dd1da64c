"""B1-B4, B6: five recurrent cells and their activations.

    python -m experiments.cell_variants

A simple RNN, an LSTM, an LSTM with peepholes, and the GRU in TF1's and in Keras' form read MNIST
row by row (B1, B2, B6). Their parameters are counted by formula and by Keras (B4): the matrices of
an LSTM hold 4 * 128 * (128 + 28) = 79,872 weights. Then the gates or the state of an LSTM get
other activations (B3), and a histogram shows the values of the gates.

What to look for, after one epoch, in the mean accuracy over five seeds:

- The gated cells reach 0.93 to 0.95, the simple RNN 0.92.
- B3 says that gates must saturate. This is not confirmed here: less than 2 % of the sigmoid gate
  values are above 0.95, and none are below 0.05. Halved softsign, which never saturates, reaches
  0.944.
- Unbounded gates are worst: relu reaches 0.874.
- B3 says that the tanh on the state can be replaced. It can: softsign reaches 0.922, relu 0.939,
  and tanh 0.941.

Cost: two minutes on 2 cores.

Differences from the published listing:

1. The training. Published: none; the tutorial shows equations and counts weights. Here: one epoch
   of MNIST with Adam 1e-3, to compare the cells by what they learn.
2. Initial weights. Published: none. Here: TensorFlow 1's, except for the GRU in Keras' form, which
   uses Keras' defaults.
3. Hard sigmoid. TF1: 0.2 x + 0.5, clipped to [0, 1]. Keras 3: slope 1/6. Here: TF1's.
"""

import statistics
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.plotting.style import CELL_COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner.tables import print_table

PIXELS, CLASSES = 28, 10
# Matrices of (28 + units) * units weights, then vectors of units: biases and peepholes.
CELLS = {
    "simple RNN": (1, 1),
    "LSTM": (4, 4),
    "LSTM with peepholes": (4, 4 + 3),
    "GRU, TF1's form": (3, 3),
    "GRU, Keras' form": (3, 3 + 3),
}
USUAL = ("sigmoid", "tanh")  # activation of the gates, activation of the state
OTHERS = [("LSTM", gate, "tanh") for gate in ("hard sigmoid", "halved softsign", "relu")]
OTHERS += [("LSTM", "sigmoid", state) for state in ("softsign", "relu")]


@dataclass(frozen=True, kw_only=True)
class Config(runner.ResumableConfig):
    """The same numbers for every cell."""

    units: Annotated[int, "units of every cell"] = 128
    learning_rate: Annotated[float, "learning rate of Adam"] = 1e-3
    batch_size: Annotated[int, "images per training step"] = 128


def load_data(config: Config):
    """55,000 training, 5,000 validation and 10,000 test images, `(batch, 28, 28)`."""
    return mnist.load(config.data, config.data_dir)


def build_model(config: Config, cell: str = "LSTM", gate: str = "sigmoid", state: str = "tanh"):
    """`(batch, 28, 28)` → cell → `(batch, units)` → softmax → `(batch, 10)`, compiled."""
    import keras

    from experiments.cell_variants.gates import GatedLSTMCell
    from keras_rnn_tutorials import tf1

    rows = keras.Input((28, PIXELS))
    if cell == "GRU, Keras' form":
        final = keras.layers.GRU(config.units, reset_after=True)(rows)
    else:
        make = {
            "simple RNN": tf1.BasicRNNCell,
            "LSTM": lambda units: GatedLSTMCell(units, gate=gate, activation=state),
            "LSTM with peepholes": lambda units: tf1.LSTMCell(units, use_peepholes=True),
            "GRU, TF1's form": tf1.GRUCell,
        }[cell]
        final = tf1.dynamic_rnn(make(config.units), rows, dtype="float32")[0][:, -1]
    model = keras.Model(rows, keras.layers.Dense(CLASSES, activation="softmax")(final))
    adam, loss = keras.optimizers.Adam(config.learning_rate), "sparse_categorical_crossentropy"
    model.compile(adam, loss, metrics=["accuracy"])
    return model


def measure(config: Config, dataset, once) -> dict:
    """Trains every variant for one epoch and prints the results."""
    variants = []
    for cell, gate, state in [(cell, *USUAL) for cell in CELLS] + OTHERS:
        name = f"{cell}, {gate} gates, {state} state"
        variants.append(once(name, partial(_train, config, dataset, cell, gate, state)))
    _print_tables(variants)
    return {"variants": variants}


def _train(config: Config, dataset, cell: str, gate: str, state: str, callbacks) -> dict:
    from experiments.cell_variants import gates
    from keras_rnn_tutorials.runner import loop

    print(f"training {cell}, {gate} gates, {state} state…", flush=True)
    trained = loop.train(
        partial(build_model, config, cell, gate, state),
        dataset,
        seed=config.seed,
        epochs=1,
        batch_size=config.batch_size,
        callbacks=callbacks,
        verbose=0,
        deterministic=False,  # every operation here has a fixed order anyway
    )
    model = trained.model
    (seconds,) = trained.progress.epoch_seconds
    matrices, vectors = (n * config.units for n in CELLS[cell])
    counted = [matrices * (PIXELS + config.units), vectors, CLASSES * (config.units + 1)]
    one = {"cell": cell, "gate": gate, "state": state}
    one |= {"test_accuracy": trained.test["accuracy"]}
    one |= {"seconds": seconds, "by_formula": counted, "count_params": model.count_params()}
    if cell == "LSTM":
        one["gates"] = gates.histograms(model.layers[1].cell, dataset.test.x[:1000])
    return one


def _print_tables(variants: list[dict]):
    print_table(
        "After one epoch",
        ("cell", "gates", "state", "test accuracy", "seconds"),
        [
            (v["cell"], v["gate"], v["state"], f"{v['test_accuracy']:.4f}", f"{v['seconds']:.1f}")
            for v in variants
        ],
    )
    print_table(
        "Parameters",
        ("cell", "matrices", "biases, peepholes", "readout", "sum", "counted by Keras"),
        [
            (v["cell"], *(f"{n:,}" for n in (*numbers, sum(numbers), v["count_params"])))
            for v in variants[: len(CELLS)]
            for numbers in [v["by_formula"]]
        ],
    )
    print_table(
        "Values of an LSTM's gates on test images, in %",
        ("LSTM with", "gate", "below 0.05", "0.95 to 1", "above 1"),
        [
            (f"{v['gate']} gates, {v['state']} state", gate)
            + tuple(f"{100 * n / sum(counts):.1f}" for n in (counts[0], *counts[-2:]))
            for v in variants
            for gate, counts in v.get("gates", {}).items()
        ],
    )


def draw(record: Record) -> Figure:
    """The accuracies on the left, the histograms of the gates on the right."""
    return draw_runs([record])


def draw_runs(records: list[Record]) -> Figure:
    """The accuracies of several seeds, and the histograms of all their gates."""
    first = records[0]
    figure = Figure(figsize=(14, 7.6), layout="constrained")
    figure.suptitle(
        f"Recurrent cells of {first.config['units']} units read images row by row "
        f"({first.title}, {plotting.seeds(records)})\nLeft: accuracy after one pass over the "
        "training images. Right: the values of an LSTM's gates on test images after that."
    )
    left, right = figure.subfigures(1, 2)
    axes, grid = left.subplots(), right.subplots(2, 2, sharex=True, sharey=True).flat
    for variants in zip(*(record.measured["variants"] for record in records), strict=True):
        one, accuracies = variants[0], [each["test_accuracy"] for each in variants]
        label = f"LSTM, {one['gate']} gates,\n{one['state']} state"
        if (one["gate"], one["state"]) == USUAL:
            label = f"{one['cell']}\n{one['count_params']:,} parameters"
        middle, colour = statistics.median(accuracies), _colour(one["cell"])
        axes.plot(accuracies, [label] * len(accuracies), "-o", color=colour, ms=4, alpha=0.6)
        axes.plot(middle, label, "D", color=colour, ms=7)
        axes.annotate(f"   {middle:.3f}", (max(accuracies), label), va="center")
        if "gates" in one and one["state"] == "tanh":
            (below := next(grid)).set_title(f"{one['gate']} gates")
            for name, line in zip(one["gates"], ("-", "--", ":"), strict=True):
                counts = [sum(n) for n in zip(*(v["gates"][name] for v in variants), strict=True)]
                percent = [100 * n / sum(counts) for n in counts]
                below.stairs(percent, [n / 20 for n in range(22)], lw=2, ls=line, label=name)
    axes.set(xmargin=0.2, xlabel="test accuracy (fraction right)", ylim=axes.get_ylim()[::-1])
    axes.grid(alpha=0.3)
    right.supxlabel("value of the gate: 0 is closed, 1 is open (last bin: all above 1)")
    right.supylabel("% of the gate's values")
    right.axes[0].legend(title="gate")
    return figure


def _colour(cell: str) -> str:
    kind = next(kind for kind in ("GRU", "LSTM", "simple RNN") if cell.startswith(kind))
    return CELL_COLOURS[kind.replace("simple RNN", "SimpleRNN")]


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train_several("cell_variants", config, load_data, measure, draw)
