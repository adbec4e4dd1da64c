"""Training batches in an order that is a pure function of the seed and the epoch."""

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

    def of_epoch(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(split.y)), seed=tf.stack([tf.constant(seed, tf.int64), epoch])
        )
        rest = order[left_out:] if epoch == first_epoch else order
        return tf.data.Dataset.from_tensor_slices(rest).batch(batch_size)

    return read(split, tf.data.Dataset.range(first_epoch, epochs).flat_map(of_epoch))


def read(split: Split, numbers: tf.data.Dataset) -> tf.data.Dataset:
    """Batches of the examples of these numbers.

    Args:
        split: the examples. They are read where they are: no copy of them all is made.
        numbers: of the examples of a batch, each `(examples,)`.

    Returns:
        A data set of `(x, y)`, of unknown cardinality: Keras takes elements for steps, and ends an
        epoch of fewer elements early, where each may hold the examples of several.
    """

    def take(batch):
        dtypes = [array.dtype for array in split]
        taken = tf.numpy_function(lambda i: [np.take(a, i, 0) for a in split], [batch], dtypes)
        return tuple(
            tf.ensure_shape(part, (None, *array.shape[1:]))
            for part, array in zip(taken, split, strict=True)
        )

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and its thread ends 1.3 s late
    numbers = numbers.filter(lambda _: True)  # of unknown cardinality
    # No prefetching: a thread that waits for Python while Python ends the iterator waits for ever.
    return numbers.map(take).with_options(options)
