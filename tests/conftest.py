import collections
import gc
import os
import signal

# Before TensorFlow is imported: its start-up lines are no part of a test's output.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from pathlib import Path

import pytest
from hypothesis import settings

from keras_rnn_tutorials.data.dataset import Dataset
from keras_rnn_tutorials.record import Code, Data, Environment, Record, Seconds
from tests import commands
from tests.faults import samples, small

# A shell has its background jobs ignore Ctrl-C, which the tests send themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The machine may be busy with other work; a slow example is not a failure.
settings.register_profile("any_machine", deadline=None)
settings.load_profile("any_machine")
# Most of what is allocated are the nodes of graphs, which live on: searching them for garbage at
# every 700 objects takes 7 % of the tests' time.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish():
    # What has been imported stays. Each `keras.backend.clear_session()` would search it for
    # garbage, which takes a third of the time of test_differential.py.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Of the cases of a test marked `few(n)`, all but n, spread evenly, are the rest."""
    cases = collections.defaultdict(list)
    for item in items:
        if item.get_closest_marker("few"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for of_test in cases.values():
        (count,) = of_test[0].get_closest_marker("few").args
        kept = {len(of_test) * number // count for number in range(count)}
        for number, item in enumerate(of_test):
            if number not in kept:
                item.add_marker(pytest.mark.rest)


@pytest.fixture(scope="session")
def real_data_dir(tmp_path_factory) -> Path:
    """The prepared data sets, linked into a directory that may be written to."""
    prepared, names = os.environ.get("TFDS_DATA_DIR"), ("mnist", "imdb_reviews")
    if not prepared or not all(Path(prepared, name).is_dir() for name in names):
        pytest.skip("TFDS_DATA_DIR names no directory with prepared mnist and imdb_reviews")
    directory = tmp_path_factory.mktemp("tfds")
    for name in names:
        (directory / name).symlink_to(Path(prepared, name).resolve())
    return directory


@pytest.fixture(scope="session")
def run_command():
    """`tests.commands.Forks.run`, for commands that need no Python of their own."""
    forks = commands.Forks()
    yield forks.run
    forks.close()


@pytest.fixture
def short_samples(monkeypatch):
    """Generated samples that hold 1,000 training examples each."""
    samples.shorten(replace=monkeypatch.setattr)


@pytest.fixture(scope="module")
def blank_figures():
    """Runs write empty files for their figures: drawing them is a sixth of a small run's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras_rnn_tutorials.plotting.files.rendered", lambda *_: b"")
        yield


@pytest.fixture
def small_dataset() -> Dataset:
    """70 sequences of 5 steps and 3 features whose class is in their first step."""
    return small.load_data(None)


@pytest.fixture
def record() -> Record:
    return Record(
        experiment="mnist_lstm",
        status="complete",
        config={"variant": "corrected", "units": 100, "epochs": 2},
        seed=7,
        dataset=Data(
            name="mnist",
            origin="tfds",
            examples={"train": 50, "validation": 10, "test": 10},
            fingerprint="0" * 64,
        ),
        history={
            "accuracy": [0.1, 1 / 3],
            "loss": [2.5, 1e-17],
            "val_accuracy": [0.25, 0.5],
            "val_loss": [2.0, 1.0],
        },
        test={"accuracy": 0.4, "loss": 1.5},
        seconds=Seconds(load=1.0, compile=2.0, epochs=[3.0, 4.0]),
        environment=Environment(
            python="3.11.7",
            tensorflow="2.21.0",
            keras="3.15.1",
            numpy="2.4.6",
            backend="tensorflow",
            floatx="float32",
            processor="any",
            cores=2,
        ),
        code=Code("0.1.0", "0" * 40, clean=True),
        command="python -m experiments.mnist_lstm --variant=corrected --seed=7",
        date="2026-01-01T00:00:00+00:00",
    )
