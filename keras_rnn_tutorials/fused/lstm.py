"""LSTM over a whole sequence, with Keras' gates in Keras' order: input, forget, candidate, output.

    i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)
    c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h' = sigmoid(o) * tanh(c')

Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); the forget gate
of Gers, Schmidhuber and Cummins, "Learning to forget", Neural Computation 12 (2000).
"""

import tensorflow as tf

from keras_rnn_tutorials.fused import timesteps
from keras_rnn_tutorials.fused.kernel import Lookup, Recurrence, run


def lstm(
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
    """Runs an LSTM over a batch of sequences.

    Args:
        x: `(batch, time, features)`, float32 or float64, as are all tensors below.
        kernel: `(features, 4 * units)`.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)`.
        initial_state: `h` and `c`, each `(batch, units)`.
        lookup: the table in which an Embedding looked up `x`; if given, the table is projected.
        mask: bool `(batch, time)`; where it is False, the states do not change.
        go_backwards: whether to read the last step first.
        return_sequences: whether to return `h` after every step.
        training: whether gradients will be needed; if False, they cost a second forward pass.

    Returns:
        The final `h` and `c`, each `(batch, units)`, and `h` after every step, in the order of
        reading, `(batch, time, units)`, or None.
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
    (h, c), (recurrent_kernel,) = states, weights
    i, f, g, o = tf.split(projected + tf.matmul(h, recurrent_kernel), 4, 1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def _forward(projected, time, mask, weights, states, sequences, keep):
    (recurrent_kernel,) = weights
    # One tanh serves all gates, as sigmoid(z) = (1 + tanh(z / 2)) / 2.
    half = tf.constant([0.5, 0.5, 1.0, 0.5], recurrent_kernel.dtype)
    half = tf.repeat(half, recurrent_kernel.shape[0])
    size = projected.size()
    mask = None if mask is None else timesteps.unstack(mask)
    arrays = {"gates": projected, "cells": timesteps.array(states[1], size)} if keep else {}
    # XLA runs a loop's body of up to 8 operations in a row and hands a longer one out to threads,
    # which costs more than the work. So what can be computed afterwards is not in the loop.
    afterwards = keep and mask is None
    if (sequences or keep) and not afterwards:
        arrays["outputs"] = timesteps.array(states[0], size)

    def step(t, h, c, arrays):
        z = arrays.get("gates", projected).read(t) + tf.matmul(h, recurrent_kernel)
        activated = tf.tanh(z * half) * half + (1 - half)
        i, f, g, o = tf.split(activated, 4, 1)
        new_c = f * c + i * g
        new_h = o * tf.tanh(new_c)
        if mask is not None:
            real = mask.read(t)
            new_c, new_h = tf.where(real, new_c, c), tf.where(real, new_h, h)
        values = {"gates": activated, "cells": new_c, "outputs": new_h}
        arrays = {name: array.write(t, values[name]) for name, array in arrays.items()}
        return t + 1, new_h, new_c, arrays

    _, h, c, arrays = tf.while_loop(lambda t, *_: t < time, step, (0, *states, arrays))
    stacked = {name: array.stack() for name, array in arrays.items()}
    if not sequences:
        return (h, c), None, stacked
    if afterwards:
        return (h, c), tf.split(stacked["gates"], 4, 2)[3] * tf.tanh(stacked["cells"]), stacked
    return (h, c), stacked["outputs"], stacked


def _backward(d_states, d_sequence, last, mask, weights, states, saved):
    (recurrent_kernel,) = weights
    gates, cells = saved["gates"], saved["cells"].stack()
    units = cells.shape[2]
    i, _, g, o = tf.split(gates.stack(), 4, 2)
    tanh_c = tf.tanh(cells)
    outputs = saved["outputs"].stack() if "outputs" in saved else o * tanh_c
    # A gate's gradient is that of c, or for o that of h, times the slope of the gate, times what
    # the gate is multiplied by.
    partners = tf.concat([g, timesteps.before(states[1], cells), i, tanh_c], 2)
    is_tanh = tf.repeat(tf.constant([0.0, 0.0, 1.0, 0.0], cells.dtype), units)
    if mask is not None:
        partners = tf.where(mask.stack(), partners, tf.zeros_like(partners))
    partners = timesteps.zero_behind(last, timesteps.unstack(partners))
    tanh_c = timesteps.unstack(tanh_c)
    transposed = tf.transpose(recurrent_kernel)

    def step(t, d_h, d_c, steps):
        if d_sequence is not None:
            d_h += d_sequence.read(t)
        a = gates.read(t)
        _, f, _, o = tf.split(a, 4, 1)
        through_h = d_h * o * (1 - tf.square(tanh_c.read(t)))
        if mask is not None:
            real = mask.read(t)
            f = tf.where(real, f, tf.ones_like(f))
            through_h = tf.where(real, through_h, tf.zeros_like(through_h))
        d_c += through_h
        slopes = is_tanh + (1 - is_tanh) * a - tf.square(a)
        d_gates = tf.concat([d_c, d_c, d_c, d_h], 1) * slopes * steps.read(t)
        before = tf.matmul(d_gates, transposed)
        if mask is not None:
            before += tf.where(real, tf.zeros_like(d_h), d_h)
        return t - 1, before, d_c * f, steps.write(t, d_gates)

    _, d_h, d_c, steps = tf.while_loop(lambda t, *_: t >= 0, step, (last, *d_states, partners))
    d_gates = steps.stack()
    d_recurrent_kernel = timesteps.product_over_time(timesteps.before(states[0], outputs), d_gates)
    return d_gates, (d_recurrent_kernel,), (d_h, d_c)


def _states(saved):
    o = tf.split(saved["gates"], 4, 1)[3]
    h = saved["outputs"] if "outputs" in saved else o * tf.tanh(saved["cells"])
    return h, saved["cells"]
