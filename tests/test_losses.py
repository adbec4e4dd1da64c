import math

import keras
import numpy as np
import pytest

from keras_rnn_tutorials.losses import softmax_twice


def _softmax_twice(labels, probabilities):
    """The same loss in NumPy, in double precision."""
    exponentials = np.exp(np.float64(probabilities))
    second = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return -np.log(second[np.arange(len(labels)), labels])


def test_it_is_the_cross_entropy_of_the_softmax_of_the_softmax():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(10), size=50).astype(np.float32)
    labels = rng.integers(10, size=50)
    loss = softmax_twice(labels, probabilities)
    np.testing.assert_allclose(loss, _softmax_twice(labels, probabilities), rtol=1e-6)
    np.testing.assert_array_equal(softmax_twice(labels[:, None], probabilities), loss)


def test_its_floor_for_ten_classes():
    loss = softmax_twice(np.array([3]), np.eye(10, dtype=np.float32)[[3]])
    assert float(loss[0]) == pytest.approx(math.log(1 + 9 / math.e), abs=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_keras_does_not_repair_it_in_a_model_behind_a_softmax(jit_compile):
    """Keras' cross-entropies reach back for the logits, and so would give another number."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", softmax_twice, jit_compile=jit_compile)
    x = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32) * 5
    labels = np.arange(20) % 3
    before = _softmax_twice(labels, model.predict(x, verbose=0)).mean()
    history = model.fit(x, labels, batch_size=20, verbose=0)
    assert history.history["loss"][0] == pytest.approx(before, rel=1e-6)


def test_a_model_compiled_with_it_is_saved_and_loaded(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", softmax_twice)
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").loss is softmax_twice
