"""TensorFlow 1 checkpoints read, converted and refused; golden ones by TensorFlow 1.15.5."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import migrate, tf1
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import checkpoint, convert, exporting, report, saving, structure
from tests.tf1_oracle import checkpoints

GOLDEN = Path(__file__).parent / "golden" / "checkpoints"
OUTPUTS = np.load(GOLDEN / "outputs.npz")
# What no checkpoint holds has to be told.
TOLD = {
    "own_name": {"scope": "my_model/memory", "kind": "lstm"},
    "static_named_scope": {"scope": "encoder/words/memory", "kind": "lstm"},
    "top_level": {"scope": "", "kind": "LSTM"},
    "shared_layers": {"layers": 2},
}
REFUSED = {
    "projections": "OutputProjectionWrapper: it is not converted; tf1.OutputProjectionWrapper",
}
# ResidualWrapper and cell_clip leave no trace; the classifier's outputs are not its network's.
OTHER_OUTPUTS = {"classifier", "lstm_block", "multi_residual"}
NAMES = sorted(p.name for p in GOLDEN.iterdir() if p.is_dir())
SEQUENCES = [name for name in NAMES if name not in {*REFUSED, *OTHER_OUTPUTS}]


def network(name):
    return checkpoints.ERAS.get(name, checkpoints.TRAINED.get(name, (name,)))[0]


def loaded(name):
    bias = checkpoints.FORGET_BIAS if network(name) == "basic_lstm" else None
    return migrate.load(GOLDEN / name, forget_bias=bias, **TOLD.get(name, {}))


@pytest.mark.parametrize("name", SEQUENCES)
def test_loaded_layers_put_out_what_tensorflow_1_did(name):
    outputs = tf.constant(OUTPUTS["inputs"], tf.float32)
    for layer in loaded(name):
        outputs = layer(outputs)
    wanted, exact = OUTPUTS[name], OUTPUTS[f"{name}/float64"]
    allowed = max(1e-6, 4 * np.abs(wanted - exact).max() / np.abs(exact).max())
    assert np.abs(outputs - wanted).max() <= allowed * np.abs(wanted).max()


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_keras_form_is_refused_by_its_name(name):
    with pytest.raises(UserError, match=REFUSED[name]):
        loaded(name)


LAYERS = {
    "basic_rnn": "RNN 3<2",
    "gru_0_5": "GRU 3<2",
    "lstm_peepholes_projection": "LSTM 5<2 peepholes projection 3",
    "multi_lstm_0_5": "LSTM 3<2, LSTM 4<3",
    "multi_mixed": "LSTM 3<2 peepholes, GRU 4<3, RNN 2<4",
    "bidirectional_lstm": "LSTM 3<2 | LSTM 4<2",
    "bidirectional_of_stacks": "LSTM 3<2 | LSTM 3<2, LSTM 3<3 | LSTM 3<3",
    "stack_of_bidirectional": "GRU 3<2 | GRU 3<2, GRU 4<6 | GRU 4<6 joined",
    "own_name": "",
}


@pytest.mark.parametrize("name", LAYERS)
def test_kinds_and_sizes_are_found(name):
    def text(cell):
        extra = " peepholes" * cell.peepholes
        extra += f" projection {cell.projection}" if cell.projection else ""
        return f"{cell.kind} {cell.units}<{cell.input_size}{extra}"

    stacks, _ = structure.find(checkpoint.read(GOLDEN / name))
    found = [
        ", ".join(" | ".join(text(c) for c in pair if c) for pair in stack.layers)
        + " joined" * stack.joined
        for stack in stacks
    ]
    assert " / ".join(found) == LAYERS[name]


def test_slots_and_other_variables_are_told_apart():
    found = report.inspect(GOLDEN / "basic_lstm_adam")
    assert found["networks"][0]["slots"] == ["Adam", "Adam_1"]
    names = [variable["name"] for variable in found["other_variables"]]
    assert names == ["beta1_power", "beta2_power", "global_step"]


def test_what_shapes_leave_open_is_not_guessed():
    ((stack,), _) = structure.find(checkpoint.read(GOLDEN / "top_level"))
    assert stack.cells[0].problem == (
        "it could be: LSTM of 3 units that reads 2; dense layer of 12 units that reads 5. "
        "Say which with kind"
    )
    with pytest.raises(UserError, match="it could be: LSTM of 3 units"):
        migrate.load(GOLDEN / "top_level")


@pytest.fixture
def write(tmp_path):
    """Writes a checkpoint of zeros under given names and shapes."""

    def write(**shapes):
        prefix = str(tmp_path / "model.ckpt")
        names, tensors = list(shapes), [np.zeros(shape, "float32") for shape in shapes.values()]
        tf.raw_ops.SaveV2(
            prefix=prefix, tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors
        )
        return prefix

    return write


def zeros(scope, **shapes):
    return {f"{scope}/{name.replace('__', '/')}": shape for name, shape in shapes.items()}


KERNEL = {"kernel": (5, 12), "bias": (12,)}
UNKNOWN = {
    # With variables missing, or of other shapes than such a cell's.
    "LayerNormBasicLSTMCell": zeros(
        "rnn/layer_norm_basic_lstm_cell", kernel=(5, 12), input__gamma=(3,), input__beta=(3,)
    ),
    "NASCell": zeros("rnn/nas_cell", recurrent_kernel=(4, 24), kernel=(2, 24)),
    "UGRNNCell": zeros("rnn/ugrnn_cell", kernel=(3, 6), bias=(6,)),
    "IntersectionRNNCell": zeros("rnn/intersection_rnn_cell", kernel=(6, 12), bias=(12,)),
    "AttentionWrapper": zeros("rnn/attention_wrapper/basic_lstm_cell", **KERNEL),
    "CoupledInputForgetGateLSTMCell": zeros(
        "rnn/coupled_input_forget_gate_lstm_cell", kernel=(5, 9), bias=(9,)
    ),
    "CuDNNLSTM of tf.keras": zeros("net", kernel=(2, 12), recurrent_kernel=(3, 12), bias=(24,)),
    "an opaque Cudnn layer": {"net/opaque_kernel": (100,)},
    "an unknown cell": zeros("rnn/basic_lstm_cell", **KERNEL, leak=(3,)),
    "LSTM or RNN": zeros("rnn/memory", kernel=(9, 4), bias=(4,)),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_kind_that_is_not_converted_is_named(write, kind):
    prefix = write(**UNKNOWN[kind])
    ((stack,), _) = structure.find(checkpoint.read(prefix))
    assert stack.cells[0].kind == kind
    with pytest.raises(UserError, match=kind):
        migrate.load(prefix)


def test_a_dense_layer_is_no_cell(write):
    prefix = write(**zeros("dense", **KERNEL), **zeros("fc", weights=(9, 4), biases=(4,)))
    assert structure.find(checkpoint.read(prefix))[0] == []


def test_a_dense_layer_between_two_cells_is_not_passed_over(write):
    cells = {
        **zeros("rnn/multi_rnn_cell/cell_0/basic_lstm_cell", **KERNEL),
        **zeros("rnn/multi_rnn_cell/cell_1/basic_lstm_cell", kernel=(7, 12), bias=(12,)),
    }
    with pytest.raises(UserError, match="it reads 4 features, but the layer below puts out 3"):
        migrate.load(write(**cells))


@pytest.mark.filterwarnings("ignore:Layer 'functional:UserWarning")
@pytest.mark.parametrize("name", ["bidirectional_of_stacks", "gru", "lstm_peepholes"])
def test_a_converted_model_takes_lengths_as_tensorflow_1_did(name, tmp_path):
    lines = saving.convert(GOLDEN / name, tmp_path / "model.keras")
    assert lines[0] == f"wrote {tmp_path / 'model.keras'}"
    model = keras.models.load_model(tmp_path / "model.keras")
    read, stack, unstored = convert.choose(GOLDEN / name)
    inputs, lengths = OUTPUTS["inputs"].astype("float32"), np.array([2, 4])
    got = model(inputs, mask=tf.sequence_mask(lengths, 4))
    for row, length in enumerate(lengths):
        wanted = convert.expected(read, stack, unstored, inputs[row : row + 1, :length])
        np.testing.assert_allclose(got[row, :length], wanted[0], atol=1e-6)
        assert not np.any(got[row, length:])


def test_layers_that_share_one_set_of_weights_are_asked_for():
    with pytest.raises(UserError, match="may serve several layers.*say how many with layers"):
        migrate.load(GOLDEN / "shared_layers")


def test_a_stack_with_a_layer_missing_is_refused(write):
    cells = {
        **zeros("rnn/multi_rnn_cell/cell_0/basic_lstm_cell", **KERNEL),
        **zeros("rnn/multi_rnn_cell/cell_2/basic_lstm_cell", kernel=(6, 12), bias=(12,)),
    }
    with pytest.raises(UserError, match="some layers or directions have no variables here"):
        migrate.load(write(**cells))


@pytest.mark.parametrize(
    "name", ["bidirectional_of_stacks", "multi_mixed", "stack_of_bidirectional", "basic_lstm"]
)
def test_an_exported_model_has_the_checkpoints_variables(name, tmp_path):
    saving.convert(GOLDEN / name, tmp_path / "model.keras", convert.Choice(forget_bias=0.0))
    lines = exporting.export(tmp_path / "model.keras", tmp_path / "out.ckpt")
    golden, written = checkpoint.read(GOLDEN / name), checkpoint.read(tmp_path / "out.ckpt")
    kept = {n.replace("basic_lstm_cell", "lstm_cell"): golden.read(n) for n in golden.shapes}
    got = {n.replace("basic_lstm_cell", "lstm_cell"): written.read(n) for n in written.shapes}
    assert {n: v.tobytes() for n, v in got.items()} == {n: v.tobytes() for n, v in kept.items()}
    assert all(any(line.startswith(f"  {n} (") for line in lines) for n in written.shapes)


def test_assign_fills_a_layer_and_refuses_another_shape():
    layer = keras.layers.LSTM(3, return_sequences=True)
    layer.build((None, None, 2))
    migrate.assign(layer, GOLDEN / "basic_lstm", forget_bias=checkpoints.FORGET_BIAS)
    got = layer(tf.constant(OUTPUTS["inputs"], tf.float32))
    np.testing.assert_allclose(got, OUTPUTS["basic_lstm"], atol=1e-6)
    narrow = keras.layers.LSTM(2)
    narrow.build((None, None, 2))
    with pytest.raises(UserError, match=r"\(2, 12\).*but those of layer .* \(2, 8\)"):
        migrate.assign(narrow, GOLDEN / "basic_lstm")
    cell = keras.layers.RNN(tf1.LSTMCell(3, use_peepholes=True), return_sequences=True)
    cell.build((None, None, 2))
    migrate.assign(cell, GOLDEN / "lstm_peepholes")
    got = cell(tf.constant(OUTPUTS["inputs"], tf.float32))
    np.testing.assert_allclose(got, OUTPUTS["lstm_peepholes"], atol=1e-6)


@pytest.mark.parametrize("suffix", ["", ".index", ".meta", ".data-00000-of-00001"])
def test_any_file_of_a_checkpoint_names_it(suffix):
    path = GOLDEN / "basic_lstm" / f"model.ckpt{suffix}"
    assert report.inspect(path)["networks"][0]["layers"][0]["forward"]["units"] == 3


def damaged(tmp_path, kind):
    folder = tmp_path / "damaged"
    shutil.copytree(GOLDEN / "basic_lstm", folder)
    index, data = folder / "model.ckpt.index", folder / "model.ckpt.data-00000-of-00001"
    if kind == "no index":
        index.unlink()
        return folder / "model.ckpt.meta"
    if kind == "no data":
        data.unlink()
    elif kind == "cut index":
        index.write_bytes(index.read_bytes()[:100])
    elif kind == "empty index":
        index.write_bytes(b"")
    elif kind == "no checkpoint":
        index.write_bytes(b"not a table of variables, but long enough to be one" * 9)
    elif kind == "cut data":
        data.write_bytes(data.read_bytes()[:40])
    elif kind == "changed data":
        data.write_bytes(bytes([data.read_bytes()[0] ^ 1]) + data.read_bytes()[1:])
    elif kind == "two":
        shutil.copy(index, folder / "model.ckpt-2.index")
        (folder / "checkpoint").write_text('model_checkpoint_path: "/home/them/other.ckpt"\n')
    return folder


def test_lengths_that_are_damaged_are_refused(tmp_path):
    index = damaged(tmp_path, "whole") / "model.ckpt.index"
    content = bytearray(index.read_bytes())
    # TensorFlow raises an IndexError then.
    for place, byte in zip((98, 10, 66, 130, 124), b"h\xf4\xc1\xdbt", strict=True):
        content[place] = byte
    index.write_bytes(content)
    with pytest.raises(UserError, match="not a readable checkpoint"):
        report.inspect(index)


DAMAGES = {
    "no index": "model.ckpt.index is not beside it",
    "no data": r"the index is here, but not the data in model.ckpt.data-\*",
    "cut index": "not a readable checkpoint",
    "empty index": "not a readable checkpoint",
    "no checkpoint": "not a readable checkpoint",
    "cut data": "cannot be read",
    "changed data": "cannot be read",
    "two": "there are 2 checkpoints, give one of model.ckpt, model.ckpt-2.",
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_checkpoint_is_refused_and_nothing_is_written(kind, tmp_path):
    with pytest.raises(UserError, match=DAMAGES[kind]) as error:
        saving.convert(damaged(tmp_path, kind), tmp_path / "out.keras")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*.keras"))


def test_an_index_without_its_data_is_still_listed(tmp_path):
    found = report.inspect(damaged(tmp_path, "no data"))
    assert not found["data"]
    assert found["networks"][0]["layers"][0]["forward"]["kind"] == "LSTM"


def test_a_checkpoint_file_may_name_another_machines_path(tmp_path):
    folder = damaged(tmp_path, "two")
    text = r'model_checkpoint_path: "C:\\models\\model.ckpt-2"'
    (folder / "checkpoint").write_text(text + "\n")
    assert report.inspect(folder)["checkpoint"] == str(folder / "model.ckpt-2")


def test_the_command_inspects_the_other_files_too(run_command, tmp_path):
    nowhere = tmp_path / "nowhere"
    good = GOLDEN / "gru"
    ended = run_command("keras_rnn_tutorials.migrate", "inspect", str(nowhere), str(good), "--json")
    assert ended.returncode == 2
    assert json.loads(ended.stdout)[0]["networks"][0]["scope"] == "rnn"
    assert ended.stderr == (
        f"error: {nowhere}: there is no checkpoint. Give its prefix, such as model.ckpt-1000.\n"
    )
    listed = run_command("keras_rnn_tutorials.migrate", "inspect", str(good))
    assert (
        "    layer 0: stored: GRU, 3 units, reads 2 (rnn/gru_cell)\n"
        "      assumed: activation tanh, no ResidualWrapper, no dropout, weights of one\n"
        "        layer\n"
    ) in listed.stdout


def test_a_model_of_tf_keras_keeps_its_gates(tmp_path):
    layer = keras.layers.LSTM(3, return_sequences=True)
    layer.build((None, None, 2))
    weights = dict(zip(("kernel", "recurrent_kernel", "bias"), layer.get_weights(), strict=True))
    saved = tf.train.Checkpoint(
        lstm=tf.train.Checkpoint(**{n: tf.Variable(v) for n, v in weights.items()})
    )
    path = saved.save(str(tmp_path / "keras.ckpt"))
    (again,) = migrate.load(path, recurrent_activation="sigmoid")
    inputs = tf.constant(OUTPUTS["inputs"], tf.float32)
    assert np.array_equal(layer(inputs), again(inputs))
    with pytest.raises(UserError, match="has recurrent_activation sigmoid, but lstm hard_sigmoid"):
        migrate.assign(layer, path)
    with pytest.raises(UserError, match="^recurrent_activation=tanh is neither"):
        migrate.load(path, recurrent_activation="tanh")
