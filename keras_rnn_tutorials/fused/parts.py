"""A batch split over the cores.

XLA runs a program of steps as small as a recurrence's on one core. So each core gets rows of the
batch and a program of its own, which TensorFlow's outer graph runs side by side.
"""

import contextlib
import contextvars
import os
from collections.abc import Sequence

import tensorflow as tf

_present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
CORES = min(_present or 1, 8)  # of a usual batch more parts would have a row or two each

_count = contextvars.ContextVar("count", default=CORES)


@contextlib.contextmanager
def split_into(count: int):
    """Kernels traced in here split the batch into so many parts, not one for each core.

    Args:
        count: 1 within a program that is one of several already.
    """
    token = _count.set(count)
    try:
        yield
    finally:
        _count.reset(token)


def count_for(rows: int | None) -> int:
    """How many parts a batch is split into here.

    Args:
        rows: of the batch; None if that is not known yet.
    """
    return _count.get() if rows is None else max(1, min(_count.get(), rows))


def split(tensor: tf.Tensor, count: int) -> list[tf.Tensor]:
    """Splits the rows of a tensor into parts as even as can be.

    Args:
        tensor: `(batch, ...)`.
        count: of the parts; rows of zeros fill up a batch of fewer, as XLA cannot loop over none.

    Returns:
        The parts, which `join` joins.
    """
    rows = tf.shape(tensor)[0] if tensor.shape[0] is None else tensor.shape[0]
    if tensor.shape[0] is None or rows < count:
        missing = tf.maximum(count - rows, 0)
        tensor = tf.pad(tensor, [[0, missing], *[[0, 0]] * (tensor.shape.rank - 1)])
        rows += missing
    edges = [rows * part // count for part in range(count + 1)]
    sizes = [end - start for start, end in zip(edges, edges[1:], strict=False)]
    return tf.split(tensor, sizes, num=count)


def filled_up(tensor: tf.Tensor, rows: int | tf.Tensor) -> tf.Tensor:
    """Fills a tensor of fewer rows up with its last one; what has so many already is not copied.

    Not with zeros: where they are masked, a mean over a row's steps would be 0 / 0.
    """
    present = tf.shape(tensor)[0]
    tensor = tf.cond(
        present < rows,
        lambda: tf.gather(tensor, tf.minimum(tf.range(rows), present - 1)),
        lambda: tensor,
    )
    return tf.ensure_shape(tensor, (tf.get_static_value(rows), *tensor.shape[1:]))


def join(tensors: Sequence[tf.Tensor], rows: int | tf.Tensor) -> tf.Tensor:
    """Joins the parts of a tensor of so many rows."""
    return tf.concat(tensors, 0)[:rows]
