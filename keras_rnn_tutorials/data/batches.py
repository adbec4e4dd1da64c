"""Training batches in an order that is a pure function of the seed and the epoch."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.data.dataset import Split


def shuffled(
    split: Split, batch_size: int, seed: int, epochs: int, start: tuple[int, int] = (0, 0)
) -> tf.data.Dataset:
    """Batches of every epoch, one epoch after the other.

    Each epoch visits every example once, in the order
    `tf.random.experimental.stateless_shuffle(range(examples), seed=(seed, epoch))`: nothing else
    enters, so an epoch's order is the same whether or not the epochs before it were run.

    Args:
        split: the training examples.
        batch_size: examples a batch; the last batch of an epoch may be smaller.
        seed: of the run.
        epochs: how many epochs.
        start: epochs, and examples of the next one, that are left out.

    Returns:
        A data set of `(x, y)`, `ceil(examples / batch_size)` batches for every whole epoch.
    """
    first_epoch, left_out = start
    examples = len(split.y)
    of_an_epoch = -(-examples // batch_size)
    of_the_first = -(-(examples - left_out) // batch_size)

    @functools.lru_cache(maxsize=1)
    def order(epoch):
        seeds = np.array([seed, epoch])
        return tf.random.experimental.stateless_shuffle(tf.range(examples), seed=seeds).numpy()

    def numbers(batch):
        if batch < of_the_first:
            epoch, begin = first_epoch, left_out + batch * batch_size
        else:
            later, batch = divmod(batch - of_the_first, of_an_epoch)
            epoch, begin = first_epoch + 1 + later, batch * batch_size
        return order(epoch)[begin : begin + batch_size]

    return read(split, numbers, of_the_first + (epochs - first_epoch - 1) * of_an_epoch)


def read(split: Split, numbers: Callable[[int], np.ndarray], batches: int) -> tf.data.Dataset:
    """Batches of the examples of these numbers.

    Args:
        split: the examples. They are read where they are: no copy of them all is made.
        numbers: of the examples of a batch, `(examples,)`, by the number of the batch.
        batches: how many.

    Returns:
        A data set of `(x, y)`, of unknown cardinality: Keras takes elements for steps, and ends an
        epoch of fewer elements early, where each may hold the examples of several.
    """

    def take(batch):
        rows = numbers(batch)
        return [np.take(array, rows, 0) for array in split]

    def tensors(batch):
        taken = tf.numpy_function(take, [batch], [array.dtype for array in split])
        return tuple(
            tf.ensure_shape(part, (None, *array.shape[1:]))
            for part, array in zip(taken, split, strict=True)
        )

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and its thread ends 1.3 s late
    of_unknown_cardinality = tf.data.Dataset.range(batches).filter(lambda _: True)
    # No prefetching: a thread that waits for Python while Python ends the iterator waits for ever.
    return of_unknown_cardinality.map(tensors).with_options(options)
