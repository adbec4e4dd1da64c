"""TensorFlow 1's sigmoid and tanh; the fixtures show that they are bit-for-bit identical."""

import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials.tf1 import activations

X = np.linspace(-30, 30, 6_001)
FUNCTIONS = {
    activations.tanh: (np.tanh, lambda y: 1 - y * y),
    activations.sigmoid: (lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-7), ("float64", 1e-15)])
@pytest.mark.parametrize("jit_compile", [None, False, True])
def test_values_and_gradients(function, dtype, tolerance, jit_compile):
    value, derivative = FUNCTIONS[function]

    def compute(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return y, tape.gradient(y, x)

    if jit_compile is not None:
        compute = tf.function(compute, jit_compile=jit_compile)
    x = tf.constant(X, dtype)
    y, gradient = compute(x)
    assert y.dtype == gradient.dtype == dtype
    np.testing.assert_allclose(y, value(X), atol=tolerance)
    np.testing.assert_allclose(gradient, derivative(value(X)), atol=4 * tolerance)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_not_a_number_stays_so_and_what_is_infinite_saturates(function):
    value, _ = FUNCTIONS[function]
    assert np.isnan(function(tf.constant(np.nan)).numpy())
    infinite = np.array([-np.inf, np.inf], "float32")
    np.testing.assert_allclose(function(infinite), value(infinite), atol=3e-7)
