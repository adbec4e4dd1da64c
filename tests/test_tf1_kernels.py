"""The kernels that the RNN functions use: TensorFlow 1's numbers, and when they run."""

import functools
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.tf1_parity import fixtures
from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.tf1 import kernels, sequence

GOLDEN = Path(__file__).parent / "golden"
FILES = (
    "basic_rnn_cell",
    "basic_lstm_cell",
    "lstm_cell",
    "gru_cell",
    "static_rnn",
    "dynamic_rnn",
    "static_bidirectional_rnn",
    "bidirectional_dynamic_rnn",  # a stack is these, one on the other
)
COVERED = {
    "BasicRNNCell": {"num_units"},
    "GRUCell": {"num_units"},
    "BasicLSTMCell": {"num_units", "forget_bias", "state_is_tuple"},
    "LSTMCell": {"num_units", "forget_bias", "state_is_tuple", "proj_clip"},
}


def _is_covered(cell):
    return cell["class"] in COVERED and set(cell["args"]) <= COVERED[cell["class"]]


CASES = [
    pytest.param(case, id=f"{name}-{case.name}")
    for name in FILES
    for case in fixtures.load(GOLDEN / f"{name}.npz")
    if all(map(_is_covered, case.spec["cells"]))
]
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")


def _refuse(*args):
    raise AssertionError("a cell was stepped")


@pytest.fixture
def no_loops(monkeypatch):
    monkeypatch.setattr(sequence, "looped", _refuse)
    monkeypatch.setattr(sequence, "unrolled", _refuse)


@pytest.fixture
def as_under_xla(monkeypatch):
    """Kernels run eagerly, where each is compiled once for all cases of a shape."""
    monkeypatch.setattr(kernels, "is_under_xla", lambda: True)


def _run(case, cells, inputs, lengths, initial):
    """What `fixtures.call` does; a cell alone runs over a sequence of one step."""
    if case.construct != "cell":
        return fixtures.call(case, cells, inputs, lengths, initial)
    (cell,) = cells
    state = tf.nest.pack_sequence_as(cell.state_size, list(initial))
    outputs, state = tf1.dynamic_rnn(cell, inputs[:, tf.newaxis], initial_state=state)
    return [outputs[:, 0]], tf.nest.flatten(state)


@pytest.mark.few(25)
@pytest.mark.parametrize("case", CASES)
def test_the_kernels_compute_what_tensorflow_1_computed(case, no_loops, as_under_xla):
    cells = fixtures.make_cells(case)
    weights = [weight.value for cell in cells for weight in cell.weights]
    ours = fixtures.results(case, functools.partial(_run, case, cells), weights)
    differences = fixtures.differences(case, ours)
    assert differences.outputs.relative <= 1e-6
    assert differences.states.relative <= 1e-6
    assert differences.gradients.relative <= 1e-5


def test_every_cell_and_every_option_of_it_has_such_cases():
    tried = {name: set() for name in COVERED}
    for param in CASES:
        for cell in param.values[0].spec["cells"]:
            tried[cell["class"]] |= set(cell["args"])
    assert tried == COVERED


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: tf1.BasicRNNCell(3, dtype="float32"), "fused"),
        (lambda: tf1.GRUCell(3, activation=tf.tanh, dtype="float64"), "fused"),
        (lambda: tf1.BasicLSTMCell(3, 0.0, state_is_tuple=False, dtype="float32"), "fused"),
        (lambda: tf1.LSTMCell(3, proj_clip=0.1, dtype="float32"), "fused"),
        (lambda: tf1.LSTMCell(3, use_peepholes=True), "loop: use_peepholes"),
        (lambda: tf1.LSTMCell(3, cell_clip=0), "loop: cell_clip"),
        (lambda: tf1.LSTMCell(3, num_proj=3), "loop: num_proj"),
        (lambda: tf1.GRUCell(3, activation="relu"), "loop: activation is not tanh"),
        (lambda: tf1.GRUCell(3, dtype="float16"), "loop: dtype float16"),
        (lambda: tf1.GRUCell(3, dtype="mixed_bfloat16"), "loop: dtype bfloat16"),
        (lambda: tf1.MultiRNNCell([tf1.GRUCell(3)]), "loop: MultiRNNCell"),
        (lambda: tf1.DropoutWrapper(tf1.GRUCell(3)), "loop: DropoutWrapper"),
        (lambda: type("Mine", (tf1.GRUCell,), {})(3), "loop: Mine"),
    ],
)
def test_a_kernel_says_whether_it_runs(make, expected, as_under_xla):
    assert kernels.in_use(make()) == expected


def test_a_gpu_is_left_to_tensorflow(as_under_xla, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    assert kernels.in_use(tf1.GRUCell(3, dtype="float32")) == "loop: a GPU is present"


def _functions(fw, bw):
    def dynamic(x):
        return tf1.bidirectional_dynamic_rnn(fw, bw, x, dtype="float32")

    def static(x):
        steps = tf.unstack(x, axis=1)
        return tf1.static_bidirectional_rnn(fw, bw, steps, dtype="float32")

    return dynamic, static


@pytest.mark.parametrize("which", [0, 1])
def test_kernels_run_under_xla_alone_and_for_covered_cells_alone(which, monkeypatch):
    covered = _functions(tf1.BasicLSTMCell(5), tf1.GRUCell(5))[which]
    uncovered = _functions(*(tf1.LSTMCell(5, use_peepholes=True) for _ in range(2)))[which]
    covered(X), uncovered(X)  # outside XLA; makes the weights
    monkeypatch.setattr(sequence, "looped", _refuse)
    monkeypatch.setattr(sequence, "unrolled", _refuse)
    trace = functools.partial(tf.function, autograph=False)
    trace(covered, jit_compile=True).get_concrete_function(X)
    for function in (covered, trace(covered), trace(uncovered, jit_compile=True)):
        with pytest.raises(AssertionError, match="a cell was stepped"):
            function(X)


def test_a_model_compiled_with_xla_trains_with_a_kernel_and_predicts_without(monkeypatch):
    used = []
    asked = kernels.in_use
    monkeypatch.setattr(kernels, "in_use", lambda cell: used.append(asked(cell)) or used[-1])
    inputs, lengths = keras.Input((3, 4)), keras.Input((), dtype="int32")
    outputs, state = tf1.dynamic_rnn(tf1.BasicLSTMCell(5), inputs, lengths, dtype="float32")
    model = keras.Model([inputs, lengths], [outputs, state.c])
    given = [X, np.array([2, 3])]
    outputs, c = stepped = model(given)
    model.compile("sgd", ["mse", "mse"], jit_compile=True)
    assert set(used) == {"loop: not under XLA"}
    used.clear()
    for theirs, ours in zip(stepped, model.predict_on_batch(given), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    before = [w.numpy() for w in model.weights]
    model.train_on_batch(given, [outputs - 1, c + 1])
    assert all(np.any(w != b) for w, b in zip(model.weights, before, strict=True))
    assert set(used) == {"fused"}


@pytest.mark.few(1)
@pytest.mark.parametrize("cell_class", [tf1.BasicRNNCell, tf1.GRUCell, tf1.LSTMCell])
def test_a_kernels_second_derivatives_are_those_of_the_loop(cell_class):
    cell = cell_class(3, dtype="float64")
    x = tf.constant(X.astype("float64"))
    tf1.dynamic_rnn(cell, x, dtype="float64")

    def penalty(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                outputs, _ = tf1.dynamic_rnn(cell, x, [3, 1], dtype="float64")
                loss = tf.reduce_sum(outputs**2)
            size = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(size, [x, *(weight.value for weight in cell.weights)])

    under_xla = tf.function(penalty, autograph=False, jit_compile=True)(x)
    for ours, stepped in zip(under_xla, penalty(x), strict=True):
        assert np.abs(stepped).max() > 1e-3
        np.testing.assert_allclose(ours, stepped, atol=1e-12)
