"""Checkpoints of less common kinds, by TensorFlow 1.15.5: partitions, tf.keras, objects, Cudnn."""

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import migrate
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import report, saving

GOLDEN = Path(__file__).parent / "golden" / "checkpoint_kinds"
OUTPUTS = np.load(GOLDEN / "outputs.npz")
REFUSED = {
    "conv_lstm": "a ConvLSTM layer has no form",
    "highway": "HighwayWrapper has no form",
    "keras_cells": "of an unknown kind too: bias_1, kernel_1, recurrent_kernel_1",
}
NAMES = sorted(set(OUTPUTS) - {"inputs", *REFUSED})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoints, unpacked; to be read only."""
    unpacked = tmp_path_factory.mktemp("kinds")
    with tarfile.open(GOLDEN / "files.tar.xz") as archive:
        archive.extractall(unpacked, filter="data")
    return unpacked


@pytest.mark.parametrize("name", NAMES)
def test_converted_layers_put_out_what_tensorflow_1_did(folder, name):
    outputs = tf.constant(OUTPUTS["inputs"])
    for layer in migrate.load(folder / name / "model.ckpt"):
        outputs = layer(outputs)
    wanted = OUTPUTS[name]
    assert np.abs(outputs - wanted).max() <= 1e-6 * np.abs(wanted).max()


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
    for name in ("keras_lstm", "cudnn_gru"):
        with pytest.raises(UserError, match="its weights are scaled or added up on the way"):
            path = folder / name / "model.ckpt"
            saving.convert(path, tmp_path / "model.keras", with_slots=True)
    assert not list(tmp_path.iterdir())
