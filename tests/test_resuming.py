"""Runs that are cut short and resumed: the same to the last bit as runs that are not."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import CannotWrite, RunFailed, UserError
from keras_rnn_tutorials.runner import callbacks, state, resuming
from tests.faults import small

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


@pytest.fixture
def stop(monkeypatch):
    """Has the next run stopped by Ctrl-C in an epoch (from 0), after so many of its steps."""

    def stop_in(epoch, step):
        def interrupt(self, batch, logs=None):
            done = self._first_step + min(batch + 1, self.params["steps"])
            if (self._epoch, done) >= (epoch, step):
                raise KeyboardInterrupt
            look(self, batch, logs)

        look = callbacks.StopWhereNotFinite.on_train_batch_end
        monkeypatch.setattr(callbacks.StopWhereNotFinite, "on_train_batch_end", interrupt)
        return monkeypatch.undo

    return stop_in


def assert_same(run, other):
    """Every number but the seconds, every weight, every bit."""
    fields, others = (dataclasses.asdict(one.record) for one in (run, other))
    seconds = fields.pop("seconds"), others.pop("seconds")
    assert fields == others
    assert [len(s["epochs"]) for s in seconds] == [run.record.config["epochs"]] * 2
    models = [keras.models.load_model(one.directory / "model.keras") for one in (run, other)]
    weights = [[*m.get_weights(), *map(np.array, m.optimizer.variables)] for m in models]
    for a, b in zip(*weights, strict=True):
        assert a.tobytes() == b.tobytes()
    assert sorted(p.name for p in run.directory.iterdir() if p.name != "earlier") == sorted(
        p.name for p in other.directory.iterdir()
    )


@pytest.mark.parametrize(("every", "cut"), [(None, (1, STEPS)), (3, (1, 6)), (3, (2, STEPS))])
def test_a_run_cut_short_and_resumed_is_the_same_run(train, whole, stop, every, cut):
    undo = stop(*cut)
    with pytest.raises(KeyboardInterrupt):
        train(save_every=every)
    undo()
    assert_same(train(resume="yes", save_every=every), whole)


def test_a_run_may_be_cut_short_again_and_again(train, whole, stop, tmp_path):
    for cut in ((0, 2), (0, 3), (1, 1), (2, STEPS)):
        undo = stop(*cut)
        with pytest.raises(KeyboardInterrupt):
            train(resume="yes", save_every=1)
        undo()
        state = state.read(tmp_path / "run" / "unfinished" / "state.npz")
        assert (state.epoch, state.step) == (cut[0], cut[1] - 1)
    assert_same(train(resume="yes"), whole)


def test_all_but_the_test_is_done_once(train, whole, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(callbacks.SaveState, "on_train_end", interrupt)
        train()
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("fitted again"))
    assert_same(train(resume="yes"), whole)


def test_a_complete_run_is_not_made_again(train, whole, capsys):
    again = train(whole.directory, resume="yes")
    assert again.record == whole.record
    assert capsys.readouterr().out == (
        f"The run in {whole.directory} is complete: there is nothing to resume.\n"
    )
    with pytest.raises(UserError, match="saved with seed=0, and this run has seed=1: give the sa"):
        train(whole.directory, resume="yes", seed=1)


@pytest.fixture
def state_path(train, stop, tmp_path):
    undo = stop(1, 4)
    with pytest.raises(KeyboardInterrupt):
        train()
    undo()
    return tmp_path / "run" / "unfinished" / "state.npz"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 0.5}, "was saved with rate=0.02, and this run has rate=0.5: give the same"),
        ({"epochs": 4}, "was saved with epochs=3, and this run has epochs=4: give the same"),
        ({"seed": 1}, "was saved with seed=0, and this run has seed=1: give the same"),
        ({"deterministic": False}, "with deterministic=True, and this run has deterministic=False"),
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
    with pytest.raises(UserError, match="was saved with fingerprint=.* and this run has fingerp"):
        train(resume="force")
    assert state_path.exists()


def test_a_state_of_another_version_is_taken_by_force_only(train, state_path, whole):
    state = state.read(state_path)
    versions = {**state.run["versions"], "keras": "3.14.0"}
    old = dataclasses.replace(state, run={**state.run, "versions": versions})
    state.write(state_path, old)
    with pytest.raises(UserError, match="saved with keras=3.14.0, and this .*--resume=force"):
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
    assert f"with --resume --out_dir={kept} it goes on." in capsys.readouterr().out
    assert_same(train("run/earlier/1", resume="yes"), whole)


def test_a_loss_that_is_not_finite_fails_the_run(train, tmp_path):
    with pytest.raises(RunFailed) as failure:
        train(rate=3e38)
    message = str(failure.value)
    assert "in epoch 1 by step 7" in message and "marked failed" in message and "\n" not in message
    saved = record.read(tmp_path / "run" / "record.json")
    assert saved.status == "failed" and saved.failure in message
    assert saved.history == {} and saved.test == {}


def test_a_failed_run_names_its_last_good_state(train, tmp_path, monkeypatch):
    def fail(self, epoch, logs=None):
        if epoch == 1:
            logs["val_loss"] = float("nan")
        look(self, epoch, logs)

    look = callbacks.StopWhereNotFinite.on_epoch_end
    monkeypatch.setattr(callbacks.StopWhereNotFinite, "on_epoch_end", fail)
    with pytest.raises(RunFailed) as failure:
        train()
    assert str(failure.value) == (
        f"val_loss was nan after epoch 2: 1 of 3 epochs were saved in {tmp_path}/run, marked "
        "failed; the last good state is that after epoch 1."
    )
    assert state.read(tmp_path / "run" / "unfinished" / "state.npz").epoch == 1
    assert len(record.read(tmp_path / "run" / "record.json").history["loss"]) == 1


@pytest.mark.parametrize(
    ("error", "told"), [(CannotWrite("Full."), "Full."), (KeyboardInterrupt(), "Interrupted.")]
)
def test_what_stops_a_run_says_how_it_goes_on(tmp_path, error, told):
    path = tmp_path / "state.npz"
    path.touch()
    with pytest.raises(type(error)) as stopped, resuming.told(path, "COMMAND", type(error)):
        raise error
    assert str(stopped.value) == f"{told} Continue with: COMMAND"
    path.unlink()
    with pytest.raises(type(error)) as stopped, resuming.told(path, "COMMAND", type(error)):
        raise error
    assert stopped.value is error
