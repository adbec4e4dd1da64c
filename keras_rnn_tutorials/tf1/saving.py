"""Cells in Keras' configs and in TensorFlow's checkpoints; their weights in Keras' layout."""

import keras
import numpy as np

from keras_rnn_tutorials import _private_apis
from keras_rnn_tutorials.tf1 import protocol


def track(holder, cell, name: str):
    """Makes `tf.train.Checkpoint` find a cell: it does not look into Keras' lists.

    Args:
        holder: a layer that has the cell.
        cell: the cell; of Keras' stacks their cells too, which Keras' own checkpoints leave out.
        name: of the cell in the checkpoint.
    """
    _private_apis.track(holder, cell, name)
    for i, part in enumerate(getattr(cell, "cells", ()) if protocol.is_keras(cell) else ()):
        track(holder, part, f"{name}-{i}")


def cell_config(cell) -> dict:
    """The description of a cell in a config.

    Two layers may share a cell. Keras marks a shared object when it sees it for the second time,
    but only in the later config, because it has already copied the first. So each cell is shown to
    Keras twice immediately.

    Args:
        cell: the cell.

    Returns:
        What `cell_from_config` reads.
    """
    keras.saving.serialize_keras_object(cell)
    return keras.saving.serialize_keras_object(cell)


def cell_from_config(config, custom_objects=None):
    """The cell that `cell_config` described; one that is shared is made once."""
    return keras.saving.deserialize_keras_object(config, custom_objects=custom_objects)


def function_from_config(function):
    """A caller's function, given as such, as None or as Keras saves it."""
    if isinstance(function, dict):
        return keras.saving.deserialize_keras_object(function)
    return function


def keras_lstm_weights(
    kernel: np.ndarray, bias: np.ndarray, forget_bias: float = 1.0
) -> list[np.ndarray]:
    """Converts a `BasicLSTMCell`'s weights to those of `keras.layers.LSTM`.

    TensorFlow 1 joins input and recurrent kernel, orders the gates input, candidate, forget,
    output, and adds `forget_bias` inside the cell. Keras keeps two kernels, orders the gates input,
    forget, candidate, output, and includes the forget bias in its bias.

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
