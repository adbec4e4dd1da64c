"""Prediction over many examples, without what `model.predict` spends between batches."""

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.fused import parts


def predict(model: keras.Model, x: np.ndarray, batch_size: int = 50) -> np.ndarray:
    """Predicts, several batches at a time: one on every core.

    Args:
        model: of one input and one output; compiled by XLA if it was compiled with
            `jit_compile=True`.
        x: `(examples, ...)`.
        batch_size: examples a batch; what a step makes of 50 fits in a core's own cache.

    Returns:
        What `model.predict` returns, `(examples, ...)`.
    """
    with tf.device("cpu"):
        x = tf.raw_ops.Identity(input=x)  # one copy, where `tf.constant` makes two
    return _predictions(model, x, batch_size).numpy()


@tf.function(autograph=False, reduce_retracing=True)
def _predictions(model, x, batch_size):
    shards = parts.CORES if model.jit_compile else 1

    @tf.function(jit_compile=model.jit_compile, autograph=False)
    def output(x):
        with parts.split_into(parts.CORES // shards):
            return model(x, training=False)

    def put(i, outputs):
        rows = x[i * at_once : (i + 1) * at_once]
        # XLA compiles for a number of rows. So that it is always one, the last are filled up.
        missing = at_once - tf.shape(rows)[0]
        rows = tf.pad(rows, [[0, missing], *[[0, 0]] * (x.shape.rank - 1)])
        joined = tf.concat([output(part) for part in parts.split(rows, shards)], 0)
        return i + 1, outputs.write(i, joined)

    at_once = parts.CORES * batch_size
    calls = -(-tf.shape(x)[0] // at_once)
    dtype, shape = model.outputs[0].dtype, (None, *model.outputs[0].shape[1:])
    outputs = tf.TensorArray(dtype, calls, infer_shape=False, element_shape=shape)
    filled = tf.while_loop(lambda i, _: i < calls, put, (0, outputs))[1].concat()
    return filled[: tf.shape(x)[0]]
