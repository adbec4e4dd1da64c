"""B1-B6: five recurrent cells on one budget, and an LSTM with other activations.

    python -m experiments.cell_variants

Simple RNN, LSTM, LSTM with peepholes, and the GRU in TF1's and in Keras' form read MNIST row by
row; parameters by formula (B4: an LSTM's matrices hold 4 * 128 * (128 + 28) = 79,872) and by Keras.
Then an LSTM's gates or state get other activations (B3), and its gates' values are counted.

Takes two minutes on 2 cores. Seed 0: 0.92 from the simple RNN, 0.93 to 0.95 from the gated cells.
The ablation does not show that gates must saturate (B3), not after one pass: under 3 % of sigmoid
gates are above 0.95, none below 0.05; halved softsign, which saturates nowhere, reaches 0.945. But
unbounded gates are worst: 77 % of relu's forget gates exceed 1 (0.875). The state may do without
tanh, as B3 says: softsign 0.920, relu 0.936. One seed: a difference of 0.01 may be chance.

Differences from the published listing:

1. The training is ours: the tutorial shows these cells' equations and counts weights.
2. The GRU in Keras' form starts with Keras' initial weights, the others with TensorFlow 1's.
3. Hard sigmoid: TF1's, 0.2 x + 0.5 cut off at 0 and 1; Keras 3's has the slope 1/6.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from matplotlib.figure import Figure

from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.record import Record

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
class Config(runner.DataConfig):
    """The budget."""

    units: Annotated[int, "units of every cell"] = 128
    learning_rate: Annotated[float, "of Adam"] = 1e-3
    batch_size: Annotated[int, "images a training step"] = 128


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


def measure(config: Config, dataset) -> dict:
    """Trains every variant once; prints what came of it."""
    from experiments.cell_variants import gates
    from keras_rnn_tutorials.runner import loop

    variants = []
    for cell, gate, state in [(cell, *USUAL) for cell in CELLS] + OTHERS:
        trained = loop.train(
            partial(build_model, config, cell, gate, state),
            dataset,
            seed=config.seed,
            epochs=1,
            batch_size=config.batch_size,
            verbose=0,
            deterministic=False,  # no operation here has an order of its own to be held to
        )
        model, accuracy = trained.model, trained.test["accuracy"]
        (seconds,) = trained.progress.epoch_seconds
        print(f"\n{cell}, {gate} gates, {state} state: accuracy {accuracy:.4f}, {seconds:.1f} s")
        matrices, vectors = (n * config.units for n in CELLS[cell])
        counted = [matrices * (PIXELS + config.units), vectors, CLASSES * (config.units + 1)]
        formula = "  {:,} + {:,} + {:,} = {:,} parameters".format(*counted, sum(counted))
        print(f"{formula}; Keras counts {model.count_params():,}")
        one = {"cell": cell, "gate": gate, "state": state, "test_accuracy": accuracy}
        one |= {"seconds": seconds, "by_formula": counted, "count_params": model.count_params()}
        if cell == "LSTM":
            one["gates"] = gates.histograms(model.layers[1].cell, dataset.test.x[:1000])
            for name, counts in one["gates"].items():
                print(f"  {name} gate: {gates.describe(counts)}", flush=True)
        variants.append(one)
    return {"variants": variants}


def draw(record: Record) -> Figure:
    """Accuracies on the left, the histograms of the gates on the right."""
    figure = Figure(figsize=(14, 7.6), layout="constrained")
    figure.suptitle(
        f"Recurrent cells of {record.config['units']} units read images row by row "
        f"({record.title}, seed {record.seed})\nLeft: accuracy after one pass over the training "
        "images. Right: how far open an LSTM's gates stand on test images then."
    )
    left, right = figure.subfigures(1, 2)
    axes, grid = left.subplots(), right.subplots(2, 2, sharex=True, sharey=True).flat
    for one in record.measured["variants"]:
        label = f"LSTM, {one['gate']} gates,\n{one['state']} state"
        if (one["gate"], one["state"]) == USUAL:
            label = f"{one['cell']}\n{one['count_params']:,} parameters"
        axes.plot(one["test_accuracy"], label, "o", color="tab:blue")
        axes.annotate(f"   {one['test_accuracy']:.3f}", (one["test_accuracy"], label), va="center")
        if "gates" in one and one["state"] == "tanh":
            (below := next(grid)).set_title(f"{one['gate']} gates")
            for (name, counts), line in zip(one["gates"].items(), ("-", "--", ":"), strict=True):
                percent = [100 * n / sum(counts) for n in counts]
                below.stairs(percent, [n / 20 for n in range(22)], lw=2, ls=line, label=name)
    axes.set(xmargin=0.2, xlabel="test accuracy (fraction right)", ylim=axes.get_ylim()[::-1])
    axes.grid(alpha=0.3)
    right.supxlabel("value of the gate: 0 is shut, 1 is open (last bin: all above 1)")
    right.supylabel("% of the gate's values")
    right.axes[0].legend(title="gate")
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.measure("cell_variants", config, measure, draw, load_data)
