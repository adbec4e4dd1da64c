"""The backward pass through a sequence, in chunks of several steps.

The values that the gradients of a chunk need are computed for all its steps before the loop over
the steps, and the gradients of the weights are summed over all its steps after the loop. With
chunks instead of the whole sequence, these values stay in a core's own cache, and the memory for
them does not grow with the sequence.
"""

import tensorflow as tf

from keras_rnn_tutorials.fused import timesteps

CHUNK = 2**19  # bytes of gates; together with related arrays about the size of a core's own cache


def gradients(
    recurrence,
    time: tf.Tensor | None,
    x: tf.Tensor,
    projection: tf.Tensor,
    d_states: tuple[tf.Tensor, ...],
    d_sequence: tf.Tensor | None,
    mask: tf.Tensor | None,
    weights: list[tf.Tensor],
    states: tuple[tf.Tensor, ...],
    saved: dict[str, tf.Tensor],
):
    """Runs the backward pass, starting at the last step that receives a gradient.

    Args:
        recurrence: a `kernel.Recurrence`.
        time: the number of steps that were read; None if all were.
        x: `(time, batch, features)`; or integers `(time, batch)` if a table is projected.
        projection: what `x` is multiplied by, `(features, gates)`; or the table, `(rows, gates)`.
        d_states: gradients of the final states, each `(batch, units)`.
        d_sequence: of the state after every step, `(time, batch, units)`, or None.
        mask: bool `(time, batch, 1)`, or None.
        weights: the recurrent weights.
        states: before the first step.
        saved: what `recurrence.forward` saved, by name, `(time, batch, ...)`.

    Returns:
        Gradients of the projected steps, `(time, batch, gates)`, of the projection, the weights and
        the initial states.
    """
    steps, batch = tf.unstack(tf.shape(x)[:2])
    gates = projection.shape[-1]
    itemsize = projection.dtype.size
    # For large weights; otherwise adding up their gradients would take longer than computing them.
    summed = max(weight.shape.num_elements() for weight in weights) * itemsize
    size, count = _grid(steps, batch * gates * itemsize, max(CHUNK, summed))
    last = _last_gradient(d_states, d_sequence, steps if time is None else time)

    def back_through(i, d_states, d_weights, d_projection, d_projected):
        # The last chunk ends with the sequence. The first one starts with it, and may be shorter.
        end = steps - (count - 1 - i) * size
        start = tf.maximum(end - size, 0)

        def cut(sequence):
            return None if sequence is None else timesteps.Chunk(sequence, start, size)

        before = {name: sequence[tf.maximum(start - 1, 0)] for name, sequence in saved.items()}
        before = zip(recurrence.states(before), states, strict=True)
        d_chunk, d_more, d_states = recurrence.backward(
            d_states,
            cut(d_sequence),
            tf.minimum(last, end - 1) - start,
            cut(mask),
            weights,
            [tf.where(start > 0, *each) for each in before],
            {name: cut(sequence) for name, sequence in saved.items()},
        )
        d_weights = [d + more for d, more in zip(d_weights, d_more, strict=True)]
        inputs = cut(x).stack()
        if x.dtype.is_integer:
            rows = tf.reshape(d_chunk, [-1, gates])
            d_projection = tf.tensor_scatter_nd_add(d_projection, tf.reshape(inputs, [-1, 1]), rows)
        else:
            d_projection += timesteps.product_over_time(inputs, d_chunk)
        return i - 1, d_states, d_weights, d_projection, d_projected.write(i, d_chunk)

    d_projected = tf.TensorArray(projection.dtype, count, element_shape=(None, x.shape[1], gates))
    zeros = tf.nest.map_structure(tf.zeros_like, (list(weights), projection))
    _, d_states, d_weights, d_projection, d_projected = tf.while_loop(
        lambda i, *_: i >= 0,
        back_through,
        (count - 1 - (steps - 1 - last) // size, d_states, *zeros, d_projected),
    )
    d_projected = d_projected.concat()
    d_projected = tf.concat([d_projected[: steps - (count - 1) * size], d_projected[size:]], 0)
    return d_projected, d_projection, d_weights, d_states


def _grid(steps, bytes_a_step, bytes_a_chunk):
    chunks = tf.maximum(steps * bytes_a_step // bytes_a_chunk, 1)
    size = -(-steps // chunks)
    return size, -(-steps // size)


def _last_gradient(d_states, d_sequence, time):
    # If only the final output of a sequence that is read backwards is used: the first step.
    if d_sequence is None:
        return time - 1
    at_the_end = tf.reduce_any([tf.reduce_any(d != 0) for d in d_states])
    numbers = tf.range(tf.shape(d_sequence)[0])
    reached = tf.reduce_any(d_sequence != 0, [1, 2]) | at_the_end & (numbers == time - 1)
    return tf.reduce_max(tf.where(reached, numbers, -1))
