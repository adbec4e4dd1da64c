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


def test_keras_adds_the_epsilon_of_rmsprop_under_the_root():
    gradients = np.float32([1e-6, 1e-4, 1.0])
    moved = {
        epsilon: -_steps(keras.optimizers.RMSprop(1.0, epsilon=epsilon), np.zeros(3), [gradients])[
            0
        ]
        for epsilon in (1e-7, 1e-14)
    }
    mean_square = 0.1 * np.square(np.float64(gradients))
    tensorflow_1 = gradients / (np.sqrt(mean_square) + 1e-7)  # tf.keras of 1.15, rho 0.9
    np.testing.assert_allclose(moved[1e-7], gradients / np.sqrt(mean_square + 1e-7), rtol=1e-5)
    np.testing.assert_allclose(moved[1e-14] / tensorflow_1, [1.255, 1.0032, 1.0], rtol=1e-3)
    assert moved[1e-7][0] < 0.005 * tensorflow_1[0]
