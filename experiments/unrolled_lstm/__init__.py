"""C2: an LSTM unrolled by hand, a cell called once for every time step, and what it writes.

    python -m experiments.unrolled_lstm

A cell is called in a Python loop over 40 time steps, one dense layer reads every output, and the
losses of the steps are added up; every batch starts from a zero state. The same weights go into
`LSTM(return_sequences=True)`: loss and gradients must be equal, but for rounding. Then the unrolled
model learns to name the next character of the film reviews, and writes some of its own.

Takes about a minute on 2 cores. Expect differences near 1e-15 in float64 and below 1e-6 in float32,
save the readout bias: 9e-6, or 1.4e-6 of its largest entry. About 2.8 bits a character.

Differences from the published listing:

1. The task: the next of 97 characters; published, a sketch without data.
2. Training: 128 units, Adam 4e-3, batches of 128; published, not given.
3. The cell: Keras' LSTMCell, whose forget bias starts at 1; published, BasicLSTMCell, which adds 1.
"""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from matplotlib.figure import Figure

from experiments.unrolled_lstm import characters
from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.record import Record

CLASSES = len(characters.KNOWN)
COMPARED = ("loss", "kernel", "recurrent kernel", "bias", "readout kernel", "readout bias")


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """Numbers of ours, as the tutorial gives none."""

    steps: Annotated[int, "time steps: characters that the network reads before it starts anew"] = (
        40
    )
    units: Annotated[int, "units of the LSTM"] = 128
    windows: Annotated[int, "stretches of text to train on, of as many characters as steps"] = (
        20_000
    )
    learning_rate: Annotated[float, "of Adam"] = 4e-3
    epochs: Annotated[int, "passes over the training text"] = 6
    batch_size: Annotated[int, "stretches a training step"] = 128


def load_data(config: Config):
    """Characters `(windows, steps)`, and the same one character later."""
    return characters.load(config.data, config.data_dir, config.steps, config.windows)


def build_model(config: Config, dtype: str = "float32", looped: bool = False):
    """`(batch, steps)` → `(batch, steps, 97)`, unrolled by hand or looped by Keras; compiled."""
    import keras

    ids = keras.Input((config.steps,), dtype="int32")
    inputs = keras.ops.one_hot(ids, CLASSES, dtype=dtype)
    readout = keras.layers.Dense(CLASSES, dtype=dtype)
    if looped:
        lstm = keras.layers.LSTM(config.units, return_sequences=True, dtype=dtype)
        logits = readout(lstm(inputs))
    else:
        cell, outputs = keras.layers.LSTMCell(config.units, dtype=dtype), []
        zeros = keras.ops.repeat(keras.ops.zeros_like(inputs[:, 0, :1]), config.units, axis=1)
        state = [zeros, zeros]
        for t in range(config.steps):
            output, state = cell(inputs[:, t], state)
            outputs.append(readout(output))
        logits = keras.ops.stack(outputs, axis=1)
    model = keras.Model(ids, logits)
    model.compile(keras.optimizers.Adam(config.learning_rate), summed_loss, metrics=["accuracy"])
    return model


def summed_loss(y, logits):
    """The cross-entropies of the steps added up: `(batch,)`."""
    import keras

    losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
    return keras.ops.sum(losses, axis=1)


def differences(config: Config, x, y, dtype: str) -> dict:
    """How far loss and gradients of both models are apart: absolute, and over the largest entry."""
    import tensorflow as tf

    def loss_and_gradients(model):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(summed_loss(y, model(x)))
        return [loss, *tape.gradient(loss, model.trainable_variables)]

    results, weights = [], None
    for looped in (False, True):
        model = build_model(config, dtype, looped)
        weights = weights or model.get_weights()
        model.set_weights(weights)
        # Without a graph Keras' loop is a Python loop too: the same, compared with itself.
        in_graph = tf.function(partial(loss_and_gradients, model))
        results.append([array.numpy() for array in in_graph()])
    gaps = {n: (abs(a - b).max(), abs(b).max()) for n, a, b in zip(COMPARED, *results, strict=True)}
    return {n: {"absolute": float(g), "relative": float(g / most)} for n, (g, most) in gaps.items()}


def measure(config: Config, dataset, model) -> dict:
    """Compares the two models and lets the trained one write; prints both."""
    x, y = dataset.train.x[: config.batch_size], dataset.train.y[: config.batch_size]
    apart = {dtype: differences(config, x, y, dtype) for dtype in ("float32", "float64")}
    print("unrolled beside looped, float32 and float64: largest difference, / largest entry")
    for name in COMPARED:
        gaps = [f"{a[name]['absolute']:10.1e}{a[name]['relative']:10.1e}" for a in apart.values()]
        print(f"{name:18}", *gaps)
    lines = characters.write_on(model, dataset.test.x[:3], 100, 0.5, config.seed)
    print("written after the |, one character after the other:", *lines, sep="\n")
    return {"differences": apart, "written": lines}


def draw(record: Record) -> Figure:
    """Accuracy and loss against the epoch."""
    figure = plotting.curves(record)
    apart = [
        max(g["relative"] for g in d.values()) for d in record.measured["differences"].values()
    ]
    figure.suptitle(
        f"An LSTM unrolled by hand names the next of {CLASSES} characters: {record.title}, seed "
        f"{record.seed}\noff Keras' loop by {apart[0]:.1e} in float32, {apart[1]:.1e} in float64"
    )
    figure.axes[1].set_ylabel(f"loss (nats, {record.config['steps']} characters added up)")
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train("unrolled_lstm", config, load_data, build_model, measure=measure, draw=draw)
