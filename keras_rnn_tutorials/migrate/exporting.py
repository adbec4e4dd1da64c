"""`migrate export`: the recurrent layers of a Keras model as a checkpoint for TensorFlow 1's Saver.

The inverse of `convert`: kernels are joined, gates put into TensorFlow 1's order, and variables
named as TensorFlow 1's functions name them. Values are moved, never computed, unless a forget bias
is to be taken off.
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.models import load as load_model
from keras_rnn_tutorials.storage.files import write_whole

_DEFAULT_SCOPES = {"one": "rnn", "both": "bidirectional_rnn", "stack": "stack_bidirectional_rnn"}


def export(path: Path, prefix: Path, scope: str | None = None, forget_bias: float = 0.0):
    """Writes a checkpoint that TensorFlow 1 restores by name.

    Args:
        path: of the Keras model.
        prefix: of the checkpoint.
        scope: of the variables; None for that of TensorFlow 1's function.
        forget_bias: what the LSTM cells are given in TensorFlow 1. It is taken off Keras' bias, and
            0 leaves every bit as it is.

    Returns:
        The lines to print: the function to build in TensorFlow 1, and each variable's name.

    Raises:
        UserError: the model has no recurrent layers, or has some that TensorFlow 1 has not.
    """
    model = load_model(path)
    layers = [layer for layer in model.layers if _is_recurrent(layer)]
    if not layers:
        raise UserError(f"{path}: the model has no recurrent layer.")
    tensors = _named(layers, scope, forget_bias)
    _write(prefix, tensors)
    lines = [
        f"wrote {prefix}: in TensorFlow 1, make LSTM cells with forget_bias={forget_bias:g}, and "
        "those that are cells of tf1 with their own"
    ]
    lines += [f"  {name} {value.shape}" for name, value in tensors.items()]
    others = [
        weight.path for layer in model.layers if layer not in layers for weight in layer.weights
    ]
    return lines + ([f"not exported: {', '.join(others)}"] if others else [])


def _is_recurrent(layer) -> bool:
    return isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional))


def _named(layers, scope, forget_bias) -> dict[str, np.ndarray]:
    both = [isinstance(layer, keras.layers.Bidirectional) for layer in layers]
    if len(set(both)) > 1:
        raise UserError("TensorFlow 1 has no one function for layers of one direction and of both.")
    shape = "one" if not both[0] else "both" if len(layers) == 1 else "stack"
    scope = _DEFAULT_SCOPES[shape] if scope is None else scope
    tensors: dict[str, np.ndarray] = {}
    if shape == "one":
        cells = [cell for layer in layers for cell in _cells(layer)]
        tensors |= _stack(scope, cells, forget_bias)
    for i, layer in enumerate(layers if both[0] else []):
        place = scope if shape == "both" else f"{scope}/cell_{i}/bidirectional_rnn"
        for name, part in (("fw", layer.forward_layer), ("bw", layer.backward_layer)):
            tensors |= _stack(f"{place}/{name}", _cells(part), forget_bias)
    return tensors


def _cells(layer) -> list:
    cell = layer.cell
    return list(getattr(cell, "cells", None) or [cell])


def _stack(scope, cells, forget_bias) -> dict[str, np.ndarray]:
    tensors: dict[str, np.ndarray] = {}
    for i, cell in enumerate(cells):
        place = f"{scope}/multi_rnn_cell/cell_{i}" if len(cells) > 1 else scope
        name, weights = _weights(cell, forget_bias)
        tensors |= {f"{place}/{name}/{role}": value for role, value in weights.items()}
    return tensors


def _weights(cell, forget_bias) -> tuple[str, dict[str, np.ndarray]]:
    """A cell's scope in TensorFlow 1, and its weights by their names there."""
    if isinstance(cell, tf1.RNNCell):
        return _of_tf1(cell)
    values = cell.get_weights()
    if len(values) != 3 or getattr(cell, "reset_after", False):
        raise UserError(
            f"layer {cell.name}: TensorFlow 1 has no cell without a bias, and no GRU with "
            "reset_after=True."
        )
    kernel, bias = np.concatenate(values[:2]), values[2]
    if isinstance(cell, keras.layers.LSTMCell):
        i, f, j, o = np.split(np.concatenate([kernel, bias[None]]).copy(), 4, axis=1)
        if forget_bias:
            f[-1] -= np.asarray(forget_bias, f.dtype)
        joined = np.concatenate([i, j, f, o], axis=1)
        return "basic_lstm_cell", {"kernel": joined[:-1], "bias": joined[-1]}
    if isinstance(cell, keras.layers.GRUCell):
        u, r, c = np.split(np.concatenate([kernel, bias[None]]), 3, axis=1)
        gates = np.concatenate([r, u], axis=1)
        return "gru_cell", {
            "gates/kernel": gates[:-1],
            "gates/bias": gates[-1],
            "candidate/kernel": c[:-1],
            "candidate/bias": c[-1],
        }
    if isinstance(cell, keras.layers.SimpleRNNCell):
        return "basic_rnn_cell", {"kernel": kernel, "bias": bias}
    raise UserError(f"layer {cell.name}: TensorFlow 1 has no {type(cell).__name__}.")


def _of_tf1(cell) -> tuple[str, dict[str, np.ndarray]]:
    names = {
        tf1.BasicRNNCell: ("basic_rnn_cell", ["kernel", "bias"]),
        tf1.BasicLSTMCell: ("basic_lstm_cell", ["kernel", "bias"]),
        tf1.GRUCell: (
            "gru_cell",
            ["gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"],
        ),
    }
    if type(cell) is tf1.LSTMCell:
        roles = ["kernel", "bias"]
        roles += ["w_f_diag", "w_i_diag", "w_o_diag"] if cell.use_peepholes else []
        roles += ["projection/kernel"] if cell.num_proj is not None else []
        scope = "lstm_cell"
    elif type(cell) in names:
        scope, roles = names[type(cell)]
    else:
        raise UserError(f"cell {cell.name}: a {type(cell).__name__} is not exported.")
    return scope, dict(zip(roles, cell.get_weights(), strict=True))


def _write(prefix: Path, tensors: dict[str, np.ndarray]):
    """Writes the data, then the index, without which there is no checkpoint."""
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory, prefix.name)
        names = sorted(tensors)
        tf.raw_ops.SaveV2(
            prefix=str(made),
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tensors[name] for name in names],
        )
        try:
            for file in sorted(Path(directory).iterdir()):  # data before index
                write_whole(prefix.with_name(file.name), file.read_bytes())
        except OSError as error:
            raise UserError(f"{prefix}: {error.strerror}.") from None
