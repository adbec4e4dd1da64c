"""Every cell compared with the NumPy equations, with random weights, and its other guarantees."""

import doctest
import importlib
import itertools
import pkgutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import numpy_rnn, tf1

BATCH, FEATURES, UNITS = 4, 3, 5
# Double precision, so that no wrong term can hide behind rounding.
TOLERANCE = 1e-13


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def randomize(cell, rng, features=FEATURES, keep_columns=None):
    """Builds a cell in double precision and gives it random weights."""
    cell.settle_dtype("float64")
    cell.build((None, features))
    values = [rng.normal(size=weight.shape) for weight in cell.weights]
    if keep_columns is not None:
        kernel, bias = values[:2]
        others = np.ones(len(bias), bool)
        others[keep_columns] = False
        kernel[:, others] = bias[others] = 0
    cell.set_weights(values)
    return values


def random_state(cell, rng):
    leaves = [rng.normal(size=(BATCH, size)) for size in tf.nest.flatten(cell.state_size)]
    return tf.nest.pack_sequence_as(cell.state_size, leaves)


def assert_step(cell, expected_step, rng):
    x, state = rng.normal(size=(BATCH, FEATURES)), random_state(cell, rng)
    output, new_state = cell(x, state)
    expected, expected_state = expected_step(x, tuple(tf.nest.flatten(state)))
    np.testing.assert_allclose(output, expected, atol=TOLERANCE)
    tf.nest.assert_same_structure(new_state, cell.state_size)
    for ours, theirs in zip(tf.nest.flatten(new_state), expected_state, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


ACTIVATIONS = {None: np.tanh, "relu": lambda x: np.maximum(x, 0)}


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_basic_rnn_cell(rng, activation):
    cell = tf1.BasicRNNCell(UNITS, activation)
    dense = numpy_rnn.simple_rnn_from_tf1(*randomize(cell, rng))
    assert_step(
        cell,
        lambda x, s: numpy_rnn.simple_rnn_step(x, s, dense, ACTIVATIONS[activation]),
        rng,
    )


GATES = {"all": None} | {
    name: slice(i * UNITS, (i + 1) * UNITS)
    for i, name in enumerate(["input", "candidate", "forget", "output"])
}


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("forget_bias", [1.0, 0.0, 2.5])
@pytest.mark.parametrize("cell_class", [tf1.BasicLSTMCell, tf1.LSTMCell])
def test_the_lstm_cells_gate_by_gate(rng, cell_class, forget_bias, gate):
    """All gates with random weights, and each alone while the weights of the others are 0."""
    cell = cell_class(UNITS, forget_bias=forget_bias)
    weights = numpy_rnn.lstm_from_tf1(*randomize(cell, rng, keep_columns=GATES[gate]))
    assert_step(cell, lambda x, s: numpy_rnn.lstm_step(x, s, weights, forget_bias), rng)


@pytest.mark.parametrize("cell_class", [tf1.BasicLSTMCell, tf1.LSTMCell])
def test_the_forget_bias_is_1_unless_another_is_given(rng, cell_class):
    cell = cell_class(UNITS)
    weights = numpy_rnn.lstm_from_tf1(*randomize(cell, rng))
    assert_step(cell, lambda x, s: numpy_rnn.lstm_step(x, s, weights, forget_bias=1.0), rng)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("state_is_tuple", [True, False])
@pytest.mark.parametrize(("num_proj", "proj_clip"), [(None, None), (2, None), (7, 0.3)])
@pytest.mark.parametrize("cell_clip", [None, 0.4])
@pytest.mark.parametrize("use_peepholes", [False, True])
def test_lstm_cell(rng, use_peepholes, cell_clip, num_proj, proj_clip, state_is_tuple, activation):
    cell = tf1.LSTMCell(
        UNITS,
        use_peepholes,
        cell_clip,
        num_proj=num_proj,
        proj_clip=proj_clip,
        state_is_tuple=state_is_tuple,
        activation=activation,
    )
    kernel, bias, *others = randomize(cell, rng)
    names = ["forget_peephole", "input_peephole", "output_peephole"] * use_peepholes
    named = dict(zip(names + ["projection"] * bool(num_proj), others, strict=True))
    weights = numpy_rnn.lstm_from_tf1(kernel, bias, **named)

    def expected(x, state):
        if not state_is_tuple:
            state = tuple(np.split(state[0], [UNITS], axis=1))
        output, new_state = numpy_rnn.lstm_step(
            x, state, weights, 1.0, cell_clip, proj_clip, ACTIVATIONS[activation]
        )
        return output, new_state if state_is_tuple else (np.concatenate(new_state, axis=1),)

    assert_step(cell, expected, rng)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gru_cell(rng, activation):
    cell = tf1.GRUCell(UNITS, activation)
    weights = numpy_rnn.gru_from_tf1(*randomize(cell, rng))
    assert_step(
        cell,
        lambda x, s: numpy_rnn.gru_step(x, s, weights, activation=ACTIVATIONS[activation]),
        rng,
    )


@pytest.mark.parametrize("state_is_tuple", [True, False])
def test_multi_rnn_cell(rng, state_is_tuple):
    cells = [tf1.GRUCell(UNITS), tf1.BasicRNNCell(UNITS + 1)]
    cell = tf1.MultiRNNCell(cells, state_is_tuple)
    values = randomize(cell, rng)
    gru, rnn = numpy_rnn.gru_from_tf1(*values[:4]), numpy_rnn.simple_rnn_from_tf1(*values[4:])

    def expected(x, state):
        if not state_is_tuple:
            state = np.split(state[0], [UNITS], axis=1)
        first, _ = numpy_rnn.gru_step(x, state[:1], gru)
        second, _ = numpy_rnn.simple_rnn_step(first, state[1:], rnn)
        new_state = (first, second)
        return second, new_state if state_is_tuple else (np.concatenate(new_state, axis=1),)

    assert_step(cell, expected, rng)


def test_residual_wrapper(rng):
    for residual_fn, join in ((None, np.add), (lambda x, y: x * y, np.multiply)):
        cell = tf1.ResidualWrapper(tf1.GRUCell(FEATURES), residual_fn)
        weights = numpy_rnn.gru_from_tf1(*randomize(cell, rng))

        def expected(x, state, weights=weights, join=join):
            output, new_state = numpy_rnn.gru_step(x, state, weights)
            return join(x, output), new_state

        assert_step(cell, expected, rng)


def test_a_cell_begins_with_tensorflow_1s_weights():
    keras.utils.set_random_seed(0)
    features, units = 30, 40

    def built(cell):
        cell.build((None, features))
        return cell.get_weights()

    def is_uniform(values, limit):
        return np.abs(values).max() <= limit and np.std(values) == pytest.approx(
            limit / np.sqrt(3), rel=0.2
        )

    for cell in (tf1.BasicLSTMCell(units), tf1.LSTMCell(units)):
        kernel, bias = built(cell)
        assert kernel.shape == (features + units, 4 * units)
        assert is_uniform(kernel, np.sqrt(6 / (features + units + 4 * units)))
        assert not bias.any()

    kernel, _, *diagonals, projection = built(tf1.LSTMCell(units, True, num_proj=7))
    assert kernel.shape == (features + 7, 4 * units)
    assert [x.shape for x in diagonals] == 3 * [(units,)]
    assert all(is_uniform(x, np.sqrt(6 / (2 * units))) for x in diagonals)
    assert is_uniform(projection, np.sqrt(6 / (units + 7)))

    gates, gate_bias, candidate, candidate_bias = built(tf1.GRUCell(units))
    assert is_uniform(gates, np.sqrt(6 / (features + units + 2 * units)))
    assert is_uniform(candidate, np.sqrt(6 / (features + units + units)))
    assert (gate_bias == 1).all() and not candidate_bias.any()

    kernel, bias = built(tf1.BasicRNNCell(units))
    assert is_uniform(kernel, np.sqrt(6 / (features + units + units)))
    assert not bias.any()


def test_initializers_are_used_for_what_tensorflow_1_used_them_for():
    lstm = tf1.LSTMCell(UNITS, True, initializer=keras.initializers.Constant(0.5), num_proj=2)
    lstm.build((None, FEATURES))
    kernel, bias, *others = lstm.get_weights()
    assert not bias.any() and all((x == 0.5).all() for x in (kernel, *others))
    gru = tf1.GRUCell(UNITS, kernel_initializer="ones", bias_initializer="zeros")
    gru.build((None, FEATURES))
    assert [x.mean() for x in gru.get_weights()] == [1, 0, 1, 0]


def test_the_parameters_of_the_tutorials_cell():
    cell = tf1.BasicLSTMCell(128)
    cell.build((None, 28))
    assert cell.count_params() == 79_872 + 4 * 128


def test_weights_have_tensorflow_1s_names_and_order():
    cell = tf1.MultiRNNCell(
        [tf1.LSTMCell(UNITS, True, num_proj=2), tf1.GRUCell(UNITS), tf1.BasicRNNCell(UNITS)],
    )
    tf1.dynamic_rnn(cell, tf.ones((2, 2, FEATURES)), dtype=tf.float32)
    in_cell = [path.split("multi_rnn_cell")[1].split("/", 1)[1] for path in paths(cell)]
    names = [(path.split("/")[0], path.split("/", 2)[2]) for path in in_cell]
    assert names == [
        ("cell_0", "kernel"),
        ("cell_0", "bias"),
        ("cell_0", "w_f_diag"),
        ("cell_0", "w_i_diag"),
        ("cell_0", "w_o_diag"),
        ("cell_0", "projection/kernel"),
        ("cell_1", "gates/kernel"),
        ("cell_1", "gates/bias"),
        ("cell_1", "candidate/kernel"),
        ("cell_1", "candidate/bias"),
        ("cell_2", "kernel"),
        ("cell_2", "bias"),
    ]


def paths(cell):
    return [weight.path for weight in cell.weights]


def test_sizes_and_zero_states():
    lstm, gru = tf1.LSTMCell(5, num_proj=2), tf1.GRUCell(4)
    multi = tf1.MultiRNNCell([lstm, gru])
    assert lstm.state_size == tf1.LSTMStateTuple(c=5, h=2)
    assert (lstm.output_size, gru.state_size, gru.output_size) == (2, 4, 4)
    assert tf1.LSTMCell(5, num_proj=2, state_is_tuple=False).state_size == 7
    assert (multi.state_size, multi.output_size) == (((5, 2), 4), 4)
    assert tf1.MultiRNNCell([gru, tf1.GRUCell(3)], state_is_tuple=False).state_size == 7
    for wrapper in (tf1.DropoutWrapper(multi), tf1.ResidualWrapper(multi)):
        (state, h) = wrapper.zero_state(tf.constant(3), tf.float64)
        assert isinstance(state, tf1.LSTMStateTuple)
        assert state.dtype == h.dtype == tf.float64
        assert (state.c.shape, state.h.shape, h.shape) == ((3, 5), (3, 2), (3, 4))
        assert not h.numpy().any()
    assert gru.get_initial_state(tf.ones((6, 9))).shape == (6, 4)


def test_a_cell_takes_the_dtype_of_its_first_state():
    for dtype in ("float64", "float16", "float32"):
        cell = tf1.MultiRNNCell([tf1.DropoutWrapper(tf1.LSTMCell(5)), tf1.GRUCell(4)])
        output, _ = cell(np.ones((2, 3), dtype), cell.zero_state(2, dtype))
        assert output.dtype == dtype
        assert {weight.dtype for weight in cell.weights} == {dtype}
    assert tf1.GRUCell(4).get_config()["dtype"] is None
    cell = tf1.GRUCell(4, dtype=tf.float64)
    assert cell(np.ones((2, 3), "float32"), cell.zero_state(2, tf.float32))[0].dtype == tf.float64


def test_activations_are_taken_as_tensorflow_1_takes_them():
    x = np.linspace(-4, 4, 9).reshape(1, 9).astype("float32")
    for activation, expected in (
        (None, np.tanh(x)),
        ("", np.tanh(x)),
        ("relu", np.maximum(x, 0)),
        (tf.nn.relu, np.maximum(x, 0)),
        ("linear", x),
        (tf.identity, x),
        (lambda x: 2 * x, 2 * x),
        ("softsign", x / (1 + np.abs(x))),
        ("hard_sigmoid", np.clip(0.2 * x + 0.5, 0, 1)),
    ):
        cell = tf1.BasicRNNCell(9, activation)
        cell.build((None, 9))
        cell.set_weights([np.eye(18, 9, dtype="float32"), np.zeros(9, "float32")])
        np.testing.assert_allclose(cell(x, np.zeros_like(x))[0], expected, atol=1e-6)


CELLS = {
    "rnn": lambda: tf1.BasicRNNCell(5, tf.nn.relu),
    "basic_lstm": lambda: tf1.BasicLSTMCell(5, 0.5, state_is_tuple=False, activation="softsign"),
    "lstm": lambda: tf1.LSTMCell(5, True, 0.5, "ones", 2, 0.1, forget_bias=2.0, name="mine"),
    "gru": lambda: tf1.GRUCell(5, "hard_sigmoid", bias_initializer="zeros", dtype="float64"),
    "multi": lambda: tf1.MultiRNNCell([tf1.GRUCell(2), tf1.GRUCell(3)], state_is_tuple=False),
    "dropout": lambda: tf1.DropoutWrapper(
        tf1.LSTMCell(5), 0.5, tf.Variable(0.25), tf.constant(0.75), True, 7, tf.float32, 3
    ),
    "residual": lambda: tf1.ResidualWrapper(tf1.DropoutWrapper(tf1.GRUCell(3))),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_made_again_from_its_config(name):
    cell = CELLS[name]()
    again = type(cell).from_config(cell.get_config())
    assert again.get_config() == cell.get_config()
    assert again.state_size == cell.state_size


def test_a_callers_own_cell():
    """With a build, and without one: Keras then builds the layers inside by calling the cell."""

    class Counter(tf1.RNNCell):
        state_size = output_size = 1

        def call(self, inputs, state):
            return state + 1, state + 1

    class Dense(Counter):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")

        def call(self, inputs, state):
            output = self.dense(tf.concat([inputs, state], axis=1))
            return output, output

    inputs = tf.ones((2, 3, 4))
    outputs, state = tf1.dynamic_rnn(Counter(), inputs, [1, 3], dtype=tf.float32)
    np.testing.assert_array_equal(outputs[..., 0], [[1, 0, 0], [1, 2, 3]])
    np.testing.assert_array_equal(state[:, 0], [1, 3])
    outputs, _ = tf1.dynamic_rnn(Dense(), inputs, dtype=tf.float32)
    np.testing.assert_array_equal(outputs[0, :, 0], [4, 8, 12])


def test_the_same_cell_twice_shares_its_weights():
    cell = tf1.GRUCell(3)
    multi = tf1.MultiRNNCell([cell, cell])
    multi(tf.ones((2, 3)), multi.zero_state(2, tf.float32))
    assert len(multi.weights) == 4


def test_tensorflow_1s_positional_arguments_are_accepted():
    tf1.BasicRNNCell(3, tf.tanh, None, "rnn", tf.float32)
    tf1.GRUCell(3, tf.tanh, True, None, None, "gru", tf.float32)
    tf1.BasicLSTMCell(3, 1.0, True, tf.tanh, None, "lstm", tf.float32)
    cell = tf1.LSTMCell(
        3, False, None, None, None, None, None, None, 1.0, True, tf.tanh, None, "x", tf.float32
    )
    cell(tf.ones((2, 3)), cell.zero_state(2, tf.float32), scope="ignored")


def _modules():
    package = importlib.import_module("keras_rnn_tutorials.tf1")
    return [
        f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)
    ]


def test_the_examples_in_docstrings():
    attempted = 0
    for name in _modules():
        failed, tried = doctest.testmod(importlib.import_module(name))
        assert not failed
        attempted += tried
    assert attempted


def test_the_public_names():
    cells = ("BasicRNNCell", "BasicLSTMCell", "LSTMCell", "GRUCell", "MultiRNNCell")
    wrappers = ("DropoutWrapper", "ResidualWrapper", "RNNCell", "LSTMStateTuple")
    functions = ("static_rnn", "dynamic_rnn", "static_bidirectional_rnn")
    dynamic = ("bidirectional_dynamic_rnn", "stack_bidirectional_dynamic_rnn")
    names = itertools.chain(cells, wrappers, functions, dynamic)
    assert set(names) <= set(tf1.__all__)
    assert all(hasattr(tf1, name) for name in tf1.__all__)
