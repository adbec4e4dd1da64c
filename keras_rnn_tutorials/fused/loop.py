"""A recurrence step by step, as its equations are written: what is differentiated a second time.

The kernels have a backward pass of their own, which TensorFlow cannot differentiate. This loop
computes the same with ordinary operations, so it has derivatives of every order.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_rnn_tutorials.fused import timesteps


def run(
    step: Callable,
    projected: tf.Tensor,
    mask: tf.Tensor | None,
    weights: Sequence[tf.Tensor],
    states: Sequence[tf.Tensor],
) -> tuple[tuple[tf.Tensor, ...], tf.Tensor]:
    """Runs a recurrence over a batch of sequences.

    Args:
        step: `(projected, weights, states) -> states`, for one timestep: `(batch, gates)`, the
            recurrent weights, and states of `(batch, units)`.
        projected: the input, `x @ kernel + bias`, `(time, batch, gates)`.
        mask: bool `(time, batch, 1)`; at a timestep that is False the states stay as they are.
        weights: the recurrent weights.
        states: the states before the first timestep, each `(batch, units)`.

    Returns:
        The final states, and the first state after every timestep, `(time, batch, units)`.
    """
    # XLA can differentiate a loop whose largest number of iterations it knows.
    time = projected.shape[0] if projected.shape[0] is not None else tf.shape(projected)[0]

    def body(t, states, outputs):
        new_states = step(projected[t], weights, states)
        if mask is not None:
            new_states = tuple(
                tf.where(mask[t], new, old) for new, old in zip(new_states, states, strict=True)
            )
        return t + 1, new_states, outputs.write(t, new_states[0])

    _, states, outputs = tf.while_loop(
        lambda t, *_: t < time,
        body,
        (0, tuple(states), timesteps.array(states[0], time)),
        maximum_iterations=time,
    )
    return states, outputs.stack()
