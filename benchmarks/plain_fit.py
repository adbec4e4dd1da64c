"""Common models under `fit` and `predict`: what one import gains, and what one more line gains.

    python -m benchmarks.plain_fit --rounds=7

The same models are trained on the same generated batches, in one process and in turns: with Keras'
layers and with this package's under plain `fit`, each with and without `jit_compile`; with this
package's under `fast.fit`; and with the training loop of the experiments. Milliseconds are per
batch. For `fit` and `predict`, the faster mode counts. From seven rounds on, the interval of a
ratio is a 95 % interval.

The batches come from tf.data without its tuning: with tuning, an epoch takes a multiple of 1.28 s,
whichever layers are used.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from benchmarks import turns
from keras_rnn_tutorials import fast
from keras_rnn_tutorials import layers as ours
from keras_rnn_tutorials.data.batches import shuffled
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.runner import command


class Job(NamedTuple):
    """A model and its batches.

    Attributes:
        build: a function of a module of layers; returns the inputs, the output and the kind of
            loss.
        batch: examples per batch.
        ids: how large an id may be; None if the inputs are numbers.
        steps: batches per round.
    """

    build: Callable
    batch: int
    ids: int | None
    steps: int = 30


def _lstm_on_rows(module):
    x = keras.Input((28, 28))
    return [x], keras.layers.Dense(10, "softmax")(module.LSTM(100)(x)), "sparse"


def _simple_rnn_on_ids(module):
    ids = keras.Input((500,), dtype="int32")
    x = module.SimpleRNN(32)(module.Embedding(10_000, 32)(ids))
    return [ids], keras.layers.Dense(1, "sigmoid")(x), "binary"


def _lstm_on_ids(module):
    ids = keras.Input((80,), dtype="int32")
    x = module.LSTM(128)(module.Embedding(20_000, 128)(ids))
    return [ids], keras.layers.Dense(1, "sigmoid")(x), "binary"


def _bidirectional(module):
    ids = keras.Input((200,), dtype="int32")
    x = module.Embedding(20_000, 128)(ids)
    x = module.Bidirectional(module.LSTM(64, return_sequences=True))(x)
    x = module.Bidirectional(module.LSTM(64))(x)
    return [ids], keras.layers.Dense(1, "sigmoid")(x), "binary"


def _frozen_table(module):
    ids = keras.Input((100,), dtype="int32")
    x = module.GRU(64)(module.Embedding(100_000, 100, trainable=False)(ids))
    return [ids], keras.layers.Dense(1, "sigmoid")(x), "binary"


def _gru_on_rows(module):
    x = keras.Input((28, 28))
    return [x], keras.layers.Dense(10, "softmax")(module.GRU(128)(x)), "sparse"


JOBS = {
    "LSTM(100), MNIST's rows": Job(_lstm_on_rows, 50, None),
    "Embedding(10000, 32), SimpleRNN(32), 500 ids": Job(_simple_rnn_on_ids, 128, 10_000),
    "Embedding(20000, 128), LSTM(128), 80 ids": Job(_lstm_on_ids, 32, 20_000),
    "keras.io's bidirectional LSTM, 200 ids": Job(_bidirectional, 32, 20_000),
    "frozen Embedding(100000, 100), GRU(64), 100 ids": Job(_frozen_table, 32, 100_000),
    "GRU(128), MNIST's rows": Job(_gru_on_rows, 50, None),
}


class Contestant:
    """A model of one module's layers, and the milliseconds per batch of its rounds."""

    def __init__(self, job, module, jit_compile):
        """Builds and compiles the model, and draws its batches."""
        build, self.batch_size, ids, self.steps = job
        keras.utils.set_random_seed(0)
        inputs, output, kind = build(module)
        self.model = keras.Model(inputs, output)
        loss = "sparse_categorical_crossentropy" if kind == "sparse" else "binary_crossentropy"
        self.model.compile("adam", loss, metrics=["accuracy"], jit_compile=jit_compile)
        rng = np.random.default_rng(0)
        shape = (self.steps * self.batch_size, *inputs[0].shape[1:])
        x = rng.integers(0, ids, shape) if ids else rng.random(shape, "float32")
        self.examples = Split(x, rng.integers(0, 10 if kind == "sparse" else 2, len(x)))
        options = tf.data.Options()
        options.autotune.enabled = False
        dataset = tf.data.Dataset.from_tensor_slices(tuple(self.examples))
        self.data = dataset.batch(self.batch_size).with_options(options)
        self.fit, self.predict = [], []

    def run(self, counts, predicts=True):
        """Trains and predicts once on all batches."""
        start = time.perf_counter()
        self.train()
        middle = time.perf_counter()
        if predicts:
            self.model.predict(self.data, verbose=0)
        end = time.perf_counter()
        if counts:
            self.fit.append(1000 * (middle - start) / self.steps)
            self.predict.append(1000 * (end - middle) / self.steps)

    def train(self):
        """Trains once on all batches."""
        self.model.fit(self.data, verbose=0)


class _FastFit(Contestant):
    def train(self):
        fast.fit(self.model, self.data, verbose=0)


class _OwnLoop(Contestant):
    """The steps of the experiments' loop, without evaluations and saving."""

    take_steps = None

    def train(self):
        self.take_steps = self.take_steps or fast.train_function(self.model, self.batch_size)
        per_call = fast.steps_per_call(self.examples, self.batch_size) * self.batch_size
        batches = iter(shuffled(self.examples, per_call, seed=0, epoch=0))
        for _ in range(0, len(self.examples.y), per_call):
            self.take_steps(batches)


def main():
    """Measures the jobs, prints what each took and records it."""
    parser = turns.parser(__doc__)
    parser.add_argument("--only", default="", help="measure only jobs whose name contains this")
    given = parser.parse_args()
    jobs = {name: job for name, job in JOBS.items() if given.only in name}
    turns.publish("plain_fit", given.rounds, given.out_dir, _measure(jobs, given.rounds))


def _measure(jobs, rounds):
    for name, job in jobs.items():
        stock = [Contestant(job, keras.layers, jit) for jit in (False, True)]
        mine = [Contestant(job, ours, jit) for jit in (False, True)]
        quick, own = _FastFit(job, ours, True), _OwnLoop(job, ours, True)
        for number in range(-1, rounds):
            for contestant in (*stock, *mine, quick, own):
                contestant.run(counts=number >= 0)
        fits = {"Keras": stock, "one import": mine, "fast.fit": [quick], "own loop": [own]}
        predictions = {"Keras": stock, "one import": mine}
        for figure, ways in (("fit", fits), ("predict", predictions)):
            times = {way: of_better_mode(each, figure) for way, each in ways.items()}
            yield turns.Comparison(name, figure, "ms", times)
        keras.backend.clear_session()


def of_better_mode(contestants: list[Contestant], figure: str) -> list[float]:
    """Milliseconds per batch, by round, of the contestant with the smallest median.

    Args:
        contestants: models that differ only in their mode.
        figure: "fit" or "predict".
    """
    return min((getattr(each, figure) for each in contestants), key=statistics.median)


if __name__ == "__main__":
    with command.user_errors():
        main()
