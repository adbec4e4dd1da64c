"""Training batches in an order that is a pure function of the seed and the epoch."""

import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.data.dataset import Split


def orders(
    examples: int, chunk: int, seed: int, epochs: int, start: tuple[int, int] = (0, 0)
) -> tf.data.Dataset:
    """The examples of every epoch by number, one epoch after the other.

    Each epoch visits every example once, in the order
    `tf.random.experimental.stateless_shuffle(range(examples), seed=(seed, epoch))`: nothing else
    enters, so an epoch's order is the same whether or not the epochs before it were run.

    Args:
        examples: how many there are.
        chunk: how many an element holds; the last of an epoch may hold fewer.
        seed: of the run.
        epochs: how many epochs.
        start: epochs, and examples of the next one, that are left out.

    Returns:
        A data set of int32 `(chunk,)`, `ceil(examples / chunk)` elements for every whole epoch.
    """
    first_epoch, left_out = start

    def of_epoch(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(examples), seed=tf.stack([tf.constant(seed, tf.int64), epoch])
        )
        rest = order[left_out:] if epoch == first_epoch else order
        return tf.data.Dataset.from_tensor_slices(rest).batch(chunk)

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and its thread ends 1.3 s late
    numbers = tf.data.Dataset.range(first_epoch, epochs).flat_map(of_epoch)
    return numbers.prefetch(1).with_options(options)


def resident(array: np.ndarray) -> tf.Tensor:
    """Copies an array into the CPU's memory once, where `tf.constant` would hold it twice."""
    with tf.device("cpu"):
        return tf.raw_ops.Identity(input=array)


def shuffled(split: Split, batch_size: int, seed: int, epochs: int) -> tf.data.Dataset:
    """Batches of every epoch, in these orders.

    Args:
        split: the training examples; they stay in memory, and a batch is gathered from them.
        batch_size: examples a batch; the last batch of an epoch may be smaller.
        seed: of the run.
        epochs: how many epochs.

    Returns:
        A data set of `(x, y)`, `epochs * ceil(n / batch_size)` batches long.
    """
    x, y = map(resident, split)
    numbers = orders(len(split.y), batch_size, seed, epochs)
    return numbers.map(lambda i: (tf.gather(x, i), tf.gather(y, i))).prefetch(tf.data.AUTOTUNE)
