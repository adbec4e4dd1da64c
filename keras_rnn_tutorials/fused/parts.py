"""What every kernel shares: the batch split over the cores, XLA programs, and the gradient.

XLA runs a program of steps as small as these on one core. So each core gets rows of the batch and a
program of its own, which TensorFlow's outer graph runs side by side.
"""

import contextlib
import contextvars
import functools
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from keras_rnn_tutorials.fused import chunks, timesteps

_present = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
CORES = min(_present, 8)  # of a usual batch more parts would have a row or two each

_count = contextvars.ContextVar("count", default=CORES)


class Recurrence(NamedTuple):
    """What a kernel computes, on tensors in time order, `(time, batch, ...)`.

    Attributes:
        forward: `(projected, mask, weights, states, sequences, keep) -> states, sequence, saved`.
            What comes of the input, `x @ kernel + bias`, is called projected. It is read step by
            step, and if `keep` is written over step by step: a `tf.TensorArray`, or without `keep`
            a `Projection`. `weights` are the recurrent ones, `saved` is what backward needs, by
            name.
        backward: `(d_states, d_sequence, last, mask, weights, states, saved) -> d_projected,
            d_weights, d_states`, for a chunk of the steps. `last` is the last of them that a
            gradient comes to; behind it `d_projected` is zero. Sequences are `timesteps.Chunk`.
        states: the states after a step, of what was saved of it.
    """

    forward: Callable
    backward: Callable
    states: Callable


class Rows(NamedTuple):
    """An input that is rows of a table, as an Embedding makes it: projected as a table, once.

    Attributes:
        table: `(rows, features)`.
        ids: whole numbers `(batch, time)`.
    """

    table: tf.Tensor
    ids: tf.Tensor


class Projection(NamedTuple):
    """The input, projected when it is read: a large batch's projection does not fit in the cache.

    Attributes:
        x: the steps, each `(batch, features)`.
        projection: `(features, gates)`.
    """

    x: tf.TensorArray
    projection: tf.Tensor

    def read(self, t):
        """The step `t`, `(batch, gates)`."""
        return tf.matmul(self.x.read(t), self.projection)

    def size(self):
        """The number of steps."""
        return self.x.size()


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


@tf.autograph.experimental.do_not_convert
def run(
    recurrence: Recurrence,
    x: tf.Tensor | Rows,
    kernel: tf.Tensor,
    bias: tf.Tensor,
    weights: Sequence[tf.Tensor],
    states: Sequence[tf.Tensor],
    *,
    mask: tf.Tensor | None,
    go_backwards: bool,
    return_sequences: bool,
    training: bool,
) -> tuple[tuple[tf.Tensor, ...], tf.Tensor | None]:
    """Runs a kernel over a batch of sequences.

    Args:
        recurrence: of the kernel.
        x: `(batch, time, features)`, or rows of a table of `(rows, features)`.
        kernel: `(features, gates)`.
        bias: `(gates,)`.
        weights: the recurrent weights.
        states: initial states, each `(batch, units)`.
        mask: bool `(batch, time)`; at a step that is False the states stay as they are.
        go_backwards: whether to read the last step first.
        return_sequences: whether the state after every step is wanted.
        training: whether gradients will be asked for: then what they need is kept. They can be had
            without, at the price of running forward once more.

    Returns:
        The final states, each `(batch, units)`, and the first state after every step, in the order
        of reading, `(batch, time, units)`, or None.
    """
    kernel, bias, weights = tf.nest.map_structure(tf.convert_to_tensor, (kernel, bias, weights))
    if isinstance(x, Rows):
        source, projection = x.ids, tf.matmul(x.table, kernel) + bias
    else:  # the bias is the kernel's last row, for a feature that is always 1
        source, projection = x, tf.concat([kernel, bias[None]], 0)
    batch = tf.shape(source)[0] if source.shape[0] is None else source.shape[0]
    count = _count.get() if source.shape[0] is None else max(1, min(_count.get(), batch))
    forwards = functools.partial(
        _forward_program, recurrence.forward, go_backwards, return_sequences
    )

    @tf.custom_gradient
    def differentiable(projection, weights, states, dense):
        # An eager tape would go into the programs, whose gradient is the one given here.
        projection, weights, states, dense = tf.nest.map_structure(
            tf.stop_gradient, (projection, weights, states, dense)
        )
        sources = split(dense[0] if dense else x.ids, count)
        masks = [None] * count if mask is None else split(mask, count)
        each_states = list(zip(*(split(state, count) for state in states), strict=True))
        each = [[projection] * count, [weights] * count, each_states]
        arguments = list(zip(sources, masks, *each, strict=True))
        results = [forwards(training)(*part) for part in arguments]
        final_states, sequences, kept = zip(*results, strict=True)
        outputs = [join(parts, batch) for parts in zip(*final_states, strict=True)]
        if return_sequences:
            outputs.append(join(sequences, batch))

        def gradient(*d_outputs):
            saved = kept if training else [forwards(True)(*part)[2] for part in arguments]
            d_parts = list(zip(*(split(d, count) for d in d_outputs), strict=True))
            program = _backward_program(recurrence, go_backwards, return_sequences)
            gradients = [
                program(d, *part, keep)
                for d, part, keep in zip(d_parts, arguments, saved, strict=True)
            ]
            d_projected, d_projection, d_weights, d_states = zip(*gradients, strict=True)
            d_dense = []
            if dense:  # not in the programs: the graph leaves it out where nobody asks for it
                d_rows = [_d_inputs(d, projection[:-1], go_backwards) for d in d_projected]
                d_dense = [join(d_rows, batch)]
            return (
                tf.add_n(d_projection),
                [tf.add_n(parts) for parts in zip(*d_weights, strict=True)],
                [join(parts, batch) for parts in zip(*d_states, strict=True)],
                d_dense,
            )

        return tuple(outputs), gradient

    outputs = differentiable(
        projection, list(weights), list(states), [] if isinstance(x, Rows) else [x]
    )
    if return_sequences:
        return outputs[:-1], outputs[-1]
    return outputs, None


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


@functools.cache
def _forward_program(forward, go_backwards, return_sequences, keep):
    @tf.function(jit_compile=True, autograph=False)
    def program(source, mask, projection, weights, states):
        states, sequence, saved = forward(
            _projected(_steps(source, go_backwards), projection, keep),
            _mask(mask, go_backwards),
            weights,
            states,
            return_sequences,
            keep,
        )
        return states, tf.transpose(sequence, [1, 0, 2]) if return_sequences else None, saved

    return program


@functools.cache
def _backward_program(recurrence, go_backwards, return_sequences):
    @tf.function(jit_compile=True, autograph=False)
    def program(d_outputs, source, mask, projection, weights, states, saved):
        return chunks.gradients(
            recurrence,
            _steps(source, go_backwards),
            projection,
            d_outputs[: len(states)],
            time_order(d_outputs[-1], False) if return_sequences else None,
            _mask(mask, go_backwards),
            weights,
            states,
            saved,
        )

    return program


def _steps(source, go_backwards):
    x = time_order(source, go_backwards)
    return x if x.dtype.is_integer else tf.concat([x, tf.ones_like(x[..., :1])], -1)


def _projected(x, projection, keep):
    if x.dtype.is_integer:
        return timesteps.unstack(tf.gather(projection, x))
    if not keep:
        return Projection(timesteps.unstack(x), projection)
    # One large product instead of many small ones.
    projected = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), projection)
    shape = tf.concat([tf.shape(x)[:2], [projection.shape[-1]]], 0)
    return timesteps.unstack(tf.reshape(projected, shape))


def _mask(mask, go_backwards):
    return None if mask is None else time_order(mask, go_backwards)[..., None]


def _d_inputs(d_projected, kernel, go_backwards):
    if go_backwards:
        d_projected = tf.reverse(d_projected, [0])
    rows = tf.reshape(d_projected, [-1, d_projected.shape[-1]])
    d_x = tf.matmul(rows, kernel, transpose_b=True)
    shape = tf.concat([tf.shape(d_projected)[:2], [kernel.shape[0]]], 0)
    return tf.transpose(tf.reshape(d_x, shape), [1, 0, 2])


def time_order(x, go_backwards):
    """`(batch, time, ...)` → `(time, batch, ...)`, the last step first if backwards."""
    x = tf.transpose(x, [1, 0, 2] if x.shape.rank == 3 else [1, 0])
    return tf.reverse(x, [0]) if go_backwards else x
