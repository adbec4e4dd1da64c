"""The kernels under the functions over time: TensorFlow 1's numbers, and when they run."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import tf1, tf1_fixtures
from keras_rnn_tutorials.tf1 import kernels, loops

GOLDEN = Path(__file__).parent / "golden"
FUNCTIONS = (
    "dynamic_rnn",
    "static_rnn",
    "bidirectional_dynamic_rnn",
    "static_bidirectional_rnn",
    "stack_bidirectional_dynamic_rnn",
)
NAMES = {"BasicRNNCell", "GRUCell", "BasicLSTMCell", "LSTMCell"}


def _is_covered(case):
    """Whether all cells of a case are plain ones; those of a stack come in a dictionary."""
    cells = case.spec["cells"]
    if isinstance(cells, dict):
        cells = [*cells["cells_fw"], *cells["cells_bw"]]
    return all(
        cell["class"] in NAMES and set(cell["args"]) <= {"num_units", "state_is_tuple"}
        for cell in cells
    )


CASES = [
    pytest.param(case, id=f"{construct}-{case.name}")
    for construct in FUNCTIONS
    for case in tf1_fixtures.load(GOLDEN / f"{construct}.npz")
    if _is_covered(case)
]


def _refuse(*args):
    raise AssertionError("a cell was stepped")


@pytest.fixture
def only_kernels(monkeypatch):
    """Kernels run outside XLA too: eagerly, where each is compiled once for all cases of a shape."""
    monkeypatch.setattr(kernels, "_under_xla", lambda: True)
    monkeypatch.setattr(loops, "looped", _refuse)
    monkeypatch.setattr(loops, "unrolled", _refuse)


@pytest.mark.parametrize("case", CASES)
def test_the_kernels_compute_what_tensorflow_1_computed(case, only_kernels):
    differences = tf1_fixtures.replay(case)
    print("DIFF", case.construct, case.name, *(d.relative for d in differences))
    assert differences.outputs.relative <= 1e-6
    assert differences.states.relative <= 1e-6
    assert differences.gradients.relative <= 1e-5
