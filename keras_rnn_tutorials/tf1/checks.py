"""Checks of the arguments, before they reach Keras or TensorFlow.

Each check raises a ValueError that begins with the name the caller used and ends with TensorFlow
1's own message, if it had one. Where TensorFlow 1 raised TypeError, the error is one of these
too. Sizes and values are checked where they are known: a symbolic input may still have any number
of rows.
"""

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials._private_apis import raised_as_it_is
from keras_rnn_tutorials.tf1 import protocol, states


class WrongTypeError(ValueError, TypeError):
    """Where TensorFlow 1 raised TypeError: code that catches either catches this."""


def error(message: str, theirs: str = "", kind: type = ValueError) -> Exception:
    """An error of one line.

    Args:
        message: begins with the argument's name.
        theirs: TensorFlow 1's own message, which people search for.
        kind: the exception's class.

    Returns:
        The exception, to be raised.
    """
    return raised_as_it_is(kind(f"{message} (TensorFlow 1: {theirs})" if theirs else message))


def shown(value) -> str:
    """A wrong argument as an error message shows it: on one line, a tensor as its shape."""
    if hasattr(value, "shape"):
        return f"a tensor of shape {shape_of(value)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 200 else f"{text[:200]}..."


def given(name: str, value):
    """Asks for a value that is not None."""
    if value is None:
        raise error(f"{name}: missing")


def positive(name: str, value) -> int:
    """Asks for an integer above 0.

    Args:
        name: of the argument.
        value: the argument.

    Returns:
        The value as a Python integer.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise error(f"{name}: expected a positive integer, got {shown(value)}")
    return int(value)


def float_policy(dtype):
    """Asks for a floating-point dtype, or a Keras policy of one, for a cell of this package."""
    try:
        compute = keras.dtype_policies.get(dtype).compute_dtype
    except (ValueError, TypeError):
        return  # Keras says what it knows of it
    if not keras.backend.is_float_dtype(compute):
        raise error(f"dtype: expected a floating-point dtype, got {compute}", _floats_only(compute))


def _floats_only(dtype):
    return f"RNN cell only supports floating point inputs, but saw dtype: {dtype}"


def shape_of(value) -> tuple | None:
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
    """The number of rows of a batch, or None if it is not known.

    Args:
        inputs: a tensor, or a nested structure of tensors with the same batch.
        axis: the batch's.
    """
    for value in parts_of(inputs):
        shape = shape_of(value)
        if shape is not None and len(shape) > axis and shape[axis] is not None:
            return shape[axis]
    return None


def parts_of(inputs) -> list:
    """The tensors of nested inputs, in a list; of inputs that are a single tensor, that one."""
    return tf.nest.flatten(inputs) if is_nested(inputs) else [inputs]


def is_nested(inputs) -> bool:
    """Whether inputs are a structure of tensors, and not one tensor written as a list."""
    if isinstance(inputs, list):
        leaves = tf.nest.flatten(inputs)
        # A list of matrices is a batch; TensorFlow 1 took no matrix for a sequence.
        return bool(leaves) and all(
            hasattr(leaf, "shape") and len(shape_of(leaf) or (0, 0, 0)) > 2 for leaf in leaves
        )
    return isinstance(inputs, (tuple, dict)) and tf.nest.is_nested(inputs)


def cell(name: str, value):
    """Asks for a cell: of this package, of Keras, or anything that behaves as one."""
    lacking = protocol.missing(value)
    if lacking:
        raise error(
            f"{name}: expected a cell, such as tf1.LSTMCell(64), got {shown(value)}",
            f"The argument {name!r} ({shown(value)}) is not an RNNCell: {', '.join(lacking)}.",
            WrongTypeError,
        )


def cells(name: str, values, theirs: str = "Must specify at least one cell for MultiRNNCell."):
    """Asks for a list of cells that is not empty.

    Args:
        name: of the argument.
        values: the argument.
        theirs: TensorFlow 1's words for an empty list.
    """
    if not isinstance(values, (list, tuple)):
        raise error(
            f"{name}: expected a list of at least one cell, got {shown(values)}",
            f"{name} must be a list or tuple, but saw: {shown(values)}.",
            WrongTypeError,
        )
    if not values:
        raise error(f"{name}: expected a list of at least one cell, got {shown(values)}", theirs)
    for i, value in enumerate(values):
        cell(f"{name}[{i}]", value)


def features(name: str, of_cell, width: int | None):
    """Asks for inputs as wide as those that a cell's weights were made for.

    Args:
        name: of the argument.
        of_cell: the cell.
        width: number of features, or None if it is not known.
    """
    reads = protocol.features(of_cell)
    if None not in (reads, width) and width != reads:
        raise error(
            f"{name}: the cell has weights for {reads} features, got {width}: "
            "use a cell of its own for these inputs",
            _shared_variable(of_cell, reads, width),
        )


def widths_in_a_stack(name: str, of_cells: list, widths: list):
    """Asks that a cell that stands in a stack more than once reads one width.

    Args:
        name: of the argument.
        of_cells: the cells, from first to last.
        widths: the number of features that each is to read.
    """
    reading: dict[int, int | None] = {}
    for i, (one, width) in enumerate(zip(of_cells, widths, strict=True)):
        core = protocol.first(one)
        if not getattr(core, "reads_matrices", False) and not protocol.is_keras(core):
            continue
        before = reading.setdefault(id(core), protocol.features(core) or width)
        if None not in (before, width) and before != width:
            again = sum(protocol.first(other) is core for other in of_cells) > 1
            raise error(
                f"{name}: the same cell cannot read {before} features and {width}: "
                "make a new cell for each layer"
                if again
                else f"{name}[{i}]: the cell has weights for {before} features and "
                f"cannot read {width}: make a new cell for each layer",
                _shared_variable(core, before, width),
            )


def _shared_variable(of_cell, before, width):
    """TensorFlow 1's words for a variable of two shapes, of which the first weight's is shown."""
    core = protocol.first(of_cell)
    if core.weights:
        height, *columns = core.weights[0].shape
        name = getattr(core.weights[0], "path", core.weights[0].name)
    else:  # not built yet, and its first weight would be the joint kernel
        units, gates = core.output_size, len(states.flatten(core.state_size)) ** 2
        height, columns, name = before + units, [gates * units], "kernel"
    found = ", ".join(map(str, (height, *columns)))
    specified = ", ".join(map(str, (height - before + width, *columns)))
    return (
        f"Trying to share variable {name}, but specified shape ({specified}) and found shape "
        f"({found})."
    )


def _tensor(name: str, value, axes: str, matrices: bool = True) -> tuple:
    """Asks for numbers of a rank, all axes but the batch and the time of known size.

    Args:
        name: of the argument.
        value: the argument.
        axes: their names, for the message.
        matrices: whether `features` is one axis and the numbers must be floating-point.

    Returns:
        The shape.
    """
    wanted = axes.count(",") + 1
    if value is None or isinstance(value, (str, dict)):
        raise error(f"{name}: expected a tensor ({axes}), got {shown(value)}")
    shape = shape_of(value)
    if shape is None or (len(shape) != wanted if matrices else len(shape) < wanted):
        theirs = f"Shape {shape} must have rank at least {wanted}"
        if shape is not None and len(shape) > wanted:
            theirs = (
                "Input 0 of layer is incompatible with the layer: expected ndim=2, "
                f"found ndim={len(shape) - wanted + 2}"
            )
        raise error(f"{name}: expected shape ({axes}), got {shape}", theirs)
    known_from = wanted - 1 if "features" in axes else wanted
    if None in shape[known_from:]:
        raise error(
            f"{name}: the number of features must be known, got shape {shape}",
            "Input size (depth of inputs) must be accessible via shape inference, but saw value "
            "None.",
        )
    dtype = states.standard_dtype(getattr(value, "dtype", None))
    if matrices and not keras.backend.is_float_dtype(dtype):
        raise error(f"{name}: expected floating-point numbers, got {dtype}", _floats_only(dtype))
    return shape


def step_inputs(inputs):
    """Asks for what a cell reads in one step, `(batch, features)`."""
    _tensor("inputs", inputs, "batch, features")


def sequence(inputs, time_major: bool, of_cell):
    """Asks for whole sequences in one tensor, or in a nested structure of tensors.

    Args:
        inputs: the argument.
        time_major: whether the time comes first.
        of_cell: the cell that is to read them.

    Returns:
        The number of rows and the number of steps, each None if not known.
    """
    axes = "time, batch, features" if time_major else "batch, time, features"
    matrices = protocol.reads_matrices(of_cell)
    if matrices or not is_nested(inputs):
        _tensor("inputs", inputs, axes, matrices)
    parts = parts_of(inputs)
    if not parts:
        raise error(f"inputs: expected a tensor ({axes}), got {shown(inputs)}")
    shapes = [_tensor("inputs", part, axes, matrices) for part in parts]
    order = (1, 0) if time_major else (0, 1)
    sizes = [
        _common("inputs", [shape[axis] for shape in shapes], what, theirs)
        for axis, what, theirs in (
            (order[0], "rows", "Batch_size is not the same for all the elements in the input."),
            (
                order[1],
                "steps",
                "Time steps is not the same for all the elements in the input in a batch.",
            ),
        )
    ]
    features("inputs", of_cell, shapes[0][-1])
    return tuple(sizes)


def one_batch(name: str, values: list):
    """Asks that tensors have one number of rows, where it is known.

    Args:
        name: of the argument to blame.
        values: the tensors.
    """
    sizes = []
    for value in values:
        shape = shape_of(value)
        if not shape:
            raise error(f"{name}: expected inputs (batch, ...), got shape {shape}")
        sizes.append(shape[0])
    _common(name, sizes, "rows", "Dimensions are not compatible")


def _common(name, sizes, what, theirs):
    """The one size that is known of several."""
    known = [size for size in sizes if size is not None]
    if len(set(known)) > 1:
        raise error(f"{name}: their parts differ in the number of {what}, {known}", theirs)
    return known[0] if known else None


def steps(inputs, of_cell):
    """Asks for a list with one tensor, or one nested structure of tensors, a step.

    Args:
        inputs: the argument.
        of_cell: the cell that is to read them.

    Returns:
        The number of rows, or None if it is not known.
    """
    if not isinstance(inputs, (list, tuple)):
        raise error(
            "inputs: expected a list of tensors (batch, features), one a step, "
            f"got {shown(inputs)}",
            "inputs must be a sequence",
            WrongTypeError,
        )
    if not inputs:
        raise error(
            "inputs: expected at least one step, got an empty list", "inputs must not be empty"
        )
    matrices, sizes = protocol.reads_matrices(of_cell), []
    for i, value in enumerate(inputs):
        nested = not matrices and is_step_nested(value)
        for part in tf.nest.flatten(value) if nested else [value]:
            alone = not matrices and len(shape_of(part) or ()) == 1  # one number per row
            axes = "batch" if alone else "batch, features"
            _tensor(f"inputs[{i}]", part, axes, matrices)
            sizes.append(shape_of(part)[0])
        if matrices and not tf.TensorShape(shape_of(value)).is_compatible_with(shape_of(inputs[0])):
            raise error(
                f"inputs[{i}]: expected the shape of inputs[0], {shape_of(inputs[0])}, "
                f"got {shape_of(value)}"
            )
        if not matrices:
            _same_structure(f"inputs[{i}]", inputs[0], value, "that of inputs[0]")
    if matrices:
        features("inputs", of_cell, shape_of(inputs[0])[-1])
    return _common("inputs", sizes, "rows", "Dimensions are not compatible")


def is_step_nested(value) -> bool:
    """Whether one step's inputs are a structure of tensors."""
    return tf.nest.is_nested(value) and all(
        hasattr(leaf, "shape") for leaf in tf.nest.flatten(value)
    )


def _same_structure(name, wanted, got, whose):
    try:
        tf.nest.assert_same_structure(wanted, got, check_types=False)
    except (ValueError, TypeError):
        raise error(
            f"{name}: its structure, {outline(got)}, is not {whose}, {outline(wanted)}",
            "The two structures don't have the same nested structure.",
        ) from None


def same_structure(name: str, wanted, got, whose: str):
    """Asks a cell for what it declared: the structure of its state or of its outputs.

    Args:
        name: of the argument to blame.
        wanted: a nested structure.
        got: another.
        whose: names the first, for the message.
    """
    _same_structure(name, wanted, got, whose)


def lengths(sequence_length, batch, time):
    """Asks for one number of steps per row, none above the number of steps there are.

    Args:
        sequence_length: the argument, not None.
        batch: number of rows, or None.
        time: number of steps, or None.
    """
    shape = shape_of(sequence_length)
    if shape is not None and len(shape) != 1:
        raise error(
            f"sequence_length: expected shape (batch,), got {shape}",
            f"sequence_length must be a vector of length batch_size, but saw shape: {shape}",
        )
    if shape is not None and None not in (shape[0], batch) and shape[0] != batch:
        raise error(
            f"sequence_length: expected one length for each of the {batch} rows of inputs, "
            f"got {shape[0]}",
            f"Dimension 0 in both shapes must be equal, but are {batch} and {shape[0]}",
        )
    values = _values(sequence_length)
    if values is None or not values.size:
        return
    if not np.issubdtype(values.dtype, np.number):
        raise error(f"sequence_length: expected integers, got {values.dtype}")
    if values.min() < 0:
        raise error(
            f"sequence_length: expected no negative length, got {values.min()}",
            f"seq_lens({values.argmin()}) < 0",
        )
    if time is not None and values.max() > time:
        raise error(
            f"sequence_length: expected at most the {time} steps of inputs, got {values.max()}",
            f"seq_lens({values.argmax()}) > input.dims(1)",
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
    size = protocol.state_size(of_cell)
    if not states.fits(size, value):
        theirs, kind = "The two structures don't have the same nested structure.", ValueError
        if states.is_tuple(size) and not states.is_tuple(value):
            theirs = f"Expected state to be a tuple of length {len(size)}, but received: " + (
                f"{outline(value)}"
            )
            # A single cell met it in `c, h = state`.
            kind = ValueError if protocol.inner(of_cell) else WrongTypeError
        raise error(
            f"{name}: expected the structure of the cell's state_size, {size}, "
            f"got {outline(value)}",
            theirs,
            kind,
        )
    for wanted, part in zip(states.flatten(size), states.flatten(value), strict=True):
        shape = shape_of(part) if part is not None else ()
        wanted = tf.TensorShape([batch]).concatenate(states.dimensions(wanted))
        if not wanted.is_compatible_with(shape):
            whole = ", ".join(
                str(size if size is not None else "batch") for size in wanted.as_list()
            )
            raise error(
                f"{name}: expected a part of shape ({whole}), got {shape}",
                f"Dimensions must be equal, {tuple(wanted.as_list())} and {shape}",
            )


def state_dtype(name: str, value):
    """The dtype that all tensors of a state have.

    Args:
        name: of the argument.
        value: the argument, not None.

    Returns:
        Its name.
    """
    dtypes = {states.standard_dtype(getattr(part, "dtype", None)) for part in states.flatten(value)}
    if not dtypes:
        raise error(f"dtype: needed, as {name} is empty", "Unable to infer dtype from empty state.")
    if len(dtypes) > 1:
        raise error(
            f"dtype: needed, as the parts of {name} are {', '.join(sorted(dtypes))}",
            "State has tensors of different inferred_dtypes. Unable to infer a single "
            "representative dtype.",
        )
    return dtypes.pop()


def outline(value):
    """A structure with its tensors replaced by their shapes."""
    if isinstance(value, dict):
        return {name: outline(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(outline(part) for part in value)
    if value is None or isinstance(value, (int, tf.TensorShape, tf.TensorArray)):
        return value
    return shape_of(value)


def dtype_or_state(dtype, named_states: dict, of_cells, theirs: str):
    """Asks for a dtype wherever a state must be made.

    Args:
        dtype: the argument.
        named_states: the initial states, by their arguments' names.
        of_cells: the cells that begin with them.
        theirs: TensorFlow 1's words for a missing dtype.
    """
    for name, value in named_states.items():
        if value is None and dtype is None:
            raise error(f"dtype: needed, as {name} is not given", theirs)
    if dtype is not None:
        try:
            standard = states.standard_dtype(dtype)
        except (ValueError, TypeError):
            raise error(f"dtype: {dtype!r} is no dtype") from None
        floats = keras.backend.is_float_dtype(standard)
        if not floats and any(map(protocol.reads_matrices, of_cells)):
            raise error(
                f"dtype: expected a floating-point dtype, got {standard}", _floats_only(standard)
            )


def agree_with_inputs(inputs, batch_size, dtype):
    """Asks that a number of rows and a dtype, where given, are those of the inputs.

    Args:
        inputs: a tensor.
        batch_size: a number or a tensor, or None.
        dtype: or None.
    """
    here = shape_of(inputs)[0]
    static = tf.get_static_value(batch_size) if tf.is_tensor(batch_size) else batch_size
    if batch_size is not None and here != static:
        raise error(
            f"batch_size: {batch_size}, but the inputs have {here} rows",
            "batch size from input tensor is different from the input param. "
            f"Input tensor batch: {here}, batch_size: {batch_size}",
        )
    if dtype is not None and states.standard_dtype(dtype) != (
        standard := states.standard_dtype(inputs.dtype)
    ):
        raise error(
            f"dtype: {states.standard_dtype(dtype)}, but the inputs are {standard}",
            "dtype from input tensor is different from the input param. "
            f"Input tensor dtype: {standard}, dtype: {dtype}",
        )
