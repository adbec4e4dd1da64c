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

from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.fused import parts, xla

STEPS = 20  # a call, at most
BYTES = 2**23  # of the examples of a call; three calls' are in memory at a time


def a_call(split: Split, batch_size: int) -> int:
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
        `steps * batch_size` or fewer. It returns the metrics so far, as Keras' own does.
    """
    if model.jit_compile:
        xla.keep_products_on_their_core()
    weights = model.trainable_weights
    shards = min(parts.CORES, batch_size) if model.jit_compile else 1
    # XLA compiles for a number of rows. So that it is always one, a smaller batch is filled up.
    compiled_rows = shards * -(-batch_size // shards)

    @tf.function(jit_compile=model.jit_compile, autograph=False)
    def gradients(x, y, sample_weight):
        with tf.GradientTape() as tape:
            y_pred = model(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=True) / shards
        # Keras' optimizers take twice the time over a sparse gradient of an Embedding this small.
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)], loss, y_pred

    def update(results, y):
        gradients, losses, y_preds = zip(*results, strict=True)
        gradients = [tf.add_n(each) for each in zip(*gradients, strict=True)]
        model.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        examples = tf.shape(y)[0]
        loss_tracker = model.metrics[0]
        loss_tracker.update_state(tf.add_n(losses), sample_weight=examples)
        model.compute_metrics(None, y, tf.concat(y_preds, 0)[:examples])

    def step(x, y, examples, update):
        rows = compiled_rows if model.jit_compile else examples
        arrays = x, y, tf.fill([examples], tf.cast(rows / examples, "float32"))
        if model.jit_compile:
            arrays = [_filled_up(array, rows, rows - examples) for array in arrays]
        with parts.split_into(1 if model.jit_compile else parts.CORES):
            shares = zip(*(parts.split(array, shards) for array in arrays), strict=True)
            results = [gradients(*share) for share in shares]
        update(results, y)

    compiled_update = tf.function(update, jit_compile=True, autograph=False)

    @tf.function
    def steps(x, y):
        last = tf.shape(y)[0] // batch_size * batch_size
        for start in tf.range(0, last, batch_size):
            batch = slice(start, start + batch_size)
            step(x[batch], y[batch], batch_size, compiled_update)
        rest = tf.shape(y)[0] - last
        if rest > 0:
            step(x[last:], y[last:], rest, update)
        return model.get_metrics_result()

    return lambda iterator: steps(*next(iterator))


def _filled_up(array, rows, missing):
    if isinstance(missing, tf.Tensor) or missing > 0:  # else it would be a copy of the same
        array = tf.pad(array, [[0, missing], *[[0, 0]] * (array.shape.rank - 1)])
    return tf.ensure_shape(array, (rows, *array.shape[1:]))
