"""States on disk: whole, finite, and not given up for a signal."""

import os
import random
import signal

import keras
import numpy as np
import pytest

from keras_rnn_tutorials.errors import RunFailed
from keras_rnn_tutorials.runner import variables
from keras_rnn_tutorials.runner.state import Identity, State


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
