"""Batches of 40 different lengths: the cost of the first pass and of later passes.

    python -m benchmarks.lengths --rounds=7

XLA compiles a program for one shape. The same model is called in several ways, with Keras' layers
and with this package's in turns. Each round is a separate process: it measures the first pass over
the batches, in which everything is traced and compiled, and the median of three later passes.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

from benchmarks import turns
from keras_rnn_tutorials import layers as ours
from keras_rnn_tutorials.runner import command

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
    """Batches of shuffled lengths; `rows` lists the batch sizes, which are used in turn."""
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


# By name: the function that makes a pass over the batches, and the batch sizes.
WAYS = {
    "fit": (_by_fit, [ROWS]),
    "fit, batches of 16 to 64 rows": (_by_fit, [16, 24, 37, 50, 64]),
    "tf.function, shapes unknown": (_by_step(tf.function(input_signature=SIGNATURE)), [ROWS]),
    "tf.function, once per shape": (_by_step(tf.function), [ROWS]),
    "eager": (_by_step(lambda step: step), [ROWS]),
}


def main():
    """Measures each way, prints and records it."""
    parser = turns.parser(__doc__)
    parser.add_argument("--only", choices=WAYS, help="measure only this way")
    parser.add_argument("--pass_of", choices=WAYS, help=argparse.SUPPRESS)  # a round's process
    given = parser.parse_args()
    if given.pass_of:
        print(json.dumps(_pass(given.pass_of)))
        return
    names = [given.only] if given.only else list(WAYS)
    turns.publish("lengths", given.rounds, given.out_dir, _measure(names, given.rounds))


def _measure(names, rounds):
    for name in names:
        command_line = [sys.executable, "-m", "benchmarks.lengths", f"--pass_of={name}"]
        found = []
        for _ in range(rounds):
            done = subprocess.run(command_line, check=True, capture_output=True, text=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
        for number, which in enumerate(("first pass", "later passes")):
            times = {way: [in_round[number][way] for in_round in found] for way in found[0][number]}
            yield turns.Comparison(name, which, "s", times)


def _pass(name):
    """Seconds of the first pass, and the median of three later ones, by module of layers."""
    way, rows = WAYS[name]
    batches = list(_batches(rows))
    modules = {"Keras": keras.layers, "one import": ours}
    passes = {which: way(_model(module), batches) for which, module in modules.items()}
    seconds = {which: [] for which in modules}
    for _ in range(4):
        for which, of_pass in passes.items():
            start = time.perf_counter()
            of_pass()
            seconds[which].append(time.perf_counter() - start)
    first = {which: each[0] for which, each in seconds.items()}
    return first, {which: statistics.median(each[1:]) for which, each in seconds.items()}


if __name__ == "__main__":
    with command.user_errors():
        main()
