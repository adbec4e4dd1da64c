"""LSTM over a whole sequence, with Keras' gates in Keras' order: input, forget, candidate, output.

    i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)
    c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h' = sigmoid(o) * tanh(c')

Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); the forget gate
of Gers, Schmidhuber and Cummins, "Learning to forget", Neural Computation 12 (2000).
"""

import tensorflow as tf

from keras_rnn_tutorials.fused import parts


def lstm(
    x,
    kernel,
    recurrent_kernel,
    bias,
    initial_state,
    *,
    mask=None,
    go_backwards=False,
    return_sequences=False,
    training=False,
):
    """Runs an LSTM over a batch of sequences.

    Args:
        x: `(batch, time, features)`, float32 or float64, as is everything below.
        kernel: `(features, 4 * units)`.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)`.
        initial_state: `h` and `c`, each `(batch, units)`.
        mask: bool `(batch, time)`; at a step that is False the states stay as they are.
        go_backwards: whether to read the last step first.
        return_sequences: whether `h` after every step is wanted.
        training: whether gradients will be asked for; without, they cost a second forward run.

    Returns:
        The final `h` and `c`, each `(batch, units)`, and `h` after every step, in the order of
        reading, `(batch, time, units)`, or None.
    """
    return parts.run(
        _forward,
        _backward,
        x,
        kernel,
        bias,
        (recurrent_kernel,),
        initial_state,
        mask=mask,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
        training=training,
    )


def _forward(projected, mask, weights, states, sequences, keep):
    (recurrent_kernel,) = weights
    # One tanh serves all gates, as sigmoid(z) = (1 + tanh(z / 2)) / 2.
    half = tf.constant([0.5, 0.5, 1.0, 0.5], projected.dtype)
    half = tf.repeat(half, recurrent_kernel.shape[0])
    time = tf.shape(projected)[0]
    mask = None if mask is None else parts.unstack(mask)
    arrays = {"gates": parts.unstack(projected)}
    if keep:
        arrays["cells"] = parts.array(states[1], time)
    # XLA runs a loop's body of up to 8 operations in a row and hands a longer one out to threads,
    # which costs more than the work: what can be worked out afterwards is not written in the loop.
    afterwards = keep and mask is None
    if (sequences or keep) and not afterwards:
        arrays["outputs"] = parts.array(states[0], time)

    def step(t, h, c, arrays):
        z = arrays["gates"].read(t) + tf.matmul(h, recurrent_kernel)
        activated = tf.tanh(z * half) * half + (1 - half)
        i, f, g, o = tf.split(activated, 4, 1)
        new_c = f * c + i * g
        new_h = o * tf.tanh(new_c)
        if mask is not None:
            real = mask.read(t)
            new_c, new_h = tf.where(real, new_c, c), tf.where(real, new_h, h)
        values = {"gates": activated, "cells": new_c, "outputs": new_h}
        if not keep:
            del values["gates"]
        written = {name: arrays[name].write(t, values[name]) for name in arrays if name in values}
        return t + 1, new_h, new_c, arrays | written

    _, h, c, arrays = tf.while_loop(lambda t, *_: t < time, step, (0, *states, arrays))
    stacked = {name: array.stack() for name, array in arrays.items() if keep or name == "outputs"}
    if not sequences:
        return (h, c), None, stacked
    if afterwards:
        return (h, c), tf.split(stacked["gates"], 4, 2)[3] * tf.tanh(stacked["cells"]), stacked
    return (h, c), stacked["outputs"], stacked


def _backward(d_states, d_sequence, mask, weights, states, saved):
    (recurrent_kernel,) = weights
    gates, cells = saved["gates"], saved["cells"]
    i, f, g, o = tf.split(gates, 4, 2)
    tanh_c = tf.tanh(cells)
    outputs = saved["outputs"] if "outputs" in saved else o * tanh_c
    # All that does not depend on the gradient is worked out for every step at once.
    factors = tf.concat(
        [
            g * i * (1 - i),
            parts.before(states[1], cells) * f * (1 - f),
            i * (1 - tf.square(g)),
            tanh_c * o * (1 - o),
        ],
        2,
    )
    h_to_c = o * (1 - tf.square(tanh_c))
    if mask is not None:
        factors = tf.where(mask, factors, tf.zeros_like(factors))
        h_to_c = tf.where(mask, h_to_c, tf.zeros_like(h_to_c))
        f = tf.where(mask, f, tf.ones_like(f))
    forget_next = parts.unstack(tf.concat([f[1:], tf.ones_like(f[:1])], 0))
    h_to_c = parts.unstack(h_to_c)
    mask = None if mask is None else parts.unstack(mask)
    d_outputs = None if d_sequence is None else parts.unstack(d_sequence)
    transposed = tf.transpose(recurrent_kernel)

    def step(t, d_h, d_c, steps):
        if d_outputs is not None:
            d_h += d_outputs.read(t)
        d_c = d_c * forget_next.read(t) + d_h * h_to_c.read(t)
        d_gates = tf.concat([d_c, d_c, d_c, d_h], 1) * steps.read(t)
        before = tf.matmul(d_gates, transposed)
        if mask is not None:
            before += tf.where(mask.read(t), tf.zeros_like(d_h), d_h)
        return t - 1, before, d_c, steps.write(t, d_gates)

    last = tf.shape(gates)[0] - 1
    _, d_h, d_c, steps = tf.while_loop(
        lambda t, *_: t >= 0, step, (last, *d_states, parts.unstack(factors))
    )
    d_gates = steps.stack()
    d_recurrent_kernel = parts.product_over_time(parts.before(states[0], outputs), d_gates)
    return d_gates, (d_recurrent_kernel,), (d_h, d_c * f[0])
