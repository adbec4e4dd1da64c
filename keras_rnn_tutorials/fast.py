"""Training steps that `model.fit` takes many at a time.

Between two steps Keras fetches a batch from Python, calls back and asks for the metrics; for small
models that costs more than the step. Here one call takes several steps, their numbers those of
`model.train_step` up to rounding. XLA compiles a step into one program per core, each on rows of
the batch, if the model was compiled with `jit_compile=True`; `fused.xla` tells what that changes in
the rest of the process.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_rnn_tutorials import layers
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.fused import parts, xla

STEPS = 40  # a call, at most
BYTES = 5 * 2**20  # of the examples of a call; three calls' are in memory at a time


def steps_per_call(split: Split, batch_size: int) -> int:
    """How many steps a call of these examples takes."""
    batch = batch_size * sum(array[:1].nbytes for array in split)
    return max(1, min(STEPS, BYTES // batch))


def train_function(model: keras.Model, batch_size: int) -> Callable:
    """Makes what `fit` calls for every few steps, to be set as `model.train_function`.

    Args:
        model: compiled; its loss is the mean over the examples of a batch.
        batch_size: examples a step.

    Returns:
        A function of an iterator, whose next element is `x` and `y` of the examples to train on,
        `steps * batch_size` or fewer. It returns the metrics so far, as Keras' own does. `fit` must
        be told `steps_per_epoch`, and its data be of unknown cardinality: see `batches.read`.
    """
    compiled = model.jit_compile
    if compiled:
        xla.keep_products_on_their_core()
    weights = model.trainable_weights
    shards = min(parts.CORES, batch_size) if compiled else 1
    rows = shards * -(-batch_size // shards)

    @tf.function(jit_compile=compiled, autograph=False)
    def gradients(x, y, sample_weight):
        with tf.GradientTape() as tape:
            y_pred = model(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=True) / shards
        # Keras' optimizers take twice the time over a sparse gradient of an Embedding this small.
        return [layers.dense_gradient(g) for g in tape.gradient(loss, weights)], loss, y_pred

    @tf.function(jit_compile=compiled, autograph=False)
    def update(results, y, present):
        gradients, losses, y_preds = zip(*results, strict=True)
        gradients = [tf.add_n(each) for each in zip(*gradients, strict=True)]
        model.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        loss_tracker, *others = model.metrics
        loss_tracker.update_state(tf.add_n(losses), sample_weight=tf.reduce_sum(present))
        y_pred = tf.concat(y_preds, 0)
        # Keras itself would tell the "weighted" metrics alone which rows are there.
        for metrics in others:
            if not metrics.built:
                metrics.build(y, y_pred)
            for metric in metrics.metrics:
                metric.update_state(y, y_pred, present)

    def step(x, y):
        if compiled:  # for a number of rows. So that it is always one, fewer are filled up
            present = tf.cast(tf.range(rows) < tf.shape(y)[0], "float32")
            x, y = (parts.filled_up(array, rows) for array in (x, y))
        else:
            present = tf.ones(tf.shape(y)[:1])
        sample_weight = present / tf.reduce_mean(present)
        shares = zip(*(parts.split(each, shards) for each in (x, y, sample_weight)), strict=True)
        with parts.split_into(1 if compiled else parts.CORES):
            update([gradients(*share) for share in shares], y, present)

    @tf.function
    def steps(iterator):
        x, y = next(iterator)
        for start in tf.range(0, tf.shape(y)[0], batch_size):
            batch = slice(start, start + batch_size)
            step(x[batch], y[batch])
        return model.get_metrics_result()

    def several(iterator):
        compiles = compiled and not steps.experimental_get_tracing_count()
        with xla.returning_memory(compiles):
            return steps(iterator)

    return several
