"""Training steps that `model.fit` takes many at a time, each batch gathered inside the graph.

Between two steps Keras fetches a batch from Python, calls back and asks for the metrics; for small
models that costs more than the step. Here one call takes several steps, their numbers those of
`model.train_step` up to rounding. XLA compiles a step into one program per core, each on rows of
the batch, if the model was compiled with `jit_compile=True`.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_rnn_tutorials import batches
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.fused import parts


def train_function(model: keras.Model, split: Split, batch_size: int) -> Callable:
    """Makes what `fit` calls for every few steps, to be set as `model.train_function`.

    Args:
        model: compiled; its loss is the mean over the examples of a batch.
        split: the training examples, which stay in memory as tensors.
        batch_size: examples a step.

    Returns:
        A function of an iterator, whose next element is the whole numbers of the examples to train
        on, `(steps * batch_size,)` or fewer. It returns the metrics so far, as Keras' own does.
    """
    x, y = map(batches.resident, split)
    weights = model.trainable_weights
    # Every shard of every batch, the last and smallest one too, has an example at least.
    smallest = len(y) % batch_size or batch_size
    shards = min(parts.CORES, smallest) if model.jit_compile else 1

    @tf.function(jit_compile=model.jit_compile, autograph=False)
    def gradients(x, y, share):
        with tf.GradientTape() as tape:
            y_pred = model(x, training=True)
            loss = share * model.compute_loss(x=x, y=y, y_pred=y_pred, training=True)
        # Keras' optimizers take twice the time over a sparse gradient of an Embedding this small.
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)], loss, y_pred

    @tf.function(jit_compile=True, autograph=False)
    def update(results, y):
        gradients, losses, y_preds = zip(*results, strict=True)
        gradients = [tf.add_n(each) for each in zip(*gradients, strict=True)]
        model.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        loss_tracker = model.metrics[0]
        loss_tracker.update_state(tf.add_n(losses), sample_weight=tf.shape(y)[0])
        model.compute_metrics(None, y, tf.concat(y_preds, 0))

    def step(examples):
        results = []
        with parts.split_into(1 if model.jit_compile else parts.CORES):
            for rows in parts.split(examples, shards):
                share = tf.cast(tf.size(rows) / tf.size(examples), "float32")
                results.append(gradients(tf.gather(x, rows), tf.gather(y, rows), share))
        update(results, tf.gather(y, examples))

    @tf.function
    def steps(examples):
        for start in tf.range(0, tf.size(examples), batch_size):
            step(examples[start : start + batch_size])
        return model.get_metrics_result()

    return lambda iterator: steps(next(iterator))
