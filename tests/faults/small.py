"""A small experiment; a run takes a second."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Config(TrainConfig):
    epochs: Annotated[int, "passes"] = 3
    batch_size: Annotated[int, "examples"] = 8
    rate: Annotated[float, "of Adam"] = 0.02


def load_data(config):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(70, 5, 3)).astype(np.float32)
    y = (x[:, 0, 0] > 0).astype(np.int64)
    return Dataset(
        "mnist", "sample", *(Split(x[a:b], y[a:b]) for a, b in ((0, 50), (50, 60), (60, 70)))
    )


def build_model(config):
    import keras

    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras.layers.SimpleRNN(4, dropout=0.3),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(config.rate), loss=loss, metrics=["accuracy"])
    return model


@runner.takes(Config)
def main(config):
    return runner.train("small", config, load_data, build_model)


if __name__ == "__main__":
    command.run(main, Config)
