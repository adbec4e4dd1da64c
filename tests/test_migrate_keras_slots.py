"""Training that goes on in Keras 3 where TensorFlow 1.15.5's tf.keras stopped."""

import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import report, saving
from keras_rnn_tutorials.migrate.convert import Choice
from tests import golden_files

GOLDEN = Path(__file__).parent / "golden" / "keras_trainings"
LOSSES = np.load(GOLDEN / "losses.npz")
# What a checkpoint of objects does not hold, where it is not the default.
GIVEN = {
    "adam_own": {"epsilon": 1e-4},
    "nesterov": {"nesterov": True},
    "rmsprop_centered": {"epsilon": 1e-3},
}
GATES = {"amsgrad": "sigmoid"}
READOUT = {"saver": ["dense"], "objects": ["layer_with_weights-1"]}
NAMES = ["adam", "adam_own", "amsgrad", "nesterov", "rmsprop_centered", "rmsprop_momentum", "sgd"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoints, unpacked; to be read only."""
    return golden_files.unpack(GOLDEN, tmp_path_factory.mktemp("trainings"))


def converted(folder, tmp_path, name, form, **options):
    choice = Choice(recurrent_activation=GATES.get(name) if form == "objects" else None)
    given = GIVEN.get(name) if form == "objects" else None
    path = folder / name / f"{form}.ckpt"
    return saving.convert(
        path,
        tmp_path / "model.keras",
        choice,
        include=READOUT[form],
        with_slots=True,
        hyperparameters=given,
        **options,
    )


@pytest.mark.parametrize("form", READOUT)
@pytest.mark.parametrize("name", NAMES)
def test_the_next_50_losses_are_those_of_tensorflow_1(folder, tmp_path, name, form):
    lines = converted(folder, tmp_path, name, form)
    assert any(re.match(r"optimizer: tf\.keras' .*, 20 steps taken$", line) for line in lines)
    model = keras.models.load_model(tmp_path / "model.keras")
    model.compile(optimizer=model.optimizer, loss="mse")
    inputs, targets = (tf.constant(LOSSES[n], tf.float32) for n in ("inputs", "targets"))
    got = [float(model.train_on_batch(inputs, targets)) for _ in range(50)]
    wanted, exact = LOSSES[name], LOSSES[f"{name}/float64"]
    allowed = max(1e-6, 4 * np.abs(wanted - exact).max() / exact.max())
    assert np.abs(got - wanted).max() <= allowed * wanted.max()


def test_steps_and_hyperparameters_are_stored(folder, tmp_path):
    lines = converted(folder, tmp_path, "adam_own", "saver")
    assert lines[-2] == (
        "  learning_rate 0.02 (stored), beta_1 0.5 (stored), beta_2 0.95 (stored), epsilon 0.0001 "
        "(from .meta)"
    )
    lines = converted(folder, tmp_path, "nesterov", "saver")
    assert lines[-2].endswith("nesterov True (from .meta)")


REFUSED = {
    "rmsprop": "tf.keras' RMSprop without momentum adds its epsilon to a root under which Keras 3",
    "adagrad": "tf.keras' Adagrad adds its epsilon to a root under which Keras 3 adds it",
    "adamax": "tf.keras' Adamax is not converted|Adam or Adamax",
    "nadam": "tf.keras' Nadam is not converted by --slots",
    "decay": "the learning rate has a decay of 0.1",
    "sgd_plain": "no optimizer's slots are stored for",
}


@pytest.mark.parametrize("form", READOUT)
@pytest.mark.parametrize("name", REFUSED)
def test_what_keras_3_does_otherwise_is_refused_by_name(folder, tmp_path, name, form):
    with pytest.raises(UserError, match=REFUSED[name]) as error:
        converted(folder, tmp_path, name, form)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_an_optimizer_of_tf_train_is_read_from_a_savers_checkpoint_only(folder, tmp_path):
    lines = converted(folder, tmp_path, "adam_of_tf_train", "saver")
    assert "optimizer: TensorFlow 1's Adam, 20 steps taken" in lines
    with pytest.raises(UserError, match="optimizer/optimizer/iter is not stored"):
        converted(folder, tmp_path, "adam_of_tf_train", "objects")


def test_slots_are_listed_beside_their_weights(folder):
    for form in READOUT:
        (network,) = report.inspect(folder / "amsgrad" / f"{form}.ckpt")["networks"]
        assert network["slots"] == ["m", "v", "vhat"]


def test_the_old_hard_sigmoid_is_loaded_with_the_import_that_is_printed(folder, tmp_path):
    """Weights that an optimizer goes on with are not scaled: the gates keep their own function."""
    lines = converted(folder, tmp_path, "adam", "saver")
    (line,) = [line for line in lines if "hard sigmoid" in line]
    imported = re.search(r"import \S+", line)[0]
    code = (
        f"import keras, sys\n{imported}\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "print(model.layers[1].recurrent_activation.__name__)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.keras")], capture_output=True, text=True
    )
    assert ended.stdout == "tf1_hard_sigmoid\n", ended.stderr
