"""Predictions of many batches at a call, beside those of Keras."""

import keras
import numpy as np
import pytest

from keras_rnn_tutorials import layers, prediction

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_predictions_are_those_of_keras(jit_compile):
    model = keras.Sequential(
        [
            keras.Input((6, 3)),
            layers.LSTM(4),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(jit_compile=jit_compile)
    for examples in (1, 9, 24):  # fewer than cores times batch_size, not a multiple of it, both
        x = RNG.normal(size=(examples, 6, 3)).astype("float32")
        predicted = prediction.predict(model, x, batch_size=3)
        np.testing.assert_allclose(predicted, model.predict(x, verbose=0), atol=1e-6)
        assert predicted.dtype == np.float32
        assert predicted.shape == (examples, 2)


def test_predictions_follow_the_weights():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    x = np.eye(2, dtype="float32")
    for weights in ([[1.0], [2.0]], [[3.0], [4.0]]):
        model.set_weights([np.array(weights), np.zeros(1)])
        np.testing.assert_array_equal(prediction.predict(model, x), weights)
