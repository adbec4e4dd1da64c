"""B8: two LSTMs read a sequence in opposite directions.

    python -m experiments.bidirectional_lstm
    python -m experiments.bidirectional_lstm --variant=dynamic
    python -m experiments.bidirectional_lstm --readout=final_states
    python -m experiments.bidirectional_lstm --dataset=imdb

`--variant=static` builds one copy of the cell for every time step, as `static_bidirectional_rnn`
did. `--variant=dynamic` loops over one cell, as `bidirectional_dynamic_rnn` did. Up to rounding,
both compute the same. The listing's readout, `outputs[-1]`, is the output at the last step. By then
the forward LSTM has read the whole sequence, but the backward LSTM only its last element.
`--readout=final_states` concatenates the states that the two LSTMs have after reading everything.

What to look for: both readouts reach the same accuracy, so the forward half is enough for these
tasks. Expect a test accuracy of 0.98 on MNIST and 0.81 on the last 80 words of reviews.

Cost: about a minute on 2 cores of an AMD EPYC, slightly less for `--variant=dynamic`.

Differences from the published listing:

1. The training. Published: not given. Here: Adam 1e-3, batches of 128, 6 epochs.
2. The initial weights. Published: TensorFlow 1's. Here: Keras' defaults, because this piece
   is about directions; `mnist_lstm` uses TensorFlow 1's.
"""

import statistics
from dataclasses import dataclass
from typing import Annotated, Literal

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.data import imdb, mnist
from keras_rnn_tutorials.plotting.style import CELL_COLOURS, COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command

WORDS = 10_000


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """The tutorial's 128 units. The other numbers are ours, as the tutorial gives none."""

    variant: Annotated[
        Literal["static", "dynamic"],
        "how the network is built",
        {"static": "one copy of the cell per time step", "dynamic": "a loop over one cell"},
    ] = "static"
    readout: Annotated[
        Literal["last_output", "final_states"],
        "what the class is read from",
        {
            "last_output": "the output at the last step, as published",
            "final_states": "the final states of both directions",
        },
    ] = "last_output"
    dataset: Annotated[
        Literal["mnist", "imdb"],
        "what is read",
        {"mnist": "digits, row by row", "imdb": "film reviews, word by word"},
    ] = "mnist"
    units: Annotated[int, "units of the LSTM of each direction"] = 128
    maxlen: Annotated[int, "words kept per review, from its end (imdb only)"] = 80
    learning_rate: Annotated[float, "learning rate of Adam"] = 1e-3
    epochs: Annotated[int, "passes over the training examples"] = 6
    batch_size: Annotated[int, "examples per training step"] = 128


def load_data(config: Config):
    """Images `(batch, 28, 28)`, or word ids `(batch, maxlen)`."""
    if config.dataset == "mnist":
        return mnist.load(config.data, config.data_dir)
    return imdb.load(config.data, config.data_dir, num_words=WORDS, maxlen=config.maxlen)


def build_model(config: Config):
    """`(batch, time, features)` → two LSTMs → `(batch, 2 * units)` → class scores, compiled."""
    import keras

    from keras_rnn_tutorials import layers

    if config.dataset == "mnist":
        inputs = sequence = keras.Input((28, 28))
        readout, loss = (
            keras.layers.Dense(10, activation="softmax"),
            "sparse_categorical_crossentropy",
        )
    else:
        inputs = keras.Input((config.maxlen,), dtype="int32")
        sequence = layers.Embedding(WORDS, 32)(inputs)
        readout, loss = keras.layers.Dense(1, activation="sigmoid"), "binary_crossentropy"

    all_steps = config.readout == "last_output"
    lstm = layers.LSTM(config.units, return_sequences=all_steps, unroll=config.variant == "static")
    outputs = layers.Bidirectional(lstm)(sequence)
    if all_steps:
        outputs = outputs[:, -1]  # the backward LSTM has read only the last step
    model = keras.Model(inputs, readout(outputs))
    model.compile(
        keras.optimizers.Adam(config.learning_rate),
        loss=loss,
        metrics=["accuracy"],
        # The fast kernel needs XLA. For the unrolled variant XLA is a loss: compiling 80 copies of
        # the cell takes a minute and makes every step slower.
        jit_compile=config.variant == "dynamic",
    )
    return model


def draw(record: Record) -> Figure:
    """Accuracy and loss by epoch."""
    return plotting.curves(record, _claim(record))


def draw_runs(records: list[Record]) -> Figure:
    """The bands of several seeds."""
    return plotting.bands({"": records}, f"{_claim(records[0])}\n({plotting.seeds(records)})")


def draw_all(named: dict[str, list[Record]]) -> Figure:
    """Draws every form and readout: the test accuracy of each seed, and TensorFlow 1.15.5's."""
    from experiments import reproduction

    figure = Figure(figsize=(10.4, 4.4), layout="constrained")
    figure.suptitle(
        "A bidirectional LSTM, static or dynamic, read from last outputs or final states: "
        "the seeds overlap\n(a point per seed, a line from the lowest to the highest; the diamond "
        "is the median)"
    )
    left, right = figure.subplots(1, 2)
    for axes, dataset in ((left, "mnist"), (right, "imdb")):
        forms = {
            name: records
            for name, records in named.items()
            if records[0].config["dataset"] == dataset
        }
        for row, (name, records) in enumerate(forms.items()):
            theirs = [
                scores[-1] for scores in reproduction.tensorflow_1(f"bidirectional_lstm/{name}")
            ]
            shift = 0.16 if theirs else 0
            ours = [record.test["accuracy"] for record in records]
            _plot_seeds(axes, ours, row - shift, "o", CELL_COLOURS["LSTM"])
            if theirs:
                _plot_seeds(axes, theirs, row + shift, "s", COLOURS[5])
            axes.set_title(records[0].title)
        labels = [
            f"{records[0].config['variant']}, {records[0].config['readout'].replace('_', ' ')}"
            for records in forms.values()
        ]
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="test accuracy (fraction right)", ymargin=0.2)
        axes.grid(axis="x", alpha=0.3)
        axes.invert_yaxis()
    points = [line for line in left.lines if line.get_marker() in ("o", "s")][:2]
    names = ["Keras 3", "TensorFlow 1.15.5"][: len(points)]
    figure.legend(points, names, loc="outside lower center", ncols=2)
    return figure


def _plot_seeds(axes, accuracies: list[float], place: float, marker: str, colour: str):
    """Draws a point per seed, a line from the lowest to the highest, and the median."""
    axes.hlines(place, min(accuracies), max(accuracies), color=colour, alpha=0.5)
    axes.plot(accuracies, [place] * len(accuracies), marker, color=colour, alpha=0.7)
    axes.plot(statistics.median(accuracies), place, "D", color="black", markersize=5)


def _claim(record: Record) -> str:
    return {"mnist": "A bidirectional LSTM reads MNIST digits row by row"}.get(
        record.config["dataset"], "A bidirectional LSTM judges film reviews"
    )


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train("bidirectional_lstm", config, load_data, build_model, draw=draw)


if __name__ == "__main__":
    command.run(main, Config)
