"""Models of cells that are not this package's own: trained, saved, loaded, checkpointed."""

import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import models, tf1

X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
LENGTHS = np.array([5, 2, 0, 3])
DTYPE = {"dtype": tf.float32}
register = keras.saving.register_keras_serializable("test_tf1_models")


@register
class Called(tf1.RNNCell):
    """Has a call of its own, and finds its weights when it is called."""

    state_size = output_size = 3

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)

    def __call__(self, inputs, state, scope=None):
        outputs = self.dense(tf.concat([inputs, state], axis=1))
        return outputs, outputs


@register
class Learned(tf1.GRUCell):
    """Begins with a state that is trained."""

    def build(self, input_shape):
        super().build(input_shape)
        self.start = self.add_weight((self.num_units,), initializer="ones", name="start")

    def zero_state(self, batch_size, dtype):
        return tf.tile(tf.cast(self.start, dtype)[tf.newaxis], [batch_size, 1])


@register
class Pair(tf1.RNNCell):
    """Reads two tensors, puts two out."""

    state_size, output_size = (3, 1), (3, 4)

    def call(self, inputs, state):
        x, y = inputs
        return (x + 1, y + state[1]), (state[0] + x, state[1] + 1)


MAKERS = {
    "called": Called,
    "learned": lambda: Learned(3),
    "stack": lambda: tf1.MultiRNNCell(
        [tf1.BasicLSTMCell(4), tf1.DropoutWrapper(Learned(3)), tf1.ResidualWrapper(Called())]
    ),
    "stack in a wrapper": lambda: tf1.DropoutWrapper(
        tf1.MultiRNNCell([tf1.MultiRNNCell([tf1.GRUCell(3)]), tf1.LSTMCell(3)])
    ),
    "keras": lambda: keras.layers.LSTMCell(4),
    "keras stack": lambda: keras.layers.StackedRNNCells(
        [keras.layers.LSTMCell(4), keras.layers.GRUCell(3)]
    ),
    "keras in a stack": lambda: tf1.MultiRNNCell([keras.layers.GRUCell(4), tf1.GRUCell(3)]),
}


def _model(make, both):
    inputs, lengths = keras.Input((5, 3)), keras.Input((), dtype="int32")
    cell = make()
    if both:
        outputs, _ = tf1.bidirectional_dynamic_rnn(cell, make(), inputs, lengths, **DTYPE)
        outputs = keras.ops.concatenate(outputs, axis=2)
    else:
        steps = keras.ops.unstack(inputs, axis=1)
        outputs, _ = tf1.static_rnn(cell, steps, sequence_length=lengths, **DTYPE)
        outputs = outputs[-1] + outputs[0]
    return keras.Model([inputs, lengths], outputs), cell


def _stored(path):
    return [name for name, _ in tf.train.list_variables(path) if "VARIABLE_VALUE" in name]


# Every cell once, in one function or another: a model takes seconds.
@pytest.mark.few(3)
@pytest.mark.parametrize(("name", "both"), [(name, bool(i % 2)) for i, name in enumerate(MAKERS)])
def test_a_model_trains_and_is_saved_loaded_and_checkpointed(name, both, tmp_path):
    model, _ = _model(MAKERS[name], both)
    given = [X, LENGTHS]
    expected = model(given)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(given), expected, atol=1e-6)

    path = tf.train.Checkpoint(model=model).save(tmp_path / "checkpoint")
    assert len(_stored(path)) >= len(model.weights)
    values = model.get_weights()
    model.compile("sgd", "mse")
    model.train_on_batch(given, np.ones_like(expected))
    changed = [np.any(a != b) for a, b in zip(values, model.get_weights(), strict=True)]
    assert all(changed)
    tf.train.Checkpoint(model=model).restore(path).expect_partial()
    for weight, value in zip(model.weights, values, strict=True):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_state_of_its_own_is_trained_in_a_tf_function(jit_compile):
    keras.utils.set_random_seed(0)  # with other weights the rows' gradients may cancel
    cell = Learned(3)
    tf1.dynamic_rnn(cell, X, **DTYPE)

    @tf.function(jit_compile=jit_compile)
    def gradient():
        with tf.GradientTape() as tape:
            _, state = tf1.dynamic_rnn(cell, tf.constant(X), LENGTHS, **DTYPE)
            loss = tf.reduce_sum(state)
        return tape.gradient(loss, cell.start.value)

    assert np.abs(gradient()).min() > 0.5  # one row is not read at all


def test_nested_inputs_in_a_model(tmp_path):
    x, y = keras.Input((5, 3)), keras.Input((5, 4))
    outputs, state = tf1.dynamic_rnn(Pair(), (x, y), **DTYPE)
    assert [tuple(part.shape) for part in outputs] == [(None, 5, 3), (None, 5, 4)]
    model = keras.Model([x, y], [*outputs, *state])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    ones = np.ones((4, 5, 4), "float32")
    eager, final = tf1.dynamic_rnn(Pair(), (X, ones), **DTYPE)
    for ours, theirs in zip(loaded([X, ones]), [*eager, *final], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_cell_that_is_no_layer_is_refused_in_a_model():
    class Duck:
        state_size = output_size = 3

        def zero_state(self, batch_size, dtype):
            return tf.ones((batch_size, 3), dtype)

        def __call__(self, inputs, state, scope=None):
            return inputs, state

    tf1.dynamic_rnn(Duck(), X, **DTYPE)
    with pytest.raises(ValueError, match="^cell: in a model of symbolic tensors it must be a "):
        tf1.dynamic_rnn(Duck(), keras.Input((5, 3)), **DTYPE)


def test_a_fresh_process_loads_a_model(tmp_path):
    """Without an import of `tf1` that would make its classes known."""
    inputs = keras.Input((5, 3))
    outputs, _ = tf1.dynamic_rnn(tf1.MultiRNNCell([tf1.LSTMCell(4)]), inputs, **DTYPE)
    keras.Model(inputs, outputs).save(tmp_path / "model.keras")
    code = (
        "import sys; from keras_rnn_tutorials import models; "
        "print(models.load(sys.argv[1]).count_params())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model.keras"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == str(models.load(tmp_path / "model.keras").count_params())


def test_a_model_saved_under_an_older_arrangement_of_the_modules_loads(tmp_path):
    """Keras finds a registered class by its registered name, wherever its module is now."""
    inputs = keras.Input((5, 3))
    cell = tf1.ResidualWrapper(tf1.MultiRNNCell([tf1.LSTMCell(4), tf1.GRUCell(3)]))
    model = keras.Model(inputs, tf1.dynamic_rnn(cell, inputs, **DTYPE)[0])
    model.save(tmp_path / "now.keras")
    before = {
        "tf1.rnn_cell": "tf1.multi",
        "tf1.wrappers": "tf1.residual",
        "tf1.sequence": "tf1.layers",
    }
    with (
        zipfile.ZipFile(tmp_path / "now.keras") as now,
        zipfile.ZipFile(tmp_path / "then.keras", "w") as then,
    ):
        for name in now.namelist():
            content = now.read(name)
            if name == "config.json":
                for new, old in before.items():
                    assert new.encode() in content
                    content = content.replace(new.encode(), old.encode())
            then.writestr(name, content)
    loaded = keras.models.load_model(tmp_path / "then.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


@pytest.mark.parametrize("name", ["rnn", "lstm", "stack", "own state"])
def test_keras_rnn_trains_saves_and_loads_a_cell(name, tmp_path):
    make = {
        "rnn": lambda: tf1.BasicRNNCell(3),
        "lstm": lambda: tf1.LSTMCell(3, use_peepholes=True, num_proj=2),
        "stack": lambda: tf1.MultiRNNCell([tf1.LSTMCell(3), tf1.GRUCell(4)]),
        "own state": lambda: Learned(3),
    }[name]
    cell = make()
    inputs = keras.Input((None, 3))
    layer = keras.layers.RNN(cell, return_sequences=True, return_state=True)
    model = keras.Model(inputs, layer(inputs))
    outputs, state = tf1.dynamic_rnn(cell, X, **DTYPE)
    for ours, theirs in zip(
        tf.nest.flatten(model(X)), tf.nest.flatten([outputs, state]), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    first = keras.Model(inputs, layer(inputs)[0])
    first.compile("sgd", "mse")
    first.train_on_batch(X, np.ones_like(outputs))
    first.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(X), first(X), atol=1e-6)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_lengths_of_unknown_shape_must_be_one_a_row(jit_compile):
    cell = tf1.GRUCell(3)

    @tf.function(
        jit_compile=jit_compile,
        autograph=False,
        input_signature=[tf.TensorSpec((None, None, 3)), tf.TensorSpec(None, tf.int64)],
    )
    def run(inputs, lengths):
        return tf1.dynamic_rnn(cell, inputs, lengths, **DTYPE)

    outputs, _ = run(X, LENGTHS)
    np.testing.assert_array_equal(np.any(outputs, axis=2).sum(axis=1), LENGTHS)
    for wrong in ([3], [[1, 2, 3, 4]], 3):
        with pytest.raises(tf.errors.InvalidArgumentError):
            run(X, np.array(wrong))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_no_steps_in_a_tf_function(jit_compile):
    lstm, called = tf1.LSTMCell(3), Called()
    empty = tf.zeros((2, 0, 3))
    for cell in (lstm, called):
        tf1.dynamic_rnn(cell, X, **DTYPE)

        @tf.function(jit_compile=jit_compile, autograph=False)
        def run(x, cell=cell):
            return tf1.bidirectional_dynamic_rnn(cell, cell, x, **DTYPE)

        outputs, states = run(empty)
        assert outputs[1].shape == (2, 0, 3)
        assert not np.any(tf.nest.flatten(states)[-1])


class _Lookup(tf1.RNNCell):
    state_size = output_size = 3

    def call(self, inputs, state):
        return tf.gather(tf.eye(6)[:, :3], inputs[:, 0]) + state, state + 1


def test_a_cells_class_may_leave_out_the_initialisation():
    class Bare(tf1.RNNCell):
        def __init__(self, size):
            self.size = size

        state_size = output_size = property(lambda self: self.size)

        def call(self, inputs, state):
            return inputs + state, state + 1

    outputs, _ = tf1.dynamic_rnn(Bare(3), X, **DTYPE)
    np.testing.assert_allclose(outputs, X + np.arange(5)[:, np.newaxis], atol=1e-6)
    ids = np.array([[[5], [1]]])
    outputs, _ = tf1.dynamic_rnn(_Lookup(), ids, **DTYPE)
    np.testing.assert_array_equal(outputs, [[[0, 0, 0], [1, 2, 1]]])


def test_a_derived_cells_call_is_what_runs():
    """Of a stack and of a wrapper too, whose own step the loops would otherwise take."""

    class Doubled(tf1.MultiRNNCell):
        def call(self, inputs, state):
            outputs, state = super().call(inputs, state)
            return 2 * outputs, state

    class Shifted(tf1.GRUCell):
        def __call__(self, inputs, state, scope=None):
            outputs, state = super().__call__(inputs, state)
            return outputs + 1, state

    gru = tf1.GRUCell(3)
    expected, _ = tf1.dynamic_rnn(gru, X, **DTYPE)
    doubled, _ = tf1.dynamic_rnn(Doubled([gru]), X, **DTYPE)
    np.testing.assert_allclose(doubled, 2 * expected, atol=1e-6)
    inside, _ = tf1.dynamic_rnn(tf1.DropoutWrapper(Doubled([gru])), X, **DTYPE)
    np.testing.assert_allclose(inside, 2 * expected, atol=1e-6)
    shifted = Shifted(3)
    outputs, state = tf1.dynamic_rnn(shifted, X, **DTYPE)
    np.testing.assert_allclose(outputs[:, -1], state + 1, atol=1e-6)


def test_one_cell_in_layers_of_different_widths_is_named():
    for make, words in (
        (lambda cell: [cell] * 3, "cells: the same cell cannot read 8 features and 5: "),
        (
            lambda cell: [tf1.DropoutWrapper(cell), tf1.DropoutWrapper(cell)],
            "cells: the same cell cannot read 8 features and 5: ",
        ),
    ):
        cell = tf1.MultiRNNCell(make(tf1.BasicLSTMCell(5)))
        with pytest.raises(ValueError) as error:
            tf1.dynamic_rnn(cell, tf.ones((3, 6, 8)), **DTYPE)
        assert str(error.value).startswith(words)
        assert "specified shape (10, 20) and found shape (13, 20)" in str(error.value)
        assert "\n" not in str(error.value)
    fw = [tf1.GRUCell(4)] * 2
    with pytest.raises(ValueError, match="^cells_fw: the same cell cannot read 3 features and 6"):
        tf1.stack_bidirectional_dynamic_rnn(fw, [tf1.GRUCell(2), tf1.GRUCell(2)], X, **DTYPE)


def test_a_cell_with_weights_for_another_width_is_named():
    cell = tf1.GRUCell(5)
    tf1.dynamic_rnn(cell, X, **DTYPE)
    expected = "^inputs: the cell has weights for 3 features, got 4"
    wide = np.ones((2, 5, 4), "float32")
    for call in (
        lambda: tf1.dynamic_rnn(cell, wide, **DTYPE),
        lambda: tf1.dynamic_rnn(tf1.DropoutWrapper(cell), wide, **DTYPE),
        lambda: tf1.static_rnn(cell, tf.unstack(wide, axis=1), **DTYPE),
        lambda: tf1.bidirectional_dynamic_rnn(cell, cell, wide, **DTYPE),
        lambda: cell(wide[:, 0], np.zeros((2, 5), "float32")),
        lambda: tf1.dynamic_rnn(cell, keras.Input((5, 4)), **DTYPE),
    ):
        with pytest.raises(ValueError, match=expected):
            call()
    with pytest.raises(ValueError, match=r"^cells\[1\]: the cell has weights for 3 features and"):
        tf1.dynamic_rnn(tf1.MultiRNNCell([tf1.GRUCell(4), cell]), X, **DTYPE)


def test_a_cells_weights_are_added_as_in_tensorflow_1():
    class Old(tf1.RNNCell):
        state_size = output_size = 2

        def build(self, inputs_shape):
            width = inputs_shape[-1]
            self._kernel = self.add_variable(
                "gates/kernel", shape=[width, 2], initializer=tf.constant_initializer(0.5)
            )
            self._bias = self.add_weight("bias", [2], tf.float32, tf.ones_initializer())
            self._scale = self.add_weight(shape=(2,), initializer="ones", name="scale")
            self.built = True

        def call(self, inputs, state):
            outputs = (tf.matmul(inputs, self._kernel) + self._bias) * self._scale + state
            return outputs, outputs

    cell = Old()
    outputs, _ = tf1.dynamic_rnn(cell, np.ones((1, 2, 3), "float32"), **DTYPE)
    np.testing.assert_array_equal(outputs, [[[2.5, 2.5], [5, 5]]])
    assert [weight.name for weight in cell.weights] == ["gates_kernel", "bias", "scale"]


@pytest.mark.few(1)
@pytest.mark.parametrize("static", [False, True])
def test_under_xla_a_length_beyond_the_input_is_the_whole_row_in_both_directions(static):
    """Outside XLA the backward direction fails, as in TensorFlow 1."""
    cells = [tf1.LSTMCell(3, use_peepholes=True), tf1.GRUCell(2)]

    def run(x, lengths):
        if static:
            steps = tf.unstack(x, axis=1)
            return tf1.static_bidirectional_rnn(*cells, steps, sequence_length=lengths, **DTYPE)
        return tf1.bidirectional_dynamic_rnn(*cells, x, lengths, **DTYPE)

    expected = run(tf.constant(X), [5, 0, 5, 1])
    signature = [tf.TensorSpec(X.shape), tf.TensorSpec((4,), tf.int32)]
    lengths = tf.constant([9, -3, 5, 1])
    outputs = tf.function(run, signature, autograph=False, jit_compile=True)(X, lengths)
    for ours, theirs in zip(tf.nest.flatten(outputs), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="seq_lens"):
        tf.function(run, signature, autograph=False)(X, lengths)
