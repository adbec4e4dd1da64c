"""The records were made by the current code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import provenance

ROOT = Path(__file__).parent.parent
RECORDED = provenance.recorded()
# Recorded at another commit, or at none that they name: to be recorded again. Nothing is added.
OLDER = {
    "bidirectional_lstm/variant-dynamic-readout-final_states-dataset-imdb",
    "long_sequences/full",
    "static_vs_dynamic/default",
    "tf1_parity/default",
}


@pytest.mark.parametrize("name", sorted(RECORDED.keys() - OLDER))
def test_no_source_that_moves_numbers_differs_since_the_records(name):
    one = RECORDED[name]
    commit = provenance.commit_of(name, one)
    assert commit, f"record it again: python -m experiments.rerecord {one.experiment}"
    try:
        different = provenance.changed(one.experiment, commit)
    except LookupError:
        pytest.skip(f"the commit {commit} is not in this clone")
    advice = f"python -m experiments.provenance --check {one.experiment}, or rerecord it"
    assert not different, f"{name} is of {commit}: {advice}"


def test_sources_are_what_an_experiment_trains_with():
    mnist = provenance.sources("mnist_lstm")
    assert {
        "experiments/mnist_lstm.py",
        "keras_rnn_tutorials/losses.py",
        "keras_rnn_tutorials/layers.py",
        "keras_rnn_tutorials/fused/kernel.py",
        "keras_rnn_tutorials/runner/loop.py",
    } < set(mnist)
    assert not any("plotting" in path for path in mnist)
    # Its optimizer is TensorFlow 1's, and its cell is Keras'.
    assert "keras_rnn_tutorials/tf1/adam.py" in mnist
    assert "keras_rnn_tutorials/tf1/rnn.py" not in mnist
    assert "keras_rnn_tutorials/tf1/rnn.py" in provenance.sources("vanishing_gradients")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("def f():\n    '''One.'''\n    return 1", "def f():  # why\n    return 1", True),
        ("def f():\n    '''One.'''\n    return 1", "def f():\n    '''Two.'''\n    return 1", True),
        ("x = 1", "x = 1  # why", True),
        ("x = 1", "x = 2", False),
    ],
)
def test_comments_and_docstrings_mean_nothing(old, new, same):
    path = "keras_rnn_tutorials/layers.py"
    assert (provenance._meaning(path, old) == provenance._meaning(path, new)) == same


def test_of_an_experiment_counts_what_its_numbers_come_from():
    path = "experiments/mnist_lstm.py"
    text = (ROOT / path).read_text()
    drawn = text.replace("An LSTM reads MNIST", "Another title")
    trained = text.replace("AdamOptimizer(config", "keras.optimizers.SGD(config")
    assert drawn != text != trained
    meaning = provenance._meaning(path, text)
    assert meaning == provenance._meaning(path, drawn)
    assert meaning != provenance._meaning(path, trained)


def test_of_the_compiled_step_counts_what_the_loop_calls():
    path = "keras_rnn_tutorials/fast.py"
    text = (ROOT / path).read_text()
    loop = (ROOT / "keras_rnn_tutorials/runner/loop.py").read_text()
    called = set(re.findall(r"\bfast\.(\w+)", loop))
    assert called == provenance._CALLED[path]
    meaning = provenance._meaning(path, text)
    assert meaning == provenance._meaning(path, text.replace("an activity regularizer", "another"))
    assert meaning != provenance._meaning(path, text.replace("STEPS = 40", "STEPS = 41"))
    assert meaning != provenance._meaning(path, text.replace("_LARGE = 128", "_LARGE = 129"))


def test_an_unknown_experiment_is_one_line():
    command = [sys.executable, "-m", "experiments.provenance", "--check=mnist"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: mnist has no recorded runs: choose from bidirectional_lstm, "
    )
