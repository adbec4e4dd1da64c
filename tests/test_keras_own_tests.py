"""Keras' own unit tests of its recurrent layers and of Embedding, run on this package's layers.

Keras' wheel contains its tests. Each test module is loaded from there under another name, and the
name `layers` in it is replaced: LSTM, GRU, SimpleRNN, Bidirectional and Embedding are those of
this package, everything else is Keras'. So a Keras test expects what Keras itself does.

Only tests that use one of the five classes are run (in Keras 3.15 `rnn_test` and
`stacked_rnn_cells_test` have none), and none that needs PyTorch.
"""

import ast
import importlib.util
import inspect
import sys
import textwrap
import types
import unittest
from collections import Counter
from pathlib import Path
from unittest import mock

import keras
import pytest
from keras.src import api_export
from keras.src import layers as keras_layers

from keras_rnn_tutorials import layers
from keras_rnn_tutorials.fused import parts

MODULES = [
    "rnn/lstm_test.py",
    "rnn/gru_test.py",
    "rnn/simple_rnn_test.py",
    "rnn/bidirectional_test.py",
    "rnn/time_distributed_test.py",
    "rnn/rnn_test.py",
    "rnn/stacked_rnn_cells_test.py",
    "core/embedding_test.py",
]
OURS = {
    name: getattr(layers, name)
    for name in ("LSTM", "GRU", "SimpleRNN", "Bidirectional", "Embedding")
}

# Reading back a saved layer gives Keras' own class: a model saved with this package has to load
# without it. `run_layer_test` asks that the layer read back has the same attributes, and ours has
# more (`kernel_in_use`). Each of these tests must pass once Keras' names stand for our classes.
READ_BACK_AS_KERAS = "a saved layer is read back as Keras' own class"
DIFFERENCES = {
    "lstm_test::LSTMTest::test_basics": READ_BACK_AS_KERAS,
    "gru_test::GRUTest::test_basics": READ_BACK_AS_KERAS,
    "simple_rnn_test::SimpleRNNTest::test_basics": READ_BACK_AS_KERAS,
}

# Keras' tests give warnings that this project's own may not.
pytestmark = pytest.mark.filterwarnings("ignore")


def load(path):
    """A test module of Keras' wheel in which `layers` has our classes."""
    path = Path(keras_layers.__file__).parent / path
    spec = importlib.util.spec_from_file_location(f"keras_own_tests.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.layers = types.SimpleNamespace(**{**vars(keras_layers), **OURS})
    return module


def uses_our_classes(method):
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    return any(isinstance(node, ast.Attribute) and node.attr in OURS for node in ast.walk(tree))


def collect():
    """The tests by name, each a pair of its class and its method's name."""
    found = {}
    for path in MODULES:
        module = load(path)
        for case in vars(module).values():
            if not (inspect.isclass(case) and issubclass(case, unittest.TestCase)):
                continue
            source = {name: method for name, method in vars(case).items() if callable(method)}
            for name in unittest.TestLoader().getTestCaseNames(case):
                if "_torch_" in name:
                    continue
                if uses_our_classes(inspect.unwrap(source[name])):
                    found[f"{Path(path).stem}::{case.__name__}::{name}"] = (case, name)
    return found


TESTS = collect()


def run(name):
    """Runs one of Keras' tests; returns its error, or None."""
    case, method = TESTS[name]
    result = unittest.TestResult()
    # Their batches are of odd numbers of rows: each of the uneven parts would be compiled apart.
    with mock.patch.object(parts, "CORES", 1):
        case(method).run(result)
    if result.skipped:
        pytest.skip(result.skipped[0][1])
    errors = result.failures + result.errors
    return errors[0][1] if errors else None


@pytest.fixture(autouse=True)
def _what_keras_tests_leave_behind():
    filtering = keras.config.is_traceback_filtering_enabled()
    yield
    if filtering:
        keras.config.enable_traceback_filtering()


@pytest.fixture
def constructed(monkeypatch):
    """The names of our classes that have been constructed."""
    names = set()

    def note(name, init):
        def __init__(self, *args, **kwargs):  # noqa: N807
            names.add(name)
            init(self, *args, **kwargs)

        return __init__

    for name, layer in OURS.items():
        monkeypatch.setattr(layer, "__init__", note(name, layer.__init__))
    return names


def parameters():
    for name, (case, method) in TESTS.items():
        marks = getattr(getattr(case, method), "pytestmark", [])
        yield pytest.param(name, id=name, marks=marks)


@pytest.mark.few(24)
@pytest.mark.parametrize("name", list(parameters()))
def test_keras_own_test_passes_on_our_layers(name, constructed):
    error = run(name)
    assert constructed
    if name not in DIFFERENCES:
        assert error is None, error
    else:
        assert error is not None, f"{name} passes: take it out of DIFFERENCES"


@pytest.mark.few(1)
@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs_is_only_the_class_that_a_saved_layer_is_read_back_as(name, monkeypatch):
    for layer in OURS.values():
        keras_name = api_export.get_name_from_symbol(layer)
        monkeypatch.setitem(api_export.REGISTERED_NAMES_TO_OBJS, keras_name, layer)
    error = run(name)
    assert error is None, error


def test_as_many_tests_are_found_as_keras_3_15_has():
    counts = Counter(name.split("::")[0] for name in TESTS)
    assert counts == {
        "lstm_test": 6,
        "gru_test": 9,
        "simple_rnn_test": 5,
        "bidirectional_test": 12,
        "time_distributed_test": 1,
        "embedding_test": 51,
    }


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("LSTM", "lstm_test::LSTMTest::test_masking"),
        ("GRU", "gru_test::GRUTest::test_masking"),
        ("SimpleRNN", "simple_rnn_test::SimpleRNNTest::test_correctness"),
        ("Bidirectional", "bidirectional_test::SimpleRNNTest::test_correctness"),
        ("Embedding", "embedding_test::EmbeddingTest::test_correctness"),
    ],
)
def test_keras_own_test_fails_when_our_layer_is_wrong(layer, name, monkeypatch):
    call = OURS[layer].call

    def wrong(self, *args, **kwargs):
        return keras.tree.map_structure(lambda x: x * 1.001, call(self, *args, **kwargs))

    monkeypatch.setattr(OURS[layer], "call", wrong)
    assert run(name) is not None
