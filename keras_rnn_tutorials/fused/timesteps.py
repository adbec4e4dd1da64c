"""Sequences in time order, `(time, batch, ...)`, as the kernels read, write and multiply them."""

import tensorflow as tf


def sigmoid(x):
    """`(1 + tanh(x / 2)) / 2`, which XLA makes of fewer operations than its own sigmoid."""
    return 0.5 + 0.5 * tf.tanh(0.5 * x)


def product_over_time(left, right, last):
    """The sum over steps and rows of `left^T @ right`: a weight's gradient, as one product.

    Args:
        left: `(time, batch, m)`.
        right: `(time, batch, n)`, zero behind the step `last`.
        last: number of a step.

    Returns:
        `(m, n)`.
    """

    def product(steps):
        rows = (tf.reshape(each[:steps], [-1, each.shape[-1]]) for each in (left, right))
        return tf.matmul(*rows, transpose_a=True)

    few, all_steps = tf.shape(left)[0] // 4, tf.shape(left)[0]
    return tf.cond(last < few, lambda: product(few), lambda: product(all_steps))


def zero_behind(last, steps):
    """Puts zeros into the array of steps, behind the step `last`."""
    zeros = tf.zeros_like(steps.read(0))
    first = (steps.size() - 1, steps)
    return tf.while_loop(lambda t, _: t > last, lambda t, s: (t - 1, s.write(t, zeros)), first)[1]


def before(first, sequence):
    """The sequence one step earlier: `first`, then all but its last."""
    return tf.concat([first[None], sequence[:-1]], 0)


def array(like, size):
    """An array of `size` steps to be written in a loop."""
    return tf.TensorArray(like.dtype, size, element_shape=like.shape)


def unstack(sequence):
    """An array of the steps of a sequence, to be read, and written over, in a loop."""
    steps = tf.TensorArray(
        sequence.dtype,
        tf.shape(sequence)[0],
        element_shape=sequence.shape[1:],
        clear_after_read=False,
    )
    return steps.unstack(sequence)
