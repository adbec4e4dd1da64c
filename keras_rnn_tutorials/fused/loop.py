"""A recurrence step by step, written as its equations, for second derivatives.

The kernels have their own backward pass, which TensorFlow cannot differentiate. This loop computes
the same with ordinary operations, so it has derivatives of every order.
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
    return_sequences: bool,
) -> list[tf.Tensor]:
    """Runs a recurrence over a batch of sequences.

    Args:
        step: `(projected, weights, states) -> states`, for one timestep: `(batch, gates)`, the
            recurrent weights, and states of `(batch, units)`.
        projected: the input, `x @ kernel + bias`, `(time, batch, gates)`.
        mask: bool `(time, batch, 1)`; where it is False, the states do not change.
        weights: the recurrent weights.
        states: the states before the first timestep, each `(batch, units)`.
        return_sequences: whether to return the state after every timestep.

    Returns:
        The final states and, on request, the first state after every timestep, `(time, batch,
        units)`.
    """
    # XLA can differentiate a loop if it knows the largest number of iterations.
    time = projected.shape[0] if projected.shape[0] is not None else tf.shape(projected)[0]

    # Only on request: its gradient would be zeros that cannot be vectorised.
    sequences = [timesteps.array(states[0], time)] if return_sequences else []

    def body(t, states, sequences):
        new_states = step(projected[t], weights, states)
        if mask is not None:
            new_states = tuple(
                tf.where(mask[t], new, old) for new, old in zip(new_states, states, strict=True)
            )
        return t + 1, new_states, [array.write(t, new_states[0]) for array in sequences]

    _, states, sequences = tf.while_loop(
        lambda t, *_: t < time, body, (0, tuple(states), sequences), maximum_iterations=time
    )
    return [*states, *(array.stack() for array in sequences)]
