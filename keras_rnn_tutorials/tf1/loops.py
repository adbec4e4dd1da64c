"""The loops over time: every function of this package steps a cell here and nowhere else.

`step` is a function of the inputs `(batch, features)`, the state and the number of the step; it
returns the outputs `(batch, units)` and the new state. Past a row's length its outputs are zero and
its state stands still.
"""

import tensorflow as tf


def looped(step, inputs, state, lengths):
    """One graph of the step, run as often as there are steps.

    Args:
        step: see above.
        inputs: `(time, batch, features)`.
        state: the initial state, nested tuples of `(batch, size)`.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.

    Returns:
        The outputs, `(time, batch, units)`, and the final state.
    """
    time = inputs.shape[0] if inputs.shape[0] is not None else tf.shape(inputs)[0]
    steps = tf.TensorArray(inputs.dtype, time, element_shape=inputs.shape[1:]).unstack(inputs)
    collected = tf.TensorArray(inputs.dtype, time)

    def body(t, state, collected):
        outputs, state = _step(step, steps.read(t), state, t, lengths)
        return t + 1, state, collected.write(t, outputs)

    _, state, collected = tf.while_loop(
        lambda t, *_: t < time, body, (0, state, collected), maximum_iterations=time
    )
    return collected.stack(), state


def unrolled(step, inputs, state, lengths):
    """As many copies of the step as there are steps.

    Args:
        step: see above.
        inputs: a list of `(batch, features)`.
        state: the initial state, nested tuples of `(batch, size)`.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.

    Returns:
        The outputs, a list of `(batch, units)`, and the final state.
    """
    collected = []
    for t, values in enumerate(inputs):
        outputs, state = _step(step, values, state, t, lengths)
        collected.append(outputs)
    return collected, state


def reverse(inputs, lengths):
    """Each row backwards within its own length; what is past it stays where it is.

    Args:
        inputs: `(time, batch, features)`.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.

    Returns:
        As `inputs`.
    """
    if lengths is None:
        return tf.reverse(inputs, axis=[0])
    return tf.reverse_sequence(inputs, lengths, seq_axis=0, batch_axis=1)


def _step(step, inputs, state, t, lengths):
    outputs, new_state = step(inputs, state, t)
    if lengths is None:
        return outputs, new_state
    ended = (t >= lengths)[:, tf.newaxis]
    outputs = tf.where(ended, tf.zeros_like(outputs), outputs)
    return outputs, tf.nest.map_structure(
        lambda old, new: tf.where(ended, old, new), state, new_state
    )
