"""The NumPy reference, compared with Keras' own layers and with numbers calculated by hand."""

import keras
import numpy as np
import pytest

from keras_rnn_tutorials import numpy_rnn
from keras_rnn_tutorials.numpy_rnn import GRU, LSTM, Dense

BATCH, TIME, FEATURES, UNITS = 4, 5, 3, 6


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def _run_keras(layer, rng):
    """Random weights, inputs and states through a Keras layer, in double precision."""
    xs = rng.normal(size=(BATCH, TIME, FEATURES))
    layer.build((BATCH, TIME, FEATURES))
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    sizes = layer.cell.state_size
    sizes = [sizes] if isinstance(sizes, int) else sizes
    states = [rng.normal(size=(BATCH, size)) for size in sizes]
    outputs, *final = layer(xs, initial_state=states)
    return xs, states, layer.get_weights(), np.asarray(outputs), [np.asarray(x) for x in final]


def _columns(matrix, number):
    return matrix[..., number * UNITS : (number + 1) * UNITS]


def test_the_lstm_agrees_with_keras(rng):
    layer = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True, dtype="float64")
    xs, (h, c), (w, u, b), outputs, (final_h, final_c) = _run_keras(layer, rng)
    i, f, g, o = (Dense(_columns(w, n), _columns(u, n), _columns(b, n)) for n in range(4))
    weights = LSTM(input_gate=i, candidate=g, forget_gate=f, output_gate=o)
    ours, (our_c, our_h) = numpy_rnn.run(
        lambda x, state: numpy_rnn.lstm_step(x, state, weights), xs, (c, h)
    )
    np.testing.assert_allclose(ours, outputs, atol=1e-14)
    np.testing.assert_allclose(our_c, final_c, atol=1e-14)
    np.testing.assert_allclose(our_h, final_h, atol=1e-14)


@pytest.mark.parametrize("reset_after", [False, True])
def test_the_gru_agrees_with_keras(rng, reset_after):
    layer = keras.layers.GRU(
        UNITS, return_sequences=True, return_state=True, reset_after=reset_after, dtype="float64"
    )
    xs, (h,), (w, u, b), outputs, (final,) = _run_keras(layer, rng)
    input_bias, recurrent_bias = b if reset_after else (b, np.zeros_like(b))
    bias = input_bias + recurrent_bias
    update, reset = (Dense(_columns(w, n), _columns(u, n), _columns(bias, n)) for n in range(2))
    candidate = Dense(_columns(w, 2), _columns(u, 2), _columns(input_bias, 2))
    weights = GRU(reset, update, candidate, _columns(recurrent_bias, 2))
    ours, (our_h,) = numpy_rnn.run(
        lambda x, state: numpy_rnn.gru_step(x, state, weights, reset_after), xs, (h,)
    )
    np.testing.assert_allclose(ours, outputs, atol=1e-14)
    np.testing.assert_allclose(our_h, final, atol=1e-14)


def test_the_simple_network_agrees_with_keras(rng):
    layer = keras.layers.SimpleRNN(UNITS, return_sequences=True, return_state=True, dtype="float64")
    xs, (h,), weights, outputs, (final,) = _run_keras(layer, rng)
    ours, (our_h,) = numpy_rnn.run(
        lambda x, state: numpy_rnn.simple_rnn_step(x, state, Dense(*weights)), xs, (h,)
    )
    np.testing.assert_allclose(ours, outputs, atol=1e-14)
    np.testing.assert_allclose(our_h, final, atol=1e-14)


def test_one_lstm_unit_by_hand():
    """All pre-activations are 0 but for the named terms, so every number can be worked out."""
    nothing = Dense(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))
    weights = LSTM(
        input_gate=nothing,
        candidate=Dense(np.array([[1.0]]), np.zeros((1, 1)), np.zeros(1)),
        forget_gate=nothing,
        output_gate=nothing,
        input_peephole=np.array([1.0]),
        forget_peephole=np.array([2.0]),
        output_peephole=np.array([3.0]),
        projection=np.array([[2.0]]),
    )
    x, c = 0.5, 0.8

    def sigmoid(value):
        return 1 / (1 + np.exp(-value))

    new_c = sigmoid(2 * c + 1) * c + sigmoid(c) * np.tanh(x)
    state = (np.array([[c]]), np.array([[9.0]]))
    output, (ours, _) = numpy_rnn.lstm_step(np.array([[x]]), state, weights, forget_bias=1.0)
    assert ours.item() == pytest.approx(new_c, rel=1e-14)
    assert output.item() == pytest.approx(2 * sigmoid(3 * new_c) * np.tanh(new_c), rel=1e-14)

    output, (clipped, _) = numpy_rnn.lstm_step(
        np.array([[x]]), state, weights, forget_bias=1.0, cell_clip=0.6, proj_clip=0.1
    )
    assert clipped.item() == 0.6
    assert output.item() == 0.1


def test_past_its_length_a_row_puts_out_zeros_and_stands_still():
    xs = np.ones((3, 4, 1))

    def count(x, state):
        return x, (state[0] + 1,)

    outputs, (counts,) = numpy_rnn.run(count, xs, (np.zeros((3, 1)),), lengths=[0, 2, 4])
    np.testing.assert_array_equal(outputs[..., 0], [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
    np.testing.assert_array_equal(counts[:, 0], [0, 2, 4])


def test_a_row_is_reversed_within_its_length():
    xs = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(
        numpy_rnn.reverse(xs, [0, 3, 4]), [[0, 1, 2, 3], [6, 5, 4, 7], [11, 10, 9, 8]]
    )
    np.testing.assert_array_equal(numpy_rnn.reverse(xs)[0], [3, 2, 1, 0])
