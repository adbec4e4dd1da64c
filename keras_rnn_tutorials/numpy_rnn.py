"""The recurrent cells in NumPy, written as the tutorials write their equations.

One matrix product per gate, one gate per line, nothing joined and nothing clever. The tests compare
the other implementations with this one, so it shares no code with them. With double-precision
inputs it computes in double precision.

A step takes the inputs `x` `(batch, features)` and the state, a tuple of arrays `(batch, units)`;
it returns the outputs and the new state. `run` steps through whole sequences.
"""

from typing import NamedTuple

import numpy as np


class Dense(NamedTuple):
    """A gate before its sigmoid: a dense layer applied to the inputs and the previous output.

    Attributes:
        w: weights of the inputs, `(features, units)`.
        u: weights of the previous output, `(width of the output, units)`.
        b: bias, `(units,)`.
    """

    w: np.ndarray
    u: np.ndarray
    b: np.ndarray

    def __call__(self, x, h):
        """`x · w + h · u + b`, `(batch, units)`."""
        return x @ self.w + h @ self.u + self.b


def sigmoid(x):
    """`1 / (1 + e^-x)`, computed without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def simple_rnn_step(x, state, dense: Dense, activation=np.tanh):
    """One step of the simple recurrent network.

        h' = activation(x · w + h · u + b)

    Args:
        x: `(batch, features)`.
        state: `(h,)`.
        dense: the weights.
        activation: of the new state.

    Returns:
        h' and the new state, `(h',)`.
    """
    (h,) = state
    h = activation(dense(x, h))
    return h, (h,)


class LSTM(NamedTuple):
    """The weights of an LSTM.

    Attributes:
        input_gate: decides how much of the candidate is written.
        candidate: what could be written.
        forget_gate: decides how much of the cell state is kept.
        output_gate: decides how much of the cell state is shown.
        input_peephole: `(units,)`, how the input gate sees the old cell state; None for none.
        forget_peephole: the same for the forget gate.
        output_peephole: the same for the output gate, which sees the new cell state.
        projection: `(units, width)`, from what would be the output to the output; None for none.
    """

    input_gate: Dense
    candidate: Dense
    forget_gate: Dense
    output_gate: Dense
    input_peephole: np.ndarray | None = None
    forget_peephole: np.ndarray | None = None
    output_peephole: np.ndarray | None = None
    projection: np.ndarray | None = None


def lstm_step(
    x, state, weights: LSTM, forget_bias=0.0, cell_clip=None, proj_clip=None, activation=np.tanh
):
    """One step of the LSTM.

        i = sigmoid(input_gate(x, h) + input_peephole * c)
        f = sigmoid(forget_gate(x, h) + forget_peephole * c + forget_bias)
        g = activation(candidate(x, h))
        c' = clip(f * c + i * g)
        o = sigmoid(output_gate(x, h) + output_peephole * c')
        h' = clip((o * activation(c')) · projection)

    Args:
        x: `(batch, features)`.
        state: `(c, h)`.
        weights: of the gates, the peepholes and the projection.
        forget_bias: added to the forget gate; TensorFlow 1 adds 1, Keras keeps it in the bias.
        cell_clip: largest absolute value of the cell state; None for no limit.
        proj_clip: largest absolute value of the projected output; None for no limit.
        activation: of the candidate and of the output.

    Returns:
        h' and the new state, `(c', h')`.
    """
    c, h = state
    input_gate = weights.input_gate(x, h)
    forget_gate = weights.forget_gate(x, h) + forget_bias
    output_gate = weights.output_gate(x, h)
    if weights.input_peephole is not None:
        input_gate = input_gate + weights.input_peephole * c
    if weights.forget_peephole is not None:
        forget_gate = forget_gate + weights.forget_peephole * c
    g = activation(weights.candidate(x, h))
    c = sigmoid(forget_gate) * c + sigmoid(input_gate) * g
    if cell_clip is not None:
        c = np.clip(c, -cell_clip, cell_clip)
    if weights.output_peephole is not None:
        output_gate = output_gate + weights.output_peephole * c
    h = sigmoid(output_gate) * activation(c)
    if weights.projection is not None:
        h = h @ weights.projection
        if proj_clip is not None:
            h = np.clip(h, -proj_clip, proj_clip)
    return h, (c, h)


class GRU(NamedTuple):
    """The weights of a GRU.

    Attributes:
        reset_gate: decides how much of the old state the candidate sees.
        update_gate: decides how much of the old state is kept.
        candidate: what could replace it.
        recurrent_bias: `(units,)`, of the candidate's recurrent part, in Keras' form only.
    """

    reset_gate: Dense
    update_gate: Dense
    candidate: Dense
    recurrent_bias: np.ndarray | None = None


def gru_step(x, state, weights: GRU, reset_after=False, activation=np.tanh):
    """One step of the GRU.

        r = sigmoid(reset_gate(x, h))
        u = sigmoid(update_gate(x, h))
        g = activation(x · w + (r * h) · u + b)                           TensorFlow 1
        g = activation(x · w + r * (h · u + recurrent_bias) + b)          Keras' reset_after
        h' = u * h + (1 - u) * g

    Args:
        x: `(batch, features)`.
        state: `(h,)`.
        weights: of the gates.
        reset_after: whether the reset gate is applied after the candidate's recurrent product.
        activation: of the candidate.

    Returns:
        h' and the new state, `(h',)`.
    """
    (h,) = state
    reset = sigmoid(weights.reset_gate(x, h))
    update = sigmoid(weights.update_gate(x, h))
    if reset_after:
        w, u, b = weights.candidate
        g = activation(x @ w + reset * (h @ u + weights.recurrent_bias) + b)
    else:
        g = activation(weights.candidate(x, reset * h))
    h = update * h + (1 - update) * g
    return h, (h,)


def run(step, xs, state, lengths=None):
    """Runs a step for every time step of every row.

        h_t, s_t = step(x_t, s_{t-1})       while t < length
        h_t, s_t = 0, s_{t-1}               from then on

    Args:
        step: a function of x and the state, such as `lambda x, s: gru_step(x, s, weights)`.
        xs: `(batch, time, features)`, at least one step.
        state: the initial state, a tuple of arrays `(batch, units)`.
        lengths: the valid steps of each row, `(batch,)`; None if all are valid.

    Returns:
        The outputs, `(batch, time, units)`, and the final state.
    """
    batch, time, _ = xs.shape
    lengths = np.full(batch, time) if lengths is None else np.asarray(lengths)
    outputs = []
    for t in range(time):
        output, new_state = step(xs[:, t], state)
        valid = (t < lengths)[:, np.newaxis]
        outputs.append(np.where(valid, output, 0))
        state = tuple(np.where(valid, new, old) for new, old in zip(new_state, state, strict=True))
    return np.stack(outputs, axis=1), state


def reverse(xs, lengths=None):
    """Reverses each row within its own length; the steps after it stay where they are.

    Args:
        xs: `(batch, time, ...)`.
        lengths: the valid steps of each row, `(batch,)`; None if all are valid.

    Returns:
        As `xs`.
    """
    if lengths is None:
        return xs[:, ::-1]
    reversed_xs = xs.copy()
    for row, length in enumerate(lengths):
        reversed_xs[row, :length] = xs[row, :length][::-1]
    return reversed_xs


def lstm_from_tf1(kernel, bias, **others) -> LSTM:
    """Takes TensorFlow 1's joint kernel apart.

    Args:
        kernel: `(features + width of the output, 4 * units)`; the inputs' rows come first, and the
            columns are those of the input gate, the candidate, the forget and the output gate.
        bias: `(4 * units,)`, in the same order.
        **others: peepholes and projection.

    Returns:
        The weights, gate by gate.
    """
    units = len(bias) // 4
    width = others["projection"].shape[1] if others.get("projection") is not None else units
    features = len(kernel) - width
    columns = [slice(gate * units, (gate + 1) * units) for gate in range(4)]
    i, g, f, o = (Dense(kernel[:features, c], kernel[features:, c], bias[c]) for c in columns)
    return LSTM(i, g, f, o, **others)


def gru_from_tf1(gate_kernel, gate_bias, candidate_kernel, candidate_bias) -> GRU:
    """Takes TensorFlow 1's kernels apart.

    Args:
        gate_kernel: `(features + units, 2 * units)`; the inputs' rows come first, and the columns
            are those of the reset gate, then of the update gate.
        gate_bias: `(2 * units,)`, in the same order.
        candidate_kernel: `(features + units, units)`.
        candidate_bias: `(units,)`.

    Returns:
        The weights, gate by gate.
    """
    units = len(candidate_bias)
    features = len(gate_kernel) - units
    return GRU(
        Dense(gate_kernel[:features, :units], gate_kernel[features:, :units], gate_bias[:units]),
        Dense(gate_kernel[:features, units:], gate_kernel[features:, units:], gate_bias[units:]),
        Dense(candidate_kernel[:features], candidate_kernel[features:], candidate_bias),
    )


def simple_rnn_from_tf1(kernel, bias) -> Dense:
    """Takes TensorFlow 1's joint kernel apart.

    Args:
        kernel: `(features + units, units)`; the inputs' rows come first.
        bias: `(units,)`.

    Returns:
        The weights.
    """
    features = len(kernel) - len(bias)
    return Dense(kernel[:features], kernel[features:], bias)
