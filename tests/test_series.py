import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import keras
import pytest
from matplotlib.figure import Figure

from keras_rnn_tutorials import record, runner
from keras_rnn_tutorials.errors import UserError, message
from keras_rnn_tutorials.runner.state import Identity, State
from tests.faults import small

NAMES = ("first", "second", "third")


@dataclass(frozen=True, kw_only=True)
class Config(runner.ResumableConfig):
    units: Annotated[int, "units"] = 4


class Stop(keras.callbacks.Callback):
    """Interrupts the training of one model, or of none, and notes all of them."""

    def __init__(self, model=None):
        super().__init__()
        self.stopped, self.begun = model, []

    def begin(self, name):
        self.begun.append(name)
        if name == self.stopped:
            raise KeyboardInterrupt


@pytest.fixture
def train(tmp_path):
    """Trains three models; returns the run."""

    def measure(config, dataset, once):
        def one(name, callbacks):
            stop, charts = callbacks
            stop.begin(name)
            charts.on_train_begin()
            charts.on_epoch_end(0, {"loss": 1.0})
            charts.on_train_end()
            return {"drawn": float(keras.random.normal(()))}

        return {
            name: once(name, lambda callbacks, name=name: one(name, callbacks)) for name in NAMES
        }

    def run(out="run", stop=None, **overrides):
        config = Config(out_dir=str(tmp_path / out), callbacks=[stop or Stop()], **overrides)
        return runner.train_several("several", config, small.load_data, measure, lambda _: Figure())

    return run


def test_a_resumed_run_trains_the_models_that_are_left(train, tmp_path, capsys):
    whole = train("whole")
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train(stop=Stop("third"))
    assert message(interrupt.value) == (
        f"Interrupted: the results of 2 models were saved in {tmp_path / 'run'}. Continue with: "
        f"python -m experiments.several --out_dir={tmp_path / 'run'} --resume"
    )
    assert os.listdir(tmp_path / "run") == ["unfinished"]
    resumed = train(stop=(left := Stop()), resume="yes")
    assert left.begun == ["third"]
    assert "Resumed after 2 models." in capsys.readouterr().out
    assert resumed.record.measured == whole.record.measured
    assert record.read(tmp_path / "run" / "record.json") == [resumed.record]
    assert sorted(os.listdir(resumed.directory / "tensorboard")) == sorted(NAMES)


def test_a_run_whose_first_model_was_interrupted_saved_nothing(train, tmp_path):
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train(stop=Stop("first"))
    assert message(interrupt.value) == "Interrupted: nothing was saved."
    assert not (tmp_path / "run").exists()


def test_a_complete_run_is_not_trained_again(train, capsys):
    whole = train()
    again = train(stop=(left := Stop()), resume="yes")
    assert left.begun == [] and again.record == whole.record
    assert "is complete: there is nothing to resume" in capsys.readouterr().out


def test_a_run_that_was_killed_before_it_removed_its_state_is_complete(train, monkeypatch, capsys):
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        whole = train()
    assert (whole.directory / "unfinished" / "state.npz").exists()
    assert train(stop=(left := Stop()), resume="yes").record == whole.record
    assert left.begun == [] and "is complete" in capsys.readouterr().out
    assert "unfinished" not in os.listdir(whole.directory)


def test_another_units_results_are_refused(train):
    with pytest.raises(KeyboardInterrupt):
        train(stop=Stop("second"))
    with pytest.raises(UserError, match="was saved with units=4, but this run has units=5"):
        train(resume="yes", units=5)


@pytest.mark.parametrize(
    "progress",
    [
        {},
        {"results": [], "seconds": 1.0, "history": None},
        {"results": {"first": 3}, "seconds": 1.0, "history": None},
        {"results": {}, "seconds": "1", "history": None},
        {"results": {}, "seconds": 1.0, "history": None, "more": 1},
    ],
)
def test_a_state_without_results_is_refused(progress, tmp_path):
    path = tmp_path / "state.npz"
    State(Identity("several", {}, {}), {}, progress, {}).write(path)
    with pytest.raises(UserError, match="damaged"):
        State.read(path).check_results(path)
