"""What counts as a cell, and how it is built, started and stepped.

TensorFlow 1 took anything with `state_size`, `output_size`, a `zero_state` or a
`get_initial_state`, and a call. Three kinds are distinguished here: the cells of this package and
classes derived from them; Keras' cells, whose single state may be in a list; and everything else,
which is only called. Nothing here depends on class names: a cell of this package has the attribute
`_is_tf_rnn_cell`, as in TensorFlow 1.
"""

import inspect

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import scopes, states


def missing(cell) -> list[str]:
    """What an object lacks to be a cell, in TensorFlow 1's words; empty for a cell."""
    if isinstance(cell, type):
        return ["a class is given, not a cell"]
    has_state = hasattr(cell, "zero_state") or hasattr(cell, "get_initial_state")
    wanted = {
        "'output_size' property is missing": hasattr(cell, "output_size"),
        "'state_size' property is missing": hasattr(cell, "state_size"),
        "either 'zero_state' or 'get_initial_state' method is required": has_state,
        "is not callable": callable(cell),
    }
    return [words for words, given in wanted.items() if not given]


def is_ours(cell) -> bool:
    """Whether a cell is of this package, or of a class derived from one of its classes."""
    return getattr(cell, "_is_tf_rnn_cell", False) and isinstance(cell, keras.layers.Layer)


def is_keras(cell) -> bool:
    """Whether a cell is one of Keras', or written in the same way."""
    return (
        isinstance(cell, keras.layers.Layer)
        and not is_ours(cell)
        and not hasattr(cell, "zero_state")
    )


def is_called(cell) -> bool:
    """Whether a cell must be called, because its class has its own `__call__`."""
    return not getattr(type(cell).__call__, "takes_a_step", False)


def follows_its_size(cell) -> bool:
    """Whether a cell's states have the structure and the shapes that its `state_size` says.

    A caller's own `zero_state` may return anything that its `call` understands.
    """
    if not is_ours(cell):
        return is_keras(cell)
    functions = (type(cell).zero_state, type(cell).get_initial_state)
    if not all(getattr(function, "follows_state_size", False) for function in functions):
        return False
    return all(map(follows_its_size, inner(cell)))


def state_size(cell):
    """A cell's `state_size`; for Keras' stacks the tuple that it was in TensorFlow 1."""
    size = cell.state_size
    return tuple(size) if isinstance(cell, keras.layers.StackedRNNCells) else size


def inner(cell) -> list:
    """The cells in a cell: those of a MultiRNNCell, that of a wrapper, or none."""
    return cell.inner_cells() if is_ours(cell) else []


def first(cell):
    """The cell that reads the inputs, behind all wrappers and at the bottom of all stacks."""
    while cells := inner(cell):
        cell = cells[0]
    return cell


def reads_matrices(cell) -> bool:
    """Whether a cell reads floating-point `(batch, features)` and nothing else."""
    cell = first(cell)
    return getattr(cell, "reads_matrices", False) and not is_called(cell)


def features(cell) -> int | None:
    """The number of features that a cell with weights reads; None if it reads any, or none yet."""
    cell = first(cell)
    if getattr(cell, "reads_matrices", False):
        return cell.features if cell.built else None
    kernel = getattr(cell, "kernel", None) if is_keras(cell) and cell.built else None
    return None if kernel is None else int(kernel.shape[0])


def settle_dtype(cell, dtype):
    """Gives a cell of this package its dtype, where it has none yet."""
    if is_ours(cell):
        cell.settle_dtype(dtype)


def build(cell, input_shape):
    """Creates a cell's weights, if it has none yet and can be built without being called.

    Args:
        cell: the cell.
        input_shape: of one step, `(batch, features)`, or a nested structure of shapes.
    """
    if not isinstance(cell, keras.layers.Layer) or cell.built:
        return
    if type(cell).build is not keras.layers.Layer.build:
        with scopes.entered(cell, building=True):
            cell.build(input_shape)
        cell.built = True
        return
    if scopes.in_use() or not is_ours(cell) or is_called(cell) or not follows_its_size(cell):
        return  # the first call builds what is inside
    # A caller's cell without a build: Keras finds its weights by calling it.
    dtype = cell.compute_dtype
    state = states.pack(
        cell.state_size,
        [
            keras.KerasTensor((None, *states.dimensions(size)), dtype)
            for size in states.flatten(cell.state_size)
        ],
    )
    inputs = map_shapes(lambda shape: keras.KerasTensor((None, *shape[1:]), dtype), input_shape)
    try:
        cell(inputs, state)
    except Exception:  # it reads integers, say: the first step builds it, or says what is wrong
        return


def map_shapes(function, shapes):
    """Applies a function to every shape of a nested structure, which is made of tuples itself."""
    if isinstance(shapes, dict):
        return {name: map_shapes(function, shape) for name, shape in shapes.items()}
    if isinstance(shapes, (tuple, list)) and any(
        isinstance(x, (tuple, list, dict)) for x in shapes
    ):
        return type(shapes)(map_shapes(function, shape) for shape in shapes)
    return function(shapes)


def initial_state(cell, batch_size, dtype):
    """A cell's initial state, from its own `get_initial_state` or its `zero_state`.

    Args:
        cell: the cell.
        batch_size: a number, or a scalar integer tensor.
        dtype: a `tf.DType`.

    Returns:
        The state, as the cell returns it; of one of Keras' cells, as its `state_size` says.
    """
    function = getattr(cell, "get_initial_state", None)
    if function is None:
        return cell.zero_state(batch_size, dtype)
    arguments = {"inputs": None, "batch_size": batch_size, "dtype": dtype}
    if not is_keras(cell):
        return function(**arguments)
    # Keras 3 left two of the arguments out.
    parameters = inspect.signature(function).parameters
    state = function(**{name: arguments[name] for name in arguments if name in parameters})
    return states.pack(state_size(cell), [tf.cast(part, dtype) for part in states.flatten(state)])


def zero_state(cell, batch_size, dtype):
    """A cell's `zero_state`; one of Keras' cells has only a `get_initial_state`."""
    if hasattr(cell, "zero_state"):
        return cell.zero_state(batch_size, dtype)
    return initial_state(cell, batch_size, dtype)


def draw(cell):
    """Random values that are drawn once for a whole sequence."""
    return cell.draw() if is_ours(cell) and _steps(cell) else None


def step(cell, inputs, state, drawn, time):
    """Takes the step of number `time` of a sequence.

    Args:
        cell: the cell.
        inputs: what it reads.
        state: what it was given before.
        drawn: what `draw` returned at the start of the sequence.
        time: number of the step, from 0; an integer or a scalar tensor.

    Returns:
        The outputs and the new state.
    """
    if is_ours(cell):
        if is_called(cell):
            return cell(inputs, state)
        with scopes.entered(cell):
            if _steps(cell):
                return cell.step(inputs, state, drawn, time)
            return cell.call(inputs, state)
    if not is_keras(cell):
        return cell(inputs, state)
    outputs, new_state = cell(inputs, state)
    return outputs, states.pack(state_size(cell), new_state)


def _steps(cell) -> bool:
    """Whether `step` does what a call does: a class derived from ours may have a `call` only."""
    if "call" in vars(cell):
        return getattr(type(cell).step, "takes_a_call", False)
    for parent in type(cell).__mro__:
        if "step" in vars(parent):
            return True
        if "call" in vars(parent):
            return getattr(type(cell).step, "takes_a_call", False)
    return False


def forget_masks(cell):
    """Makes Keras' cells draw new dropout masks; otherwise they keep them from call to call."""
    for name in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
        if is_keras(cell) and hasattr(cell, name):
            getattr(cell, name)()
    for part in inner(cell) or (getattr(cell, "cells", ()) if is_keras(cell) else ()):
        forget_masks(part)
