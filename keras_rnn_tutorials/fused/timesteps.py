"""Sequences in time order, `(time, batch, ...)`, as the kernels read, write and multiply them."""

from typing import NamedTuple

import tensorflow as tf


class Chunk(NamedTuple):
    """Consecutive steps of a sequence.

    Attributes:
        sequence: `(time, batch, ...)`.
        start: index of the first step.
        size: the number of steps.
    """

    sequence: tf.Tensor
    start: tf.Tensor
    size: tf.Tensor

    def read(self, t):
        """Returns step `t` of the chunk, `(batch, ...)`."""
        return self.sequence[self.start + t]

    def stack(self):
        """All steps of the chunk, `(size, batch, ...)`."""
        begin = tf.pad(self.start[None], [[0, self.sequence.shape.rank - 1]])
        size = tf.concat([self.size[None], tf.shape(self.sequence)[1:]], 0)
        steps = tf.slice(self.sequence, begin, size)
        return tf.ensure_shape(steps, [None, *self.sequence.shape[1:]])


def product_over_time(left, right):
    """The sum over steps and rows of `left^T @ right`: a weight's gradient, as one product.

    Args:
        left: `(time, batch, m)`.
        right: `(time, batch, n)`.

    Returns:
        `(m, n)`.
    """
    rows = (tf.reshape(each, [-1, each.shape[-1]]) for each in (left, right))
    return tf.matmul(*rows, transpose_a=True)


def zero_behind(last, steps):
    """Writes zeros into the array of steps, after the step `last`."""
    zeros = tf.zeros_like(steps.read(0))
    first = (steps.size() - 1, steps)
    return tf.while_loop(lambda t, _: t > last, lambda t, s: (t - 1, s.write(t, zeros)), first)[1]


def before(first, sequence):
    """The sequence shifted by one step: `first`, then all steps but the last."""
    return tf.concat([first[None], sequence[:-1]], 0)


def array(like, size):
    """An array of `size` steps to be written in a loop."""
    return tf.TensorArray(like.dtype, size, element_shape=like.shape)


def unstack(sequence):
    """An array of the steps of a sequence, to be read and overwritten in a loop."""
    steps = tf.TensorArray(
        sequence.dtype,
        tf.shape(sequence)[0],
        element_shape=sequence.shape[1:],
        clear_after_read=False,
    )
    return steps.unstack(sequence)
