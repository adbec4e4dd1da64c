"""The cells of `tf1.contrib` outside of graphs, with the weights of TensorFlow 1.15.5."""

import copy
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import tf1

GOLDEN = Path(__file__).parent / "golden" / "checkpoints"
OUTPUTS = np.load(GOLDEN / "outputs.npz")
GATES = ("gates/kernel", "gates/bias")
BOTH = ("candidate/input_projection", "candidate/hidden_projection")
NORMS = ("input", "transform", "forget", "output", "state")
# By network: the cell, and its weights in order.
CELLS = {
    "lstm_block": (
        lambda: tf1.LSTMBlockCell(3, cell_clip=0.4, use_peephole=True),
        ["kernel", "bias", "w_i_diag", "w_f_diag", "w_o_diag"],
    ),
    "gru_block_cell": (lambda: tf1.GRUBlockCell(3), ["w_ru", "b_ru", "w_c", "b_c"]),
    "gru_block_cell_v2": (
        lambda: tf1.GRUBlockCellV2(cell_size=3),
        [*GATES, "candidate/kernel", "candidate/bias"],
    ),
    "cudnn_lstm": (lambda: tf1.CudnnCompatibleLSTMCell(3), ["kernel", "bias"]),
    "cudnn_gru": (
        lambda: tf1.CudnnCompatibleGRUCell(3),
        [*GATES, *(f"{place}/{what}" for what in ("kernel", "bias") for place in BOTH)],
    ),
    "layer_norm_lstm": (
        lambda: tf1.LayerNormBasicLSTMCell(3),
        ["kernel", *(f"{norm}/{what}" for norm in NORMS for what in ("gamma", "beta"))],
    ),
    "projections": (
        lambda: tf1.OutputProjectionWrapper(
            tf1.InputProjectionWrapper(tf1.GRUCell(3), 4, activation=tf.nn.relu), 2
        ),
        None,
    ),
}


def stored(name, roles):
    reader = tf.train.load_checkpoint(str(GOLDEN / name / "model.ckpt"))
    names = list(reader.get_variable_to_shape_map())
    if roles is None:
        outer, inner = "rnn/output_projection_wrapper", "input_projection_wrapper"
        gru = [*GATES, "candidate/kernel", "candidate/bias"]
        roles = [f"{inner}/gru_cell/{role}" for role in gru]
        roles = [f"{inner}/kernel", f"{inner}/bias", *roles, "kernel", "bias"]
        return {role: reader.get_tensor(f"{outer}/{role}") for role in roles}
    (scope,) = {n.removesuffix(f"/{r}") for n in names for r in roles[:1] if n.endswith(f"/{r}")}
    return {role: reader.get_tensor(f"{scope}/{role}") for role in roles}


def set_weights(cell, weights):
    """By shape and name: Keras lists a wrapper's own weights before those of the cell inside."""
    if isinstance(cell, tf1.OutputProjectionWrapper):
        values = list(weights.values())
        cell.cell.cell.set_weights(values[2:6])
        for weight, value in ((cell.cell.kernel, 0), (cell.cell.bias, 1), (cell.kernel, 6)):
            weight.assign(values[value])
        cell.bias.assign(values[7])
    else:
        cell.set_weights(list(weights.values()))


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_puts_out_what_tensorflow_1_did(name):
    make, roles = CELLS[name]
    weights = stored(name, roles)
    cell = make()
    cell.build((None, 2))
    set_weights(cell, weights)
    again = type(cell).from_config(cell.get_config())
    again.build((None, 2))
    again.set_weights(cell.get_weights())
    inputs = tf.constant(OUTPUTS["inputs"], tf.float32)
    for one in (cell, again):
        outputs, _ = tf1.dynamic_rnn(one, inputs, dtype=tf.float32)
        wanted = OUTPUTS[name]
        assert np.abs(outputs - wanted).max() <= 1e-6 * np.abs(wanted).max()
    layer = keras.layers.RNN(cell, return_sequences=True)
    assert np.abs(layer(inputs) - wanted).max() <= 1e-6 * np.abs(wanted).max()


def test_a_stack_reads_both_directions_step_by_step():
    cells = [[tf1.GRUCell(3), tf1.GRUCell(4)] for _ in range(2)]
    inputs = tf.constant(OUTPUTS["inputs"], tf.float32)
    steps = tf.unstack(inputs, axis=1)
    outputs, forward, backward = tf1.stack_bidirectional_rnn(*cells, steps, dtype=tf.float32)
    wanted, *states = tf1.stack_bidirectional_dynamic_rnn(*cells, inputs, dtype=tf.float32)
    np.testing.assert_array_equal(tf.stack(outputs, axis=1), wanted)
    tf.nest.map_structure(np.testing.assert_array_equal, [forward, backward], states)


def test_a_block_gru_needs_one_size():
    with pytest.raises(ValueError, match="^num_units: give it, or the older cell_size"):
        tf1.GRUBlockCell()


def test_a_fused_lstm_and_an_embedding_are_saved(tmp_path):
    x, ids = keras.Input((None, 2)), keras.Input((None, 1), dtype="int32")
    steps = keras.ops.transpose(x, (1, 0, 2))
    fused = tf1.LSTMBlockFusedCell(3, cell_clip=0.5, use_peephole=True, name="reader")
    _, state = fused(steps, dtype="float32")
    cell = tf1.EmbeddingWrapper(tf1.BasicLSTMCell(3), 7, 2)
    outputs, _ = tf1.dynamic_rnn(cell, ids, initial_state=state)
    model = keras.Model([x, ids], outputs)
    given = [tf.ones((2, 4, 2)), tf.constant([[[6], [0]], [[1], [1]]])]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(given), model(given))
    again = tf1.LSTMBlockFusedCell.from_config(fused.get_config())
    assert (again.num_units, again.cell.cell_clip, again.name) == (3, 0.5, "reader")


def test_nas_update_gate_and_attention_are_saved(tmp_path):
    inside = tf1.NASCell(3, num_proj=2, use_bias=True)
    cells = [tf1.AttentionCellWrapper(inside, 2, 4, 5), tf1.UGRNNCell(3, forget_bias=0.5)]
    cell = tf1.MultiRNNCell([tf1.DeviceWrapper(one, "/cpu:0") for one in cells])
    x = keras.Input((None, 2))
    model = keras.Model(x, tf1.dynamic_rnn(cell, x, dtype="float32")[0])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    given = tf.constant(OUTPUTS["inputs"], tf.float32)
    np.testing.assert_array_equal(loaded(given), model(given))


def test_a_deep_copy_has_weights_of_its_own():
    """Eagerly they begin as the other's; in a graph they are made when the copy is used."""
    given = tf.ones((2, 4, 3))
    stack = tf1.MultiRNNCell([tf1.DropoutWrapper(tf1.GRUCell(3, activation=tf.nn.relu), 1.0)])
    outputs, _ = tf1.dynamic_rnn(stack, given, dtype=tf.float32)
    copied = copy.deepcopy(stack)
    np.testing.assert_array_equal(tf1.dynamic_rnn(copied, given, dtype=tf.float32)[0], outputs)
    assert copied.cells[0].cell.gate_kernel is not stack.cells[0].cell.gate_kernel
    with tf.Graph().as_default():
        given = tf.ones((2, 4, 3))
        stack = tf1.MultiRNNCell([tf1.BasicLSTMCell(3, activation=tf.nn.relu)] * 2)
        tf1.dynamic_rnn(copy.deepcopy(stack), given, dtype=tf.float32, scope="unused")
        tf1.dynamic_rnn(stack, given, dtype=tf.float32)
        tf1.dynamic_rnn(copy.deepcopy(stack), given, dtype=tf.float32, scope="used")
        names = [variable.op.name for variable in tf.compat.v1.global_variables()]
    cell = "multi_rnn_cell/cell_0/basic_lstm_cell"
    places = [f"{scope}/{cell}" for scope in ("unused", "rnn", "used")]
    assert names == [f"{place}/{name}" for place in places for name in ("kernel", "bias")]


def test_an_attention_wrapper_needs_rows_and_a_tuple_of_a_tuple():
    with pytest.raises(ValueError, match="^attn_length: must be positive"):
        tf1.AttentionCellWrapper(tf1.GRUCell(3), 0)
    with pytest.raises(ValueError, match="^state_is_tuple: False, but the cell's own"):
        tf1.AttentionCellWrapper(tf1.BasicLSTMCell(3), 2, state_is_tuple=False)


def test_a_fused_lstm_takes_a_list_and_keeps_its_weights_in_a_layer():
    fused = tf1.LSTMBlockFusedCell(3)
    steps = list(tf.unstack(tf.constant(OUTPUTS["inputs"], tf.float32), axis=1))
    outputs, state = fused(steps, dtype=tf.float32)
    wanted, last = fused(tf.stack(steps), dtype=tf.float32)
    np.testing.assert_array_equal(tf.stack(outputs), wanted)
    np.testing.assert_array_equal(state.c, last.c)
    assert [tuple(weight.shape) for weight in fused.weights] == [(5, 12), (12,)]


def test_a_reversed_fused_lstm_reads_backwards_and_is_saved(tmp_path):
    steps, ids = keras.Input((None, 2), name="steps"), keras.Input((), dtype="int32", name="ids")
    fused = tf1.TimeReversedFusedRNN(tf1.LSTMBlockFusedCell(3))
    time_major = keras.ops.transpose(steps, (1, 0, 2))
    outputs, state = fused(time_major, dtype="float32", sequence_length=ids)
    model = keras.Model([steps, ids], [outputs, state.h])
    given = [tf.constant(OUTPUTS["inputs"], tf.float32), tf.constant([4, 2])]
    outputs, last = model(given)
    np.testing.assert_array_equal(last, outputs[0])
    np.testing.assert_array_equal(outputs[2:, 1], tf.zeros((2, 3)))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(given)[0], outputs)
    again = tf1.TimeReversedFusedRNN.from_config(fused.get_config())
    assert again.cell.num_units == 3
    with pytest.raises(ValueError, match="^cell: expected an LSTMBlockFusedCell, got"):
        tf1.TimeReversedFusedRNN(tf1.GRUCell(3))


def loop_fn(time, cell_output, cell_state, loop_state):
    state = tf.ones((2, 3)) if cell_output is None else cell_state
    return tf.fill([2], time >= 4), tf.ones((2, 2)), state, cell_output, None


def test_raw_rnn_draws_new_masks_at_every_step_and_again_by_seed():
    def outputs(seed, **options):
        cell = tf1.DropoutWrapper(tf1.GRUCell(3), output_keep_prob=0.5, seed=seed, **options)
        return (tf1.raw_rnn(cell, loop_fn)[0].stack() == 0).numpy()

    dropped = outputs(1)
    assert not (dropped == dropped[0]).all()
    np.testing.assert_array_equal(dropped, outputs(1))
    kept = outputs(1, variational_recurrent=True, dtype="float32")
    assert (kept == kept[0]).all()


def test_raw_rnn_without_a_step_returns_the_initial_state():
    def ended(*arguments):
        return tf.fill([2], True), *loop_fn(*arguments)[1:]

    emitted, state, loop_state = tf1.raw_rnn(tf1.GRUCell(3), ended)
    assert emitted.stack().shape == (0, 2, 3)
    np.testing.assert_array_equal(state, tf.ones((2, 3)))
    assert loop_state is None


def returning(**changes):
    """A loop function one of whose values is another."""
    names = ("finished", "inputs", "state", "emit", "loop_state")

    def changed(time, *rest):
        values = dict(zip(names, loop_fn(time, *rest), strict=True))
        later = {name[6:]: value for name, value in changes.items() if name.startswith("later_")}
        first = {name: value for name, value in changes.items() if name in names}
        return tuple((values | (first if rest[0] is None else later)).values())

    return changed


WRONG = {
    "no function": (3, "^loop_fn: expected a function, got 3 .*loop_fn must be a callable"),
    "a state of other rows": (
        returning(state=tf.ones((3, 3))),
        r"^loop_fn: expected a part of shape \(2, 3\), got \(3, 3\)",
    ),
    "a state of other parts": (
        returning(later_state=[tf.ones((2, 3))] * 2),
        "^loop_fn: its structure, .* is not that of the state before",
    ),
    "inputs of other rows": (
        returning(inputs=(tf.ones((2, 2)), tf.ones((3, 2)))),
        r"^loop_fn: their parts differ in the number of rows, \[2, 3\]",
    ),
    "other emits": (
        returning(later_emit=(tf.ones((2, 3)), tf.ones((2, 3)))),
        "^loop_fn: its structure, .* is not that of what it is to emit",
    ),
    "symbolic inputs": (
        returning(inputs=keras.KerasTensor((2, 2))),
        "^loop_fn: it returns symbolic tensors of Keras",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_raw_rnn_says_what_is_wrong_with_the_loop_function(name):
    function, words = WRONG[name]
    with pytest.raises(ValueError, match=words):
        tf1.raw_rnn(tf1.GRUCell(3), function)


def test_what_an_embedding_and_a_fused_lstm_need():
    with pytest.raises(ValueError, match="^embedding_classes: expected a positive integer"):
        tf1.EmbeddingWrapper(tf1.GRUCell(3), 0, 2)
    with pytest.raises(ValueError, match="^dtype: needed, as initial_state is not given"):
        tf1.LSTMBlockFusedCell(3)(tf.ones((4, 2, 2)))
    with pytest.raises(TypeError, match="^cell: expected a cell"):
        tf1.dynamic_rnn(tf1.LSTMBlockFusedCell(3), tf.ones((2, 4, 2)), dtype=tf.float32)
