"""The port compared with genuine TensorFlow 1.15.5, by the fixtures in golden/."""

import functools
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.tf1_parity import fixtures

CONSTRUCTS = (
    "basic_rnn_cell",
    "basic_lstm_cell",
    "lstm_cell",
    "gru_cell",
    "multi_rnn_cell",
    "dropout_wrapper",
    "residual_wrapper",
    "static_rnn",
    "dynamic_rnn",
    "static_bidirectional_rnn",
    "bidirectional_dynamic_rnn",
    "stack_bidirectional_dynamic_rnn",
)
CASES = [
    pytest.param(case, id=f"{construct}-{case.name}")
    for construct in CONSTRUCTS
    for case in fixtures.load(Path(__file__).parent / "golden" / f"{construct}.npz")
]
# Building a graph takes a hundred times as long as running it, and XLA's compiler ten times as long
# again. The step is prime, so that the chosen cases go through all options.
SOME_CASES = CASES[::11]
# Two of kernels, and one of a cell that none covers.
XLA_CASES = [
    param
    for param in CASES
    if param.id.endswith("b1t4f7u3")
    and param.id.startswith(
        ("static_rnn-rnn", "bidirectional_dynamic_rnn-gru-rnn", "dynamic_rnn-residual-lstm")
    )
]


def _assert_close(case, differences):
    assert fixtures.is_close(case, differences), differences


@pytest.mark.parametrize("case", CASES)
def test_eagerly(case):
    _assert_close(case, fixtures.replay(case))


@pytest.mark.few(6)
@pytest.mark.parametrize("case", SOME_CASES)
def test_inside_a_tf_function(case):
    wrap = functools.partial(tf.function, autograph=False)
    _assert_close(case, fixtures.replay(case, wrap))


@pytest.mark.parametrize("case", XLA_CASES)
def test_under_xla(case):
    wrap = functools.partial(tf.function, autograph=False, jit_compile=True)
    _assert_close(case, fixtures.replay(case, wrap))


@pytest.mark.few(6)
@pytest.mark.parametrize("case", SOME_CASES)
def test_in_a_model_that_was_saved_and_loaded(case, tmp_path):
    model = fixtures.make_model(case)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    _assert_close(case, fixtures.replay_model(case, loaded))


@pytest.mark.parametrize("case", CASES[::3])
def test_the_weights_have_tensorflow_1s_names(case):
    paths = [w.path.split("/") for cell in fixtures.make_cells(case) for w in cell.weights]
    for path, name in zip(paths, case.spec["weights"], strict=True):
        name = name.split("/")
        assert path[-1] == name[-1]
        if name[-2] in ("projection", "gates", "candidate"):
            assert path[-2] == name[-2]


def test_the_bar_is_1e_6_or_4_times_tensorflow_1s_own_error():
    case = next(param.values[0] for param in CASES if param.values[0].construct == "dynamic_rnn")

    def differ(by):
        return fixtures.Differences(*[fixtures.Difference(by, by)] * 3)

    assert fixtures.own_error(case).outputs.relative < 1e-6
    assert fixtures.is_close(case, differ(0.9e-6))
    assert not fixtures.is_close(case, differ(5e-6))
    # Had TensorFlow 1 rounded more coarsely, by 1e-4 of its largest entry:
    coarse = dict(case.parts)
    for name, array in case.parts.items():
        if name.split("/")[0] in ("outputs", "states", "gradient"):
            coarse[name] = array + np.float32(1e-4) * np.abs(array).max()
    case = fixtures.Case(case.name, case.spec, coarse)
    assert fixtures.is_close(case, differ(1e-4))
    assert not fixtures.is_close(case, differ(9e-4))
