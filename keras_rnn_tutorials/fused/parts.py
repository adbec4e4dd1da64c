"""Splits a batch among the cores.

XLA runs a program with steps as small as a recurrence's on one core. So each core gets some rows of
the batch and its own program, and TensorFlow's outer graph runs the programs in parallel.
"""

import os
from collections.abc import Sequence

import tensorflow as tf

from keras_rnn_tutorials._private_apis import is_under_xla

_present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
CORES = min(_present or 1, 8)  # with more, the parts of a usual batch would have one or two rows


def count_for(rows: int | None) -> int:
    """The number of parts into which a batch is split here.

    Args:
        rows: of the batch; None if that is not known yet.
    """
    if is_under_xla():  # XLA would run the parts of one program one after the other
        return 1
    return CORES if rows is None else max(1, min(CORES, rows))


def split(tensor: tf.Tensor, count: int) -> list[tf.Tensor]:
    """Splits the rows of a tensor into parts of sizes as equal as possible.

    Args:
        tensor: `(batch, ...)`.
        count: of the parts; a batch with fewer rows is padded with zeros: XLA needs at least one.

    Returns:
        The parts; `join` reverses the split.
    """
    rows = tf.shape(tensor)[0] if tensor.shape[0] is None else tensor.shape[0]
    if tensor.shape[0] is None or rows < count:
        missing = tf.maximum(count - rows, 0)
        tensor = tf.pad(tensor, [[0, missing], *[[0, 0]] * (tensor.shape.rank - 1)])
        rows += missing
    edges = [rows * part // count for part in range(count + 1)]
    sizes = [end - start for start, end in zip(edges, edges[1:], strict=False)]
    return tf.split(tensor, sizes, num=count)


def power_of_two(size: int | tf.Tensor) -> int | tf.Tensor:
    """The smallest power of two that is at least the size, and at least 1."""
    if isinstance(size, int):
        return 2 ** max(size - 1, 0).bit_length()
    powers = tf.constant([2**exponent for exponent in range(31)])
    return powers[tf.searchsorted(powers, size[None])[0]]


def filled_with_zeros(tensor: tf.Tensor, axis: int, size: int | tf.Tensor) -> tf.Tensor:
    """Pads an axis with zeros at its end to this size."""
    if isinstance(size, int) and size == tensor.shape[axis]:
        return tensor
    missing = size - tf.shape(tensor)[axis]
    paddings = [[0, missing if each == axis else 0] for each in range(tensor.shape.rank)]
    return tf.pad(tensor, paddings)


def filled_up(tensor: tf.Tensor, rows: int | tf.Tensor) -> tf.Tensor:
    """Pads a tensor with copies of its last row; a tensor with enough rows is not copied.

    Zeros cannot be used: if they are masked, a mean over a row's steps would be 0 / 0.
    """
    present = tf.shape(tensor)[0]
    tensor = tf.cond(
        present < rows,
        lambda: tf.gather(tensor, tf.minimum(tf.range(rows), present - 1)),
        lambda: tensor,
    )
    return tf.ensure_shape(tensor, (tf.get_static_value(rows), *tensor.shape[1:]))


def join(tensors: Sequence[tf.Tensor], rows: int | tf.Tensor) -> tf.Tensor:
    """Joins the parts of a tensor with this number of rows."""
    return tf.concat(tensors, 0)[:rows]
