import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure

from keras_rnn_tutorials import record, runner
from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.errors import UserError, message
from keras_rnn_tutorials.runner.config import TrainConfig
from tests.faults import small

pytestmark = pytest.mark.usefixtures("blank_figures")


@dataclass(frozen=True, kw_only=True)
class Config(TrainConfig):
    epochs: Annotated[int, "passes"] = 3
    batch_size: Annotated[int, "examples"] = 8


def build_model(config):
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras.layers.SimpleRNN(4),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


@pytest.fixture
def train(small_dataset, tmp_path):
    def run(out="run", callbacks=(), **overrides):
        config = Config(out_dir=str(tmp_path / out), callbacks=callbacks, **overrides)
        return runner.train("small", config, lambda _: small_dataset, build_model)

    return run


@pytest.fixture(scope="module")
def tested_run(tmp_path_factory):
    """A run that scores the test set after every epoch."""
    config = Config(out_dir=str(tmp_path_factory.mktemp("tested") / "run"))
    return runner.train("small", config, small.load_data, build_model, test_every_epoch=True)


def test_a_run_is_recorded_and_its_files_are_named(train, small_dataset, tmp_path, capsys):
    run = train()
    (written,) = record.read(tmp_path / "run" / "record.json")
    assert written == run.record
    assert written.experiment == "small" and written.status == "complete"
    assert written.config == {"epochs": 3, "batch_size": 8}
    assert written.dataset == small_dataset.describe()
    assert written.dataset.examples == {"train": 50, "validation": 10, "test": 10}
    assert written.history == run.history.history
    assert set(written.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert {len(values) for values in written.history.values()} == {3}
    assert len(written.seconds.epochs) == 3 and written.seconds.compile > 0
    assert written.environment.keras == keras.__version__
    assert sorted(os.listdir(run.directory)) == [
        "curves.png", "curves.svg", "history.csv", "model.keras", "record.json", "tensorboard"
    ]  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("data: generated sample, not MNIST (50 train, 10 validation")
    assert lines[-3] == f"written to {run.directory}:"
    assert lines[-2].startswith("  history.csv, curves.png")
    assert max(map(len, lines[:2])) <= 80
    assert lines[-1] == "The data were a generated sample, not MNIST: do not quote this result."


def test_the_test_metrics_are_those_of_the_saved_model_on_the_test_set(tested_run, small_dataset):
    model = keras.models.load_model(tested_run.directory / "model.keras")
    probabilities = model.predict(small_dataset.test.x, verbose=0)
    accuracy = (probabilities.argmax(axis=1) == small_dataset.test.y).mean()
    assert tested_run.record.test["accuracy"] == pytest.approx(accuracy)


def test_the_test_set_is_scored_after_every_epoch_where_asked(tested_run):
    history = tested_run.record.history
    assert len(history["test_accuracy"]) == 3
    assert history["test_loss"][-1] == tested_run.record.test["loss"]
    assert len(set(history["test_loss"])) == 3


def test_tensorboard_has_all_splits_on_the_same_charts_and_the_runs_numbers(tested_run):
    charts, numbers = {}, []
    for path in sorted(tested_run.directory.glob("tensorboard/*/events*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "hparams":
                    numbers.append(value)
                else:
                    shown = charts.setdefault(value.tag, {}).setdefault(path.parent.name, [])
                    shown.append((event.step, float(tf.make_ndarray(value.tensor))))
    assert set(charts) == {"epoch_loss", "epoch_accuracy"}
    for split, prefix in (("train", ""), ("validation", "val_"), ("test", "test_")):
        losses = np.float32(tested_run.record.history[f"{prefix}loss"])
        assert charts["epoch_loss"][split] == [*enumerate(losses.tolist())]
    assert len(numbers) == 1 and b"batch_size" in numbers[0].metadata.plugin_data.content


def test_a_seed_fixes_the_history_to_the_last_bit(train):
    first, again, other = train("a").record, train("b").record, train("c", seed=1).record
    assert first.history == again.history and first.test == again.test
    assert first.history != other.history


def test_the_model_learns(train):
    assert train(epochs=20, batch_size=2).record.history["accuracy"][-1] > 0.9


def test_a_batch_larger_than_the_data_is_refused(train, tmp_path):
    with pytest.raises(UserError) as error:
        train(batch_size=51)
    assert str(error.value) == (
        "--batch_size=51 is more than the 50 training examples: give a smaller one."
    )
    assert os.listdir(tmp_path) == []


class InterruptInEpoch(keras.callbacks.Callback):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.number:
            raise KeyboardInterrupt


def test_an_interrupt_saves_the_finished_epochs_and_says_so(train, tmp_path):
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train(callbacks=[InterruptInEpoch(2)])
    assert message(interrupt.value) == (
        f"Interrupted: 2 of 3 epochs were saved in {tmp_path}/run: history.csv, curves.png, "
        "curves.svg, record.json. Continue with: python -m experiments.small "
        f"--out_dir={tmp_path}/run --resume"
    )
    (saved,) = record.read(tmp_path / "run" / "record.json")
    assert saved.status == "interrupted" and saved.test == {}
    assert len(saved.history["loss"]) == 2


def test_an_interrupt_in_the_first_epoch_saves_nothing(train, tmp_path):
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train(callbacks=[InterruptInEpoch(0)])
    assert "before an epoch was finished: nothing was saved" in message(interrupt.value)
    assert os.listdir(tmp_path) == []


def test_runs_go_to_runs_experiment_name_and_seed(small_dataset, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Config(epochs=1, seed=5)
    run = runner.train("small", config, lambda _: small_dataset, build_model)
    assert run.directory == Path("runs", "small", "default-seed5")
    assert (tmp_path / run.directory / "record.json").exists()


def test_the_recorded_loss_is_the_mean_over_the_examples_of_the_epoch(train, small_dataset):
    run = train(epochs=1)
    keras.utils.set_random_seed(0)
    model = build_model(None)
    summed = 0.0
    for x, y in batches.shuffled(small_dataset.train, 8, 0, epoch=0).as_numpy_iterator():
        probabilities = np.asarray(model(x))
        summed -= np.log(probabilities[np.arange(len(y)), y]).sum()
        model.train_on_batch(x, y)
    assert run.record.history["loss"][0] == pytest.approx(summed / 50, rel=1e-5)


def test_the_fingerprint_changes_with_any_byte(small_dataset):
    y = small_dataset.train.y.copy()
    y[3] = 1 - y[3]
    other = dataclasses.replace(small_dataset, train=small_dataset.train._replace(y=y))
    assert other.describe().fingerprint != small_dataset.describe().fingerprint


def test_what_an_experiment_measures_is_recorded_with_its_figure(tmp_path, small_dataset, capsys):
    config = Config(out_dir=str(tmp_path / "run"), seed=4)

    def measure(config, dataset):
        return {"first": float(keras.random.normal(())), "examples": len(dataset.train.y)}

    def draw(record):
        figure = Figure()
        figure.suptitle(f"{record.measured['examples']} examples of {record.title}")
        return figure

    run = runner.measure("found", config, measure, draw, lambda _: small_dataset)
    again = runner.measure("found", config, measure, draw, lambda _: small_dataset)
    assert run.record.measured == again.record.measured  # the seed is set
    assert run.record.measured["examples"] == 50
    assert record.read(run.directory / "record.json")[0].measured == run.record.measured
    assert run.figure().get_suptitle() == "50 examples of generated sample, not MNIST"
    files = sorted(os.listdir(run.directory))
    assert files == ["earlier", "figure.png", "figure.svg", "record.json"]
    assert "do not quote this result" in capsys.readouterr().out


def test_a_measurement_may_need_no_data(tmp_path):
    config = Config(out_dir=str(tmp_path / "run"))
    run = runner.measure("found", config, lambda *_: {"answer": 42}, lambda _: Figure())
    assert run.record.dataset is None and run.record.title == "no data"
    assert record.read(run.directory / "record.json") == [run.record]
