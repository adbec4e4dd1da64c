"""The RNN functions: compared with NumPy for any shape, in every structure, in a model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_rnn_tutorials import numpy_rnn, tf1

UNITS = 3


def _random(cell, rng, features):
    cell.settle_dtype("float64")
    cell.build((None, features))
    values = [rng.normal(size=weight.shape) for weight in cell.weights]
    cell.set_weights(values)
    return values


def _lstm(rng, features):
    cell = tf1.LSTMCell(UNITS, use_peepholes=True, num_proj=2)
    kernel, bias, f, i, o, projection = _random(cell, rng, features)
    weights = numpy_rnn.lstm_from_tf1(
        kernel,
        bias,
        forget_peephole=f,
        input_peephole=i,
        output_peephole=o,
        projection=projection,
    )
    return cell, lambda x, state: numpy_rnn.lstm_step(x, state, weights, forget_bias=1.0)


def _gru(rng, features):
    cell = tf1.GRUCell(UNITS)
    weights = numpy_rnn.gru_from_tf1(*_random(cell, rng, features))
    return cell, lambda x, state: numpy_rnn.gru_step(x, state, weights)


@st.composite
def sequences(draw):
    """Inputs `(batch, time, features)`, lengths with zeros among them, initial states or none."""
    batch, time, features = (draw(st.integers(1, most)) for most in (4, 6, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lengths = draw(st.none() | st.lists(st.integers(0, time), min_size=batch, max_size=batch))
    return rng, rng.normal(size=(batch, time, features)), lengths, draw(st.booleans())


def _initial(cell, rng, batch, given):
    leaves = [rng.normal(size=(batch, n)) * given for n in tf.nest.flatten(cell.state_size)]
    return tuple(leaves), tf.nest.pack_sequence_as(cell.state_size, leaves)


def _assert_equal(ours, expected):
    for our, their in zip(tf.nest.flatten(ours), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(our, their, atol=1e-12)


@settings(max_examples=40)
@given(sequences(), st.sampled_from([_lstm, _gru]), st.booleans())
def test_dynamic_and_static_rnn_run_the_equations(sequence, make, time_major):
    rng, xs, lengths, given_state = sequence
    cell, step = make(rng, xs.shape[-1])
    leaves, state = _initial(cell, rng, len(xs), given_state)
    expected = numpy_rnn.run(step, xs, leaves, lengths)
    options = {"initial_state": state} if given_state else {"dtype": tf.float64}

    inputs = xs.swapaxes(0, 1) if time_major else xs
    outputs, final = tf1.dynamic_rnn(cell, inputs, lengths, time_major=time_major, **options)
    if time_major:
        outputs = tf.transpose(outputs, (1, 0, 2))
    _assert_equal((outputs, final), expected)

    outputs, final = tf1.static_rnn(
        cell, tf.unstack(xs, axis=1), sequence_length=lengths, **options
    )
    _assert_equal((tf.stack(outputs, axis=1), final), expected)


@settings(max_examples=25)
@given(sequences(), st.booleans())
def test_the_backward_direction_reverses_each_row_within_its_own_length(sequence, time_major):
    rng, xs, lengths, given_state = sequence
    (fw, step_fw), (bw, step_bw) = _lstm(rng, xs.shape[-1]), _gru(rng, xs.shape[-1])
    leaves_fw, state_fw = _initial(fw, rng, len(xs), given_state)
    leaves_bw, state_bw = _initial(bw, rng, len(xs), given_state)
    expected_fw = numpy_rnn.run(step_fw, xs, leaves_fw, lengths)
    outputs, final_bw = numpy_rnn.run(step_bw, numpy_rnn.reverse(xs, lengths), leaves_bw, lengths)
    expected_bw = numpy_rnn.reverse(outputs, lengths), final_bw
    options = {"sequence_length": lengths, "dtype": tf.float64}
    if given_state:
        options |= {"initial_state_fw": state_fw, "initial_state_bw": state_bw}

    inputs = xs.swapaxes(0, 1) if time_major else xs
    outputs, states = tf1.bidirectional_dynamic_rnn(
        fw, bw, inputs, time_major=time_major, **options
    )
    if time_major:
        outputs = [tf.transpose(x, (1, 0, 2)) for x in outputs]
    _assert_equal((outputs[0], states[0]), expected_fw)
    _assert_equal((outputs[1], states[1]), expected_bw)

    outputs, *states = tf1.static_bidirectional_rnn(fw, bw, tf.unstack(xs, axis=1), **options)
    joined = np.concatenate([expected_fw[0], expected_bw[0]], axis=2)
    _assert_equal((tf.stack(outputs, axis=1), states), (joined, (expected_fw[1], expected_bw[1])))


def _cells(*units):
    return [tf1.BasicLSTMCell(n) for n in units]


def test_structures():
    """Lists, tensors and tuples; two values or three: as TensorFlow 1 returns them (B7-B9)."""
    inputs = tf.ones((2, 4, 3))
    steps = tf.unstack(inputs, axis=1)
    multi = tf1.MultiRNNCell(_cells(5, 6))

    outputs, state = tf1.dynamic_rnn(multi, inputs, dtype=tf.float32)
    assert outputs.shape == (2, 4, 6)
    assert type(state) is tuple and [type(s) for s in state] == 2 * [tf1.LSTMStateTuple]
    np.testing.assert_array_equal(state[-1].h, outputs[:, -1])

    outputs, state = tf1.static_rnn(multi, steps, dtype=tf.float32)
    assert type(outputs) is list and [x.shape for x in outputs] == 4 * [(2, 6)]
    assert isinstance(state[0], tf1.LSTMStateTuple)

    outputs, fw, bw = tf1.static_bidirectional_rnn(*_cells(5, 6), steps, dtype=tf.float32)
    assert type(outputs) is list and [x.shape for x in outputs] == 4 * [(2, 11)]
    assert isinstance(fw, tf1.LSTMStateTuple) and bw.h.shape == (2, 6)

    outputs, states = tf1.bidirectional_dynamic_rnn(*_cells(5, 6), inputs, dtype=tf.float32)
    assert type(outputs) is tuple and [x.shape for x in outputs] == [(2, 4, 5), (2, 4, 6)]
    assert type(states) is tuple and isinstance(states[1], tf1.LSTMStateTuple)

    outputs, fw, bw = tf1.stack_bidirectional_dynamic_rnn(
        _cells(5, 6), _cells(7, 8), inputs, dtype=tf.float32
    )
    assert outputs.shape == (2, 4, 14)
    assert type(fw) is type(bw) is tuple and [s.h.shape[1] for s in fw + bw] == [5, 6, 7, 8]


def test_a_row_of_length_zero_keeps_its_initial_state():
    cell = tf1.BasicLSTMCell(UNITS)
    state = tf1.LSTMStateTuple(tf.fill((2, UNITS), 0.5), tf.fill((2, UNITS), -0.5))
    outputs, final = tf1.dynamic_rnn(cell, tf.ones((2, 4, 3)), [0, 4], state)
    assert not outputs[0].numpy().any() and outputs[1].numpy().all()
    assert (final.c[0] == 0.5).numpy().all() and (final.h[0] == -0.5).numpy().all()
    assert not (final.c[1] == 0.5).numpy().any()


def test_what_lies_past_a_rows_length_changes_nothing():
    inputs = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    changed = inputs.copy()
    changed[0, 2:] = 1e6
    cells = _cells(4, 4)
    results = [
        tf1.bidirectional_dynamic_rnn(*cells, x, [2, 5], dtype=tf.float32)
        for x in (inputs, changed)
    ]
    for one, other in zip(*map(tf.nest.flatten, results), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_cell_used_twice_shares_its_weights():
    cell = tf1.GRUCell(4)
    inputs = tf.ones((2, 5, 3))
    one, _ = tf1.dynamic_rnn(cell, inputs, dtype=tf.float32)
    other, _ = tf1.dynamic_rnn(cell, inputs, dtype=tf.float32)
    np.testing.assert_array_equal(one, other)
    assert len(cell.weights) == 4


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_tf_function_takes_batches_of_any_length(jit_compile):
    cell = tf1.GRUCell(4)

    @tf.function(
        jit_compile=jit_compile,
        input_signature=[tf.TensorSpec((None, None, 3)), tf.TensorSpec((None,), tf.int64)],
    )
    def run(inputs, lengths):
        return tf1.dynamic_rnn(cell, inputs, lengths, dtype=tf.float32)

    rng = np.random.default_rng(0)
    for batch, time in ((2, 5), (3, 2)):
        inputs = rng.normal(size=(batch, time, 3)).astype("float32")
        lengths = rng.integers(0, time + 1, batch)
        ours = run(inputs, lengths)
        eagerly = tf1.dynamic_rnn(cell, inputs, lengths, dtype=tf.float32)
        for one, other in zip(ours, eagerly, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def _model(static, keep_prob=0.9):
    """Everything at once: lengths and a state that come in, layers, dropout, both directions."""
    inputs = keras.Input((3, 3))
    lengths = keras.Input((), dtype="int32")
    c, h = keras.Input((4,)), keras.Input((4,))
    state = (tf1.LSTMStateTuple(c, h), keras.ops.zeros_like(h))
    cell = tf1.MultiRNNCell(
        [tf1.DropoutWrapper(tf1.BasicLSTMCell(4), keep_prob), tf1.ResidualWrapper(tf1.GRUCell(4))]
    )
    both = [tf1.LSTMCell(3, use_peepholes=True), tf1.GRUCell(2)]
    if static:
        steps = keras.ops.unstack(inputs, axis=1)
        outputs, final = tf1.static_rnn(cell, steps, state, sequence_length=lengths)
        outputs, *_ = tf1.static_bidirectional_rnn(*both, outputs, dtype="float32")
        last = outputs[-1]
    else:
        outputs, final = tf1.dynamic_rnn(cell, inputs, lengths, state)
        outputs, _ = tf1.bidirectional_dynamic_rnn(*both, outputs, lengths, dtype="float32")
        last = keras.ops.concatenate(outputs, axis=2)[:, 0]
    scores = keras.layers.Dense(2)(keras.ops.concatenate([last, final[0].c, final[1]], axis=1))
    return keras.Model([inputs, lengths, c, h], scores)


@pytest.mark.few(1)
@pytest.mark.parametrize("static", [False, True])
def test_a_functional_model_trains_and_is_saved_and_loaded(static, tmp_path):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    xs = rng.normal(size=(64, 3, 3)).astype("float32")
    lengths = rng.integers(1, 4, 64)
    state = rng.normal(size=(2, 64, 4)).astype("float32")
    labels = (xs[:, 0, 0] > 0).astype("int32")
    keep_prob = tf.Variable(0.9)
    model = _model(static, keep_prob)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    history = model.fit([xs, lengths, *state], labels, epochs=6, verbose=0)
    assert history.history["loss"][-1] < 0.8 * history.history["loss"][0]

    keep_prob.assign(1.0)  # as a script of TensorFlow 1 fed it to turn dropout off
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    given = [xs, lengths, *state]
    np.testing.assert_allclose(loaded(given), model(given), atol=1e-6)
    loaded.run_eagerly = True  # compiled above
    loaded.fit([x[:4] for x in given], labels[:4], verbose=0)


def test_a_model_trains_under_xla():
    keras.utils.set_random_seed(0)
    inputs, lengths = keras.Input((4, 3)), keras.Input((), dtype="int32")
    cell = tf1.DropoutWrapper(tf1.GRUCell(4), state_keep_prob=0.9)
    _, state = tf1.dynamic_rnn(cell, inputs, lengths, dtype="float32")
    model = keras.Model([inputs, lengths], keras.layers.Dense(1)(state))
    model.compile(keras.optimizers.Adam(0.02), "mse", jit_compile=True)
    xs = np.random.default_rng(0).normal(size=(64, 4, 3)).astype("float32")
    losses = model.fit([xs, np.full(64, 3)], xs[:, 2, 0], epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_the_same_seed_gives_the_same_history():
    def history(seed):
        keras.utils.set_random_seed(seed)
        inputs = keras.Input((3, 3))
        cell = tf1.DropoutWrapper(tf1.BasicLSTMCell(4), 0.9, 0.9, 0.9)
        _, state = tf1.dynamic_rnn(cell, inputs, dtype="float32")
        model = keras.Model(inputs, state.h)
        model.compile("adam", "mse")
        xs = np.random.default_rng(0).normal(size=(32, 3, 3))
        return model.fit(xs, np.ones((32, 4)), epochs=2, verbose=0).history["loss"]

    assert history(3) == history(3) != history(4)


def test_a_cell_that_two_layers_share_is_shared_after_loading(tmp_path):
    cell, inputs = tf1.GRUCell(4), keras.Input((5, 3))
    one, _ = tf1.dynamic_rnn(cell, inputs, dtype="float32")
    other, _ = tf1.dynamic_rnn(cell, inputs, dtype="float32", sequence_length=[1, 2])
    model = keras.Model(inputs, [one, other])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert len(model.weights) == len(loaded.weights) == 4
    xs = np.ones((2, 5, 3), "float32")
    for ours, theirs in zip(model(xs), loaded(xs), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_state_of_a_fixed_batch_goes_into_a_symbolic_call(tmp_path):
    cell, inputs = tf1.BasicLSTMCell(4), keras.Input(batch_shape=(2, 5, 3))
    outputs, state = tf1.dynamic_rnn(cell, inputs, None, cell.zero_state(2, tf.float32))
    assert outputs.shape == (2, 5, 4) and state.c.shape == (2, 4)
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "model.keras")
    xs = np.ones((2, 5, 3), "float32")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(xs), loaded(xs))


def test_tensorflow_1s_positional_arguments_are_accepted():
    inputs = tf.ones((2, 4, 3))
    steps = tf.unstack(inputs, axis=1)
    fw, bw = _cells(5, 5)
    lengths, dtype = tf.constant([4, 2]), tf.float32
    state = fw.zero_state(2, dtype)
    tf1.dynamic_rnn(fw, inputs, lengths, state, dtype, 32, True, False, "scope")
    tf1.static_rnn(fw, steps, state, dtype, lengths, "scope")
    tf1.static_bidirectional_rnn(fw, bw, steps, state, state, dtype, lengths, "scope")
    tf1.bidirectional_dynamic_rnn(
        fw, bw, inputs, lengths, state, state, dtype, 32, True, False, "scope"
    )
    tf1.stack_bidirectional_dynamic_rnn(
        [fw], [bw], inputs, [state], [state], dtype, lengths, 32, False, "scope", True
    )


def test_a_cell_called_step_by_step_in_a_model_trains_saves_and_loads(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 5, 3)).astype("float32")
    inputs, c, h = keras.Input((5, 3)), keras.Input((4,)), keras.Input((4,))
    cell, state = tf1.BasicLSTMCell(4), tf1.LSTMStateTuple(c, h)
    for t in range(5):
        output, state = cell(inputs[:, t], state)
    model = keras.Model([inputs, c, h], output)
    model.compile("sgd", "mse")
    zeros = np.zeros((8, 4), "float32")
    expected, _ = tf1.dynamic_rnn(cell, x, dtype="float32")
    np.testing.assert_allclose(model([x, zeros, zeros]), expected[:, -1], rtol=1e-5, atol=1e-6)
    before = cell.get_weights()[0].copy()
    model.fit([x, zeros, zeros], zeros + 1, verbose=0)
    assert np.abs(cell.get_weights()[0] - before).max() > 0
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded([x, zeros, zeros]), model([x, zeros, zeros]), rtol=1e-6, atol=1e-7
    )
