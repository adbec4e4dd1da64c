"""TensorFlow 1's weights in the layout of Keras' own layers."""

import numpy as np


def keras_lstm_weights(
    kernel: np.ndarray, bias: np.ndarray, forget_bias: float = 1.0
) -> list[np.ndarray]:
    """Takes a `BasicLSTMCell`'s weights apart for `keras.layers.LSTM`.

    TensorFlow 1 joins input and recurrent kernel, orders the gates input, candidate, forget,
    output, and adds `forget_bias` inside the cell. Keras keeps two kernels, orders the gates input,
    forget, candidate, output, and has the forget bias in its bias.

    Args:
        kernel: `(features + units, 4 * units)`.
        bias: `(4 * units,)`.
        forget_bias: the cell's argument.

    Returns:
        kernel `(features, 4 * units)`, recurrent_kernel `(units, 4 * units)`, bias `(4 * units,)`.
    """
    units = len(bias) // 4
    i, j, f, o = np.split(np.concatenate([kernel, bias[None]]), 4, axis=1)
    f[-1] += forget_bias
    joined = np.concatenate([i, f, j, o], axis=1)
    features = len(kernel) - units
    return [joined[:features], joined[features:-1], joined[-1]]
