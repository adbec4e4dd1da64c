"""Common models under plain `fit` and `predict`: one import changed, nothing else.

    python -m benchmarks.plain_fit --rounds=7

Keras' layers and this package's train the same models on the same generated batches, in one process
and in turns, each with and without `jit_compile`. The table shows the medians of the better mode of
each, and how many times as fast this package's layers are. The batches come from tf.data with its
tuning off: with tuning, an epoch ends on a multiple of 1.28 s whichever layers are used.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import layers as ours

STEPS = 30  # per round
RNG = np.random.default_rng(0)


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


# By name: what builds the model, the batch size, and how large an id may be.
JOBS = {
    "LSTM(100), MNIST's rows": (_lstm_on_rows, 50, None),
    "Embedding(10000, 32), SimpleRNN(32), 500 ids": (_simple_rnn_on_ids, 128, 10_000),
    "Embedding(20000, 128), LSTM(128), 80 ids": (_lstm_on_ids, 32, 20_000),
    "keras.io's bidirectional LSTM, 200 ids": (_bidirectional, 32, 20_000),
    "frozen Embedding(100000, 100), GRU(64), 100 ids": (_frozen_table, 32, 100_000),
    "GRU(128), MNIST's rows": (_gru_on_rows, 50, None),
}


class _Contestant:
    """A model of one module's layers, in one mode, and the milliseconds per batch of its rounds."""

    def __init__(self, job, module, jit_compile):
        build, batch_size, ids = JOBS[job]
        keras.utils.set_random_seed(0)
        inputs, output, kind = build(module)
        self.model = keras.Model(inputs, output)
        loss = "sparse_categorical_crossentropy" if kind == "sparse" else "binary_crossentropy"
        self.model.compile("adam", loss, metrics=["accuracy"], jit_compile=jit_compile)
        shape = (STEPS * batch_size, *inputs[0].shape[1:])
        x = RNG.integers(0, ids, shape) if ids else RNG.random(shape, "float32")
        y = RNG.integers(0, 10 if kind == "sparse" else 2, len(x))
        options = tf.data.Options()
        options.autotune.enabled = False
        self.data = (
            tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size).with_options(options)
        )
        self.fit, self.predict = [], []

    def run(self, counts):
        start = time.perf_counter()
        self.model.fit(self.data, verbose=0)
        middle = time.perf_counter()
        self.model.predict(self.data, verbose=0)
        end = time.perf_counter()
        if counts:
            self.fit.append(1000 * (middle - start) / STEPS)
            self.predict.append(1000 * (end - middle) / STEPS)


def main():
    """Prints a line for each job."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of [7]")
    parser.add_argument("--only", default="", help="measure only jobs whose name contains this")
    arguments = parser.parse_args()
    print(f"milliseconds per batch, medians of {arguments.rounds} rounds in turns")
    print(f"{'':48}  {'fit':^24}  {'predict':^24}")
    print(f"{'':48}" + "    Keras    ours   times" * 2)
    for job in JOBS:
        if arguments.only not in job:
            continue
        sides = {
            module: [_Contestant(job, module, jit) for jit in (False, True)]
            for module in (keras.layers, ours)
        }
        for number in range(-1, arguments.rounds):
            for contestants in sides.values():
                for contestant in contestants:
                    contestant.run(counts=number >= 0)
        line = f"{job:48}"
        for figure in ("fit", "predict"):
            stock, mine = (
                min(statistics.median(getattr(each, figure)) for each in contestants)
                for contestants in sides.values()
            )
            line += f"  {stock:7.2f} {mine:7.2f} {stock / mine:7.2f}"
        print(line, flush=True)
        keras.backend.clear_session()


if __name__ == "__main__":
    main()
