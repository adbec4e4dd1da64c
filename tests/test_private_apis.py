"""Checks of private APIs: if a new Keras or TensorFlow fails one, its docstring says what to do."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import _private_apis, layers

PACKAGE = Path(_private_apis.__file__).parent


def test_private_modules_are_imported_in_one_place():
    """Import what you need in _private_apis.py, and give it a canary here."""
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_import = isinstance(node, ast.Import | ast.ImportFrom)
            imported = [alias.name for alias in node.names] if is_import else []
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

    class Faster(keras.layers.GRU):
        pass

    _private_apis.save_as(Faster, keras.layers.GRU)
    saved = keras.saving.serialize_keras_object(Faster(3))
    assert (saved["module"], saved["class_name"]) == ("keras.layers", "GRU")
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


def test_a_checkpoint_finds_what_a_layer_holds_in_a_list(tmp_path):
    """Gone: find how TensorFlow tracks an attribute of a layer, or drop `tf.train.Checkpoint` for
    stacks under `tf1` and refuse it in a line."""
    holder, inner = keras.layers.Layer(), keras.layers.Dense(2)
    inner.build((None, 3))
    holder.inner = [inner]
    _private_apis.track(holder, inner, "inner")
    _private_apis.track(holder, object(), "untracked")
    path = tf.train.Checkpoint(holder=holder).save(tmp_path / "checkpoint")
    names = [name for name, _ in tf.train.list_variables(path)]
    assert any(name.startswith("holder/inner/") for name in names)
    assert not any("untracked" in name for name in names)


def test_an_error_in_a_layer_can_stay_one_line():
    """Gone: find what Keras' `traceback_utils` asks before it adds to an error, or check the
    arguments of `tf1` before its layers are called."""

    class Failing(keras.layers.Layer):
        def call(self, inputs):
            raise _private_apis.raised_as_it_is(ValueError("inputs: one line"))

    with pytest.raises(ValueError) as error:
        Failing()(tf.ones((1, 2)))
    assert str(error.value) == "inputs: one line"


def test_a_model_lists_its_layers_with_those_inside():
    """Gone: walk `model.layers` and the layers' attributes in `fast.py`, `layers.py` and
    `models.py`."""
    inner = keras.Sequential([keras.layers.Dense(1)])
    model = keras.Sequential([keras.Input((2,)), inner])
    assert inner.layers[0] in list(model._flatten_layers())


def test_the_batches_of_arrays_are_those_of_fit():
    """Gone: hand `fast.fit`'s arrays to `model.fit` as they are; epochs then end on multiples of
    1.28 s, when tf.data's tuning thread looks up."""
    data = _private_apis.array_dataset(
        np.arange(5), None, None, batch_size=2, steps=None, shuffle=False, class_weight=None
    )
    assert len(data) == 3
    assert [batch.numpy().tolist() for batch in data] == [[0, 1], [2, 3], [4]]
    assert _private_apis.array_dataset(data, None, None) is None


def test_the_last_examples_validate():
    """Gone: split off the last `validation_split` of the arrays in `fast.fit` itself."""
    (x, y, _), (x_val, y_val, _) = _private_apis.train_validation_split(
        (np.arange(10), np.arange(10), None), 0.3
    )
    assert (x.tolist(), y_val.tolist()) == ([*range(7)], [7, 8, 9])
    assert (y.tolist(), x_val.tolist()) == (x.tolist(), y_val.tolist())


def test_each_private_interface_has_a_canary():
    """Add one above, with a docstring that says what to do when the interface is gone."""
    here = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in _private_apis.__all__ if f"_private_apis.{name}(" not in here] == []


def test_a_debugging_tool_that_watches_operations_is_seen():
    """Gone: find how `tf.debugging.enable_check_numerics` hooks into operations, and leave the
    layers to Keras while it does: its checks cannot go into XLA programs."""
    assert not _private_apis.operations_are_watched()
    tf.debugging.enable_check_numerics()
    try:
        assert _private_apis.operations_are_watched()
    finally:
        tf.debugging.disable_check_numerics()
    assert not _private_apis.operations_are_watched()


def test_operations_can_run_eagerly_within_a_graph():
    """Gone: read MNIST for old scripts in a process of its own."""
    with tf.Graph().as_default():
        assert not tf.executing_eagerly()
        with _private_apis.eager_mode():
            assert tf.constant(3).numpy() == 3


def test_the_internal_packages_can_be_had_by_name():
    """Gone: drop the package from `migrate.old_scripts.tensorflow1`; scripts that import from it
    then end with a missing name."""
    packages = _private_apis.internal_modules()
    assert hasattr(packages["tensorflow.python.ops"], "array_ops")
    assert packages["tensorflow.python"].ops is packages["tensorflow.python.ops"]
    assert packages["tensorflow.core"].__name__ == "tensorflow.core"
