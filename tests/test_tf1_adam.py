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


def test_it_is_saved_with_its_state_and_goes_on_alike(tmp_path):
    x, y = np.ones((8, 3), np.float32), np.ones((8, 1), np.float32)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(AdamOptimizer(0.1, beta1=0.8), "mse")
    model.fit(x, y, epochs=3, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.optimizer.epsilon == 1e-8 and loaded.optimizer.beta_1 == 0.8
    for one in (model, loaded):
        one.fit(x, y, epochs=3, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], loaded.get_weights()[0])
