"""The loops over time: every function of this package steps a cell here and nowhere else.

`step` is a function of the inputs, `(batch, features)` or a nested structure, the state and the
number of the step; it returns the outputs, `(batch, units)` or a nested structure, and the new
state. Past a row's length its outputs are zero and its state stands still. A part of a state that
has no rows, a scalar or a `tf.TensorArray`, changes at every step that is taken: up to the longest
row's last, and at least once.
"""

import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, states


def looped(step, inputs, state, lengths, output_size, dtype):
    """One graph of the step, run as often as there are steps.

    Args:
        step: see above.
        inputs: `(time, batch, features)`, or a nested structure of such tensors.
        state: the initial state.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.
        output_size: the cell's.
        dtype: the cell's outputs must have it.

    Returns:
        The outputs, `(time, batch, units)`, structured as `output_size`, and the final state.
    """
    flat = tf.nest.flatten(inputs)
    first, sizes = flat[0], states.flatten(output_size)
    time = first.shape[0] if first.shape[0] is not None else tf.shape(first)[0]
    state = _as_tensors(state)
    if first.shape[0] == 0:
        outputs = [tf.zeros((0, tf.shape(first)[1], *states.dimensions(s)), dtype) for s in sizes]
        return tf.nest.pack_sequence_as(output_size, outputs), state
    # What was never written could not be stacked if not even its shape were known.
    some_time = tf.maximum(time, 1) if first.shape[0] is None else time
    arrays = [tf.TensorArray(x.dtype, time, element_shape=x.shape[1:]).unstack(x) for x in flat]
    collected = [
        tf.TensorArray(dtype, some_time, element_shape=_shape(first.shape[1], size))
        for size in sizes
    ]
    if first.shape[0] is None:
        rows = tf.shape(first)[1]
        collected = [
            array.write(0, tf.zeros((rows, *states.dimensions(size)), dtype))
            for array, size in zip(collected, sizes, strict=True)
        ]
    end = time
    if lengths is not None:
        end = tf.minimum(time, tf.maximum(tf.reduce_max(lengths), 1))

    def body(t, state, collected):
        values = tf.nest.pack_sequence_as(inputs, [array.read(t) for array in arrays])
        outputs, new_state = _step(step, values, state, t, lengths)
        outputs = _declared(outputs, first.shape[1], output_size, dtype)
        written = [
            array.write(t, output)
            for array, output in zip(collected, tf.nest.flatten(outputs), strict=True)
        ]
        return t + 1, tf.nest.pack_sequence_as(state, tf.nest.flatten(new_state)), written

    _, state, collected = tf.while_loop(
        lambda t, *_: t < end, body, (0, state, collected), maximum_iterations=time
    )
    outputs = [array.stack() for array in collected]
    if first.shape[0] is None:
        outputs = [output[:time] for output in outputs]
    outputs = [
        tf.ensure_shape(output, [first.shape[0], *_shape(first.shape[1], size)])
        for output, size in zip(outputs, sizes, strict=True)
    ]
    return tf.nest.pack_sequence_as(output_size, outputs), state


def unrolled(step, inputs, state, lengths, output_size, dtype):
    """As many copies of the step as there are steps.

    Args:
        step: see above.
        inputs: a list of `(batch, features)`, or of nested structures.
        state: the initial state.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.
        output_size: the cell's.
        dtype: the cell's outputs must have it if there are lengths.

    Returns:
        The outputs, a list of `(batch, units)` or of nested structures, and the final state.
    """
    collected, first = [], tf.nest.flatten(inputs)[0]
    state = _as_tensors(state)
    longest = None if lengths is None else tf.reduce_max(lengths)
    for t, values in enumerate(inputs):
        if lengths is not None and tf.executing_eagerly() and t >= longest:
            outputs = states.zeros(output_size, tf.shape(first)[0], dtype)
        else:
            outputs, state = _step(step, values, state, t, lengths, longest)
        if lengths is not None:
            outputs = _declared(outputs, first.shape[0], output_size, dtype)
        collected.append(outputs)
    return collected, state


def reverse(inputs, lengths):
    """Each row backwards within its own length; what is past it stays where it is.

    Args:
        inputs: `(time, batch, ...)`.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.

    Returns:
        As `inputs`.
    """
    if lengths is None:
        return tf.reverse(inputs, axis=[0])
    return tf.reverse_sequence(inputs, lengths, seq_axis=0, batch_axis=1)


def _step(step, inputs, state, t, lengths, longest=None):
    outputs, new_state = step(inputs, state, t)
    checks.same_structure("cell", state, new_state, "that of the state before")
    new_state = _as_tensors(new_state)
    if lengths is None:
        return outputs, new_state
    ended = t >= lengths

    def chosen(old, new):
        if isinstance(new, tf.TensorArray):
            return new
        if new.shape.rank == 0:
            return new if longest is None else tf.where(t < longest, new, old)
        return tf.where(tf.reshape(ended, [-1] + [1] * (new.shape.rank - 1)), old, new)

    outputs = tf.nest.map_structure(lambda x: chosen(tf.zeros_like(x), x), outputs)
    return outputs, tf.nest.map_structure(chosen, state, new_state)


def _as_tensors(state):
    return tf.nest.map_structure(
        lambda part: part if isinstance(part, tf.TensorArray) else tf.convert_to_tensor(part),
        state,
    )


def _shape(rows, size):
    return tf.TensorShape([rows]).concatenate(states.dimensions(size))


def _declared(outputs, rows, output_size, dtype):
    """The outputs, if they are what the cell's `output_size` says."""
    checks.same_structure("cell", output_size, outputs, "that of its output_size")
    pairs = zip(tf.nest.flatten(outputs), states.flatten(output_size), strict=True)
    for output, size in pairs:
        if not _shape(rows, size).is_compatible_with(output.shape):
            raise checks.error(
                f"cell: its output_size is {size}, but its outputs have shape {output.shape}",
                f"Dimensions must be equal, but are {_shape(rows, size)} and {output.shape}",
            )
        if output.dtype != dtype:
            wanted, got = tf.as_dtype(dtype).name, output.dtype.name
            raise checks.error(
                f"cell: its outputs are {got}, but dtype is {wanted}",
                f"TensorArray dtype is {wanted} but Op is trying to write dtype {got}.",
            )
    return outputs
