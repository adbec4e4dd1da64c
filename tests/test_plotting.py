import dataclasses

import pytest

from keras_rnn_tutorials import plotting
from keras_rnn_tutorials.record import Data


def _axes(record):
    return {axes.get_ylabel(): axes for axes in plotting.curves(record).axes}


def test_training_is_dots_and_validation_a_line_over_epochs_from_one(record):
    axes = _axes(record)["accuracy (fraction right)"]
    training, validation = axes.get_lines()
    assert (training.get_linestyle(), training.get_marker()) == ("None", "o")
    assert (validation.get_linestyle(), validation.get_marker()) == ("-", "None")
    assert list(training.get_xdata()) == [1, 2]
    assert list(training.get_ydata()) == record.history["accuracy"]
    assert list(validation.get_ydata()) == record.history["val_accuracy"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]
    assert axes.get_xlabel() == "epoch"


def test_test_metrics_of_every_epoch_are_drawn_too(record):
    history = record.history | {"test_loss": [5.0, 6.0]}
    axes = _axes(dataclasses.replace(record, history=history))["loss (nats, mean of an epoch)"]
    assert list(axes.get_lines()[2].get_ydata()) == [5.0, 6.0]
    assert axes.get_legend().get_texts()[2].get_text() == "test"


def test_the_title_names_experiment_variant_data_and_seed(record):
    assert plotting.title(record) == "mnist_lstm variant=corrected\nMNIST, seed 7"


def test_a_sample_is_never_taken_for_the_real_thing(record):
    sample = dataclasses.replace(
        record, dataset=dataclasses.replace(record.dataset, origin="sample")
    )
    assert plotting.title(sample).endswith("generated sample, not MNIST, seed 7")
    assert Data("imdb_reviews", "sample", {}, "").title == "generated sample, not IMDB"
    assert Data("imdb_reviews", "tfds", {}, "").title == "IMDB"


def test_an_interrupted_run_says_so(record):
    interrupted = dataclasses.replace(record, status="interrupted")
    assert plotting.title(interrupted).endswith("seed 7, interrupted before its last epoch")


def test_text_of_a_record_is_drawn_as_it_is(record, tmp_path):
    evil = dataclasses.replace(record, config={"variant": "$x_{$ \x1b[31m <svg onload=a()>"})
    assert "\x1b" not in plotting.title(evil)
    plotting.save(plotting.curves(evil), tmp_path / "a.svg")
    assert b"onload=a()>" not in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_record_gives_the_same_bytes(record, tmp_path, kind):
    for name in ("a", "b"):
        plotting.save(plotting.curves(record), tmp_path / f"{name}.{kind}")
    first, second = ((tmp_path / f"{name}.{kind}").read_bytes() for name in ("a", "b"))
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml"}[kind])
