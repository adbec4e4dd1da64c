"""SimpleRNN over a whole sequence: `h' = tanh(x @ kernel + h @ recurrent_kernel + bias)`.

Elman, "Finding structure in time", Cognitive Science 14 (1990).
"""

import tensorflow as tf

from keras_rnn_tutorials.fused import timesteps
from keras_rnn_tutorials.fused.kernel import Lookup, Recurrence, run


def simple_rnn(
    x,
    kernel,
    recurrent_kernel,
    bias,
    initial_state,
    *,
    lookup: Lookup | None = None,
    mask=None,
    go_backwards=False,
    return_sequences=False,
    training=False,
):
    """Runs a SimpleRNN of tanh units over a batch of sequences.

    Args:
        x: `(batch, time, features)`, float32 or float64, as are all tensors below.
        kernel: `(features, units)`.
        recurrent_kernel: `(units, units)`.
        bias: `(units,)`.
        initial_state: one tensor in a sequence, `(batch, units)`.
        lookup: the table in which an Embedding looked up `x`; if given, the table is projected.
        mask: bool `(batch, time)`; where it is False, the state does not change.
        go_backwards: whether to read the last step first.
        return_sequences: whether to return the state after every step.
        training: whether gradients will be needed; if False, they cost a second forward pass.

    Returns:
        The final state, a tuple of one tensor `(batch, units)`, and the state after every step, in
        the order of reading, `(batch, time, units)`, or None.
    """
    return run(
        Recurrence(_step, _forward, _backward, _states),
        x,
        kernel,
        bias,
        (recurrent_kernel,),
        initial_state,
        lookup=lookup,
        mask=mask,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
        training=training,
    )


def _step(projected, weights, states):
    (h,), (recurrent_kernel,) = states, weights
    return (tf.tanh(projected + tf.matmul(h, recurrent_kernel)),)


def _forward(projected, time, mask, weights, states, sequences, keep):
    (recurrent_kernel,) = weights
    size = projected.size()
    mask = None if mask is None else timesteps.unstack(mask)

    def step(t, h, arrays):
        z = (arrays[0] if keep else projected).read(t)
        new_h = tf.tanh(z + tf.matmul(h, recurrent_kernel))
        if mask is not None:
            new_h = tf.where(mask.read(t), new_h, h)
        return t + 1, new_h, [array.write(t, new_h) for array in arrays]

    arrays = [projected] if keep else [timesteps.array(states[0], size)] if sequences else []
    _, h, arrays = tf.while_loop(lambda t, *_: t < time, step, (0, states[0], arrays))
    sequence = arrays[0].stack() if arrays else None
    return (h,), sequence if sequences else None, {"outputs": sequence} if keep else {}


def _backward(d_states, d_sequence, last, mask, weights, states, saved):
    (recurrent_kernel,) = weights
    outputs = saved["outputs"].stack()
    factors = 1 - tf.square(outputs)
    if mask is not None:
        factors = tf.where(mask.stack(), factors, tf.zeros_like(factors))
    factors = timesteps.zero_behind(last, timesteps.unstack(factors))
    transposed = tf.transpose(recurrent_kernel)

    def step(t, d_h, steps):
        if d_sequence is not None:
            d_h += d_sequence.read(t)
        d_projected = d_h * steps.read(t)
        before = tf.matmul(d_projected, transposed)
        if mask is not None:
            before += tf.where(mask.read(t), tf.zeros_like(d_h), d_h)
        return t - 1, before, steps.write(t, d_projected)

    _, d_h, steps = tf.while_loop(lambda t, *_: t >= 0, step, (last, d_states[0], factors))
    d_projected = steps.stack()
    d_recurrent_kernel = timesteps.product_over_time(
        timesteps.before(states[0], outputs), d_projected
    )
    return d_projected, (d_recurrent_kernel,), (d_h,)


def _states(saved):
    return (saved["outputs"],)
