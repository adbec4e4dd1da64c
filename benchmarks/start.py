"""How long one waits: for first calls, for the start of a command, for one prediction.

    python -m benchmarks.start --rounds=7

Every time is of a process of its own, in turns. Printed are medians, in seconds: the first batch
under `fit` and the first prediction, with Keras' layers and with this package's, and how many times
as long ours takes; then `--help`, and the time from the start of `mnist_lstm` to its first step,
beside that of importing TensorFlow and Keras, reading the data and compiling the model's step. Last
come milliseconds of one digit, predicted in three ways.
"""

import argparse
import statistics
import subprocess
import sys
import time

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


def _printed(code, *arguments, count=1):
    """The last numbers that some code prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    return [float(number) for number in done.stdout.split()[-count:]]


def _seconds_of(*command):
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    """Prints a line for each start."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of [7]")
    arguments = parser.parse_args()
    for cell in ("LSTM", "GRU", "SimpleRNN"):
        for call in ("fit", "predict"):
            for mode in ("graph", "jit"):
                times = {"keras": [], "ours": []}
                for _ in range(arguments.rounds):
                    for module, of_module in times.items():
                        of_module.extend(_printed(FIRST_CALL, module, cell, call, mode))
                stock, mine = map(statistics.median, times.values())
                print(
                    f"{cell:9} first {call:7} {mode:5}  Keras {stock:5.2f}  ours {mine:5.2f}"
                    f"  ({mine / stock:.2f})",
                    flush=True,
                )
    of_help, of_import, parts, command = [], [], [], []
    for _ in range(arguments.rounds):
        of_help.append(_seconds_of("-m", "experiments.mnist_lstm", "--help"))
        of_import.append(_seconds_of("-c", "import tensorflow"))
        parts.extend(_printed(PARTS))
        command.extend(_printed(COMMAND))
    of_help, of_import, parts, command = map(
        statistics.median, (of_help, of_import, parts, command)
    )
    print(f"mnist_lstm --help {of_help:.2f}  import tensorflow {of_import:.2f}")
    slow, batch, one = _printed(ONE_ROW, count=3)
    print(f"one digit, ms: predict {slow:.2f}  predict_on_batch {batch:.2f}  predictor {one:.2f}")
    print(f"mnist_lstm to its first call {command:.2f}  parts {parts:.2f}  ({command / parts:.2f})")


if __name__ == "__main__":
    main()
