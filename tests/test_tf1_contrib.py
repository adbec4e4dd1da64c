"""The cells of `tf1.contrib` outside of graphs, with the weights of TensorFlow 1.15.5."""

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
