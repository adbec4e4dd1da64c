"""A1: an LSTM reads MNIST digits row by row.

    python -m experiments.mnist_lstm                        # as published
    python -m experiments.mnist_lstm --variant=corrected    # softmax once
    python -m experiments.mnist_lstm --predict_file=image.png
    python -m experiments.mnist_lstm --mistakes

An image is 28 time steps of 28 pixels. An LSTM of 100 units reads them from top to bottom, and a
softmax layer predicts the digit from the state after the last row. The tutorial's listing passes
the output of that softmax to `softmax_cross_entropy_with_logits`, which applies a softmax again.
Therefore the loss cannot fall below ln(1 + 9/e) = 1.46115, and the gradients are small.
`--variant=corrected` applies softmax once. `--predict_file` asks the model of a finished run which
digit your image shows. `--mistakes` draws the test digits that the model misclassifies with the
highest confidence.

What to look for: the published loss flattens above the dashed line at 1.461, while the accuracy
still rises. With some seeds, one class of digits is not learned for several epochs. Expect a test
accuracy of 0.91 to 0.93 as published, and of 0.94 to 0.95 corrected.

Cost: 26 s on 2 cores of an AMD EPYC, of which six epochs take 17 s.

Differences from the published listing:

1. Held-out images. Published: the first 5,000 of MNIST's own files. Here: the first 5,000 in TFDS'
   order, because TFDS shuffles the images when it prepares them.
2. Use of the held-out images. Published: none. Here: the model is evaluated on them after every
   epoch, because the curves need data that the network was not trained on.
3. Initial bias of the forget gate. Published: 0, and the cell adds `forget_bias=1.0`. Here: 1.
   Only the sum enters the equations, so the training is the same.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.plotting.style import COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command

ROWS, PIXELS, CLASSES = 28, 28, 10
FLOOR = math.log(1 + (CLASSES - 1) / math.e)  # of the cross-entropy of a doubled softmax


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """The tutorial's numbers."""

    variant: Annotated[
        Literal["as_published", "corrected"],
        "which loss to train with",
        {"as_published": "softmax applied twice", "corrected": "softmax applied once"},
    ] = "as_published"
    units: Annotated[int, "units of the LSTM"] = 100
    learning_rate: Annotated[float, "learning rate of Adam"] = 1e-4
    epochs: Annotated[int, "passes over the training images"] = 6
    batch_size: Annotated[int, "images per training step"] = 50
    predict_file: Annotated[
        str | None, "name the digit in this picture with the trained model; - is standard input"
    ] = runner.question("a path")
    mistakes: Annotated[
        bool, "draw the test digits that the trained model misreads with the most confidence"
    ] = runner.question("true or false", False)


def load_data(config: Config):
    """55,000 training, 5,000 validation and 10,000 test images, `(batch, 28, 28)`."""
    return mnist.load(config.data, config.data_dir)


def build_model(config: Config):
    """`(batch, 28, 28)` → LSTM → `(batch, units)` → softmax → `(batch, 10)`, compiled."""
    import keras

    from keras_rnn_tutorials import layers, losses
    from keras_rnn_tutorials.tf1.adam import AdamOptimizer

    # TensorFlow 1 draws one joint kernel, (pixels + units, 4 * units), Glorot-uniform. Keras would
    # draw two kernels, the recurrent one orthogonal.
    limit = math.sqrt(6 / (PIXELS + config.units + 4 * config.units))
    model = keras.Sequential(
        [
            keras.Input((ROWS, PIXELS)),
            layers.LSTM(
                config.units,
                kernel_initializer=keras.initializers.RandomUniform(-limit, limit),
                recurrent_initializer=keras.initializers.RandomUniform(-limit, limit),
            ),
            keras.layers.Dense(
                CLASSES,
                activation="softmax",
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1),
                bias_initializer=keras.initializers.Constant(0.1),
            ),
        ]
    )
    model.compile(
        optimizer=AdamOptimizer(config.learning_rate),
        loss={
            "as_published": losses.softmax_twice,
            "corrected": keras.losses.SparseCategoricalCrossentropy(),
        }[config.variant],
        metrics=["accuracy"],
        jit_compile=True,
    )
    return model


def draw(record: Record) -> Figure:
    """Accuracy and loss by epoch; as published, with the floor of the doubled loss."""
    if record.config["variant"] == "corrected":
        return plotting.curves(record, "An LSTM reads MNIST row by row, with softmax applied once")
    figure = plotting.curves(record, "Softmax applied twice: the loss cannot fall below 1.461")
    for axes in figure.axes:
        if axes.get_ylabel().startswith("loss"):
            axes.axhline(FLOOR, color="grey", linestyle="--", label="least possible loss")
            axes.legend()
    return figure


def draw_runs(records: list[Record]) -> Figure:
    """The bands of several seeds; as published, with the floor of the doubled loss."""
    if records[0].config["variant"] == "corrected":
        claim = "An LSTM reads MNIST row by row, with softmax applied once"
        return plotting.bands({"": records}, f"{claim}\n({plotting.seeds(records)})")
    claim = "Softmax applied twice: the loss cannot fall below 1.461 (dashed)"
    figure = plotting.bands({"": records}, f"{claim}\n({plotting.seeds(records)})")
    figure.axes[1].axhline(FLOOR, color="grey", linestyle="--")
    return figure


def draw_all(named: dict[str, list[Record]]) -> Figure:
    """Softmax twice and once on one scale, beside TensorFlow 1.15.5's seeds."""
    from experiments import reproduction

    figure = Figure(figsize=(10.4, 4.6), layout="constrained")
    figure.suptitle(
        "Softmax applied twice: the loss cannot fall below 1.461, and the accuracy stays lower"
    )
    left, right = figure.subplots(1, 2)
    groups = {"default": "softmax twice, as published", "variant-corrected": "softmax once"}
    for number, (name, label) in enumerate(groups.items()):
        runs, colour = named[name], COLOURS[number]
        label = f"{label}, Keras 3 ({plotting.counted(runs)})"
        plotting.band(left, label, [r.history["test_accuracy"] for r in runs], 0, colour)
        plotting.band(right, label, [r.history["loss"] for r in runs], 0, colour)
        if theirs := reproduction.tensorflow_1(f"mnist_lstm/{name}"):
            label = f"the same in TensorFlow 1.15.5 ({plotting.counted(theirs)})"
            plotting.band(left, label, theirs, 3, COLOURS[4 + number])
    right.axhline(FLOOR, color="grey", linestyle="--")
    right.annotate(f"floor: {FLOOR:.3f}", (1, FLOOR), va="top", fontsize=8)
    left.set(xlabel="epoch", ylabel="test accuracy (fraction right)")
    right.set(xlabel="epoch", ylabel="training loss (nats, mean of an epoch)", ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def ask(config: Config):
    """Answers the questions of the flags with the trained model."""
    from experiments import _digits
    from keras_rnn_tutorials.data import picture
    from keras_rnn_tutorials.runner import trained

    run = trained.find("mnist_lstm", config)
    if config.predict_file:
        content = trained.read_input(config.predict_file)
        _digits.print_digit(run, picture.read(content, config.predict_file))
    if config.mistakes:
        with run.loaded() as model:
            dataset = load_data(config)
            run.check_data(dataset)
            scores = model.predict(dataset.test.x, batch_size=500, verbose=0)
        run.draw_mistakes(_digits.draw_mistakes(dataset.test, scores, run.record))


@runner.takes(Config)
def main(config: Config) -> runner.Run | None:
    """Runs the experiment, or asks its model."""
    if runner.questions(config):
        return ask(config)
    return runner.train(
        "mnist_lstm", config, load_data, build_model, test_every_epoch=True, draw=draw
    )


if __name__ == "__main__":
    command.run(main, Config)
