"""States on disk: complete, finite, and not lost to a signal."""

import io
import os
import random
import signal

import keras
import numpy as np
import pytest

from keras_rnn_tutorials.errors import RunFailed, UserError
from keras_rnn_tutorials.runner import state as state_module
from keras_rnn_tutorials.runner import variables
from keras_rnn_tutorials.runner.state import Identity, State
from keras_rnn_tutorials.storage import sealed


@pytest.fixture
def save(tmp_path):
    """Saves one weight as a run's state after some epoch."""

    def call(weight, epoch):
        progress = {"step": 5 * epoch, "epoch_seconds": [1.0] * epoch, "spent_seconds": 0.0}
        variables = {"model-0": np.array([weight, 1.0], np.float32)}
        State(Identity("small", {}, {}), {}, progress, variables).write(tmp_path / "state.npz")

    return call


def epochs_saved(tmp_path):
    return len(State.read(tmp_path / "state.npz").progress["epoch_seconds"])


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_a_state_that_is_not_finite_does_not_replace_the_last_good_one(save, tmp_path, weight):
    save(0.5, 1)
    with pytest.raises(RunFailed, match=r"A weight \(model-0\) was not finite after epoch 2"):
        save(weight, 2)
    assert epochs_saved(tmp_path) == 1


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_ctrl_c_waits_for_the_state_in_hand(save, tmp_path, monkeypatch, step):
    call = getattr(os, step)

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return call(*arguments)

    monkeypatch.setattr(os, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(0.5, 1)
    assert epochs_saved(tmp_path) == 1
    assert os.listdir(tmp_path) == ["state.npz"]


def test_every_source_of_random_numbers_goes_on_where_it_was():
    def draw():
        return [random.gauss(0, 1), np.random.normal(), float(keras.random.uniform(()))]

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    draw()  # so that Python's and NumPy's generators each hold a spare normal number
    taken = variables.take(model, within_epoch=False)
    drawn = draw()
    assert draw() != drawn
    variables.put(model, taken)
    assert draw() == drawn


def _progress(**changes):
    return {
        "step": 14, "finished": False, "history": {"loss": [0.5, 0.25]}, "build_seconds": 1.0,
        "epoch_seconds": [1.0, 1.0], "spent_seconds": 0.0, **changes,
    }  # fmt: skip


def _check(path, progress, arrays):
    State(Identity("small", {}, {}), {}, progress, arrays).write(path)
    found = State.read(path)
    found.check_progress(path, epochs=3)
    found.check_step(path, steps_per_epoch=7)


def test_a_state_between_epochs_and_one_within_an_epoch_are_good(tmp_path):
    _check(tmp_path / "state.npz", _progress(), {})
    _check(tmp_path / "state.npz", _progress(step=15, spent_seconds=0.5), {})


@pytest.mark.parametrize(
    "progress",
    [
        {},
        _progress(more=1),
        _progress(step="14"),
        _progress(step=-1),
        _progress(step=10**18),
        _progress(step=15),
        _progress(spent_seconds=1.0),
        _progress(history=[]),
        _progress(history={"loss": [0.5]}),
        _progress(history={"loss": [0.5, "1"]}),
        _progress(history={"loss": [0.5, float("nan")]}),
        _progress(epoch_seconds=[1.0] * 4, history={"loss": [1.0] * 4}, step=28),
        _progress(history={"loss": [[], []]}),
    ],
)
def test_a_state_from_which_no_run_can_go_on_is_refused(tmp_path, progress):
    with pytest.raises(UserError, match="is damaged or was saved by another version: leave out --"):
        _check(tmp_path / "state.npz", progress, {})


@pytest.mark.parametrize(
    "fields",
    [
        "[" * 100_000,
        '{"identity": {"experiment": "", "config": ' + "[" * 900 + "]" * 900 + "}}",
        '{"identity": {"experiment": "x", "config": [], "versions": {}}, "machine": {}, '
        '"progress": {}}',
        '{"identity": {}, "identity": {}}',
        "1" * 5_000,
        "null",
    ],
)
def test_hostile_fields_in_a_state_are_refused(tmp_path, fields):
    text = np.frombuffer(fields.encode(), np.uint8)
    content = sealed.to_bytes({"state": text}, state_module._KEY)
    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(UserError, match="state.npz is damaged or was saved by another version"):
        State.read(tmp_path / "state.npz")


def test_a_compressed_state_is_not_unpacked(tmp_path):
    content = io.BytesIO()
    np.savez_compressed(content, state=np.zeros(10**7, np.uint8))
    stored = content.getvalue()
    (tmp_path / "state.npz").write_bytes(stored + sealed._digest(stored, state_module._KEY))
    with pytest.raises(UserError, match="state.npz is damaged or was saved by another version"):
        State.read(tmp_path / "state.npz")


@pytest.mark.parametrize("name", ["python-keys", "numpy-keys", "numpy-rest"])
def test_damaged_states_of_random_generators_are_refused(name):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    taken = variables.take(model, within_epoch=False)
    model.optimizer.build(model.trainable_variables)
    taken = variables.take(model, within_epoch=False) | {name: np.array([1])}
    with pytest.raises(UserError, match="random generators are damaged: leave --resume out"):
        variables.put(model, taken)


def test_what_a_state_says_gives_no_terminal_a_command(tmp_path):
    saved = Identity("small", {"rate": "\x1b[2J"}, {})
    with pytest.raises(UserError) as error:
        saved.check(Identity("small", {"rate": 1}, {}), tmp_path / "state.npz")
    assert r"rate=\x1b[2J" in str(error.value) and str(error.value).isprintable()
