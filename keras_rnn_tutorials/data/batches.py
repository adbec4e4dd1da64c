"""Training batches in an order that is a pure function of the seed and the epoch."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.data.dataset import Split


def shuffled(
    split: Split, batch_size: int, seed: int, epoch: int, skip: int = 0
) -> tf.data.Dataset:
    """The batches of one epoch.

    Every example is visited once, in the order
    `tf.random.experimental.stateless_shuffle(range(examples), seed=(seed, epoch))`. The order
    depends on nothing else, so it is the same whether or not earlier epochs were run.

    Args:
        split: the training examples.
        batch_size: examples per batch; the last batch may be smaller.
        seed: of the run.
        epoch: its number, from 0.
        skip: the number of examples to skip at the start of this order.

    Returns:
        A data set of `(x, y)`.
    """
    seeds = np.array([seed, epoch])
    order = tf.random.experimental.stateless_shuffle(tf.range(len(split.y)), seed=seeds).numpy()
    starts = range(skip, len(order), batch_size)
    return read(split, lambda batch: order[starts[batch] :][:batch_size], len(starts))


def read(split: Split, numbers: Callable[[int], np.ndarray], batches: int) -> tf.data.Dataset:
    """Batches of examples that are given by their numbers.

    Args:
        split: the examples. They are read in place, without a copy of the whole.
        numbers: returns the numbers of a batch's examples, `(examples,)`, from the batch's number.
        batches: how many.

    Returns:
        A data set of `(x, y)`.
    """

    def take(batch):
        rows = numbers(batch)
        return [np.take(array, rows, 0) for array in split]

    def tensors(batch):
        taken = tf.numpy_function(take, [batch], [array.dtype for array in split])
        return tuple(
            tf.ensure_shape(examples, (None, *array.shape[1:]))
            for examples, array in zip(taken, split, strict=True)
        )

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and the tuner ends 1.3 s late
    # No prefetching: its thread can wait for Python forever while Python ends the iterator.
    return tf.data.Dataset.range(batches).map(tensors).with_options(options)
