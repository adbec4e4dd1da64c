"""One direction: `dynamic_rnn` over a tensor and `static_rnn` over a list."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, states
from keras_rnn_tutorials.tf1.sequence import DynamicRNN, StaticRNN

# TensorFlow 1's words for a missing dtype.
NO_DTYPE = "If there is no initial_state, you must give a dtype."
NO_DTYPE_STATIC = "If no initial_state is provided, dtype must be specified"


@tf.autograph.experimental.do_not_convert
def dynamic_rnn(
    cell,
    inputs,
    sequence_length=None,
    initial_state=None,
    dtype=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
):
    """Runs a cell over the time axis of one tensor.

        output_t, state_t = cell(input_t, state_{t-1})      while t < sequence_length
        output_t, state_t = 0, state_{t-1}                  from then on, row by row

    The number of steps may differ from batch to batch. In an XLA program the cells that
    `tf1.kernels` covers run as a whole-sequence kernel. Answers to `tf.nn.dynamic_rnn` of
    TensorFlow 1.15 (`python/ops/rnn.py`).

    Examples:
        >>> import tensorflow as tf
        >>> from keras_rnn_tutorials import tf1
        >>> cell = tf1.LSTMCell(5)
        >>> outputs, state = tf1.dynamic_rnn(cell, tf.ones((2, 7, 3)), dtype=tf.float32)
        >>> outputs.shape, state.h.shape
        (TensorShape([2, 7, 5]), TensorShape([2, 5]))

    Args:
        cell: a cell of this package, of Keras, or anything that behaves as one.
        inputs: `(batch, time, features)`, or `(time, batch, features)` if `time_major`; for a cell
            that reads it so, `(batch, time, ...)` or nested tuples of such tensors. Cast to
            `dtype`, or to the initial state's.
        sequence_length: integers `(batch,)`, the valid steps of each row, 0 for none; None if all
            are valid. Lengths that are not known before the model runs are not checked.
        initial_state: in the structure of `cell.state_size`, each part `(batch, size)`; None for
            what the cell begins with, zeros unless it has a `zero_state` of its own.
        dtype: of the state and the outputs; needed if there is no `initial_state`.
        parallel_iterations: ignored; it traded memory for time.
        swap_memory: ignored; it moved tensors off a GPU.
        time_major: whether inputs and outputs are `(time, batch, features)`.
        scope: ignored.

    Returns:
        A pair: the outputs, `(batch, time, units)` or `(time, batch, units)`, structured as
        `cell.output_size`, zero past a row's length, and the state after each row's last valid
        step, in the structure of `cell.state_size`.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    del parallel_iterations, swap_memory, scope
    checks.cell("cell", cell)
    checks.dtype_or_state(dtype, {"initial_state": initial_state}, [cell], NO_DTYPE)
    return run_layer(
        lambda **options: DynamicRNN(cell, time_major=time_major, **options),
        ("cell", cell),
        inputs,
        sequence_length,
        ("initial_state", initial_state),
        dtype,
        checks.sequence(inputs, time_major, cell),
    )


@tf.autograph.experimental.do_not_convert
def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """Runs a cell over a list of steps, one copy of the cell's arithmetic for each.

        output_t, state_t = cell(input_t, state_{t-1})      while t < sequence_length
        output_t, state_t = 0, state_{t-1}                  from then on, row by row

    The number of steps is fixed. In an XLA program the cells that `tf1.kernels` covers run as a
    whole-sequence kernel, built once. Answers to `tf.nn.static_rnn` of TensorFlow 1.15
    (`python/ops/rnn.py`).

    Examples:
        >>> import tensorflow as tf
        >>> from keras_rnn_tutorials import tf1
        >>> steps = tf.unstack(tf.ones((2, 7, 3)), axis=1)
        >>> outputs, state = tf1.static_rnn(tf1.GRUCell(5), steps, dtype=tf.float32)
        >>> len(outputs), outputs[0].shape, state.shape
        (7, TensorShape([2, 5]), TensorShape([2, 5]))

    Args:
        cell: a cell of this package, of Keras, or anything that behaves as one.
        inputs: a list of tensors `(batch, features)`, one a step; for a cell that reads it so,
            `(batch, ...)` or nested tuples of such tensors.
        initial_state: in the structure of `cell.state_size`, each part `(batch, size)`; None for
            what the cell begins with, zeros unless it has a `zero_state` of its own.
        dtype: of the state and the outputs; needed if there is no `initial_state`.
        sequence_length: integers `(batch,)`, the valid steps of each row; None if all are valid.
        scope: ignored.

    Returns:
        A pair: a list of outputs `(batch, units)`, zero past a row's length, and the state after
        each row's last valid step.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    del scope
    checks.cell("cell", cell)
    rows = checks.steps(inputs, cell)
    checks.dtype_or_state(dtype, {"initial_state": initial_state}, [cell], NO_DTYPE_STATIC)
    return run_layer(
        lambda **options: StaticRNN(cell, **options),
        ("cell", cell),
        list(inputs),
        sequence_length,
        ("initial_state", initial_state),
        dtype,
        (rows, len(inputs)),
    )


def run_layer(make_layer, named_cell, inputs, sequence_length, named_state, dtype, batch_and_time):
    """Checks what depends on several arguments, settles the dtype and calls the layer.

    Args:
        make_layer: given what `keras.layers.Layer` takes, makes the layer.
        named_cell: the argument's name, and the cell.
        inputs: already checked.
        sequence_length: the argument.
        named_state: the argument's name, and the initial state or None.
        dtype: the argument.
        batch_and_time: number of rows and of steps, each None if not known.

    Returns:
        What the layer returns.

    Raises:
        ValueError: if an argument does not fit.
    """
    (cell_name, cell), (state_name, initial_state) = named_cell, named_state
    batch, time = batch_and_time
    if sequence_length is not None:
        checks.lengths(sequence_length, batch, time)
        if not isinstance(sequence_length, keras.KerasTensor):
            sequence_length = keras.ops.convert_to_tensor(sequence_length)
            if sequence_length.shape.rank is None:  # what Keras refuses
                sequence_length = tf.ensure_shape(sequence_length, [batch])
    if initial_state is not None:
        if protocol.follows_its_size(cell):
            initial_state = states.unwrap(protocol.state_size(cell), initial_state)
            checks.state(state_name, cell, initial_state, batch)
            # Keras saves a model's tuples, but not their names.
            initial_state = states.pack(protocol.state_size(cell), initial_state)
        dtype = checks.state_dtype(state_name, initial_state) if dtype is None else dtype
    dtype = keras.backend.standardize_dtype(dtype)
    options = {"autocast": False, "state_dtype": dtype}
    if keras.backend.is_float_dtype(dtype):
        protocol.settle_dtype(cell, dtype)
        if isinstance(cell, keras.layers.Layer) and cell.compute_dtype != dtype:
            raise checks.error(
                f"{cell_name}: it computes in {cell.compute_dtype}, but dtype is {dtype}"
            )
        options = {"dtype": getattr(cell, "dtype_policy", dtype)}
    given = (inputs, sequence_length, initial_state)
    symbolic = any(isinstance(part, keras.KerasTensor) for part in tf.nest.flatten(given))
    if symbolic and not isinstance(cell, keras.layers.Layer):
        raise checks.error(
            f"{cell_name}: in a model of symbolic tensors it must be a Keras layer, such as a "
            f"subclass of tf1.RNNCell, for the model to find its weights; got {checks.shown(cell)}"
        )
    layer = make_layer(**options)
    return layer(inputs, sequence_length=sequence_length, initial_state=initial_state)
