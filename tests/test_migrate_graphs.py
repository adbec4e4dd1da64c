"""What only the graph in a `.meta` file shows of a checkpoint, by TensorFlow 1.15.5."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import migrate, tf1
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import graph, report, saving
from keras_rnn_tutorials.migrate.convert import Choice
from tests import golden_files

GOLDEN = Path(__file__).parent / "golden" / "checkpoints_with_graphs"
OUTPUTS = np.load(GOLDEN / "outputs.npz")
NAMES = sorted({name.split("/")[0] for name in OUTPUTS} - {"inputs"})
META = "model.ckpt.meta"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoints, unpacked; to be read only."""
    return golden_files.unpack(GOLDEN, tmp_path_factory.mktemp("graphs"))


def outputs_of(layers):
    outputs = tf.constant(OUTPUTS["inputs"], tf.float32)
    for layer in layers:
        outputs = layer(outputs)
    return outputs


@pytest.mark.parametrize("name", [name for name in NAMES if name != "swish_lstm"])
def test_nothing_has_to_be_told_where_the_graph_shows_it(folder, name):
    got, wanted, exact = outputs_of(migrate.load(folder / name)), OUTPUTS[name], OUTPUTS[
        f"{name}/float64"
    ]  # fmt: skip
    allowed = max(1e-6, 4 * np.abs(wanted - exact).max() / np.abs(exact).max())
    assert np.abs(got - wanted).max() <= allowed * np.abs(wanted).max()


# By the network, what is not a cell's default, cell by cell.
SHOWN = {
    "bidirectional_relu": [{"activation": "relu", "forget_bias": 0.1}] * 2,
    "clipped_lstm": [{"forget_bias": 0.5, "cell_clip": 0.3, "proj_clip": 0.2}],
    "different_directions": [{"forget_bias": 0.1}, {"activation": "softsign"}],
    "dropout": [
        {"dropout": {"inputs": 0.8, "outputs": 0.4}},
        {"dropout": {"outputs": "a fed share"}},
    ],
    "forget_biases": [{"forget_bias": 0.3}, {"forget_bias": 2.0}],
    "fused_block": [{"forget_bias": 0.4}],
    "linear_lstm": [{"activation": "linear"}],
    "linear_rnn": [{"activation": "linear"}],
    "not_shared": [{}],
    "residual": [{}] + [{"forget_bias": 0.5, "residual": True, "dropout": {"outputs": 0.9}}] * 2,
    "resource_variables": [{"forget_bias": 0.6}],
    "shared_three": [{"layers": 3, "dropout": {"outputs": 0.9}}],
    "sigmoid_gru": [{"activation": "sigmoid"}],
    "static_shared": [{"layers": 2}],
    "swish_lstm": [{"activation": "Mul and Sigmoid"}],
    "trained_and_tested": [{"forget_bias": 0.0, "dropout": {"outputs": 0.5}}],
}
DEFAULTS = {
    "activation": "tanh",
    "cell_clip": None,
    "dropout": {},
    "forget_bias": 1.0,
    "layers": 1,
    "proj_clip": None,
    "residual": False,
}


def cells(found):
    return [
        cell
        for network in found["networks"]
        for layer in network["layers"]
        for cell in layer.values()
    ]


@pytest.mark.parametrize("name", SHOWN)
def test_what_the_graph_shows_is_labelled_so(folder, name):
    found = cells(report.inspect(folder / name))
    for cell, wanted in zip(found, SHOWN[name], strict=True):
        facts = {fact: cell[fact] for fact in DEFAULTS if fact in cell}
        assert facts == {f: wanted.get(f, value) for f, value in DEFAULTS.items() if f in cell}
        unknown = {"cell_clip"} if "Mul" in cell["activation"] else set()
        shown = {fact for fact in facts if cell["sources"][fact] == "from .meta"}
        assert shown == set(facts) - unknown
        assert cell["sources"]["units"] == "stored"


def test_without_a_graph_it_is_assumed(folder, tmp_path):
    shutil.copytree(folder / "forget_biases", tmp_path / "net")
    (tmp_path / "net" / META).unlink()
    for cell in cells(report.inspect(tmp_path / "net")):
        assert cell["forget_bias"] == 1.0
        assert cell["sources"]["forget_bias"] == cell["sources"]["activation"] == "assumed"


def test_a_graph_gives_its_variables_other_names_than_the_saver(folder, tmp_path):
    """Saver({name: variable}): the names that are stored are not those of the graph."""
    stored = tf.train.load_checkpoint(str(folder / "relu_lstm" / "model.ckpt"))
    meta = tf.compat.v1.MetaGraphDef.FromString((folder / "relu_lstm" / META).read_bytes())
    names = sorted(stored.get_variable_to_shape_map())
    new = [name.replace("rnn/basic_lstm_cell", "RNN/BasicLSTMCell") for name in names]
    for node in meta.graph_def.node:
        if node.name == "save/SaveV2/tensor_names":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(new))
    prefix = tmp_path / "model.ckpt"
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=new,
        shape_and_slices=["", ""],
        tensors=[stored.get_tensor(name) for name in names],
    )
    (tmp_path / META).write_bytes(meta.SerializeToString())
    (cell,) = cells(report.inspect(tmp_path))
    assert cell["scope"] == "RNN/BasicLSTMCell"
    assert (cell["activation"], cell["sources"]["activation"]) == ("relu", "from .meta")


def test_what_is_given_wins(folder):
    (layer,) = migrate.load(folder / "relu_lstm", activation="tanh", forget_bias=0.0)
    assert layer.activation is keras.activations.tanh
    (shown,) = migrate.load(folder / "relu_lstm")
    bias, other = (each.get_weights()[2] for each in (shown, layer))
    np.testing.assert_allclose(bias - other, np.repeat([0.0, 1.0, 0.0, 0.0], 3), atol=1e-6)


def test_an_activation_without_a_name_is_refused_unless_it_is_given(folder):
    with pytest.raises(UserError, match="made of Mul and Sigmoid in the .meta: say what to use"):
        migrate.load(folder / "swish_lstm")
    (layer,) = migrate.load(folder / "swish_lstm", activation="swish")
    np.testing.assert_allclose(outputs_of([layer]), OUTPUTS["swish_lstm"], atol=1e-6)


def test_assign_refuses_a_layer_that_does_otherwise(folder):
    layer = keras.layers.LSTM(3)
    layer.build((None, None, 2))
    with pytest.raises(UserError, match=r"activation relu \(from .meta\), but .* activation tanh"):
        migrate.assign(layer, folder / "relu_lstm")
    with pytest.raises(UserError, match=r"cell_clip 0.3 \(from .meta\), but .* no cell_clip"):
        migrate.assign(layer, folder / "clipped_plain_lstm")
    cell = keras.layers.RNN(tf1.LSTMCell(3, cell_clip=0.3), return_sequences=True)
    cell.build((None, None, 2))
    migrate.assign(cell, folder / "clipped_plain_lstm")
    np.testing.assert_allclose(outputs_of([cell]), OUTPUTS["clipped_plain_lstm"], atol=1e-6)


def test_convert_says_where_each_fact_is_from(folder, tmp_path):
    lines = saving.convert(folder / "dropout", tmp_path / "model.keras", Choice(forget_bias=1.0))
    assert "    given: forget_bias 1" in lines
    assert lines[3].startswith("    from .meta: activation tanh, no cell_clip")
    assert "the model has no dropout: add it before you train it" in lines


def broken(folder, tmp_path, kind):
    copy = tmp_path / "broken"
    shutil.copytree(folder / "relu_lstm", copy)
    meta = copy / META
    content = meta.read_bytes()
    if kind == "cut":
        meta.write_bytes(content[: len(content) // 2])
    elif kind == "empty":
        meta.write_bytes(b"")
    elif kind == "no graph":
        meta.write_bytes(b"neither a graph nor anything else" * 40)
    elif kind == "another's":
        another = tf.compat.v1.MetaGraphDef.FromString(content)
        for node in another.graph_def.node:
            if node.op == "VariableV2":
                for dimension in node.attr["shape"].shape.dim:
                    dimension.size *= 4
        meta.write_bytes(another.SerializeToString())
    return copy


BROKEN = {
    "cut": "model.ckpt.meta is damaged",
    "empty": "model.ckpt.meta holds no graph",
    "no graph": "model.ckpt.meta is damaged",
    "another's": "model.ckpt.meta is of another checkpoint: rnn/basic_lstm_cell/",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_damaged_graph_is_refused_and_the_variables_are_listed(folder, tmp_path, kind):
    copy = broken(folder, tmp_path, kind)
    found = report.inspect(copy)
    assert found["meta"].startswith(BROKEN[kind])
    assert cells(found)[0]["units"] == 3
    assert cells(found)[0]["sources"]["activation"] == "assumed"
    with pytest.raises(UserError, match="forget bias and activation are not known") as error:
        saving.convert(copy, tmp_path / "out.keras")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*.keras"))


def test_the_command_lists_the_variables_and_ends_with_status_2(folder, tmp_path, run_command):
    copy = broken(folder, tmp_path, "cut")
    ended = run_command("keras_rnn_tutorials.migrate", "inspect", str(copy), "--json")
    assert ended.returncode == 2
    assert len(json.loads(ended.stdout)) == 1
    assert (
        ended.stderr == f"error: {copy / 'model.ckpt'}: model.ckpt.meta is damaged. Restore it.\n"
    )


@pytest.mark.parametrize("seed", range(30))
def test_a_graph_with_changed_bytes_never_ends_in_a_fault(folder, tmp_path, seed):
    random = np.random.default_rng(seed)
    copy = tmp_path / "changed"
    shutil.copytree(folder / "shared_three", copy)
    content = bytearray((copy / META).read_bytes())
    for place in random.integers(0, len(content), 20):
        content[place] = random.integers(256)
    (copy / META).write_bytes(content)
    report.inspect(copy)


def test_a_graph_that_runs_in_circles_ends(folder):
    meta = tf.compat.v1.MetaGraphDef.FromString((folder / "relu_lstm" / META).read_bytes())
    for node in meta.graph_def.node:
        if node.op in ("Identity", "Enter"):
            del node.input[:]
            node.input.append(node.name)
    checkpoint = report.checkpoints.read(folder / "relu_lstm")
    stacks, _ = report.structure.find(checkpoint)
    assert graph.Graph(meta.graph_def).facts(stacks[0].cells[0], checkpoint) == {}
