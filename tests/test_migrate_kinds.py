"""Checkpoints of less common kinds, by TensorFlow 1.15.5: tf.keras, contrib's cells, averages."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import migrate, tf1
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import convert, report, saving
from tests import golden_files

GOLDEN = Path(__file__).parent / "golden" / "checkpoint_kinds"
OUTPUTS = np.load(GOLDEN / "outputs.npz")
REFUSED = {
    "conv_lstm": "a ConvLSTM layer has no form",
    "highway": "HighwayWrapper has no form",
    "keras_cells": "of an unknown kind too: bias_1, kernel_1, recurrent_kernel_1",
}
NAMES = sorted(name for name in set(OUTPUTS) - {"inputs", *REFUSED} if "/" not in name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoints, unpacked; to be read only."""
    return golden_files.unpack(GOLDEN, tmp_path_factory.mktemp("kinds"))


# What no variable holds, where no graph is beside it.
GIVEN = {"ugrnn_1_1": {"forget_bias": 1.0}}


def outputs_of(layers):
    outputs = tf.constant(OUTPUTS["inputs"])
    for layer in layers:
        outputs = layer(outputs)
    return outputs


def assert_close(got, wanted):
    assert np.abs(got - wanted).max() <= 1e-6 * np.abs(wanted).max()


@pytest.mark.parametrize("name", NAMES)
def test_converted_layers_put_out_what_tensorflow_1_did(folder, name):
    path = folder / name / "model.ckpt"
    wanted = "averages_alone/averaged" if name == "averages_alone" else name
    assert_close(outputs_of(migrate.load(path, **GIVEN.get(name, {}))), OUTPUTS[wanted])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_converted_is_refused_by_name(folder, name):
    with pytest.raises(UserError, match=REFUSED[name]) as error:
        migrate.load(folder / name / "model.ckpt")
    assert "\n" not in str(error.value)


def cells_of(folder, name):
    (network,) = report.inspect(folder / name / "model.ckpt")["networks"]
    return network, [cell for layer in network["layers"] for cell in layer.values()]


def test_a_partitioned_networks_graph_and_slots_are_read(folder, tmp_path):
    network, (cell,) = cells_of(folder, "partitioned")
    assert network["slots"] == ["Adam", "Adam_1"]
    assert (cell["forget_bias"], cell["sources"]["forget_bias"]) == (0.5, "from .meta")
    lines = saving.convert(folder / "partitioned/model.ckpt", tmp_path / "m.keras", with_slots=True)
    assert "optimizer: TensorFlow 1's Adam, 1 steps taken" in lines


def test_another_networks_graph_is_refused(folder, tmp_path):
    shutil.copytree(folder / "sharded", tmp_path / "mixed")
    shutil.copy(folder / "keras_lstm_saver/model.ckpt.meta", tmp_path / "mixed")
    with pytest.raises(UserError, match="of another checkpoint: it has none of its variables"):
        migrate.load(tmp_path / "mixed")


ACTIVATIONS = {
    "keras_gru": ("hard_sigmoid", "assumed"),
    "keras_lstm_saver": ("hard_sigmoid", "from .meta"),
    "keras_sigmoid_saver": ("sigmoid", "from .meta"),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gates_of_a_keras_layer_are_shown_or_assumed(folder, name):
    _, (cell,) = cells_of(folder, name)
    fact = "recurrent_activation"
    assert (cell[fact], cell["sources"][fact]) == ACTIVATIONS[name]


def test_directions_are_found_under_all_their_names(folder):
    for name in ("directions_0_8", "keras_bidirectional", "keras_bidirectional_saver"):
        network, cells = cells_of(folder, name)
        assert (network["directions"], len(cells)) == ("both", 2)


def test_weights_that_are_changed_on_the_way_have_no_slots(folder, tmp_path):
    with pytest.raises(UserError, match="its biases are added up on the way"):
        path = folder / "cudnn_gru" / "model.ckpt"
        saving.convert(path, tmp_path / "model.keras", with_slots=True)
    assert not list(tmp_path.iterdir())


SHOWN = {
    "nas": [{}],
    "nas_projected": [{}],
    "ugrnn": [{"forget_bias": 0.3, "activation": "relu"}],
    "layer_norm": [{"forget_bias": 0.5, "activation": "tanh", "dropout": {"candidate": 0.8}}],
    "layer_norm_off": [{"forget_bias": 1.0, "activation": "softsign"}],
    "contrib_stack": [{"residual": True}, {"forget_bias": 1.0, "residual": True}, {}],
    "contrib_both": [{"activation": "tanh"}, {}],
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_graph_shows_what_cells_of_contrib_do(folder, name):
    _, cells = cells_of(folder, name)
    for cell, wanted in zip(cells, SHOWN[name], strict=True):
        for fact, value in ({"residual": False, "dropout": {}, "layers": 1} | wanted).items():
            assert (cell[fact], cell["sources"][fact]) == (value, "from .meta"), fact


def test_a_model_of_contribs_cells_is_loaded_again(folder, tmp_path):
    lines = saving.convert(folder / "contrib_stack", tmp_path / "model.keras")
    assert "  NASCell, 3 units (rnn/multi_rnn_cell/cell_0/nas_cell)" in lines
    model = keras.models.load_model(tmp_path / "model.keras")
    assert_close(model(OUTPUTS["inputs"]), OUTPUTS["contrib_stack"])


AVERAGES = {
    "averages_beside": "weights: raw; moving averages are stored too, --weights=averaged takes",
    "averages_in_a_scope": "weights: raw; moving averages are stored too, --weights=averaged takes",
    "averages_alone": "weights: the moving averages, which are stored alone",
}


@pytest.mark.parametrize("name", AVERAGES)
def test_moving_averages_are_converted_where_they_are_wanted(folder, tmp_path, name):
    wanted = OUTPUTS[f"{name}/averaged"]
    assert np.abs(wanted - OUTPUTS[name]).max() > 0.01
    assert_close(outputs_of(migrate.load(folder / name, weights="averaged")), wanted)
    network, (cell,) = cells_of(folder, name)
    assert network["weights"] == (["averaged"] if "alone" in name else ["raw", "averaged"])
    lines = saving.convert(folder / name, tmp_path / "raw.keras")
    assert any(AVERAGES[name] in line for line in lines)
    lines = saving.convert(
        folder / name, tmp_path / "averaged.keras", convert.Choice(weights="averaged")
    )
    assert any(line.startswith("  weights: the moving averages") for line in lines)
    layer = keras.layers.deserialize(keras.layers.serialize(migrate.load(folder / name)[0]))
    layer.build((None, None, 3))
    migrate.assign(layer, folder / name, forget_bias=1.0, weights="averaged")
    assert_close(outputs_of([layer]), wanted)


def test_the_command_takes_the_averages_or_says_that_there_are_none(folder, tmp_path, run_command):
    out = tmp_path / "model.keras"
    command = ("keras_rnn_tutorials.migrate", "convert")
    options = ("-o", str(out), "--weights=averaged")
    ended = run_command(*command, str(folder / "nas"), *options)
    assert ended.returncode == 2
    assert "no moving averages of rnn are stored" in ended.stderr.splitlines()[-1]
    ended = run_command(*command, str(folder / "averages_beside"), *options, "--slots")
    assert ended.returncode == 2
    assert "goes on with the raw weights" in ended.stderr.splitlines()[-1]
    assert not out.exists()
    ended = run_command(*command, str(folder / "averages_beside"), *options)
    assert (ended.returncode, out.exists()) == (0, True)


def test_slots_in_a_scope_of_their_own_are_those_of_their_weights(folder, tmp_path):
    found = report.inspect(folder / "averages_in_a_scope")
    (network,) = found["networks"]
    assert network["slots"] == ["Adam", "Adam_1", "ExponentialMovingAverage"]
    names = [variable["name"] for variable in found["other_variables"]]
    assert names == ["Model/beta1_power", "Model/beta2_power"]
    path = folder / "averages_in_a_scope"
    lines = saving.convert(path, tmp_path / "model.keras", with_slots=True)
    assert "optimizer: TensorFlow 1's Adam, 5 steps taken" in lines


def test_weights_of_another_kind_are_refused_where_their_shapes_fit(folder):
    layer = keras.layers.RNN(tf1.BasicRNNCell(4))
    layer.build((None, None, 1))
    with pytest.raises(UserError, match="it is a UGRNNCell, but layer .* has a BasicRNNCell"):
        migrate.assign(layer, folder / "ugrnn")
    stock = keras.layers.SimpleRNN(2)
    stock.build((None, None, 3))
    with pytest.raises(UserError, match="it is a NASCell, but layer .* has a SimpleRNNCell"):
        migrate.assign(stock, folder / "nas")


def test_a_block_cell_is_given_its_peepholes_by_name():
    """Its weights are in another order than an LSTMCell's."""
    golden = GOLDEN.parent / "checkpoints"
    outputs = np.load(golden / "outputs.npz")
    layer = keras.layers.RNN(tf1.LSTMBlockCell(3, use_peephole=True), return_sequences=True)
    layer.build((None, None, 2))
    migrate.assign(layer, golden / "lstm_peepholes")
    got = layer(tf.constant(outputs["inputs"], tf.float32))
    assert_close(got, outputs["lstm_peepholes"])
