"""Keras' weights in the layouts of PyTorch and of TensorFlow 1; NumPy alone."""

import numpy as np


def torch_recurrent(cell, kernel, recurrent, bias):
    """Weights of one direction of PyTorch's `nn.LSTM`, `nn.GRU` or `nn.RNN`.

    Both order an LSTM's gates input, forget, candidate, output. A GRU's are update, reset,
    candidate in Keras and reset, update, candidate in PyTorch. PyTorch adds two biases; those of a
    GRU are Keras' two, elsewhere the second is to stay zero, untrained.

    Args:
        cell: "lstm", "gru" or "simple_rnn".
        kernel: `(features, gates * units)`.
        recurrent: `(units, gates * units)`.
        bias: `(gates * units,)`; a GRU's, `(2, 3 * units)`.

    Returns:
        weight_ih, weight_hh, bias_ih, bias_hh.
    """
    biases = bias if cell == "gru" else np.stack([bias, np.zeros_like(bias)])
    arrays = [kernel, recurrent, biases]
    if cell == "gru":
        arrays = [_swapped(array) for array in arrays]
    kernel, recurrent, biases = arrays
    return [kernel.T.copy(), recurrent.T.copy(), biases[0].copy(), biases[1].copy()]


def tf1_lstm(kernel, recurrent, bias):
    """Weights of TensorFlow 1's `BasicLSTMCell`, whose forget bias is 1.

    Args:
        kernel: `(features, 4 * units)`, gates input, forget, candidate, output.
        recurrent: `(units, 4 * units)`.
        bias: `(4 * units,)`.

    Returns:
        kernel `(features + units, 4 * units)`, gates input, candidate, forget, output; bias.
    """
    joined = np.concatenate([kernel, recurrent, bias[np.newaxis]])
    i, f, j, o = np.split(joined, 4, axis=1)
    f[-1] -= 1
    joined = np.concatenate([i, j, f, o], axis=1)
    return [joined[:-1], joined[-1]]


def tf1_simple_rnn(kernel, recurrent, bias):
    """Weights of TensorFlow 1's `BasicRNNCell`: the two kernels joined, and the bias."""
    return [np.concatenate([kernel, recurrent]), bias]


def _swapped(array):
    update, reset, candidate = np.split(array, 3, axis=1)
    return np.concatenate([reset, update, candidate], axis=1)
