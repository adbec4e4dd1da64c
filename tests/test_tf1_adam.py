import keras
import numpy as np

from keras_rnn_tutorials.tf1.adam import AdamOptimizer


def _tensorflow_1(value, gradients, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """ApplyAdam in NumPy, every operation in single precision."""
    f = np.float32
    m = v = np.zeros_like(value)
    power1, power2 = f(beta1), f(beta2)
    values = []
    for gradient in gradients:
        alpha = f(learning_rate) * np.sqrt(f(1) - power2) / (f(1) - power1)
        m = m + (gradient - m) * (f(1) - f(beta1))
        v = v + (gradient * gradient - v) * (f(1) - f(beta2))
        value = value - m * alpha / (np.sqrt(v) + f(epsilon))
        power1, power2 = power1 * f(beta1), power2 * f(beta2)
        values.append(value)
    return values


def _steps(optimizer, start, gradients):
    variable = keras.Variable(start)
    optimizer.build([variable])
    values = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)])
        values.append(variable.numpy().copy())
    return values


def test_every_step_is_that_of_tensorflow_1_to_the_last_bits():
    rng = np.random.default_rng(0)
    start = rng.normal(size=50).astype(np.float32)
    gradients = rng.normal(size=(40, 50)).astype(np.float32)
    theirs = _tensorflow_1(start, gradients, 0.01)
    ours = _steps(AdamOptimizer(0.01), start, gradients)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=5e-7)
    keras_own = _steps(keras.optimizers.Adam(0.01, epsilon=1e-8), start, gradients)
    gap = np.abs(np.array(keras_own) - theirs).max()
    assert gap > 5e-7  # the reason for this class


def test_it_has_tensorflow_1s_defaults_and_is_keras_own():
    optimizer = AdamOptimizer()
    assert type(optimizer) is keras.optimizers.Adam
    assert float(optimizer.learning_rate) == np.float32(0.001) and optimizer.epsilon == 1e-8
