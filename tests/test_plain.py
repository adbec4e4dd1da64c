"""The plain Keras files of docs/plain: short, without this package, with the same results."""

import ast
import dataclasses
import importlib
import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.runner import loop

FOLDER = Path(__file__).parents[1] / "docs" / "plain"
BATCH_SIZE, STEPS, UNITS, MAXLEN = 10, 100, 8, 40
# Losses near 2 are 2.4e-7 apart in float32, and the losses differ by up to two of that: sums are
# taken in another order. The gradients of an Embedding added up otherwise make 7e-3.
TOLERANCE = 2e-6


def load(name):
    spec = importlib.util.spec_from_file_location(f"plain_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Losses(keras.callbacks.Callback):
    """The loss of every step alone; Keras' logs hold the mean of all steps so far."""

    def __init__(self):
        super().__init__()
        self.values = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.values.append(float(logs["loss"]))


def experiments_losses(model, dataset):
    """The loss of every step, as the runner trains."""
    losses = Losses()
    dataset = dataclasses.replace(dataset, validation=None)
    loop.fit(
        model, dataset, loop.Progress(), seed=0, epochs=1, batch_size=BATCH_SIZE,
        callbacks=[losses], save_every=1, verbose=0,
    )  # fmt: skip
    return losses.values


def plain_losses(model, dataset):
    values = []
    for x, y in batches.shuffled(dataset.train, BATCH_SIZE, seed=0, epoch=0):
        model.reset_metrics()
        values.append(float(model.train_on_batch(x, y)[0]))
    return values


def models(name, config, plain_options, monkeypatch):
    """The data, the experiment's model, and that of the plain file with the same weights."""
    experiment, plain = importlib.import_module(f"experiments.{name}"), load(name)
    if "maxlen" in config:
        monkeypatch.setattr(plain, "MAXLEN", config["maxlen"])
    config = experiment.Config(data="sample", units=UNITS, batch_size=BATCH_SIZE, **config)
    keras.utils.set_random_seed(0)
    model = experiment.build_model(config)
    # XLA takes seconds to compile a model, and only rounds otherwise: the tests of `fast` show it.
    model.jit_compile = name == "imdb_simplernn"
    plain_model = plain.build_model(units=UNITS, **plain_options)
    plain_model.set_weights(model.get_weights())
    return experiment.load_data(config), model, plain_model


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("mnist_lstm", {}),
        ("imdb_simplernn", {"maxlen": MAXLEN}),
        ("bidirectional_lstm", {"variant": "dynamic"}),
    ],
)
def test_a_plain_file_follows_the_experiments_loss(name, config, short_samples, monkeypatch):
    dataset, model, plain_model = models(name, config, {}, monkeypatch)
    expected = experiments_losses(model, dataset)
    losses = plain_losses(plain_model, dataset)
    assert len(losses) == len(expected) == STEPS
    assert np.ptp(losses) > 0.001  # it learns
    np.testing.assert_allclose(losses, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "config", "plain_options"),
    [
        ("mnist_lstm", {"variant": "corrected"}, {"softmax_twice_over": False}),
        (
            "bidirectional_lstm",
            {"variant": "dynamic", "readout": "final_states"},
            {"last_output": False},
        ),
    ],
)
def test_the_switch_of_a_plain_file_is_the_experiments(
    name, config, plain_options, short_samples, monkeypatch
):
    dataset, model, plain_model = models(name, config, plain_options, monkeypatch)
    x, y = dataset.test.x[:BATCH_SIZE], dataset.test.y[:BATCH_SIZE]
    losses = [one.test_on_batch(x, y)[0] for one in (model, plain_model)]
    assert losses[0] == pytest.approx(losses[1], abs=TOLERANCE)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_plain_file_is_short_and_stands_alone(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 80
    nodes = [*ast.walk(ast.parse(source))]
    imported = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported <= {"keras", "math"}
    assert f"    python {path.name}\n" in ast.get_docstring(ast.parse(source), clean=False)


def test_the_plain_files_have_the_tutorials_numbers():
    """Theirs are the defaults of the experiments."""
    for name in ("mnist_lstm", "imdb_simplernn", "bidirectional_lstm"):
        plain, config = load(name), importlib.import_module(f"experiments.{name}").Config()
        for field in ("units", "epochs", "batch_size", "learning_rate", "maxlen", "num_words"):
            if hasattr(plain, field.upper()):
                assert getattr(plain, field.upper()) == getattr(config, field), (name, field)
    assert load("imdb_simplernn").build_model().count_params() == 322_113
