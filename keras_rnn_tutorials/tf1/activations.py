"""TensorFlow 1's activations: how they are named, and how they are computed.

In single precision, sigmoid and tanh are bit-for-bit those of TensorFlow 1.15.5. TensorFlow's own
have since changed by a few units in the last place, and a recurrent network feeds such a difference
back to itself, so that it grows from step to step. With TensorFlow 1's functions, the only
remaining difference is the order of summation in matrix products. Both were ratios of polynomials
in x²:

    tanh(x) = x · P(x²) / Q(x²)              x clipped to [-9, 9]
    sigmoid(x) = x · P(x²) / Q(x²) + 1/2     x clipped to [-18, 18]

The coefficients are those of Eigen, the library that TensorFlow 1.15 was built on
(`MathFunctionsImpl.h` and `functors/UnaryFunctors.h`). Each product and each sum is rounded, as
in the published builds of TensorFlow 1.15.5. XLA may fuse the two and then differs in the last bit.
Other precisions use TensorFlow 2's own functions.
"""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks

_TANH = (
    9.0,
    (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    ),
    (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03),
)
_SIGMOID = (
    18.0,
    (
        4.37031012579801e-11,
        1.15627324459942e-07,
        6.08574864600143e-05,
        8.51377133304701e-03,
        2.48287947061529e-01,
    ),
    (
        6.10247389755681e-13,
        5.76102136993427e-09,
        6.29106785017040e-06,
        1.70198817374094e-03,
        1.16817656904453e-01,
        9.93151921023180e-01,
    ),
)


def tanh(x):
    """The hyperbolic tangent, of the same shape as `x`."""
    x = tf.convert_to_tensor(x)
    return _tanh(x) if x.dtype == tf.float32 else tf.tanh(x)


def sigmoid(x):
    """`1 / (1 + e^-x)`, of the same shape as `x`."""
    x = tf.convert_to_tensor(x)
    return _sigmoid(x) if x.dtype == tf.float32 else tf.sigmoid(x)


@tf.custom_gradient
def _tanh(x):
    y = _ratio(x, *_TANH)
    return y, lambda upstream: tf.raw_ops.TanhGrad(y=y, dy=upstream)


@tf.custom_gradient
def _sigmoid(x):
    y = _ratio(x, *_SIGMOID) + 0.5
    return y, lambda upstream: tf.raw_ops.SigmoidGrad(y=y, dy=upstream)


def _ratio(x, limit, numerator, denominator):
    x = tf.clip_by_value(x, -limit, limit)
    square = x * x
    return x * _polynomial(square, numerator) / _polynomial(square, denominator)


def _polynomial(x, coefficients):
    """By Horner's rule, from the highest power to the lowest."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def tf1_hard_sigmoid(x):
    """`min(max(0.2 * x + 0.5, 0), 1)`: TensorFlow 1's; Keras 3's has a different slope."""
    return tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


# Computed as TensorFlow 1 did, and saved by name.
_OURS = {"tanh": tanh, "sigmoid": sigmoid, "hard_sigmoid": tf1_hard_sigmoid}
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
        return tanh
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
