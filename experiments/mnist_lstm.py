"""A1: MNIST digits read row by row by an LSTM.

    python -m experiments.mnist_lstm                        # the loss as published
    python -m experiments.mnist_lstm --variant=corrected    # softmax once

An image is 28 time steps of 28 pixels. An LSTM of 100 units reads them from top to bottom, and a
softmax layer names the digit from the state after the last row. The tutorial's listing applies
`softmax_cross_entropy_with_logits` to what a softmax has already made, so its loss cannot fall
below ln(1 + 9/e) = 1.46115, gradients are small, and a whole class of digits may stay unlearned
for epochs. `--variant=corrected` takes the softmax once.

Takes 26 s on 2 cores of an AMD EPYC, 17 s of it six epochs. Expect a test accuracy of 0.91 to 0.93
as published and 0.94 to 0.95 corrected, by seed.

Differences from the published listing:

1. Images held out: the first 5,000 in TFDS' order; published, the first 5,000 in the order of
   MNIST's own files. TFDS shuffles the images when it prepares them.
2. Held-out images scored after every epoch; published, never used.
3. Forget gate: its bias starts at 1; published, at 0, with `forget_bias=1.0` added inside the cell.
   Only their sum enters the equations, so training takes the same course.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.runner import command

ROWS, PIXELS, CLASSES = 28, 28, 10


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """The tutorial's numbers."""

    variant: Annotated[Literal["as_published", "corrected"], "the loss: softmax twice, or once"] = (
        "as_published"
    )
    units: Annotated[int, "units of the LSTM"] = 100
    learning_rate: Annotated[float, "of Adam"] = 1e-4
    epochs: Annotated[int, "passes over the training images"] = 6
    batch_size: Annotated[int, "images a training step"] = 50


def load_data(config: Config):
    """55,000 training, 5,000 validation and 10,000 test images, `(batch, 28, 28)`."""
    return mnist.load(config.data, config.data_dir)


def build_model(config: Config):
    """`(batch, 28, 28)` → LSTM → `(batch, units)` → softmax → `(batch, 10)`, compiled."""
    import keras

    from keras_rnn_tutorials import layers, losses
    from keras_rnn_tutorials.tf1.adam import AdamOptimizer

    # TensorFlow 1 draws one joint kernel, (pixels + units, 4 * units), Glorot-uniform; Keras would
    # draw its two parts apart, the recurrent one orthogonal.
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


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train("mnist_lstm", config, load_data, build_model, test_every_epoch=True)


if __name__ == "__main__":
    command.run(main, Config)
