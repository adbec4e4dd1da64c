"""What is asked of the arguments, before Keras or TensorFlow meet them.

Each check raises a ValueError that begins with the name the caller used. Sizes and values are
checked where they are known: a symbolic input may still have any number of rows.
"""

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.tf1 import states


def given(name: str, value):
    """Asks for a value that is not None."""
    if value is None:
        raise ValueError(f"{name}: missing")


def positive(name: str, value) -> int:
    """Asks for an integer above 0.

    Args:
        name: of the argument.
        value: the argument.

    Returns:
        The value as a Python integer.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name}: expected a positive integer, got {value!r}")
    return int(value)


def shape_of(value) -> tuple:
    """The shape of a tensor, array or nested list; None for what is not known.

    Args:
        value: anything that can become a tensor.

    Returns:
        A tuple of numbers and None, or None if not even the rank is known.
    """
    shape = value.shape if hasattr(value, "shape") else np.shape(value)
    if isinstance(shape, tf.TensorShape):
        return tuple(shape.as_list()) if shape.rank is not None else None
    return tuple(shape)


def rows(inputs, axis: int = 0):
    """The number of rows of a batch, or None if it is not known."""
    shape = shape_of(inputs)
    return shape[axis] if shape is not None else None


def cell(name: str, value):
    """Asks for a cell of this package, made here or by the caller."""
    # Imported here, as a cell asks for its own arguments.
    from keras_rnn_tutorials.tf1.cell import RNNCell

    if not isinstance(value, RNNCell):
        raise ValueError(f"{name}: expected a cell, such as tf1.LSTMCell(64), got {value!r}")


def cells(name: str, values):
    """Asks for a list of cells that is not empty."""
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError(f"{name}: expected a list of at least one cell, got {values!r}")
    for i, value in enumerate(values):
        cell(f"{name}[{i}]", value)


def _tensor(name: str, value, axes: str):
    """Asks for floating-point numbers of a rank, the last axis of known size."""
    wanted = axes.count(",") + 1
    if value is None or isinstance(value, (str, dict)):
        raise ValueError(f"{name}: expected a tensor ({axes}), got {value!r}")
    shape = shape_of(value)
    if shape is None or len(shape) != wanted:
        raise ValueError(f"{name}: expected shape ({axes}), got {shape}")
    if shape[-1] is None:
        raise ValueError(f"{name}: the number of features must be known, got shape {shape}")
    dtype = keras.backend.standardize_dtype(getattr(value, "dtype", None))
    if not keras.backend.is_float_dtype(dtype):
        raise ValueError(f"{name}: expected floating-point numbers, got {dtype}")


def step_inputs(inputs):
    """Asks for what a cell reads in one step, `(batch, features)`."""
    _tensor("inputs", inputs, "batch, features")


def sequence(inputs, time_major: bool):
    """Asks for whole sequences in one tensor."""
    axes = "time, batch, features" if time_major else "batch, time, features"
    _tensor("inputs", inputs, axes)


def steps(inputs):
    """Asks for a list with one tensor `(batch, features)` a step, all of one shape."""
    if not isinstance(inputs, (list, tuple)):
        raise ValueError(
            f"inputs: expected a list of tensors (batch, features), one a step, got {inputs!r}"
        )
    if not inputs:
        raise ValueError("inputs: expected at least one step, got an empty list")
    for i, value in enumerate(inputs):
        _tensor(f"inputs[{i}]", value, "batch, features")
        if not tf.TensorShape(shape_of(value)).is_compatible_with(shape_of(inputs[0])):
            raise ValueError(
                f"inputs[{i}]: expected the shape of inputs[0], {shape_of(inputs[0])}, "
                f"got {shape_of(value)}"
            )


def lengths(sequence_length, batch, time):
    """Asks for one number of steps a row, none above the number of steps there are.

    Args:
        sequence_length: the argument, not None.
        batch: number of rows, or None.
        time: number of steps, or None.
    """
    shape = shape_of(sequence_length)
    if shape is not None and len(shape) != 1:
        raise ValueError(f"sequence_length: expected shape (batch,), got {shape}")
    if shape is not None and None not in (shape[0], batch) and shape[0] != batch:
        raise ValueError(
            f"sequence_length: expected one length for each of the {batch} rows of inputs, "
            f"got {shape[0]}"
        )
    values = _values(sequence_length)
    if values is None or not values.size:
        return
    if not np.issubdtype(values.dtype, np.number):
        raise ValueError(f"sequence_length: expected integers, got {values.dtype}")
    if values.min() < 0:
        raise ValueError(f"sequence_length: expected no negative length, got {values.min()}")
    if time is not None and values.max() > time:
        raise ValueError(
            f"sequence_length: expected at most the {time} steps of inputs, got {values.max()}"
        )


def _values(tensor):
    """The numbers in a tensor, or None if they are not known yet."""
    if isinstance(tensor, keras.KerasTensor):
        return None
    if isinstance(tensor, keras.Variable):
        tensor = tensor.value
    if isinstance(tensor, tf.Variable):
        return tensor.numpy() if tf.executing_eagerly() else None
    if tf.is_tensor(tensor):
        return tf.get_static_value(tensor)
    return np.asarray(tensor)


def state(name: str, of_cell, value, batch):
    """Asks for a state that fits a cell.

    Args:
        name: of the argument.
        of_cell: the cell.
        value: the argument, not None.
        batch: number of rows of the inputs, or None.
    """
    size = of_cell.state_size
    if not states.fits(size, value):
        raise ValueError(
            f"{name}: expected the structure of the cell's state_size, {size}, "
            f"got {_outline(value)}"
        )
    for wanted, part in zip(states.flatten(size), states.flatten(value), strict=True):
        shape = shape_of(part) if part is not None else ()
        if not tf.TensorShape((batch, wanted)).is_compatible_with(shape):
            wanted_shape = f"({'batch' if batch is None else batch}, {wanted})"
            raise ValueError(f"{name}: expected a part of shape {wanted_shape}, got {shape}")


def _outline(value):
    """A state with its tensors replaced by their shapes."""
    if states.is_tuple(value):
        return tuple(_outline(part) for part in value)
    return None if value is None else shape_of(value)


def dtype_or_state(dtype, named_states: dict):
    """Asks for a dtype wherever a state must be made.

    Args:
        dtype: the argument.
        named_states: the initial states, by their arguments' names.
    """
    for name, value in named_states.items():
        if value is None and dtype is None:
            raise ValueError(f"dtype: needed, as {name} is not given")
    if dtype is not None:
        try:
            standard = keras.backend.standardize_dtype(dtype)
        except (ValueError, TypeError):
            raise ValueError(f"dtype: {dtype!r} is no dtype") from None
        if not keras.backend.is_float_dtype(standard):
            raise ValueError(f"dtype: expected a floating-point dtype, got {standard}")
