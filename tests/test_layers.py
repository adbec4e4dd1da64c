"""Keras' layers on the kernels: the same arguments, results and saved form."""

import keras
import numpy as np
import pytest

from keras_rnn_tutorials import fast, layers
from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.data.dataset import Split

PAIRS = [
    (layers.SimpleRNN, keras.layers.SimpleRNN),
    (layers.LSTM, keras.layers.LSTM),
    (layers.GRU, keras.layers.GRU),
]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 7, 3)).astype("float32")
WORDS = RNG.integers(1, 9, (6, 7)) * (np.arange(7) >= RNG.integers(0, 4, (6, 1)))
Y = RNG.integers(0, 2, 6)


def _twins(ours, theirs, x, **options):
    mine, stock = ours(4, **options), theirs(4, **options)
    mine.build(x.shape)
    stock.build(x.shape)
    mine.set_weights(stock.get_weights())
    return mine, stock


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "fused"),
        ({"use_bias": False, "return_sequences": True}, "fused"),
        ({"activation": "relu"}, "keras: activation is not tanh"),
        ({"recurrent_dropout": 0.2}, "keras: recurrent_dropout"),
        ({"unroll": True}, "keras: unroll"),
        ({"dtype": "mixed_bfloat16"}, "keras: dtype bfloat16"),
    ],
)
def test_a_layer_says_whether_the_kernel_runs_and_its_numbers_are_keras_either_way(
    ours, theirs, options, reason
):
    mine, stock = _twins(ours, theirs, X, **options)
    assert mine.kernel_in_use == reason
    np.testing.assert_allclose(
        np.asarray(mine(X), "float32"), np.asarray(stock(X), "float32"), atol=1e-6
    )


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("zero_output_for_mask", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_masked_outputs_are_keras_before_the_first_real_step_and_after_the_last(
    ours, theirs, zero_output_for_mask, return_sequences
):
    mine, stock = _twins(ours, theirs, X, return_sequences=return_sequences)
    mine.zero_output_for_mask = stock.zero_output_for_mask = zero_output_for_mask
    mask = np.array([[0, 0, 1, 1, 0, 1, 0]] * 5 + [[0] * 7], bool)
    states = [RNG.normal(size=(6, 4)).astype("float32") for _ in mine.cell.get_initial_state(1)]
    states = states[: 2 if ours is layers.LSTM else 1]
    for state in (None, states):
        np.testing.assert_allclose(
            mine(X, mask=mask, initial_state=state),
            stock(X, mask=mask, initial_state=state),
            atol=1e-6,
        )


def _model(module, rnn):
    return keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            module.Embedding(9, 3, mask_zero=True),
            module.Bidirectional(getattr(module, rnn)(4, return_sequences=True)),
            getattr(module, rnn)(4),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


@pytest.mark.parametrize("rnn", ["SimpleRNN", "LSTM", "GRU"])
def test_a_saved_model_is_keras_own_and_comes_back(rnn, tmp_path):
    model = _model(layers, rnn)
    assert model.layers[1].forward_layer.kernel_in_use == "fused"
    assert model.layers[1].backward_layer.kernel_in_use == "fused"
    model.save(tmp_path / "model.keras")
    stock = keras.models.load_model(tmp_path / "model.keras")
    assert type(stock.layers[2]) is getattr(keras.layers, rnn)
    assert type(stock.layers[1].backward_layer) is getattr(keras.layers, rnn)
    wanted = model.predict(WORDS, verbose=0)
    np.testing.assert_allclose(stock.predict(WORDS, verbose=0), wanted, atol=1e-6)
    back = layers.with_kernels(stock)
    assert type(back.layers[2]) is getattr(layers, rnn)
    assert back.layers[1].forward_layer.kernel_in_use == "fused"
    assert back.layers[1].backward_layer.kernel_in_use == "fused"
    np.testing.assert_allclose(back.predict(WORDS, verbose=0), wanted, atol=1e-7)


@pytest.mark.few(1)
@pytest.mark.parametrize(("rnn", "jit_compile"), [("SimpleRNN", False), ("LSTM", True)])
def test_fit_comes_to_keras_weights(rnn, jit_compile):
    results = []
    for module, compiled in ((layers, jit_compile), (keras.layers, False)):
        keras.utils.set_random_seed(3)
        model = _model(module, rnn)
        model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", jit_compile=compiled)
        model.fit(WORDS, Y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        results.append(model.get_weights())
    for mine, stock in zip(*results, strict=True):
        np.testing.assert_allclose(mine, stock, atol=2e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_steps_taken_many_at_a_call_are_keras_steps(jit_compile):
    words, y = np.tile(WORDS, (3, 1)), RNG.integers(0, 2, 18)  # batches of 4, 4, 4, 4 and 2
    results = []
    for own in (False, True):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [
                keras.Input((7,), dtype="int32"),
                layers.Embedding(9, 3, mask_zero=True),
                layers.GRU(4),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        # Not Adam: Keras squares a repeated word's gradients one by one, where these are added up.
        model.compile(
            keras.optimizers.SGD(0.5),
            "binary_crossentropy",
            metrics=["accuracy"],
            jit_compile=jit_compile and own,
        )
        if own:
            model.steps_per_execution = 2
            model.train_function = fast.train_function(model, 4)
            data = batches.read(Split(words, y), lambda i: np.arange(18)[i % 3 * 8 :][:8], 9)
            data = data.filter(lambda *_: True)  # of unknown length: elements are no steps
            history = model.fit(data, epochs=3, steps_per_epoch=5, shuffle=False, verbose=0)
        else:
            history = model.fit(words, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
        results.append((model.get_weights(), history.history))
    for mine, stock in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_allclose(mine, stock, atol=2e-6)
    for name, values in results[0][1].items():
        np.testing.assert_allclose(results[1][1][name], values, rtol=1e-5)


def test_what_fills_up_a_batch_is_no_empty_sequence():
    results = []
    for own in (False, True):
        model = keras.Sequential(
            [
                keras.Input((7,), dtype="int32"),
                keras.layers.Embedding(9, 3, embeddings_initializer="ones", mask_zero=True),
                keras.layers.GlobalAveragePooling1D(),  # of a masked row 0 / 0
                keras.layers.Dense(1, "sigmoid", kernel_initializer="ones"),
            ]
        )
        model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", jit_compile=own)
        if own:
            model.train_function = fast.train_function(model, 4)
            data = batches.read(Split(WORDS, Y), lambda i: np.arange(6)[i * 4 :][:4], 2)
            model.fit(data, steps_per_epoch=2, shuffle=False, verbose=0)
        else:
            model.fit(WORDS, Y, batch_size=4, shuffle=False, verbose=0)
        results.append(model.get_weights())
    for mine, stock in zip(*results, strict=True):
        np.testing.assert_allclose(mine, stock, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "batch_size", "wanted"),
    [((28, 28), 16, 40), ((28, 28), 50, 33), ((500, 28), 50, 1), ((5000, 28), 50, 1)],
)
def test_a_call_takes_as_many_steps_as_five_megabytes_hold(shape, batch_size, wanted):
    split = Split(np.broadcast_to(np.float32(0), (60, *shape)), np.zeros(60, int))
    assert fast.steps_per_call(split, batch_size) == wanted


def test_a_stateful_layer_goes_on_where_it_stopped():
    mine, stock = layers.LSTM(4, stateful=True), keras.layers.LSTM(4, stateful=True)
    for layer in (mine, stock):
        layer.build((6, 7, 3))
    mine.set_weights(stock.get_weights())
    for _ in range(2):
        outputs = mine(X), stock(X)
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_time_distributed_runs_the_kernel():
    x = RNG.normal(size=(2, 3, 7, 3)).astype("float32")
    mine, stock = _twins(layers.GRU, keras.layers.GRU, X)
    outputs = [keras.layers.TimeDistributed(layer)(x) for layer in (mine, stock)]
    np.testing.assert_allclose(*outputs, atol=1e-6)
