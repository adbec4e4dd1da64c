"""C2: an LSTM unrolled by hand predicts characters.

    python -m experiments.unrolled_lstm
    python -m experiments.unrolled_lstm --generate=500

A Python loop calls a cell at 40 time steps, one dense layer reads every output, and the losses of
all steps are added up. Every batch starts from a zero state. `LSTM(return_sequences=True)` gets the
same weights, and the loss and the gradients are compared. Then the unrolled model learns to predict
the next character of film reviews, and generates text. With `--generate`, the model of a finished
run generates more.

What to look for: loss and gradients differ by rounding only, near 1e-15 in float64 and below 2e-6
in float32, relative to the largest entry. The model reaches about 2.8 bits per character.

Cost: about a minute on 2 cores.

Differences from the published listing:

1. The task. Published: none; the listing is a sketch. Here: the next of 97 characters.
2. The training. Published: not given. Here: 128 units, Adam 4e-3, batches of 128.
3. The cell. Published: BasicLSTMCell, which adds a forget bias of 1. Here: Keras' LSTMCell, whose
   forget bias starts at 1; only the sum enters the equations.
"""

import dataclasses
import math
import sys
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from matplotlib.figure import Figure

from experiments.unrolled_lstm import characters
from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import trained
from keras_rnn_tutorials.runner.tables import columns, filled, print_table

CLASSES = len(characters.KNOWN)
BEGINNING = "I watched this movie with my family and "  # a window of 40 characters
TEMPERATURE = 0.5  # below 1, so that likely characters are drawn more often
COMPARED = ("loss", "kernel", "recurrent kernel", "bias", "readout kernel", "readout bias")


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """Our own numbers, as the tutorial gives none."""

    steps: Annotated[int, "time steps, which are the characters of a window of text"] = 40
    units: Annotated[int, "units of the LSTM"] = 128
    windows: Annotated[int, "windows of text to train on"] = 20_000
    learning_rate: Annotated[float, "learning rate of Adam"] = 4e-3
    epochs: Annotated[int, "passes over the training text"] = 6
    batch_size: Annotated[int, "windows per training step"] = 128
    generate: Annotated[int | None, "have the trained model write this many characters"] = (
        runner.question("a whole number from 1")
    )


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
    """The differences of loss and gradients: absolute, and relative to the largest entry."""
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
        # Without a graph Keras' loop is a Python loop too, so both would be the same.
        in_graph = tf.function(partial(loss_and_gradients, model))
        results.append([array.numpy() for array in in_graph()])
    gaps = {n: (abs(a - b).max(), abs(b).max()) for n, a, b in zip(COMPARED, *results, strict=True)}
    return {n: {"absolute": float(g), "relative": float(g / most)} for n, (g, most) in gaps.items()}


def measure(config: Config, dataset, model) -> dict:
    """Compares the two models, and generates text with the trained one; prints both results."""
    x, y = dataset.train.x[: config.batch_size], dataset.train.y[: config.batch_size]
    compared = {dtype: differences(config, x, y, dtype) for dtype in ("float32", "float64")}
    print_table(
        "Unrolled against looped: largest difference, relative to the largest entry",
        ("", *compared),
        [(name, *(f"{d[name]['relative']:.1e}" for d in compared.values())) for name in COMPARED],
    )
    lines = characters.write_on(model, dataset.test.x[:3], 100, TEMPERATURE, config.seed)
    print("written after the |, one character after the other:", *lines, sep="\n")
    return {"differences": compared, "written": lines}


def draw(record: Record) -> Figure:
    """Accuracy and loss by epoch."""
    return _labelled(plotting.curves(_in_bits(record)), [record])


def draw_runs(records: list[Record]) -> Figure:
    """The bands of several seeds."""
    return _labelled(plotting.bands({"": [*map(_in_bits, records)]}, ""), records)


def _in_bits(record: Record) -> Record:
    """The losses in bits per character; the model adds up nats."""
    nats = record.config["steps"] * math.log(2)
    history = {
        name: [value / nats for value in values] if name.endswith("loss") else values
        for name, values in record.history.items()
    }
    return dataclasses.replace(record, history=history)


def _labelled(figure: Figure, records: list[Record]) -> Figure:
    single, double = (
        max(
            each["relative"]
            for record in records
            for each in record.measured["differences"][dtype].values()
        )
        for dtype in ("float32", "float64")
    )
    first = records[0]
    figure.suptitle(
        f"An LSTM unrolled by hand predicts the next of {CLASSES} characters\n({first.title}, "
        f"{plotting.seeds(records)})\nIt differs from Keras' loop by at most {single:.1e} in "
        f"float32 and {double:.1e} in float64"
    )
    figure.axes[1].set_ylabel(f"loss (bits per character; chance: {math.log2(CLASSES):.1f})")
    return figure


def write(config: Config):
    """Prints the text that the trained model generates after a given beginning."""
    run = trained.find("unrolled_lstm", config, english=True)
    steps = run.record.config["steps"]
    # A beginning that is too short is padded with new lines, each of which ends a review.
    beginning = characters.encode("\n" * steps + BEGINNING)[-steps:]
    with run.loaded() as model:
        if sys.stdout.isatty():  # the text takes the line's place
            print("writing…", end="\r", flush=True)
        (ids,) = characters.continued(
            model, beginning[None], config.generate, TEMPERATURE, config.seed
        )
    for paragraph in characters.decode(ids).strip("\n").split("\n"):
        print(filled(paragraph, columns(), ""))


@runner.takes(Config)
def main(config: Config) -> runner.Run | None:
    """Runs the experiment, or generates text with its model."""
    if runner.questions(config):
        return write(config)
    return runner.train("unrolled_lstm", config, load_data, build_model, measure=measure, draw=draw)
