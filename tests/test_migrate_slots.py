"""Training that goes on in Keras where TensorFlow 1.15.5 stopped."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import checkpoint, saving, slots
from keras_rnn_tutorials.migrate.convert import Choice
from tests import golden_files

GOLDEN = Path(__file__).parent / "golden" / "trainings"
LOSSES = np.load(GOLDEN / "losses.npz")
NAMES = sorted({name.split("/")[0] for name in LOSSES} - {"inputs", "targets"})
READOUT = ("hidden", "softmax_")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoints, unpacked; to be read only, but for the graph of "adam"."""
    return golden_files.unpack(GOLDEN, tmp_path_factory.mktemp("trainings"))


def converted(folder, tmp_path, name, **options):
    include = () if name == "adam_peepholes" else READOUT
    lines = saving.convert(
        folder / name, tmp_path / "model.keras", include=include, with_slots=True, **options
    )
    return keras.models.load_model(tmp_path / "model.keras"), lines


def next_losses(model):
    model.compile(optimizer=model.optimizer, loss="mse")
    inputs, targets = (tf.constant(LOSSES[n], tf.float32) for n in ("inputs", "targets"))
    return [float(model.train_on_batch(inputs, targets)) for _ in range(50)]


@pytest.mark.few(3)
@pytest.mark.parametrize("name", NAMES)
def test_the_next_50_losses_are_those_of_tensorflow_1(folder, tmp_path, name):
    model, _ = converted(folder, tmp_path, name)
    wanted, exact = LOSSES[name], LOSSES[f"{name}/float64"]
    allowed = max(1e-6, 4 * np.abs(wanted - exact).max() / exact.max())
    assert np.abs(next_losses(model) - wanted).max() <= allowed * wanted.max()


@pytest.fixture
def rewritten(folder, tmp_path):
    """Writes a training's checkpoint again, without its graph and with some variables changed."""

    def rewritten(name, changes):
        stored = tf.train.load_checkpoint(str(folder / name / "model.ckpt"))
        tensors = {n: stored.get_tensor(n) for n in stored.get_variable_to_shape_map()} | changes
        names = sorted(n for n, value in tensors.items() if value is not None)
        prefix = str(tmp_path / "model.ckpt")
        tf.raw_ops.SaveV2(
            prefix=prefix,
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tensors[n] for n in names],
        )
        return prefix

    return rewritten


ADAM = {"learning_rate": 0.01}
BETAS_ZERO = {"beta1_power": np.float32(0), "beta2_power": np.float32(0)}
STEPS = {
    "both powers": ({}, 20, "20 steps taken"),
    "no global_step": ({"global_step": None}, 20, "20 steps taken"),
    "beta1 underflowed": ({"beta1_power": np.float32(0), "global_step": None}, 20, "20 steps"),
    "both underflowed": (BETAS_ZERO, 20, r"20 steps taken \(global_step\)"),
    "no powers": ({"beta1_power": None, "beta2_power": None}, 20, r"steps taken \(global_step\)"),
    "underflowed, no global_step": (
        {**BETAS_ZERO, "global_step": None},
        105_868,
        "105868 steps taken or more: the powers of its betas have become 0, and no longer matter",
    ),
}


@pytest.mark.parametrize("case", STEPS)
def test_the_number_of_steps_is_found(rewritten, case):
    changes, steps, words = STEPS[case]
    read = checkpoint.read(rewritten("adam", changes))
    values = {"beta_1": 0.9, "beta_2": 0.999}
    found, note = slots._steps(slots._KINDS[0], read, None, [], values)
    assert found == steps
    assert re.search(words, f"{found} steps taken{note}")


WRONG = {
    "no learning rate": ("adam", {}, {}, "learning_rate of Adam is in no variable"),
    "another optimizer": (
        "adagrad",
        {"softmax_b/Ftrl": np.zeros(3, np.float32), "softmax_b/Adagrad": None},
        ADAM,
        "slots of different optimizers",
    ),
    "other betas": ("adam_own_betas", {}, ADAM, "powers of Adam's betas are not those of"),
    "no steps": (
        "adam",
        {"beta1_power": None, "beta2_power": None, "global_step": None},
        ADAM,
        "neither beta1_power nor global_step is stored",
    ),
    "two optimizers": (
        "adam",
        {"other/beta1_power": np.float32(0.9)},
        ADAM,
        "beta1_power, other/beta1_power are of several Adam optimizers",
    ),
    "no slots": ("adam", {"softmax_b/Adam": None, "softmax_b/Adam_1": None}, ADAM, "stored for s"),
    "no such number": ("adam", {}, {"momentum": 0.9}, "momentum is no hyperparameter of Adam"),
    "no momentum": ("momentum", {}, ADAM, "the momentum of Momentum is in no variable"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_optimizer_that_is_not_known_is_refused(rewritten, tmp_path, case):
    name, changes, given, words = WRONG[case]
    include = ("hidden", "softmax_")
    with pytest.raises(UserError, match=words) as error:
        saving.convert(
            rewritten(name, changes),
            tmp_path / "out.keras",
            include=include,
            with_slots=True,
            hyperparameters=given,
        )
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*.keras"))


def test_what_is_given_wins_over_the_graph(folder, tmp_path):
    model, lines = converted(folder, tmp_path, "adam", hyperparameters={"learning_rate": 0.5})
    assert float(model.optimizer.learning_rate.numpy()) == 0.5
    assert lines[-2].startswith("  learning_rate 0.5 (given), beta_1 0.9 (from .meta), ")


def test_layers_that_share_their_weights_have_no_slots(tmp_path):
    golden = GOLDEN.parent / "checkpoints" / "shared_layers"
    with pytest.raises(UserError, match="layers that share their weights become layers of their"):
        saving.convert(golden, tmp_path / "out.keras", Choice(layers=2), with_slots=True)


def test_a_matrix_and_a_bias_become_a_dense_layer(folder, tmp_path):
    lines = saving.convert(folder / "adam", tmp_path / "model.keras", include=READOUT)
    assert "  Dense, 5 units, activation relu, at every time step (hidden/w, hidden/b)" in lines
    assert any("activation linear, at every time step (softmax_w, softmax_b)" in x for x in lines)
    got = keras.models.load_model(tmp_path / "model.keras")(
        tf.constant(LOSSES["inputs"], tf.float32)
    )
    loss = np.mean(np.square(got - LOSSES["targets"]))
    assert loss == pytest.approx(LOSSES["adam"][0], rel=1e-6)


NO_DENSE = {
    "nowhere": "--include=nowhere: .* no variable that is not a cell is there",
    "hidden/w": r"there are hidden/w \(3, 5\)\.",
    "beta": r"there are beta1_power \(\), beta2_power \(\)",
    "softmax_": "softmax_w: it reads 5 features, but what comes before it puts out 3",
}


@pytest.mark.parametrize("scope", NO_DENSE)
def test_what_is_no_dense_layer_is_refused_by_its_name(folder, tmp_path, scope):
    with pytest.raises(UserError, match=NO_DENSE[scope]):
        saving.convert(folder / "adam", tmp_path / "out.keras", include=[scope])
    assert not list(tmp_path.glob("*.keras"))


def test_the_command_converts_with_readout_and_slots(folder, tmp_path, run_command):
    out = tmp_path / "model.keras"
    options = ["--include=hidden", "--include=softmax_", "--slots"]
    ended = run_command(
        "keras_rnn_tutorials.migrate", "convert", str(folder / "nesterov"), "-o", str(out), *options
    )
    assert ended.returncode == 0, ended.stderr
    assert "optimizer: TensorFlow 1's Momentum, 20 steps taken\n" in ended.stdout
    wrong = run_command(
        "keras_rnn_tutorials.migrate", "convert", "x", "-o", "y.keras", "--slots",
        "--hyperparameters=momentum:0.9",
    )  # fmt: skip
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1] == (
        "error: --hyperparameters=momentum:0.9: momentum:0.9 is not of the form learning_rate=0.01."
    )
