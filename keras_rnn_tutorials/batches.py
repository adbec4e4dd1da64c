"""Training batches in an order that is a pure function of the seed and the epoch."""

import tensorflow as tf

from keras_rnn_tutorials.data.dataset import Split


def shuffled(
    split: Split, batch_size: int, seed: int, epochs: int, start: tuple[int, int] = (0, 0)
) -> tf.data.Dataset:
    """Batches of every epoch, one epoch after the other.

    Each epoch visits every example once, in the order
    `tf.random.experimental.stateless_shuffle(range(n), seed=(seed, epoch))`: nothing else enters,
    so an epoch's order is the same whether or not the epochs before it were run.

    Args:
        split: the training examples; they stay in memory, and a batch is gathered from them.
        batch_size: examples a batch; the last batch of an epoch may be smaller.
        seed: of the run.
        epochs: how many epochs.
        start: epochs, and batches of the next one, that are left out.

    Returns:
        A data set of `(x, y)`, `epochs * ceil(n / batch_size)` batches long less those left out.
    """
    with tf.device("cpu"):
        x, y = tf.constant(split.x), tf.constant(split.y)
    examples = len(split.y)

    def epoch_of_indices(epoch):
        order = tf.random.experimental.stateless_shuffle(
            tf.range(examples), seed=tf.stack([tf.constant(seed, tf.int64), epoch])
        )
        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size)

    first_epoch, first_batch = start
    indices = tf.data.Dataset.range(first_epoch, epochs).flat_map(epoch_of_indices)
    indices = indices.skip(first_batch)
    return indices.map(lambda i: (tf.gather(x, i), tf.gather(y, i))).prefetch(tf.data.AUTOTUNE)
