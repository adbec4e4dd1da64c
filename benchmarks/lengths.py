"""Batches of 40 different lengths: what the first pass costs, and what later ones cost.

    python -m benchmarks.lengths --rounds=7

XLA compiles a program for one shape. Each of these is a way of calling the same model, in a process
of its own, with Keras' layers and with this package's in turns. Printed are seconds of the first
pass over the batches, in which everything is traced and compiled, and of later passes, in medians,
with how many times as fast these were.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.ratios import ratio
from keras_rnn_tutorials import layers as ours

WORDS, UNITS, ROWS = 5_000, 64, 32
LENGTHS = range(20, 220, 5)
SIGNATURE = [tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, 1))]


def _model(module):
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    x = module.LSTM(UNITS)(keras.layers.Embedding(WORDS, 32)(ids))
    model = keras.Model(ids, keras.layers.Dense(1, "sigmoid")(x))
    model.compile("adam", "binary_crossentropy")
    return model


def _batches(rows):
    """Batches of shuffled lengths; `rows` is a list of the sizes that they have in turn."""
    rng = np.random.default_rng(0)
    for number, length in enumerate(rng.permutation(list(LENGTHS))):
        size = rows[number % len(rows)]
        ids = rng.integers(1, WORDS, (size, length)).astype("int32")
        yield ids, rng.integers(0, 2, (size, 1)).astype("float32")


def _by_fit(model, batches):
    data = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=tuple(SIGNATURE))
    return lambda: model.fit(data, verbose=0)


def _by_step(decorate):
    def passes(model, batches):
        @decorate
        def step(x, y):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, model(x, training=True)))
            gradients = tape.gradient(loss, model.trainable_weights)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_weights, strict=True))

        batches = [tuple(map(tf.constant, batch)) for batch in batches]
        return lambda: [step(*batch) for batch in batches]

    return passes


# By name: what makes a pass over the batches, and the sizes of these.
WAYS = {
    "fit": (_by_fit, [ROWS]),
    "fit, batches of 16 to 64 rows": (_by_fit, [16, 24, 37, 50, 64]),
    "tf.function, shapes unknown": (_by_step(tf.function(input_signature=SIGNATURE)), [ROWS]),
    "tf.function, once per shape": (_by_step(tf.function), [ROWS]),
    "eager": (_by_step(lambda step: step), [ROWS]),
}


def main():
    """Prints a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="later passes [7]")
    parser.add_argument("--only", choices=WAYS, help="only this way [each in a process of its own]")
    arguments = parser.parse_args()
    if arguments.only:
        _measure(arguments.only, arguments.rounds)
        return
    for name in WAYS:
        options = [f"--rounds={arguments.rounds}", f"--only={name}"]
        subprocess.run([sys.executable, "-m", "benchmarks.lengths", *options], check=True)


def _measure(name, rounds):
    way, rows = WAYS[name]
    batches = list(_batches(rows))
    passes = [way(_model(module), batches) for module in (keras.layers, ours)]
    seconds = [[], []]
    for _ in range(1 + rounds):
        for each, of_pass in zip(seconds, passes, strict=True):
            start = time.perf_counter()
            of_pass()
            each.append(time.perf_counter() - start)
    (stock_first, *stock), (own_first, *own) = seconds
    longer = own_first / stock_first
    print(name)
    print(f"  first  Keras {stock_first:6.2f}  ours {own_first:6.2f}  {longer:.2f} times as long")
    medians = map(statistics.median, (stock, own))
    print("  later  Keras {:6.2f}  ours {:6.2f} ".format(*medians), ratio(stock, own), flush=True)


if __name__ == "__main__":
    main()
