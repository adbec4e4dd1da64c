"""Canaries: where a new Keras or TensorFlow fails one of these, its docstring says what to do."""

import ast
from pathlib import Path

import keras
import tensorflow as tf

from keras_rnn_tutorials import _private_apis, layers

PACKAGE = Path(_private_apis.__file__).parent


def test_private_modules_are_imported_in_one_place():
    """Import what you need in _private_apis.py, and give it a canary here."""
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = [alias.name for alias in getattr(node, "names", [])]
            module = getattr(node, "module", None) or ""
            for full in [module] if isinstance(node, ast.ImportFrom) else imported:
                if full.startswith(("keras.src", "tensorflow.python")):
                    assert name == "_private_apis.py", name


def test_op_determinism_can_be_asked_for_and_switched_off():
    """Gone: look for a public `tf.config.experimental.disable_op_determinism`; without one, a run
    has to leave determinism on for the rest of the process, and say so."""
    assert not _private_apis.is_op_determinism_enabled()
    tf.config.experimental.enable_op_determinism()
    try:
        assert _private_apis.is_op_determinism_enabled()
    finally:
        _private_apis.disable_op_determinism()
    assert not _private_apis.is_op_determinism_enabled()


def test_the_global_seed_generators_state_is_a_variable_that_draws_go_on_from():
    """Gone: find where Keras keeps the state of `keras.random` for layers without a seed, or give
    every layer of the experiments a seed of its own and save no global state."""
    keras.utils.set_random_seed(0)
    state = _private_apis.global_seed_generator().state
    before = state.numpy()
    drawn = float(keras.random.uniform(()))
    assert drawn != float(keras.random.uniform(()))
    state.assign(before)
    assert drawn == float(keras.random.uniform(()))


def test_a_layer_can_be_saved_under_the_name_of_its_parent():
    """Gone: write `module` and `class_name` of the parent into the saved form another way, or give
    up that models saved with `layers` load without this package, and say so in README."""
    saved = keras.saving.serialize_keras_object(layers.LSTM(3))
    assert (saved["module"], saved["class_name"]) == ("keras.layers", "LSTM")
    assert saved["registered_name"] is None


def test_a_function_knows_whether_xla_compiles_it():
    """Gone: run the kernels under `tf1` nowhere, as its results must not change where XLA was not
    asked for; see `tf1/kernels.py`."""
    traced = []

    def function(x):
        traced.append(_private_apis.is_under_xla())
        return x + 1

    tf.function(function)(1.0)
    tf.function(function, jit_compile=True)(1.0)
    assert (traced[0], traced[-1]) == (False, True)
