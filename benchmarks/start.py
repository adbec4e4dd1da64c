"""Waiting times: first calls, the start of a command, and one prediction.

    python -m benchmarks.start --rounds=7

Every time is measured in a separate process, in turns: the first batch under `fit` and the first
prediction, with Keras' layers and with this package's; `--help`, compared with importing
TensorFlow; and the time from the start of `mnist_lstm` to its first step, compared with importing
TensorFlow and Keras, reading the data and compiling the model's step. Last comes the prediction of
one digit in three ways, each as the median of 100 calls.
"""

import functools
import itertools
import subprocess
import sys
import time

from benchmarks import turns
from keras_rnn_tutorials.runner import command

FIRST_CALL = """
import os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
from keras_rnn_tutorials import layers as ours
module, cell, call, jit = sys.argv[1:]
layer = getattr(keras.layers if module == "keras" else ours, cell)
model = keras.Sequential([keras.Input((28, 28)), layer(100), keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit == "jit")
x, y = np.ones((50, 28, 28), "float32"), np.zeros(50)
start = time.perf_counter()
model.fit(x, y, batch_size=50, verbose=0) if call == "fit" else model.predict(x, verbose=0)
print(time.perf_counter() - start)
"""
PARTS = """
import os, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
start = time.perf_counter()
import keras, tensorflow as tf
from experiments import mnist_lstm
config = mnist_lstm.Config(data="sample")
data = mnist_lstm.load_data(config)
model = mnist_lstm.build_model(config)
from keras_rnn_tutorials import fast
from keras_rnn_tutorials.data.batches import shuffled
per_call = fast.steps_per_call(data.train, config.batch_size) * config.batch_size
fast.train_function(model, config.batch_size)(iter(shuffled(data.train, per_call, seed=0, epoch=0)))
print(time.perf_counter() - start)
"""
COMMAND = """
import os, tempfile, time
start = time.perf_counter()
import keras
from experiments import mnist_lstm
class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        print(time.perf_counter() - start, flush=True)
        os._exit(0)
mnist_lstm.main(data="sample", out_dir=tempfile.mkdtemp(), callbacks=[Stop()])
"""
ONE_ROW = """
import os, statistics, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
from keras_rnn_tutorials import layers, models
model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(100), keras.layers.Dense(10)])
answer, row = models.predictor(model), np.ones((28, 28), "float32")
ways = [
    lambda: model.predict(row[None], verbose=0),
    lambda: model.predict_on_batch(row[None]),
    lambda: answer(row),
]
for way in ways:
    times = []
    for _ in range(100):
        start = time.perf_counter()
        way()
        times.append(1000 * (time.perf_counter() - start))
    print(statistics.median(times))
"""
ONE_ROW_WAYS = ("predict", "predict_on_batch", "models.predictor")


def _printed(code, *arguments, count=None):
    """The last number, or last numbers, that some code prints in a separate process."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    numbers = [float(number) for number in done.stdout.split()[-(count or 1) :]]
    return numbers if count else numbers[0]


def _seconds_of(*command):
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    """Measures each start, prints and records it."""
    parser = turns.parser(__doc__)
    given = parser.parse_args()
    turns.publish("start", given.rounds, given.out_dir, _measure(given.rounds))


def _measure(rounds):
    for cell, mode, call in itertools.product(
        ("LSTM", "GRU", "SimpleRNN"), ("graph", "jit"), ("fit", "predict")
    ):
        first = {
            way: functools.partial(_printed, FIRST_CALL, module, cell, call, mode)
            for way, module in (("Keras", "keras"), ("one import", "ours"))
        }
        yield _in_turns(f"{cell}(100), {mode}", call, "s", rounds, first)
    commands = {
        "import tensorflow": functools.partial(_seconds_of, "-c", "import tensorflow"),
        "mnist_lstm --help": functools.partial(
            _seconds_of, "-m", "experiments.mnist_lstm", "--help"
        ),
    }
    yield _in_turns("start of a command", "", "s", rounds, commands)
    step = {
        "the parts alone": functools.partial(_printed, PARTS),
        "mnist_lstm": functools.partial(_printed, COMMAND),
    }
    yield _in_turns("start to the first step", "", "s", rounds, step)
    digits = [_printed(ONE_ROW, count=len(ONE_ROW_WAYS)) for _ in range(rounds)]
    times = dict(zip(ONE_ROW_WAYS, map(list, zip(*digits, strict=True)), strict=True))
    yield turns.Comparison("one digit", "", "ms", times)


def _in_turns(job, part, unit, rounds, ways):
    times = {way: [] for way in ways}
    for _ in range(rounds):
        for way, measure in ways.items():
            times[way].append(measure())
    return turns.Comparison(job, part, unit, times)


if __name__ == "__main__":
    with command.user_errors():
        main()
