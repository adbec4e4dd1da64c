import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments import unrolled_lstm
from experiments.unrolled_lstm import characters
from keras_rnn_tutorials.data import imdb
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import read

SMALL = unrolled_lstm.Config(steps=6, units=5)


def _batch():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, unrolled_lstm.CLASSES, (2, 4, 6)).astype(np.int32)
    return x, y


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-6), ("float64", 1e-14)])
def test_unrolled_and_looped_have_equal_loss_and_gradients(dtype, bound):
    apart = unrolled_lstm.differences(SMALL, *_batch(), dtype)
    assert list(apart) == list(unrolled_lstm.COMPARED)
    assert max(gaps["absolute"] for gaps in apart.values()) < bound


def test_the_looped_model_loops_and_the_unrolled_one_does_not():
    x, _ = _batch()
    for looped in (False, True):
        model = unrolled_lstm.build_model(SMALL, looped=looped)
        graph = tf.function(model).get_concrete_function(x).graph
        assert any("While" in op.type for op in graph.get_operations()) == looped


def test_the_loss_is_the_cross_entropies_added_up():
    keras.utils.set_random_seed(0)
    x, y = _batch()
    model = unrolled_lstm.build_model(SMALL)
    kernel, recurrent, bias, readout, readout_bias = (np.float64(w) for w in model.get_weights())
    h = c = np.zeros((4, 5))
    wanted = np.zeros(4)
    for t in range(6):
        gates = np.eye(unrolled_lstm.CLASSES)[x[:, t]] @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(gates, 4, axis=1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        logits = h @ readout + readout_bias
        wanted += np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(4), y[:, t]]
    np.testing.assert_allclose(unrolled_lstm.summed_loss(y, model(x)), wanted, rtol=1e-5)


def test_parameters():
    # 97 characters and 128 units into four gates, and the readout.
    wanted = 4 * 128 * (97 + 128 + 1) + 97 * (128 + 1)
    assert unrolled_lstm.build_model(unrolled_lstm.Config(steps=2)).count_params() == wanted


def test_characters_are_their_ids_and_unknown_ones_are_marked():
    assert characters.decode(characters.encode("A b\n~")) == "A b\n~"
    assert characters.decode(characters.encode("é\t€\x00")) == "\N{REPLACEMENT CHARACTER}" * 4
    assert len(characters.KNOWN) == 97


def test_targets_are_the_next_characters(short_samples, monkeypatch):
    monkeypatch.setattr(characters, "TRAINED_ON", imdb.TRAINED_ON)
    dataset = characters.load("sample", steps=7, windows=30)
    x, y = dataset.train
    assert x.shape == y.shape == (30, 7) and x.dtype == np.int32
    np.testing.assert_array_equal(x.ravel()[1:], y.ravel()[:-1])
    assert len(dataset.validation.x) == len(dataset.test.x) == 3
    with pytest.raises(UserError, match="do not hold"):
        characters.load("sample", steps=10**6, windows=10**3)


def test_writing_escapes_control_characters():
    class Model:
        def predict_on_batch(self, ids):
            logits = np.full((*ids.shape, 97), -100, np.float32)
            logits[..., 1] = 100  # always a new line
            return logits

    lines = characters.write_on(Model(), [characters.encode("ab\n")], 2, 0.5, 0)
    assert lines == ["ab\\n|\\n\\n"]


def test_the_command_runs_to_its_end_without_data(run_command, tmp_path):
    flags = ["--data=sample", "--epochs=1", "--steps=5", "--units=8", "--windows=256"]
    done = run_command("experiments.unrolled_lstm", *flags, f"--out_dir={tmp_path / 'run'}")
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert "written after the |" in done.stdout
    (record,) = read(tmp_path / "run" / "record.json")
    assert len(record.history["loss"]) == record.config["epochs"]
    assert len(record.measured["written"]) == 3
    figure = unrolled_lstm.draw(record)
    title = figure.get_suptitle()
    assert figure.axes[1].get_ylabel() == "loss (bits per character; chance: 6.6)"
    drawn = figure.axes[1].lines[0].get_ydata()[0]
    assert drawn == pytest.approx(record.history["loss"][0] / 5 / math.log(2))
    assert "generated sample, not IMDB, seed 0" in title
