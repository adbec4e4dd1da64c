"""Activations as TensorFlow 1 takes them: a function, a name or None."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import arithmetic, checks


def tf1_hard_sigmoid(x):
    """`min(max(0.2 * x + 0.5, 0), 1)`: TensorFlow 1's; Keras 3's has another slope."""
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


# Computed as TensorFlow 1 did, and saved by name.
_OURS = {"tanh": arithmetic.tanh, "sigmoid": arithmetic.sigmoid, "hard_sigmoid": tf1_hard_sigmoid}
# Keras saves a function by name if it knows it, and it knows none of TensorFlow's.
_TENSORFLOW = {
    tf.tanh: "tanh",
    tf.sigmoid: "sigmoid",
    tf.identity: "linear",
    tf.exp: "exponential",
    tf.nn.relu: "relu",
    tf.nn.relu6: "relu6",
    tf.nn.elu: "elu",
    tf.nn.selu: "selu",
    tf.nn.softplus: "softplus",
    tf.nn.softsign: "softsign",
    tf.nn.softmax: "softmax",
}


def get(activation):
    """The function that an `activation` argument names.

    Args:
        activation: a function, a name that TensorFlow 1 knew, what `serialize` returned, or None
            for tanh.

    Returns:
        A function of a tensor.

    Raises:
        ValueError: if no function has that name.
    """
    if not activation:
        return arithmetic.tanh
    if callable(activation):
        try:
            activation = _TENSORFLOW.get(activation, activation)
        except TypeError:  # not hashable, so none of TensorFlow's
            return activation
    if isinstance(activation, str) and not hasattr(keras.activations, activation):
        raise checks.error(
            f"activation: no activation has the name {activation!r}",
            f"Unknown activation function:{activation}",
        )
    if isinstance(activation, str) and activation in _OURS:
        return _OURS[activation]
    return keras.activations.get(activation)


def serialize(function):
    """What a cell's config holds of its activation; `get` reads it."""
    for name, ours in _OURS.items():
        if function is ours:
            return name
    return keras.activations.serialize(function)
