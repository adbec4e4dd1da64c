"""Keras layers from the cells of a checkpoint, with their weights.

Where Keras' own layers compute what a cell does, they are what is made. TensorFlow 1 joins the
kernels of inputs and state and orders an LSTM's gates i, j, f, o and a GRU's r, u; Keras has two
kernels and the orders i, f, j, o and u, r, j. Peepholes and projections, contrib's NASCell,
UGRNNCell and LayerNormBasicLSTMCell, and directions that have a stack each, become
`keras.layers.RNN` over the cells of `keras_rnn_tutorials.tf1`. So do clipped cell states and
ResidualWrappers, which only the graph in the `.meta` file shows.
"""

import dataclasses
import re
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import checkpoint as checkpoints
from keras_rnn_tutorials.migrate import gates, structure
from keras_rnn_tutorials.migrate import unstored as unstored_facts
from keras_rnn_tutorials.migrate.checkpoint import Checkpoint
from keras_rnn_tutorials.migrate.graph import Unreadable
from keras_rnn_tutorials.migrate.structure import Cell, Stack
from keras_rnn_tutorials.migrate.unstored import Unstored

_IN_KERAS = ("LSTM", "GRU", "RNN")


@dataclasses.dataclass(frozen=True)
class Choice:
    """Which network of a checkpoint is wanted, and what its variables do not say.

    Attributes:
        scope: of the network; None if there is only one.
        kind: LSTM, GRU or RNN, of the cell in `scope`, if its name does not say it.
        layers: how many layers share the one set of weights that is stored; None for what the
            graph in the `.meta` file shows, and for one layer if it shows nothing.
        forget_bias: what the LSTM's constructor was given; None for what the graph shows, and for
            each cell's default: 1, and 0 of a CudnnCompatibleLSTMCell.
        activation: Keras' name; None likewise, and for tanh.
        recurrent_activation: of the gates of a layer of tf.keras, sigmoid or hard_sigmoid; None
            likewise, and for hard_sigmoid, TensorFlow 1's default. It was another function than
            Keras 3's: the gates' weights are made 1.2 times as large for it.
        weights: "raw", or "averaged" for the moving averages that a
            `tf.train.ExponentialMovingAverage` stored beside them.

    Raises:
        UserError: a value is none of those.
    """

    scope: str | None = None
    kind: str | None = None
    layers: int | None = None
    forget_bias: float | None = None
    activation: str | None = None
    recurrent_activation: str | None = None
    weights: str = "raw"

    def __post_init__(self):
        """Refuses wrong values."""
        if self.kind is not None and self.kind.upper() not in _IN_KERAS:
            raise UserError(f"kind={self.kind} is none of lstm, gru and rnn.")
        if self.recurrent_activation not in (None, "sigmoid", "hard_sigmoid"):
            raise UserError(
                f"recurrent_activation={self.recurrent_activation} is neither sigmoid nor "
                "hard_sigmoid."
            )
        if self.weights not in ("raw", "averaged"):
            raise UserError(f"weights={self.weights} is neither raw nor averaged.")


def choose(path, choice: Choice | None = None) -> tuple[Checkpoint, Stack, Unstored]:
    """Reads a checkpoint and picks one of its networks.

    Args:
        path: of the checkpoint; see `checkpoint.read`.
        choice: which network; None for the only one.

    Returns:
        The checkpoint, the network, and what its variables do not hold.

    Raises:
        UserError: there is no such network, or it cannot be converted.
    """
    choice = choice or Choice()
    checkpoint = checkpoints.read(path)
    kinds = {choice.scope or "": choice.kind.upper()} if choice.kind else {}
    stacks, _ = structure.find(checkpoint, kinds)
    stack = _checked(_in_scope(stacks, choice.scope, checkpoint), checkpoint)
    try:
        unstored = unstored_facts.read(
            checkpoint,
            [stack],
            forget_bias=choice.forget_bias,
            activation=choice.activation,
            layers=choice.layers,
            recurrent_activation=choice.recurrent_activation,
        )
    except Unreadable as error:
        raise UserError(
            f"{checkpoint.prefix}: {error}, so that forget bias and activation are not known. "
            "Restore that file, or move it away and give them."
        ) from None
    for cell in stack.cells:
        unstored.check(cell)
    if choice.weights == "averaged":
        if not any(map(checkpoint.is_averaged, stack.weights)):
            raise UserError(
                f"{checkpoint.prefix}: no moving averages of {stack.scope or 'the top level'} are "
                "stored: only its raw weights can be converted."
            )
        checkpoint = checkpoint.averaged()
    return checkpoint, _repeated(stack, unstored), unstored


def _in_scope(stacks: list[Stack], scope: str | None, checkpoint: Checkpoint) -> Stack:
    scopes = ", ".join(stack.scope or "(top level)" for stack in stacks)
    wanted = [stack for stack in stacks if scope in (None, stack.scope)]
    if scope is not None and not wanted:
        wanted = [s for s in stacks if any(cell.scope == scope for cell in s.cells)]
    if not wanted:
        known = f"those found are in {scopes}" if stacks else "none was found"
        raise UserError(f"{checkpoint.prefix}: no recurrent network in scope {scope}: {known}.")
    if len(wanted) > 1:
        raise UserError(
            f"{checkpoint.prefix}: there are several networks, say which scope: {scopes}."
        )
    return wanted[0]


def _checked(stack: Stack, checkpoint) -> Stack:
    for cell in stack.cells:
        if cell.problem:
            where = cell.scope or "the top level"
            raise UserError(f"{checkpoint.prefix}: {where}: {cell.kind}: {cell.problem}.")
    for below, above in zip(stack.layers, stack.layers[1:], strict=False):
        for direction in (0, 1):
            _check_width(stack, below, above, direction)
    if checkpoint.missing:
        names = ", ".join(checkpoint.missing)
        raise UserError(
            f"{checkpoint.prefix}: the index is here, but not the data in {names}. Copy it."
        )
    checkpoint.verify()
    return stack


def _check_width(stack, below, above, direction):
    cell = above[direction]
    if cell is None:
        return
    if stack.joined:
        width = sum(part.output_size for part in below if part is not None)
    else:
        width = below[direction].output_size if below[direction] else 0
    if cell.input_size != width:
        raise UserError(
            f"{cell.scope}: it reads {cell.input_size} features, but the layer below puts out "
            f"{width}: something stands between them that is not a recurrent layer."
        )


def _repeated(stack: Stack, unstored: Unstored) -> Stack:
    """The stack whose only set of weights serves several layers."""
    first = stack.layers[0][0]
    if len(stack.layers) > 1:
        if unstored.layers not in (None, len(stack.layers)):
            raise UserError(
                f"layers={unstored.layers}, but {len(stack.layers)} sets of weights are stored."
            )
        return stack
    in_a_stack = re.search("multi_rnn_cell|MultiRNNCell", first.scope)
    may_repeat = in_a_stack and first.input_size == first.output_size
    if may_repeat and unstored.source(first, "layers") == unstored_facts.ASSUMED:
        raise UserError(
            f"{first.scope}: the one set of weights that is stored may serve several layers, "
            "as in MultiRNNCell([cell] * 2): say how many with layers."
        )
    repeated = dataclasses.replace(stack, layers=stack.layers * unstored.of(first, "layers"))
    for below, above in zip(repeated.layers, repeated.layers[1:], strict=False):
        for direction in (0, 1):
            _check_width(repeated, below, above, direction)
    return repeated


def layers_of(stack: Stack, unstored: Unstored, dtype: str = "float32") -> list:
    """The Keras layers of a stack, from first to last, without weights yet."""
    two_stacks = len(stack.layers) > 1 and not stack.joined and stack.layers[0][1] is not None
    if two_stacks:
        stacks = [
            tf1.MultiRNNCell([tf1_cell(cell, unstored, dtype) for cell in cells], dtype=dtype)
            for cells in (_direction(stack, 0), _direction(stack, 1))
        ]
        return [_both(_rnn(stacks[0], dtype), _rnn(stacks[1], dtype, go_backwards=True), dtype)]
    layers = []
    for forward, backward in stack.layers:
        layer = _layer(forward, unstored, dtype)
        if backward is not None:
            layer = _both(layer, _layer(backward, unstored, dtype, go_backwards=True), dtype)
        layers.append(layer)
    return layers


def _direction(stack: Stack, direction: int) -> list[Cell]:
    """The cells of one direction, forward (0) or backward (1), from first to last."""
    cells = [pair[direction] for pair in stack.layers]
    return [cell for cell in cells if cell is not None]


def _both(forward, backward, dtype):
    return keras.layers.Bidirectional(forward, backward_layer=backward, dtype=dtype)


def _rnn(cell, dtype, **options):
    return keras.layers.RNN(
        cell, return_sequences=True, zero_output_for_mask=True, dtype=dtype, **options
    )


def is_stock(cell: Cell, unstored: Unstored) -> bool:
    """Whether one of Keras' own layers computes what the cell does."""
    if cell.kind not in _IN_KERAS or cell.peepholes or cell.projection is not None:
        return False
    return not unstored.of(cell, "residual") and unstored.of(cell, "cell_clip") is None


def _layer(cell: Cell, unstored: Unstored, dtype: str, **options):
    if not is_stock(cell, unstored):
        return _rnn(tf1_cell(cell, unstored, dtype), dtype, **options)
    options |= {
        "activation": unstored.of(cell, "activation"),
        "return_sequences": True,
        "zero_output_for_mask": True,
        "dtype": dtype,
    }
    if cell.keras:
        options["use_bias"] = "bias" in cell.variables
        if cell.kind != "RNN":
            options["recurrent_activation"] = unstored.of(cell, "recurrent_activation")
            if unstored.keeps_weights and has_old_hard_sigmoid(cell, unstored):
                options["recurrent_activation"] = gates.tf1_hard_sigmoid
    if cell.kind == "GRU":
        return keras.layers.GRU(cell.units, reset_after=cell.reset_after, **options)
    return {"LSTM": keras.layers.LSTM, "RNN": keras.layers.SimpleRNN}[cell.kind](
        cell.units, **options
    )


def tf1_cell(cell: Cell, unstored: Unstored, dtype: str = "float32"):
    """The cell of `tf1` that computes what a cell does.

    Raises:
        UserError: it is one of Keras' cells.
    """
    if cell.keras:
        raise UserError(f"{cell.scope}: it is a Keras layer, which tf1 has no cell for.")
    made = _tf1_cell(cell, unstored, dtype)
    return tf1.ResidualWrapper(made, dtype=dtype) if unstored.of(cell, "residual") else made


def _tf1_cell(cell: Cell, unstored: Unstored, dtype: str):
    options: dict[str, Any] = {"activation": unstored.of(cell, "activation"), "dtype": dtype}
    if cell.reset_after:
        return tf1.CudnnCompatibleGRUCell(cell.units, dtype=dtype)
    if cell.kind == "GRU":
        return tf1.GRUCell(cell.units, **options)
    if cell.kind == "RNN":
        return tf1.BasicRNNCell(cell.units, **options)
    if cell.kind == "NASCell":
        return tf1.NASCell(cell.units, cell.projection, "bias" in cell.variables, dtype=dtype)
    options["forget_bias"] = unstored.of(cell, "forget_bias")
    if cell.kind == "UGRNNCell":
        return tf1.UGRNNCell(cell.units, **options)
    if cell.kind == "LayerNormBasicLSTMCell":
        normalizes = "bias" not in cell.variables
        return tf1.LayerNormBasicLSTMCell(cell.units, layer_norm=normalizes, **options)
    return tf1.LSTMCell(
        cell.units,
        use_peepholes=cell.peepholes,
        num_proj=cell.projection,
        **{name: unstored.of(cell, name) for name in ("cell_clip", "proj_clip")},
        **options,
    )


_TF1_ORDER = {
    "GRU": ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"),
    "RNN": ("kernel", "bias"),
    "LSTM": ("kernel", "bias", "w_f_diag", "w_i_diag", "w_o_diag", "projection/kernel"),
    "LayerNormBasicLSTMCell": (
        "kernel",
        "bias",
        "input/gamma",
        "input/beta",
        "transform/gamma",
        "transform/beta",
        "forget/gamma",
        "forget/beta",
        "output/gamma",
        "output/beta",
        "state/gamma",
        "state/beta",
    ),
    "NASCell": ("recurrent_kernel", "kernel", "bias", "projection_weights"),
    "UGRNNCell": ("kernel", "bias"),
}
# A block cell has its peepholes in another order than an LSTMCell.
_BLOCK_ORDER = ("kernel", "bias", "w_i_diag", "w_f_diag", "w_o_diag")
# The cells of tf1 that compute each kind; their weights may have the shapes of another kind.
_TF1_CLASSES = {
    "LSTM": (tf1.BasicLSTMCell, tf1.LSTMCell),
    "GRU": (tf1.GRUCell,),
    "RNN": (tf1.BasicRNNCell,),
    "LayerNormBasicLSTMCell": (tf1.LayerNormBasicLSTMCell,),
    "NASCell": (tf1.NASCell,),
    "UGRNNCell": (tf1.UGRNNCell,),
}
_CUDNN_GRU_ORDER = (
    "gates/kernel",
    "gates/bias",
    "input/kernel",
    "hidden/kernel",
    "input/bias",
    "hidden/bias",
)
# TensorFlow 1's hard sigmoid is clip(0.2 x + 0.5), Keras 3's clip(x / 6 + 0.5).
_OLD_HARD_SIGMOID = 1.2


def tf1_weights(cell: Cell, read) -> list[np.ndarray]:
    """A cell's weights in the order of `tf1`'s cell."""
    if cell.reset_after:
        return [read(cell.variables[role]) for role in _CUDNN_GRU_ORDER]
    return [read(cell.variables[role]) for role in _TF1_ORDER[cell.kind] if role in cell.variables]


def keras_weights(cell: Cell, read, unstored: Unstored) -> list[np.ndarray]:
    """A cell's weights as Keras' own layer has them: kernel, recurrent_kernel, bias."""
    if cell.keras:
        roles = ("kernel", "recurrent_kernel", "bias")
        weights = [read(cell.variables[role]) for role in roles if role in cell.variables]
        if has_old_hard_sigmoid(cell, unstored) and not unstored.keeps_weights:
            weights = [_steeper_gates(array, cell) for array in weights]
        return weights
    if cell.reset_after:
        gates, gate_bias, *kernels, bias, hidden_bias = tf1_weights(cell, read)
        rows = zip(_two(_swapped(gates, 2), cell), kernels, strict=True)
        both = [np.concatenate(pair, axis=1) for pair in rows]
        read_bias = np.concatenate([_swapped(gate_bias, 2), bias])
        hidden_bias = np.concatenate([np.zeros_like(gate_bias), hidden_bias])
        return [*both, np.stack([read_bias, hidden_bias])]
    if cell.kind == "GRU":
        gates, gate_bias, kernel, bias = tf1_weights(cell, read)
        joined = np.concatenate([_swapped(gates, 2), kernel], axis=1)
        return [*_two(joined, cell), np.concatenate([_swapped(gate_bias, 2), bias])]
    kernel, bias = tf1_weights(cell, read)[:2]
    if cell.kind == "RNN":
        return [*_two(kernel, cell), bias]
    i, j, f, o = np.split(np.concatenate([kernel, bias[None]]).copy(), 4, axis=1)
    f[-1] += np.asarray(unstored.of(cell, "forget_bias"), f.dtype)
    joined = np.concatenate([i, f, j, o], axis=1)
    return [*_two(joined[:-1], cell), joined[-1]]


def has_old_hard_sigmoid(cell: Cell, unstored: Unstored) -> bool:
    """Whether a Keras layer's gates have the hard sigmoid of TensorFlow 1."""
    gated = cell.keras and cell.kind != "RNN"
    return gated and unstored.of(cell, "recurrent_activation") == "hard_sigmoid"


def _steeper_gates(array: np.ndarray, cell: Cell) -> np.ndarray:
    """A Keras layer's weights, with which Keras 3's hard sigmoid does what the old one did."""
    factors = np.full(array.shape[-1], _OLD_HARD_SIGMOID, array.dtype)
    units = cell.units  # the candidate's, which goes through another activation, stay
    factors[2 * units : 3 * units] = 1
    return array * factors


def _swapped(array, parts):
    return np.concatenate(np.split(array, parts, axis=-1)[::-1], axis=-1)


def _two(joined, cell):
    return joined[: cell.input_size], joined[cell.input_size :]


def targets_of(layer) -> list:
    """What holds the weights of each cell of a layer, all forward ones before all backward ones."""
    return [target for part in _directions(layer) for target in _cells_in(part)]


def arranged(target, cell: Cell, read, unstored: Unstored) -> list[np.ndarray]:
    """A cell's weights as its target has them, or what belongs to them.

    Args:
        target: one of `targets_of`.
        cell: its cell.
        read: of a variable's name, returns an array of the variable's shape.
        unstored: what the checkpoint does not hold.
    """
    if isinstance(getattr(target, "cell", target), tf1.LSTMBlockCell) and cell.kind == "LSTM":
        return [read(cell.variables[role]) for role in _BLOCK_ORDER if role in cell.variables]
    if isinstance(target, tf1.RNNCell):
        return tf1_weights(cell, read)
    return keras_weights(cell, read, unstored)


def set_weights(layer, cells: list[Cell], read, unstored: Unstored):
    """Gives a built layer the weights of its cells.

    Args:
        layer: one of `layers_of`, or an equal one.
        cells: its cells, all forward ones before all backward ones.
        read: of a variable's name, returns its value.
        unstored: what the checkpoint does not hold.

    Raises:
        UserError: a weight has another shape.
    """
    pairs = []
    targets = targets_of(layer)
    if len(targets) != len(cells):
        raise UserError(
            f"layer {layer.name} has {len(targets)} cells, the checkpoint {len(cells)}."
        )
    for target, cell in zip(targets, cells, strict=True):
        _check_kind(layer, target, cell)
        values = arranged(target, cell, read, unstored)
        found = [tuple(weight.shape) for weight in target.weights]
        wanted = [value.shape for value in values]
        if found != wanted:
            raise UserError(
                f"{cell.scope}: its weights become {wanted}, but those of layer {layer.name} are "
                f"{found}."
            )
        _check_equations(layer, target, cell, unstored)
        pairs.append((target, values))
    for target, values in pairs:
        target.set_weights(values)


def _check_kind(layer, target, cell: Cell):
    """Refuses a cell of another kind, whose weights may have the same shapes."""
    inner = getattr(target, "cell", target)
    kinds = [kind for kind, classes in _TF1_CLASSES.items() if isinstance(inner, classes)]
    if cell.kind not in kinds and (kinds or cell.kind not in _IN_KERAS):
        raise UserError(
            f"{cell.scope}: it is {_with_article(cell.kind)}, but layer {layer.name} has "
            f"{_with_article(type(inner).__name__)}."
        )


def _with_article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOLRNM" and name.isupper() else f"a {name}"


def _check_equations(layer, target, cell: Cell, unstored: Unstored):
    """Refuses a cell that does otherwise than the graph shows."""
    inner = getattr(target, "cell", target)
    does = {
        "residual": isinstance(target, tf1.ResidualWrapper),
        "cell_clip": getattr(inner, "cell_clip", None),
        "proj_clip": getattr(inner, "proj_clip", None),
    }
    if cell.keras and cell.kind != "RNN":
        # Also where it is assumed: the weights are scaled for it.
        fact = "recurrent_activation"
        found, wanted = (
            keras.activations.serialize(inner.recurrent_activation),
            unstored.of(cell, fact),
        )
        if inner.recurrent_activation is gates.tf1_hard_sigmoid and unstored.keeps_weights:
            found = "hard_sigmoid"
        if found != wanted:
            raise UserError(
                f"layer {layer.name} has {fact} {found}, but {cell.scope} {wanted} "
                f"({unstored.source(cell, fact)})."
            )
    facts = unstored_facts.facts_of(cell)
    if "activation" in facts:
        does["activation"] = keras.activations.serialize(inner.activation)
    if isinstance(inner, tf1.RNNCell) and "forget_bias" in facts:
        does["forget_bias"] = inner.forget_bias
    for fact in [fact for fact in facts if fact in does]:
        value = does[fact]
        wanted = unstored.of(cell, fact)
        if fact == "activation":  # one function may have several names
            wanted = keras.activations.serialize(keras.activations.get(wanted))
        if unstored.source(cell, fact) != unstored_facts.ASSUMED and wanted != value:
            raise UserError(
                f"{cell.scope}: {unstored_facts.text(fact, wanted)} "
                f"({unstored.source(cell, fact)}), but layer {layer.name} has "
                f"{unstored_facts.text(fact, value)}."
            )


def _directions(layer) -> list:
    both = isinstance(layer, keras.layers.Bidirectional)
    return [layer.forward_layer, layer.backward_layer] if both else [layer]


def _cells_in(layer) -> list:
    cell = getattr(layer, "cell", layer)
    return list(getattr(cell, "cells", None) or [cell])


def cells_of(stack: Stack, count: int) -> list[list[Cell]]:
    """The cells of each layer that `layers_of` made, in the order of `set_weights`."""
    if count == len(stack.layers):
        return [[cell for cell in pair if cell is not None] for pair in stack.layers]
    return [_direction(stack, 0) + _direction(stack, 1)]


def load(
    path,
    scope: str | None = None,
    forget_bias: float | None = None,
    activation: str | None = None,
    layers: int | None = None,
    kind: str | None = None,
    recurrent_activation: str | None = None,
    weights: str = "raw",
) -> list[keras.layers.Layer]:
    """Makes Keras layers of a recurrent network in a TensorFlow 1 checkpoint.

    Example:
        >>> lstm, = migrate.load("model.ckpt-1000", scope="rnn")            # doctest: +SKIP
        >>> model = keras.Sequential([keras.Input((28, 28)), lstm])         # doctest: +SKIP

    Args:
        path: of the checkpoint: a prefix, one of its files, or its directory.
        scope: of the network; None if there is only one.
        forget_bias: what the LSTM's constructor was given, which no variable holds. None for what
            the graph in the `.meta` file shows; if there is no such file, for the default.
        activation: the same; Keras' name.
        layers: the same: how many layers share one set of weights.
        kind: LSTM, GRU or RNN, if the cell's name does not say it.
        recurrent_activation: of the gates of a layer of tf.keras, sigmoid or hard_sigmoid.
        weights: "raw", or "averaged" for the moving averages. `Choice` says more of all of these.

    Returns:
        Built layers, from first to last, each `(batch, time, features)` to `(batch, time, units)`.
        Given a mask, their outputs past a row's length are zero, as with `sequence_length`.

    Raises:
        UserError: a ValueError that says what cannot be read or converted.
    """
    choice = Choice(scope, kind, layers, forget_bias, activation, recurrent_activation, weights)
    checkpoint, stack, unstored = choose(path, choice)
    return built(checkpoint, stack, unstored, "float32")


def built(checkpoint, stack: Stack, unstored: Unstored, dtype: str) -> list:
    """The layers of a stack with their weights."""

    def read(name):  # a forget bias is added in this precision
        return checkpoint.read(name).astype(dtype)

    made = layers_of(stack, unstored, dtype)
    for layer, cells in zip(made, cells_of(stack, len(made)), strict=True):
        layer.build((None, None, cells[0].input_size))
        set_weights(layer, cells, read, unstored)
    return made


def assign(
    layer,
    path,
    scope: str | None = None,
    forget_bias: float | None = None,
    kind: str | None = None,
    recurrent_activation: str | None = None,
    weights: str = "raw",
):
    """Gives a layer of a model of one's own the weights of a network in a checkpoint.

    Args:
        layer: built: Keras' SimpleRNN, LSTM or GRU (`reset_after=False`), `RNN` over cells of
            `tf1`, or Bidirectional of them.
        path: of the checkpoint.
        scope: of the network; None if there is only one.
        forget_bias: what the LSTM's constructor was given; this and the rest are as of `load`.
        kind: LSTM, GRU or RNN, if the cell's name does not say it.
        recurrent_activation: of the gates of a layer of tf.keras.
        weights: "raw" or "averaged".

    Raises:
        UserError: a ValueError that says what does not fit: both shapes, or what the layer does
            otherwise than the graph.
    """
    choice = Choice(
        scope,
        kind,
        forget_bias=forget_bias,
        recurrent_activation=recurrent_activation,
        weights=weights,
    )
    checkpoint, stack, unstored = choose(path, choice)
    cells = _direction(stack, 0) + _direction(stack, 1)
    set_weights(layer, cells, checkpoint.read, unstored)


def expected(checkpoint, stack: Stack, unstored: Unstored, inputs: np.ndarray) -> np.ndarray:
    """What TensorFlow 1's equations make of inputs, in the inputs' dtype.

    Args:
        checkpoint: the checkpoint.
        stack: one of its networks.
        unstored: what it does not hold.
        inputs: `(batch, time, features)`.

    Returns:
        The last layer's outputs, of both directions.
    """

    def run(cell, inputs, backwards):
        step = tf1_cell(cell, unstored, inputs.dtype.name)
        step.build((None, cell.input_size))
        step.set_weights(tf1_weights(cell, checkpoint.read))
        inputs = inputs[:, ::-1] if backwards else inputs
        outputs = tf1.dynamic_rnn(step, inputs, dtype=inputs.dtype)[0].numpy()
        return outputs[:, ::-1] if backwards else outputs

    both = stack.layers[0][1] is not None
    directions = [inputs] * (1 + both)
    for pair in stack.layers:
        outputs = [
            run(cell, of, i == 1)
            for i, (cell, of) in enumerate(zip(pair, directions, strict=False))
            if cell is not None
        ]
        joined = np.concatenate(outputs, axis=2)
        directions = [joined] * len(outputs) if stack.joined else outputs
    return np.concatenate(outputs, axis=2)


def differences(checkpoint, stack: Stack, unstored: Unstored) -> dict[str, float]:
    """How far the converted layers are from TensorFlow 1's equations, by dtype.

    Returns:
        The largest difference over the largest entry, on random inputs, in float64 and float32.
    """
    found = {}
    shape = (3, 7, stack.cells[0].input_size)
    inputs = np.random.default_rng(0).standard_normal(shape)
    for dtype in ("float64", "float32"):
        outputs = tf.constant(inputs, dtype)
        for layer in built(checkpoint, stack, unstored, dtype):
            outputs = layer(outputs)
        wanted = expected(checkpoint, stack, unstored, inputs.astype(dtype))
        found[dtype] = float(np.abs(outputs.numpy() - wanted).max() / np.abs(wanted).max())
    return found
