"""Trained models: loading them from their files, and predicting on all cores."""

import contextlib
import io
import threading
import weakref
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import layers, losses, tf1  # noqa: F401  a model may be made of them
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.fused import parts, xla
from keras_rnn_tutorials.storage.files import read_regular
from keras_rnn_tutorials.storage.printable import escaped

BYTES = 2**25  # of the examples of a call; TensorFlow makes a copy of them

# By Keras' own function, which a model creates anew when it is compiled again.
_functions: weakref.WeakKeyDictionary[Callable, Any] = weakref.WeakKeyDictionary()


def load(path: str | Path, compile: bool = True) -> keras.Model:
    """Loads the model of a run in Keras' safe mode, so that no code in the file is executed.

    Args:
        path: of a `.keras` file, or of the directory of a run.
        compile: whether the model is compiled, so that it can be trained and evaluated.

    Returns:
        The model.

    Raises:
        UserError: the file cannot be read, is damaged, or needs something that safe mode refuses.
    """
    path = Path(path)
    path = path / "model.keras" if path.is_dir() else path
    try:
        with zipfile.ZipFile(io.BytesIO(read_regular(path))) as archive:
            if (damaged := archive.testzip()) is not None:
                raise zipfile.BadZipFile(f"{damaged} has changed since it was written")
        return keras.saving.load_model(path, compile=compile, safe_mode=True)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist: give the folder of a complete run.") from error
    except Exception as error:  # zipfile, h5py and Keras raise many kinds
        first, *_ = str(error).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f"{path} cannot be loaded ({escaped(first[:200])}): make the run again."
        ) from error


def predict(model: keras.Model, x: np.ndarray, batch_size: int = 50) -> np.ndarray:
    """Predicts several batches at a time, one on every core.

    Args:
        model: any Keras model; XLA compiles it if it was compiled with `jit_compile=True`. Models
            that this function does not support are predicted by `model.predict`:
            `reason_for_keras` gives the reason.
        x: `(examples, ...)`.
        batch_size: examples per batch; the arrays of a step of 50 fit in a core's own cache.

    Returns:
        What `model.predict` returns, `(examples, ...)`.
    """
    if reason_for_keras(model, x):
        return model.predict(x, batch_size=batch_size, verbose=0)
    if np.issubdtype(x.dtype, np.floating):
        x = x.astype(keras.config.floatx(), copy=False)
    function = _function_of(model)
    at_once = parts.CORES * batch_size
    examples_per_call = at_once * max(1, BYTES // (at_once * x[:1].nbytes))
    traces = function.experimental_get_tracing_count()
    outputs = function.get_concrete_function(
        tf.TensorSpec((None, *x.shape[1:]), x.dtype), batch_size
    )
    compiles = model.jit_compile and function.experimental_get_tracing_count() > traces
    predicted = []
    with xla.returning_memory(compiles):
        for start in range(0, len(x), examples_per_call):
            with tf.device("cpu"):  # one copy, where `tf.constant` makes two
                rows = tf.raw_ops.Identity(input=x[start : start + examples_per_call])
            predicted.append(outputs(rows))
    return np.concatenate(predicted)


def predictor(model: keras.Model) -> Callable[[Any], np.ndarray]:
    """Makes a function that predicts one row at a time, for a program that answers requests.

    `model.predict` builds a data set from its input and runs callbacks; for one row that takes a
    hundred times as long as the prediction. The function is traced here and compiled, where
    `model.predict` would be, at its first call.

        >>> model = keras.Sequential([keras.Input((3, 2)), keras.layers.LSTM(4)])
        >>> answer = predictor(model)
        >>> answer(np.zeros((3, 2))).shape
        (4,)

    Args:
        model: built, with one input and one output.

    Returns:
        A function. It takes one row, an array of the input's shape without the batch axis, and
        returns the row of the output. It uses the model's current weights, also if they are set
        later. Several threads may call it; calls of a stateful model run one after the other.

    Raises:
        UserError: the model is not built, or has several inputs or outputs. The function raises it
            for a row of the wrong shape.
    """
    if not model.built or len(model.inputs) != 1 or not _puts_out_a_tensor(model):
        raise UserError("predictor: give a built model of one input and one output.")
    (symbol,) = model.inputs
    shape = symbol.shape[1:]
    spec = tf.TensorSpec((1, *shape), symbol.dtype)
    # As in `model.predict`; but XLA would compile each length of a sequence once more.
    compiled = bool(model.jit_compile) and None not in shape
    row_of = tf.function(
        lambda x: model(x, training=False)[0], autograph=False, jit_compile=compiled
    )
    run = row_of.get_concrete_function(spec)
    states = any(getattr(layer, "stateful", False) for layer in model._flatten_layers())
    one_at_a_time = threading.Lock() if states else contextlib.nullcontext()

    def answer(row: Any) -> np.ndarray:
        x = np.asarray(row, symbol.dtype)
        if len(x.shape) != len(shape) or any(
            wanted not in (None, found) for wanted, found in zip(shape, x.shape, strict=True)
        ):
            raise UserError(f"predictor: expected a row of shape {shape}, got {x.shape}.")
        with one_at_a_time:
            return run(tf.constant(x[None])).numpy()

    return answer


def reason_for_keras(model: keras.Model, x) -> str:
    """Why `predict` uses `model.predict` for a model or its input; empty if it does not.

    Rows are grouped into other batches than Keras' batches, so every layer must be known to
    predict a row independently of other rows and of earlier predictions.
    """
    if not isinstance(x, np.ndarray) or not np.issubdtype(x.dtype, np.number) or x.ndim < 2:
        return "the input is no array of numbers of two or more dimensions"
    if not x.size or np.iscomplexobj(x):
        return "the input is empty or complex"
    if model.run_eagerly or tf.distribute.has_strategy():
        return "the model runs eagerly, or under a distribution strategy"
    if not type(model).__module__.startswith("keras.") or {"call", "predict_step"} & set(
        vars(model)
    ):
        return f"a model of class {type(model).__name__}"
    if not model.built or len(model.inputs) != 1 or not _puts_out_a_tensor(model):
        return "the model has not one input and one output"
    return reason_of_dependent_rows(model)


def reason_of_dependent_rows(model: keras.Model) -> str:
    """Why a model's output for a row may depend on other rows; empty if it does not."""
    for layer in model._flatten_layers():
        # A functional model may contain operations that are not layers.
        for operation in (layer, *getattr(layer, "operations", ())):
            reason = _reason_of(operation)
            if reason:
                return f"{operation.name}: {reason}"
    return ""


def _puts_out_a_tensor(model) -> bool:
    return isinstance(model.compute_output_spec(model.inputs[0]), keras.KerasTensor)


def _reason_of(operation) -> str:
    if isinstance(operation, keras.layers.Lambda):
        return "a Lambda may compute anything"
    module = type(operation).__module__
    is_known = module.startswith("keras.") or module == layers.__name__
    if not isinstance(operation, keras.layers.Layer) or not is_known:
        return f"{type(operation).__name__} is no layer of Keras"
    if getattr(operation, "stateful", False):
        return "stateful"
    axes = (getattr(operation, name, None) for name in ("axis", "axes"))
    if any(0 in np.ravel(axis) for axis in axes if axis is not None):
        return "an axis of 0, along the rows"
    return ""


def _function_of(model) -> tf.types.experimental.PolymorphicFunction:
    model.make_predict_function()
    key = model.predict_function
    if key not in _functions:
        _functions[key] = _make_function(weakref.proxy(model), bool(model.jit_compile))
    return _functions[key]


def _make_function(model, jit_compile):
    shards = parts.CORES if jit_compile else 1

    @tf.function(jit_compile=jit_compile, autograph=False)
    def output(part):
        return model(part, training=False)

    @tf.function(autograph=False)
    def outputs(x, batch_size):
        # XLA compiles for one number of rows, so the last batch is padded to it.
        at_once = parts.CORES * batch_size
        rows = tf.shape(x)[0]
        count = -(-rows // at_once)
        batches = parts.filled_up(x, count * at_once)
        batches = tf.reshape(batches, (count, at_once, *x.shape[1:]))

        def put(i, outputs):
            joined = tf.concat([output(part) for part in parts.split(batches[i], shards)], 0)
            return i + 1, outputs.write(i, joined)

        outputs = tf.TensorArray(model.outputs[0].dtype, count)
        return tf.while_loop(lambda i, _: i < count, put, (0, outputs))[1].concat()[:rows]

    return outputs
