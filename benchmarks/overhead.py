"""The time that the training loop adds to a bare step: `python -m benchmarks.overhead`.

Epochs of the MNIST job in the training loop alternate with loops of the bare step. The bare step
uses the same programs for gradients and optimizer, but always the same batch, and no metrics,
callbacks or progress bar.
"""

import contextlib
import io
import statistics
import time

import keras
import numpy as np
import tensorflow as tf

from benchmarks.jobs import JOBS
from keras_rnn_tutorials import layers
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.fused import parts
from keras_rnn_tutorials.runner import loop

ROUNDS = 9
JOB = JOBS["mnist"]
STEPS = 1100  # per epoch, as with MNIST


def main():
    """Measures and prints."""
    rng = np.random.default_rng(0)
    examples = STEPS * JOB.batch
    x = rng.random((examples, JOB.time, JOB.features), np.float32)
    split = Split(x, rng.integers(JOB.classes, size=examples))
    bare, seconds = _bare(split), []
    bare()

    def time_bare(epoch, logs):
        start = time.perf_counter()
        bare()
        seconds.append(time.perf_counter() - start)

    progress = loop.Progress()
    with contextlib.redirect_stdout(io.StringIO()):
        loop.fit(
            _model(),
            Dataset("mnist", "sample", split, None, split),
            progress,
            seed=0,
            epochs=1 + ROUNDS,
            batch_size=JOB.batch,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=time_bare)],
            verbose=1,
        )
    ways = {"loop": progress.epoch_seconds[1:], "bare step": seconds[1:]}
    medians = {name: 1000 * statistics.median(s) / STEPS for name, s in ways.items()}
    for name, milliseconds in medians.items():
        print(f"{name:10} {milliseconds:.2f} ms per step, median of {ROUNDS} epochs in turns")
    print(f"{'overhead':10} {medians['loop'] - medians['bare step']:.2f} ms per step")


def _model():
    inputs = keras.Input((JOB.time, JOB.features))
    outputs = keras.layers.Dense(JOB.classes, activation="softmax")(layers.LSTM(JOB.units)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Adam(JOB.rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
    )
    return model


def _bare(split):
    model = _model()
    weights = model.trainable_weights
    model.optimizer.build(weights)
    x, y = (tf.constant(array[: JOB.batch]) for array in split)

    @tf.function(jit_compile=True, autograph=False)
    def gradients(x, y):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(y=y, y_pred=model(x, training=True)) / parts.CORES
        return tape.gradient(loss, weights)

    @tf.function(jit_compile=True, autograph=False)
    def update(results):
        summed = [tf.add_n(each) for each in zip(*results, strict=True)]
        model.optimizer.apply_gradients(zip(summed, weights, strict=True))

    @tf.function
    def run():
        for _ in tf.range(STEPS):
            shards = zip(parts.split(x, parts.CORES), parts.split(y, parts.CORES), strict=True)
            update([gradients(*shard) for shard in shards])

    return run


if __name__ == "__main__":
    main()
