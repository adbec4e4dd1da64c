"""GRU over a whole sequence, with Keras' gates in Keras' order: update, reset, candidate.

    z = sigmoid(x @ kernel_z + h @ recurrent_kernel_z + bias_z)
    r = sigmoid(x @ kernel_r + h @ recurrent_kernel_r + bias_r)
    g = tanh(x @ kernel_g + bias_g + r * (h @ recurrent_kernel_g + recurrent_bias_g))  reset after
    g = tanh(x @ kernel_g + bias_g + (r * h) @ recurrent_kernel_g)                     reset before
    h' = z * h + (1 - z) * g

Reset before the product: Cho et al., "Learning phrase representations using RNN encoder-decoder for
statistical machine translation" (2014); it is TensorFlow 1's. Reset after it: cuDNN's and Keras'.
"""

import tensorflow as tf

from keras_rnn_tutorials.fused import timesteps
from keras_rnn_tutorials.fused.kernel import Lookup, Recurrence, run


def gru(
    x,
    kernel,
    recurrent_kernel,
    bias,
    initial_state,
    *,
    reset_after=True,
    lookup: Lookup | None = None,
    mask=None,
    go_backwards=False,
    return_sequences=False,
    training=False,
):
    """Runs a GRU over a batch of sequences.

    Args:
        x: `(batch, time, features)`, float32 or float64, as are all tensors below.
        kernel: `(features, 3 * units)`.
        recurrent_kernel: `(units, 3 * units)`.
        bias: `(2, 3 * units)`, for the input and the recurrent product, if `reset_after`;
            otherwise `(3 * units,)`.
        initial_state: one tensor in a sequence, `(batch, units)`.
        reset_after: whether the reset gate acts on the recurrent product, or on the state before.
        lookup: the table in which an Embedding looked up `x`; if given, the table is projected.
        mask: bool `(batch, time)`; where it is False, the state does not change.
        go_backwards: whether to read the last step first.
        return_sequences: whether to return the state after every step.
        training: whether gradients will be needed; if False, they cost a second forward pass.

    Returns:
        The final state, a tuple of one tensor `(batch, units)`, and the state after every step, in
        the order of reading, `(batch, time, units)`, or None.
    """
    weights = [recurrent_kernel]
    if reset_after:
        # The recurrent bias of the gates z and r is always added to that of the input.
        zr, g = tf.split(bias[1], [2 * recurrent_kernel.shape[0], -1])
        bias = bias[0] + tf.concat([zr, tf.zeros_like(g)], 0)
        weights.append(g)
    return run(
        Recurrence(
            _step_after if reset_after else _step_before,
            _forward_after if reset_after else _forward_before,
            _backward_after if reset_after else _backward_before,
            _states,
        ),
        x,
        kernel,
        bias,
        weights,
        initial_state,
        lookup=lookup,
        mask=mask,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
        training=training,
    )


def _step_after(projected, weights, states):
    (h,), (recurrent_kernel, recurrent_bias) = states, weights
    z, r, g = tf.split(projected, 3, 1)
    of_z, of_r, of_g = tf.split(tf.matmul(h, recurrent_kernel), 3, 1)
    z, r = tf.sigmoid(z + of_z), tf.sigmoid(r + of_r)
    return (z * h + (1 - z) * tf.tanh(g + r * (of_g + recurrent_bias)),)


def _step_before(projected, weights, states):
    (h,), (recurrent_kernel,) = states, weights
    z, r, g = tf.split(projected, 3, 1)
    of_z, of_r, of_g = tf.split(recurrent_kernel, 3, 1)
    z, r = tf.sigmoid(z + tf.matmul(h, of_z)), tf.sigmoid(r + tf.matmul(h, of_r))
    return (z * h + (1 - z) * tf.tanh(g + tf.matmul(r * h, of_g)),)


def _sigmoid(x):
    # XLA needs fewer operations for it than for its own sigmoid.
    return 0.5 + 0.5 * tf.tanh(0.5 * x)


def _forward_after(projected, time, mask, weights, states, sequences, keep):
    recurrent_kernel, recurrent_bias = weights
    units = recurrent_kernel.shape[0]

    def gates(projected, h):
        recurrent = tf.matmul(h, recurrent_kernel)
        zr = _sigmoid(projected[:, : 2 * units] + recurrent[:, : 2 * units])
        inner = recurrent[:, 2 * units :] + recurrent_bias
        g = tf.tanh(projected[:, 2 * units :] + zr[:, units:] * inner)
        return zr, g, inner

    return _forward(gates, projected, time, mask, states[0], sequences, keep)


def _forward_before(projected, time, mask, weights, states, sequences, keep):
    (recurrent_kernel,) = weights
    units = recurrent_kernel.shape[0]

    def gates(projected, h):
        recurrent = tf.matmul(h, recurrent_kernel[:, : 2 * units])
        zr = _sigmoid(projected[:, : 2 * units] + recurrent)
        inner = zr[:, units:] * h
        recurrent = tf.matmul(inner, recurrent_kernel[:, 2 * units :])
        return zr, tf.tanh(projected[:, 2 * units :] + recurrent), inner

    return _forward(gates, projected, time, mask, states[0], sequences, keep)


def _forward(gates, projected, time, mask, initial_state, sequences, keep):
    size = projected.size()
    mask = None if mask is None else timesteps.unstack(mask)
    arrays = {"gates": projected, "inner": timesteps.array(initial_state, size)} if keep else {}
    if keep or sequences:
        arrays["outputs"] = timesteps.array(initial_state, size)

    def step(t, h, arrays):
        zr, g, inner = gates(arrays.get("gates", projected).read(t), h)
        z = zr[:, : h.shape[1]]
        new_h = z * h + (1 - z) * g
        if mask is not None:
            new_h = tf.where(mask.read(t), new_h, h)
        values = {"gates": tf.concat([zr, g], 1), "inner": inner, "outputs": new_h}
        return t + 1, new_h, {name: array.write(t, values[name]) for name, array in arrays.items()}

    _, h, arrays = tf.while_loop(lambda t, *_: t < time, step, (0, initial_state, arrays))
    stacked = {name: array.stack() for name, array in arrays.items()}
    return (h,), stacked["outputs"] if sequences else None, stacked


def _backward_after(d_states, d_sequence, last, mask, weights, states, saved):
    recurrent_kernel, _ = weights
    units = recurrent_kernel.shape[0]
    z, r, g = tf.split(saved["gates"].stack(), 3, 2)
    h_before = timesteps.before(states[0], saved["outputs"].stack())
    # Everything is the gradient of h times factors that do not depend on it, known for all steps.
    to_candidate = (1 - z) * (1 - tf.square(g))
    to_z = (h_before - g) * z * (1 - z)
    to_r = to_candidate * saved["inner"].stack() * r * (1 - r)
    factors = tf.concat([to_z, to_r, to_candidate * r], 2)
    if mask is not None:
        mask = mask.stack()
        to_candidate = tf.where(mask, to_candidate, tf.zeros_like(to_candidate))
        factors = tf.where(mask, factors, tf.zeros_like(factors))
        z = tf.where(mask, z, tf.ones_like(z))
    transposed = tf.transpose(recurrent_kernel)
    factor_steps, z = timesteps.unstack(factors), timesteps.unstack(z)

    def step(t, d_h, steps):
        if d_sequence is not None:
            d_h += d_sequence.read(t)
        d_recurrent = tf.concat([d_h, d_h, d_h], 1) * factor_steps.read(t)
        before = d_h * z.read(t) + tf.matmul(d_recurrent, transposed)
        return t - 1, before, steps.write(t, d_h)

    steps = timesteps.array(d_states[0], tf.shape(factors)[0])
    _, d_h, steps = tf.while_loop(lambda t, *_: t >= 0, step, (last, d_states[0], steps))
    d_steps = steps.stack()
    d_recurrent = tf.concat([d_steps, d_steps, d_steps], 2) * factors
    d_projected = tf.concat([d_recurrent[..., : 2 * units], d_steps * to_candidate], 2)
    d_weights = (
        timesteps.product_over_time(h_before, d_recurrent),
        tf.reduce_sum(d_recurrent[..., 2 * units :], [0, 1]),
    )
    return d_projected, d_weights, (d_h,)


def _backward_before(d_states, d_sequence, last, mask, weights, states, saved):
    (recurrent_kernel,) = weights
    units = recurrent_kernel.shape[0]
    z, r, g = tf.split(saved["gates"].stack(), 3, 2)
    h_before = timesteps.before(states[0], saved["outputs"].stack())
    to_z_and_candidate = tf.concat([(h_before - g) * z * (1 - z), (1 - z) * (1 - tf.square(g))], 2)
    if mask is not None:
        mask = mask.stack()
        to_z_and_candidate = tf.where(mask, to_z_and_candidate, tf.zeros_like(to_z_and_candidate))
        z = tf.where(mask, z, tf.ones_like(z))
    transposed_zr = tf.transpose(recurrent_kernel[:, : 2 * units])
    transposed_g = tf.transpose(recurrent_kernel[:, 2 * units :])
    fixed = [timesteps.unstack(s) for s in (z, r, h_before * r * (1 - r))]
    factors = timesteps.unstack(to_z_and_candidate)

    def step(t, d_h, steps):
        if d_sequence is not None:
            d_h += d_sequence.read(t)
        z, r, to_r = (s.read(t) for s in fixed)
        d_z, d_g = tf.split(tf.concat([d_h, d_h], 1) * factors.read(t), 2, 1)
        d_inner = tf.matmul(d_g, transposed_g)
        d_zr = tf.concat([d_z, d_inner * to_r], 1)
        before = d_h * z + d_inner * r + tf.matmul(d_zr, transposed_zr)
        return t - 1, before, steps.write(t, tf.concat([d_zr, d_g], 1))

    shape = (d_states[0].shape[0], 3 * units)
    steps = tf.TensorArray(h_before.dtype, tf.shape(h_before)[0], element_shape=shape)
    _, d_h, steps = tf.while_loop(lambda t, *_: t >= 0, step, (last, d_states[0], steps))
    d_projected = steps.stack()
    d_recurrent_kernel = tf.concat(
        [
            timesteps.product_over_time(h_before, d_projected[..., : 2 * units]),
            timesteps.product_over_time(saved["inner"].stack(), d_projected[..., 2 * units :]),
        ],
        1,
    )
    return d_projected, (d_recurrent_kernel,), (d_h,)


def _states(saved):
    return (saved["outputs"],)
