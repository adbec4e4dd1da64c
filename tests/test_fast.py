"""`fast.fit` compared with `model.fit`: equal up to rounding, or Keras' own steps and why."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import fast, layers
from keras_rnn_tutorials.fused import parts
from tests import random_fits

RNG = np.random.default_rng(0)
X = RNG.normal(size=(11, 5, 3)).astype("float32")
Y = RNG.normal(size=(11, 2)).astype("float32")
LABELS = RNG.integers(0, 3, 11)


def _model(*between, outputs=2, **compiled):
    keras.utils.set_random_seed(1)
    inputs = [keras.Input((5, 3)), *between]
    model = keras.Sequential([*inputs, layers.LSTM(4), keras.layers.Dense(outputs)])
    model.compile(**{"optimizer": "adam", "loss": "mse", **compiled})
    return model


def _fit_eagerly(model, *data, **options):
    """Keras' fit with Keras' layers, operation by operation: what is not tested is not compiled."""
    model.run_eagerly = True
    tf.config.run_functions_eagerly(True)  # ours take Keras' code then
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Even though the `tf.config")  # not so in tf.data
            return model.fit(*data, **options)
    finally:
        tf.config.run_functions_eagerly(False)


def _assert_same_fit(make, x, y, **options):
    results = []
    for fit in (_fit_eagerly, fast.fit):
        model = make()
        options = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0} | options
        history = fit(model, x, y, **options)
        results.append((history.history, model.get_weights()))
    (wanted, weights), (found, own_weights) = results
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-5)
    for mine, stock in zip(own_weights, weights, strict=True):
        np.testing.assert_allclose(mine, stock, atol=2e-6 * max(1, np.abs(stock).max()))
    return found


@pytest.mark.few(1)
@pytest.mark.parametrize("shards", [1, 2, 3])
def test_a_fit_split_over_cores_comes_to_keras_numbers(monkeypatch, shards):
    monkeypatch.setattr(parts, "CORES", shards)

    def make():
        clipped = keras.optimizers.Adam(clipnorm=0.1)
        return _model(optimizer=clipped, metrics=["mae"], weighted_metrics=["mse"])

    assert not fast.reason_for_keras(make())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = _assert_same_fit(
            make, X, Y, sample_weight=np.linspace(0, 2, 11), validation_data=(X, Y)
        )
    assert list(history) == ["loss", "mae", "mse", "val_loss", "val_mae", "val_mse"]


def test_a_label_per_timestep_and_a_scaled_loss():
    def make():
        keras.utils.set_random_seed(1)
        rnn = layers.GRU(4, return_sequences=True)
        model = keras.Sequential([keras.Input((5, 3)), rnn, keras.layers.Dense(3, "softmax")])
        model.compile(
            keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5)),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=True,
        )
        return model

    assert not fast.reason_for_keras(make())
    _assert_same_fit(make, X, RNG.integers(0, 3, (11, 5)), batch_size=3)


class _OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


def _mean_squared(y, y_pred):
    return keras.ops.sqrt(keras.ops.mean(keras.ops.square(y - y_pred)))


REASONS = [
    (
        lambda: _model(keras.layers.BatchNormalization(name="batch")),
        "batch: BatchNormalization may make rows depend on each other in training",
    ),
    (
        lambda: _model(keras.layers.Dropout(0.5, name="drop")),
        "drop: Dropout may make rows depend on each other in training",
    ),
    (
        lambda: _model(layers.GRU(2, return_sequences=True, dropout=0.1, name="gru")),
        "gru: random numbers would depend on the number of cores",
    ),
    (
        lambda: _model(keras.layers.Dense(2, activity_regularizer="l2", name="dense")),
        "dense: an activity regularizer",
    ),
    (
        lambda: _model(loss=keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")),
        "the loss is reduced by mean_with_sample_weight",
    ),
    (
        lambda: _model(loss=_mean_squared),
        "the loss _mean_squared may make rows depend on each other",
    ),
    (lambda: _model(run_eagerly=True), "the model runs eagerly, or under a distribution strategy"),
]


@pytest.mark.parametrize("clipping", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_rows_that_are_clipped_one_by_one_are_left_to_keras(clipping):
    model = keras.Sequential([layers.Embedding(9, 2, name="table"), layers.LSTM(2)])
    model.build((None, 5))
    model.compile(keras.optimizers.SGD(**{clipping: 0.1}), "mse")
    assert fast.reason_for_keras(model) == "table: repeated rows are clipped one by one"
    model.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(**{clipping: 0.1}), "mse")
    assert fast.reason_for_keras(model) == ""


@pytest.mark.few(3)
@pytest.mark.parametrize(("make", "reason"), REASONS)
def test_what_is_not_split_takes_keras_steps_and_says_why(make, reason):
    assert fast.reason_for_keras(make()) == reason
    with pytest.warns(UserWarning, match="fast.fit takes Keras' own training steps: "):
        _assert_same_fit(make, X[:8], Y[:8], epochs=1)


def test_several_outputs_are_keras_to_take():
    x = keras.Input((3, 2))
    outputs = [keras.layers.Dense(1, name=name)(layers.LSTM(2)(x)) for name in ("a", "b")]
    model = keras.Model(x, outputs)
    model.compile("sgd", ["mse", "mae"])
    reason = "several outputs, whose losses Keras averages over batches"
    assert fast.reason_for_keras(model) == reason


def test_a_models_own_step_and_masked_outputs_are_keras_to_take():
    model = _OwnStep([keras.Input((5, 3)), layers.LSTM(4)])
    model.compile("adam", "mse")
    assert fast.reason_for_keras(model) == "a train_step of its own"
    masked = keras.Sequential(
        [keras.Input((5, 3)), keras.layers.Masking(), layers.LSTM(4, return_sequences=True)]
    )
    masked.compile("adam", "mse")
    assert fast.reason_for_keras(masked).startswith("the outputs are masked")


def test_the_model_is_left_as_it_was_and_fits_again_without_tracing():
    model = _model()
    fast.fit(model, X[:8], Y[:8], batch_size=4, verbose=0)
    assert (model.steps_per_execution, model.train_function, model.test_function) == (1, None, None)
    kept = getattr(model, fast._KEPT).train_function
    fast.fit(model, X[:8], Y[:8], batch_size=4, verbose=0)
    assert getattr(model, fast._KEPT).train_function is kept
    model.compile("sgd", "mae")
    fast.fit(model, X[:8], Y[:8], batch_size=4, verbose=0)
    assert getattr(model, fast._KEPT).train_function is not kept


def test_an_id_that_is_no_rows_is_refused_as_keras_refuses_it():
    def make():
        keras.utils.set_random_seed(1)
        ids = keras.Input((6,), dtype="int32")
        model = keras.Model(ids, layers.LSTM(2)(layers.Embedding(9, 4)(ids)))
        model.compile(keras.optimizers.SGD(0.3), "mse")
        return model

    ids = RNG.integers(-9, 9, (8, 6))
    assert not fast.reason_for_keras(make())
    _assert_same_fit(make, ids, Y[:8])
    ids[3, 2] = 9
    for fit in (keras.Model.fit, fast.fit):
        with pytest.raises(tf.errors.InvalidArgumentError):
            fit(make(), ids, Y[:8], batch_size=4, verbose=0)


def test_a_weight_without_a_gradient_is_warned_of_and_the_others_train():
    class Unused(keras.layers.Dense):
        def call(self, x):
            return x

    Unused.__module__ = layers.__name__  # as if it were known

    def make():
        return _model(Unused(3))

    assert not fast.reason_for_keras(make())
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        _assert_same_fit(make, X[:8], Y[:8], epochs=1)


@pytest.mark.parametrize("shards", [2, 5])
@pytest.mark.parametrize("what", ["weights of rows", "labels of rows"])
def test_what_keras_broadcasts_along_the_wrong_axis_is_not_split(monkeypatch, what, shards):
    """As many rows as time steps: Keras takes the weights of rows for weights of time steps."""
    monkeypatch.setattr(parts, "CORES", shards)
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(5, 5, 3)).astype("float32"), None
    if what == "weights of rows":
        y, weights, loss, units = rng.integers(0, 2, (5, 5)), rng.random(5, "float32"), "sparse", 2
    else:
        y, loss, units = rng.random((5, 5), "float32"), "mse", 3
    histories = []
    for fit in (keras.Model.fit, fast.fit):
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((5, 3)),
                layers.SimpleRNN(4, return_sequences=True),
                keras.layers.Dense(units, activation="softmax"),
            ]
        )
        loss = {"sparse": "sparse_categorical_crossentropy"}.get(loss, loss)
        model.compile("sgd", loss, jit_compile=False)
        assert not fast.reason_for_keras(model)
        try:
            options = {"batch_size": 5, "epochs": 2, "verbose": 0, "sample_weight": weights}
            histories.append(fit(model, x, y, **options).history["loss"])
        except Exception as error:
            histories.append(type(error).__name__)
    keras_history, own_history = histories
    if isinstance(keras_history, str):
        assert own_history == keras_history
    else:
        np.testing.assert_allclose(own_history, keras_history, rtol=1e-6)


@pytest.mark.few(1)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_random_models(number):
    difference, reason = random_fits._difference(number, shards=2 + number)
    assert difference <= 1e-5, reason
