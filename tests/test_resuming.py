"""Interrupted and resumed runs: bit-for-bit identical to uninterrupted runs."""

import contextlib
import dataclasses
import shutil
import signal

import keras
import numpy as np
import pytest

from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import CannotWrite, RunFailed, UserError, message
from keras_rnn_tutorials.runner.state import State
from tests.faults import small

pytestmark = pytest.mark.usefixtures("blank_figures")

STEPS = 7  # of an epoch: 50 examples, 8 a step


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def whole(root):
    """A run that nothing stopped."""
    return small.main(out_dir=str(root / "whole"))


@pytest.fixture
def train(tmp_path):
    def run(out="run", **overrides):
        return small.main(out_dir=str(tmp_path / out), **overrides)

    return run


class Stop(keras.callbacks.Callback):
    """Stops a run by Ctrl-C in an epoch (from 0), before the state after so many steps is saved."""

    def __init__(self, epoch, step):
        super().__init__()
        self.place = epoch, step

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch + 1) >= self.place:
            raise KeyboardInterrupt


def assert_same(run, other):
    """Every number but the seconds, every weight, every bit."""
    timeless = [
        dataclasses.replace(one.record, seconds=record.Seconds(), date="") for one in (run, other)
    ]
    assert timeless[0] == timeless[1]
    for one in (run, other):
        assert len(one.record.seconds.epochs) == run.record.config["epochs"]
    models = [keras.models.load_model(one.directory / "model.keras") for one in (run, other)]
    weights = [[*m.get_weights(), *map(np.array, m.optimizer.variables)] for m in models]
    for a, b in zip(*weights, strict=True):
        assert a.tobytes() == b.tobytes()
    assert sorted(p.name for p in run.directory.iterdir() if p.name != "earlier") == sorted(
        p.name for p in other.directory.iterdir()
    )


@pytest.mark.few(1)
@pytest.mark.parametrize(("every", "cut"), [(None, (1, STEPS)), (3, (1, 6)), (3, (2, STEPS))])
def test_an_interrupted_and_resumed_run_is_the_same_run(train, whole, every, cut):
    with pytest.raises(KeyboardInterrupt):
        train(save_every=every, callbacks=[Stop(*cut)])
    assert_same(train(resume="yes", save_every=every), whole)


def test_a_run_may_be_interrupted_again_and_again(train, whole, tmp_path):
    for cut in ((0, 2), (0, 3), (1, 1), (2, STEPS)):
        with pytest.raises(KeyboardInterrupt):
            train(resume="yes", save_every=1, callbacks=[Stop(*cut)])
        saved = State.read(tmp_path / "run" / "unfinished" / "state.npz")
        assert saved.progress["step"] == cut[0] * STEPS + cut[1] - 1
        assert len(saved.progress["epoch_seconds"]) == cut[0]
    assert_same(train(resume="yes"), whole)


def test_an_epochs_end_is_saved_once_with_its_evaluations(train, monkeypatch):
    saved, write = [], State.write

    def note(self, path):
        saved.append((self.progress["step"], len(self.progress["history"].get("val_loss", []))))
        write(self, path)

    monkeypatch.setattr(State, "write", note)
    train(save_every=STEPS, epochs=2)
    assert saved == [(STEPS, 1), (2 * STEPS, 2)]


def test_all_but_the_test_is_done_once(train, whole):
    class StopAtTheEnd(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            raise KeyboardInterrupt

    class NoMoreSteps(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            pytest.fail("trained again")

    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[StopAtTheEnd()])
    assert_same(train(resume="yes", callbacks=[NoMoreSteps()]), whole)


def test_a_training_that_a_callback_ends_early_is_not_gone_on_with(train):
    class EndEarly(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

        def on_train_end(self, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[EndEarly()])
    run = train(resume="yes")
    assert run.record.status == "complete" and len(run.record.history["loss"]) == 2


def test_callbacks_see_the_history_of_the_whole_run(train, whole):
    class Watch(keras.callbacks.Callback):
        epochs, steps = [], []

        def on_train_batch_end(self, batch, logs=None):
            self.steps.append(batch)

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append((epoch, logs["loss"]))

    with pytest.raises(KeyboardInterrupt):
        train(save_every=2, callbacks=[Stop(1, 6)])
    run = train(resume="yes", save_every=2, callbacks=[Watch()])
    losses = whole.record.history["loss"]
    assert Watch.epochs == [(1, losses[1]), (2, losses[2])]
    assert Watch.steps == [5, 6, 1, 3, 5, 6]
    assert run.model.history is run.history and run.history.epoch == [0, 1, 2]
    assert run.history.history["loss"] == losses


def test_a_complete_run_is_not_made_again(train, whole, capsys):
    again = train(whole.directory, resume="yes")
    assert again.record == whole.record
    assert capsys.readouterr().out == (
        f"The run in {whole.directory} is complete: there is nothing to resume.\n"
    )
    with pytest.raises(UserError, match="saved with seed=0, but this run has seed=1: give the sa"):
        train(whole.directory, resume="yes", seed=1)


@pytest.fixture(scope="module")
def interrupted(root):
    """The folder of a run that was interrupted in its second epoch."""
    with pytest.raises(KeyboardInterrupt):
        small.main(out_dir=str(root / "interrupted"), callbacks=[Stop(1, 4)])
    return root / "interrupted"


@pytest.fixture
def state_path(interrupted, tmp_path):
    """The saved state of a copy of it, which `train` finds."""
    shutil.copytree(interrupted, tmp_path / "run")
    return tmp_path / "run" / "unfinished" / "state.npz"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 0.5}, "was saved with rate=0.02, but this run has rate=0.5: give the same"),
        ({"epochs": 4}, "was saved with epochs=3, but this run has epochs=4: give the same"),
        ({"seed": 1}, "was saved with seed=0, but this run has seed=1: give the same"),
        ({"deterministic": False}, "with deterministic=True, but this run has deterministic=False"),
    ],
)
def test_a_state_of_another_run_is_refused(train, state_path, changes, message):
    before = state_path.read_bytes()
    for resume in ("yes", "force"):
        with pytest.raises(UserError, match=message):
            train(resume=resume, **changes)
    assert state_path.read_bytes() == before


def test_a_state_of_other_data_is_refused(train, state_path, monkeypatch):
    dataset = small.load_data(None)
    dataset.train.x[0, 0, 0] += 1
    monkeypatch.setattr(small, "load_data", lambda _: dataset)
    with pytest.raises(UserError, match="was saved with fingerprint=.* but this run has fingerp"):
        train(resume="force")
    assert state_path.exists()


def test_a_state_of_another_version_is_taken_by_force_only(train, state_path, whole):
    state = State.read(state_path)
    versions = {**state.identity.versions, "keras": "3.14.0"}
    identity = dataclasses.replace(state.identity, versions=versions)
    dataclasses.replace(state, identity=identity).write(state_path)
    with pytest.raises(UserError, match="saved with keras=3.14.0, but this .*--resume=force"):
        train(resume="yes")
    assert_same(train(resume="force"), whole)


def test_a_state_of_changed_code_is_refused(train, state_path, monkeypatch):
    def narrower(config):
        model = keras.Sequential(
            [keras.Input((5, 3)), keras.layers.SimpleRNN(3), keras.layers.Dense(2)]
        )
        model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    monkeypatch.setattr(small, "build_model", narrower)
    with pytest.raises(UserError, match="saved model variables are not those of this run, whose"):
        train(resume="yes")


def test_without_resume_an_unfinished_run_is_kept_and_can_go_on(train, state_path, whole, capsys):
    train(seed=3)
    kept = state_path.parent.parent / "earlier" / "1"
    assert f"continue it with --resume --out_dir={kept}." in capsys.readouterr().out
    assert_same(train("run/earlier/1", resume="yes"), whole)


def test_a_loss_that_is_not_finite_fails_the_run(train, tmp_path):
    with pytest.raises(RunFailed) as failure:
        train(rate=3e38)
    line = message(failure.value)
    assert "in epoch 1 by step 7" in line and "marked failed" in line and "\n" not in line
    (saved,) = record.read(tmp_path / "run" / "record.json")
    assert saved.status == "failed" and saved.failure in line
    assert saved.history == {} and saved.test == {}


def test_a_failed_run_names_its_last_good_state(train, tmp_path, monkeypatch):
    class Ruin(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_test_begin(self, logs=None):
            if self.epoch == 1:
                self.model.trainable_variables[-1].assign([float("nan")] * 2)

    with pytest.raises(RunFailed) as failure:
        train(callbacks=[Ruin()])
    assert message(failure.value) == (
        f"The val_loss became nan after epoch 2. 1 of 3 epochs were saved in {tmp_path}/run, "
        "marked failed; the last good state is that after epoch 1."
    )
    saved = State.read(tmp_path / "run" / "unfinished" / "state.npz")
    assert len(saved.progress["epoch_seconds"]) == 1
    assert len(record.read(tmp_path / "run" / "record.json")[0].history["loss"]) == 1


@pytest.mark.parametrize(
    ("error", "said"), [(CannotWrite("Full."), "Full."), (KeyboardInterrupt(), "Interrupted.")]
)
def test_what_stops_a_run_says_how_it_goes_on(
    train, state_path, tmp_path, monkeypatch, error, said
):
    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise error

    def fail(_):
        raise error

    with pytest.raises(type(error)) as stopped:  # no state is saved yet
        train("new", callbacks=[Fail()])
    assert "Continue with" not in message(stopped.value)
    error.__notes__ = []
    monkeypatch.setattr(small, "load_data", fail)
    with pytest.raises(type(error)) as stopped:
        train(resume="yes")
    assert stopped.value is error and message(error) == (
        f"{said} Continue with: python -m experiments.small --out_dir={tmp_path}/run --resume"
    )


def test_an_interrupt_that_tracing_replaced_is_one_to_the_run(train, whole, tmp_path):
    class Trace(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                with contextlib.suppress(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGINT)
                raise TypeError("in user code: bad argument to internal function")

    with pytest.raises(KeyboardInterrupt) as stopped:
        train(callbacks=[Trace()])
    said = message(stopped.value)
    assert said.startswith(f"Interrupted: 1 of 3 epochs were saved in {tmp_path}/run: ")
    assert said.endswith(
        f"Continue with: python -m experiments.small --out_dir={tmp_path}/run --resume"
    )
    assert_same(train(resume="yes"), whole)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data", "record.json was saved with fingerprint=.* but this run has fingerprint="),
        ("version", "record.json was saved with numpy=.* but this run has numpy=0: install that"),
        ("code", "saved with keras_rnn_tutorials=.* but this run has keras_rnn_tutorials=0"),
        ("determinism", "saved with deterministic=True, but this run has deterministic=False"),
    ],
)
def test_another_complete_run_is_not_taken_for_this_one(train, whole, monkeypatch, change, message):
    before = (whole.directory / "record.json").read_bytes()
    options = {"deterministic": False} if change == "determinism" else {}
    if change == "data":
        dataset = small.load_data(None)
        dataset.train.x[0, 0, 0] += 1
        monkeypatch.setattr(small, "load_data", lambda _: dataset)
    elif change == "version":
        here = dataclasses.replace(record.Environment.here(), numpy="0")
        monkeypatch.setattr(record.Environment, "here", lambda: here)
    elif change == "code":
        monkeypatch.setattr("keras_rnn_tutorials.__version__", "0")
    with pytest.raises(UserError, match=message):
        train(whole.directory, resume="yes", **options)
    if change in ("version", "code"):
        assert train(whole.directory, resume="force").record == whole.record
    assert (whole.directory / "record.json").read_bytes() == before
