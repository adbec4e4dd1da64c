"""Predictions of many batches per call, compared with Keras'."""

import concurrent.futures
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import layers, losses, models
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import runs

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
        predicted = models.predict(model, x, batch_size=3)
        np.testing.assert_allclose(predicted, model.predict(x, verbose=0), atol=1e-6)
        assert predicted.dtype == np.float32
        assert predicted.shape == (examples, 2)


def test_predictions_follow_the_weights():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    x = np.eye(2, dtype="float32")
    for weights in ([[1.0], [2.0]], [[3.0], [4.0]]):
        model.set_weights([np.array(weights), np.zeros(1)])
        np.testing.assert_array_equal(models.predict(model, x), weights)


def _model(*between):
    return keras.Sequential([keras.Input((6, 3)), *between, layers.LSTM(4), keras.layers.Dense(2)])


class _Centred(keras.layers.Layer):
    def call(self, x):
        return x - keras.ops.mean(x, axis=0)


def _with_an_operation():
    x = keras.Input((6, 3))
    return keras.Model(x, layers.LSTM(4)(x - keras.ops.max(x, axis=0)))


def _two_outputs():
    x = keras.Input((6, 3))
    return keras.Model(x, [layers.LSTM(4)(x), layers.GRU(2)(x)])


X = RNG.normal(size=(9, 6, 3)).astype("float32")


@pytest.mark.parametrize(
    ("make", "x", "reason"),
    [
        (_model, X[:, :0], "the input is empty or complex"),
        (_model, tf.constant(X), "the input is no array of numbers of two or more dimensions"),
        (lambda: _model(_Centred(name="centred")), X, "centred: _Centred is no layer of Keras"),
        (
            lambda: _model(keras.layers.Softmax(axis=0, name="softmax")),
            X,
            "softmax: an axis of 0, along the rows",
        ),
        (
            lambda: _model(keras.layers.Lambda(lambda x: x[::-1], name="turned")),
            X,
            "turned: a Lambda may compute anything",
        ),
        (_with_an_operation, X, "max: Max is no layer of Keras"),
        (_two_outputs, X, "the model has not one input and one output"),
    ],
)
def test_what_is_not_covered_is_left_to_keras_with_the_reason(make, x, reason):
    model = make()
    assert models.reason_for_keras(model, x) == reason
    if len(x) and np.size(x):
        predicted = models.predict(model, x, batch_size=3)
        wanted = model.predict(x, batch_size=3, verbose=0)
        assert keras.tree.map_structure(np.shape, predicted) == keras.tree.map_structure(
            np.shape, wanted
        )
        keras.tree.map_structure(np.testing.assert_array_equal, predicted, wanted)


def test_a_stateful_model_goes_on_from_its_state():
    model = keras.Sequential([keras.Input((6, 3), batch_size=3), layers.GRU(4, stateful=True)])
    assert models.reason_for_keras(model, X[:3]) == f"{model.layers[0].name}: stateful"
    predicted = [models.predict(model, X[:3], batch_size=3) for _ in range(2)]
    model.reset_states() if hasattr(model, "reset_states") else model.layers[0].reset_state()
    wanted = [model.predict(X[:3], batch_size=3, verbose=0) for _ in range(2)]
    np.testing.assert_allclose(predicted, wanted, atol=1e-6)
    assert np.abs(wanted[0] - wanted[1]).max() > 1e-3


def test_a_model_that_is_compiled_again_predicts_anew():
    model = _model()
    model.compile(jit_compile=False)
    before = models.predict(model, X)
    model.layers[-1].activation = keras.activations.softmax
    model.compile(jit_compile=False)
    np.testing.assert_allclose(models.predict(model, X), model.predict(X, verbose=0), atol=1e-6)
    assert np.abs(models.predict(model, X) - before).max() > 0.1


def test_numbers_of_another_dtype_are_read_as_keras_reads_them():
    model = _model()
    for dtype in ("float64", "float16", "int32"):
        x = (X * 3).astype(dtype)
        assert not models.reason_for_keras(model, x)
        predicted = models.predict(model, x)
        assert predicted.dtype == np.float32
        np.testing.assert_allclose(predicted, model.predict(x, verbose=0), atol=1e-6)


def test_a_model_whose_loss_is_this_packages_names_its_import(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", losses.softmax_twice)
    model.save(tmp_path / "model.keras")
    assert runs._modules_of(tmp_path / "model.keras") == ["keras_rnn_tutorials.losses"]
    code = (
        "import sys, keras\n"
        "for name in sys.argv[2:]: __import__(name)\n"
        "print(keras.models.load_model(sys.argv[1]).loss.__name__)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "model.keras")]
    done = subprocess.run([*command, "keras_rnn_tutorials.losses"], capture_output=True, text=True)
    assert done.stdout == "softmax_twice\n", done.stderr


def test_a_stock_model_names_no_import(tmp_path):
    model = keras.Sequential([keras.Input((6, 3)), layers.LSTM(4), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    assert runs._modules_of(tmp_path / "model.keras") == []


def test_a_model_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.keras")
    with pytest.raises(UserError, match="model.keras cannot be loaded .*not a regular file"):
        models.load(tmp_path)


def _small(**options):
    shape = (1, 3, 2) if options.get("stateful") else (None, 3, 2)
    inputs = keras.Input(batch_shape=shape)
    model = keras.Model(inputs, keras.layers.Dense(2)(layers.LSTM(4, **options)(inputs)))
    model.compile("sgd", "mse", jit_compile=True)
    return model


ROWS = np.random.default_rng(0).normal(size=(8, 3, 2)).astype("float32")


def test_a_predictor_answers_as_predict_does_and_follows_the_weights():
    model = _small()
    answer = models.predictor(model)
    for _ in range(2):
        np.testing.assert_allclose(
            answer(ROWS[0]), model.predict(ROWS[:1], verbose=0)[0], rtol=1e-5
        )
        model.set_weights([2 * weight for weight in model.get_weights()])


def test_a_predictor_refuses_other_shapes():
    answer = models.predictor(_small())
    for wrong in (ROWS, ROWS[0, :2], ROWS[0, 0]):
        with pytest.raises(UserError, match=r"^predictor: expected a row of shape \(3, 2\), got "):
            answer(wrong)
    with pytest.raises(UserError, match="^predictor: give a built model of one input and one out"):
        models.predictor(keras.Sequential([layers.LSTM(2)]))


@pytest.mark.parametrize(
    ("time", "jit_compile", "compiled"), [(3, True, True), (3, False, False), (None, True, False)]
)
def test_a_predictor_is_compiled_as_predict_is_unless_lengths_vary(
    monkeypatch, time, jit_compile, compiled
):
    model = keras.Sequential([keras.Input((time, 2)), layers.LSTM(4), keras.layers.Dense(2)])
    model.compile(jit_compile=jit_compile)
    function, asked = tf.function, []

    def recorded(*arguments, **options):
        asked.append(options.get("jit_compile"))
        return function(*arguments, **options)

    monkeypatch.setattr(tf, "function", recorded)
    answer = models.predictor(model)
    monkeypatch.undo()
    assert asked[0] is compiled
    for length in (3, time or 5):
        x = np.random.default_rng(length).normal(size=(length, 2)).astype("float32")
        np.testing.assert_allclose(answer(x), model.predict(x[None], verbose=0)[0], atol=1e-6)


def test_threads_share_a_predictor():
    answer = models.predictor(_small())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = [*pool.map(answer, np.tile(ROWS, (20, 1, 1)))]
    np.testing.assert_array_equal(found, np.tile([answer(row) for row in ROWS], (20, 1)))


def test_a_stateful_predictor_goes_on_from_call_to_call():
    model = _small(stateful=True)
    answer = models.predictor(model)
    found = [answer(row) for row in ROWS]
    model.layers[1].reset_states()
    wanted = [model.predict(row[None], verbose=0)[0] for row in ROWS]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert np.abs(found[1] - found[0]).max() > 0
