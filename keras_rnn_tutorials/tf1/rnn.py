"""The RNN functions: a cell in one direction, two cells in both.

`dynamic_rnn` and its relatives read a tensor, `static_rnn` and its relatives a list of steps;
`raw_rnn` calls a function of the caller for every step.
Corresponds to TensorFlow 1.15's `python/ops/rnn.py`.

In the functions with two directions, the backward cell reads a row from its last valid step to its
first; its outputs are then put back in the order of the inputs. So its output at the last valid
step has seen only that step, and its final state, which has seen everything, belongs to the first
step.
"""

from collections.abc import Callable, Sequence
from functools import partial

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, scopes, states
from keras_rnn_tutorials.tf1.sequence import DynamicRNN, StaticRNN, open_ended

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
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope=None,
) -> tuple:
    """Runs a cell over the time axis of one tensor.

        output_t, state_t = cell(input_t, state_{t-1})      while t < sequence_length
        output_t, state_t = 0, state_{t-1}                  from then on, row by row

    The number of steps may differ from batch to batch. In an XLA program, cells that
    `tf1.kernels` supports run as a whole-sequence kernel. Corresponds to `tf.nn.dynamic_rnn` of
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
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.

    Returns:
        A pair: the outputs, `(batch, time, units)` or `(time, batch, units)`, structured as
        `cell.output_size`, zero past a row's length, and the state after each row's last valid
        step, in the structure of `cell.state_size`.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    del parallel_iterations, swap_memory
    checks.cell("cell", cell)
    checks.dtype_or_state(dtype, {"initial_state": initial_state}, [cell], NO_DTYPE)
    sizes = checks.sequence(inputs, time_major, cell)
    with scopes.opened(scope, "rnn"):
        return run_layer(
            lambda **options: DynamicRNN(cell, time_major=time_major, **options),
            ("cell", cell),
            inputs,
            sequence_length,
            ("initial_state", initial_state),
            dtype,
            sizes,
        )


@tf.autograph.experimental.do_not_convert
def static_rnn(
    cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None
) -> tuple:
    """Runs a cell over a list of steps, one copy of the cell's arithmetic for each.

        output_t, state_t = cell(input_t, state_{t-1})      while t < sequence_length
        output_t, state_t = 0, state_{t-1}                  from then on, row by row

    The number of steps is fixed. In an XLA program, cells that `tf1.kernels` supports run as a
    whole-sequence kernel, built once. Corresponds to `tf.nn.static_rnn` of TensorFlow 1.15
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
        inputs: a list of tensors `(batch, features)`, one per step; for a cell that reads it so,
            `(batch, ...)` or nested tuples of such tensors.
        initial_state: in the structure of `cell.state_size`, each part `(batch, size)`; None for
            what the cell begins with, zeros unless it has a `zero_state` of its own.
        dtype: of the state and the outputs; needed if there is no `initial_state`.
        sequence_length: integers `(batch,)`, the valid steps of each row; None if all are valid.
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.

    Returns:
        A pair: a list of outputs `(batch, units)`, zero past a row's length, and the state after
        each row's last valid step.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    checks.cell("cell", cell)
    rows = checks.steps(inputs, cell)
    checks.dtype_or_state(dtype, {"initial_state": initial_state}, [cell], NO_DTYPE_STATIC)
    with scopes.opened(scope, "rnn"):
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
    dtype = states.standard_dtype(dtype)
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
    run = layer.run_in_graph if scopes.in_use() and not symbolic else layer
    return run(inputs, sequence_length=sequence_length, initial_state=initial_state)


@tf.autograph.experimental.do_not_convert
def raw_rnn(
    cell,
    loop_fn: Callable,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope=None,
) -> tuple:
    """Runs a cell in a loop that a function of the caller controls: its inputs, outputs and end.

        finished, input, state, emit_structure, loop_state = loop_fn(0, None, None, None)
        while not all(finished):
            output, state' = cell(input, state)
            ended, input, state', emit, loop_state = loop_fn(time + 1, output, state', loop_state)
            emitted[time], state = emit, state'     a finished row: 0, state
            finished, time = finished or ended, time + 1

    The first call of `loop_fn` returns the initial values, and the structure of the emitted values.
    It may use any values, including the cell's outputs. It does not work under XLA, because the
    number of steps is not known. Corresponds to `tf.nn.raw_rnn` of TensorFlow 1.15
    (`python/ops/rnn.py`).

    Examples:
        >>> import tensorflow as tf
        >>> from keras_rnn_tutorials import tf1
        >>> cell, start = tf1.GRUCell(3), tf.ones((2, 3))
        >>> def loop_fn(time, cell_output, cell_state, loop_state):
        ...     finished = tf.fill([2], time >= 4)
        ...     if cell_output is None:
        ...         return finished, start, cell.zero_state(2, tf.float32), None, None
        ...     return finished, cell_output, cell_state, cell_output, None
        >>> outputs, state, _ = tf1.raw_rnn(cell, loop_fn)
        >>> outputs.stack().shape, state.shape
        (TensorShape([4, 2, 3]), TensorShape([2, 3]))

    Args:
        cell: a cell of this package, of Keras, or anything that behaves as one.
        loop_fn: a function of `time`, a scalar int32 tensor, of the cell's output and state, and of
            the loop state. It returns five values: `finished`, booleans `(batch,)`; the next input;
            the next state; what to emit; the next loop state, or None to keep the last. At the
            first call, time 0, the others are None; there the value to emit is None, for the cell's
            output, or a structure of tensors without the batch, whose shapes and dtypes count.
        parallel_iterations: ignored; it traded memory for time.
        swap_memory: ignored; it moved tensors off a GPU.
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.

    Returns:
        Three values: what was emitted, a `tf.TensorArray` of `(batch, ...)` per step, or a
        structure of them; the final state; the final loop state, None if the first call returned
        None.

    Raises:
        ValueError: if an argument does not fit, or what `loop_fn` returns; the message begins with
            the argument's name.
    """
    del parallel_iterations, swap_memory
    checks.cell("cell", cell)
    if not callable(loop_fn):
        raise checks.error(
            f"loop_fn: expected a function, got {checks.shown(loop_fn)}",
            "loop_fn must be a callable",
            checks.WrongTypeError,
        )
    with scopes.opened(scope, "rnn"):
        time = tf.constant(0)
        finished, inputs, state, emitted, first_loop_state = loop_fn(time, None, None, None)
        given = tf.nest.flatten((finished, inputs, state))
        if any(isinstance(part, keras.KerasTensor) for part in given):
            raise checks.error(
                "loop_fn: it returns symbolic tensors of Keras; call raw_rnn within the call of a "
                "layer or model of your own"
            )
        inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)
        checks.one_batch("loop_fn", tf.nest.flatten(inputs))
        rows = checks.rows(tuple(tf.nest.flatten(inputs)))
        if protocol.follows_its_size(cell):
            checks.state("loop_fn", cell, state, rows)
            state = states.pack(protocol.state_size(cell), state)
        dtype = states.dtype_of(state)
        if keras.backend.is_float_dtype(dtype):
            protocol.settle_dtype(cell, dtype)
        shapes = tf.nest.map_structure(checks.shape_of, inputs)
        protocol.build(cell, protocol.map_shapes(lambda shape: (None, *shape[1:]), shapes))
        if emitted is None:
            sizes = [states.dimensions(size).as_list() for size in states.flatten(cell.output_size)]
            emitted = states.pack(cell.output_size, [tf.zeros(size, dtype) for size in sizes])
        start = (time, tf.convert_to_tensor(finished), inputs, state, first_loop_state)
        return open_ended(cell, loop_fn, start, emitted)


@tf.autograph.experimental.do_not_convert
def bidirectional_dynamic_rnn(
    cell_fw,
    cell_bw,
    inputs,
    sequence_length=None,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope=None,
) -> tuple:
    """Runs one cell forwards and another backwards over one tensor.

    Corresponds to `tf.nn.bidirectional_dynamic_rnn` of TensorFlow 1.15 (`python/ops/rnn.py`).

    Examples:
        >>> import tensorflow as tf
        >>> from keras_rnn_tutorials import tf1
        >>> inputs = tf.ones((2, 7, 3))
        >>> outputs, states = tf1.bidirectional_dynamic_rnn(
        ...     tf1.LSTMCell(5), tf1.LSTMCell(4), inputs, dtype=tf.float32
        ... )
        >>> tf.concat(outputs, axis=2).shape
        TensorShape([2, 7, 9])

    Args:
        cell_fw: the cell that reads forwards.
        cell_bw: the cell that reads backwards.
        inputs: `(batch, time, features)`, or `(time, batch, features)` if `time_major`.
        sequence_length: integers `(batch,)`, the valid steps of each row; None if all are valid.
        initial_state_fw: in the structure of `cell_fw.state_size`; None for its own.
        initial_state_bw: in the structure of `cell_bw.state_size`; None for its own.
        dtype: of states and outputs; needed unless both initial states are given.
        parallel_iterations: ignored; it traded memory for time.
        swap_memory: ignored; it moved tensors off a GPU.
        time_major: whether inputs and outputs are `(time, batch, features)`.
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.

    Returns:
        Two pairs: the outputs, forward and backward, each `(batch, time, units)` or
        `(time, batch, units)`, and the final states, forward and backward.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    del parallel_iterations, swap_memory
    checks.cell("cell_fw", cell_fw)
    checks.cell("cell_bw", cell_bw)
    directions = (
        ("fw", cell_fw, initial_state_fw),
        ("bw", cell_bw, initial_state_bw),
    )
    with scopes.opened(scope, "bidirectional_rnn"):
        results = _both(
            lambda cell, backwards, **options: DynamicRNN(cell, backwards, time_major, **options),
            directions,
            inputs,
            sequence_length,
            dtype,
            lambda cell: checks.sequence(inputs, time_major, cell),
            NO_DTYPE,
        )
    outputs, final_states = zip(*results, strict=True)
    return outputs, final_states


@tf.autograph.experimental.do_not_convert
def static_bidirectional_rnn(
    cell_fw,
    cell_bw,
    inputs,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
) -> tuple:
    """Runs one cell forwards and another backwards over a list of steps.

    Corresponds to `tf.nn.static_bidirectional_rnn` of TensorFlow 1.15 (`python/ops/rnn.py`).

    Args:
        cell_fw: the cell that reads forwards.
        cell_bw: the cell that reads backwards.
        inputs: a list of tensors `(batch, features)`, one per step.
        initial_state_fw: in the structure of `cell_fw.state_size`; None for its own.
        initial_state_bw: in the structure of `cell_bw.state_size`; None for its own.
        dtype: of states and outputs; needed unless both initial states are given.
        sequence_length: integers `(batch,)`, the valid steps of each row; None if all are valid.
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.

    Returns:
        Three values: a list of outputs, one per step, each `(batch, units forward + backward)`; the
        final forward state; the final backward state.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    checks.cell("cell_fw", cell_fw)
    checks.cell("cell_bw", cell_bw)
    directions = (
        ("fw", cell_fw, initial_state_fw),
        ("bw", cell_bw, initial_state_bw),
    )
    with scopes.opened(scope, "bidirectional_rnn"):
        (outputs_fw, state_fw), (outputs_bw, state_bw) = _both(
            lambda cell, backwards, **options: StaticRNN(cell, backwards, **options),
            directions,
            inputs,
            sequence_length,
            dtype,
            lambda cell: (checks.steps(inputs, cell), len(inputs)),
            NO_DTYPE_STATIC,
        )
    outputs = [_joined(*pair) for pair in zip(outputs_fw, outputs_bw, strict=True)]
    return outputs, state_fw, state_bw


@tf.autograph.experimental.do_not_convert
def stack_bidirectional_dynamic_rnn(
    cells_fw: Sequence,
    cells_bw: Sequence,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope=None,
    swap_memory: bool = False,
) -> tuple:
    """Runs layers of `bidirectional_dynamic_rnn`, each reading both outputs of the one below.

    Corresponds to `tf.contrib.rnn.stack_bidirectional_dynamic_rnn` of TensorFlow 1.15
    (`contrib/rnn/python/ops/rnn.py`).

    Args:
        cells_fw: a list of cells that read forwards, one per layer.
        cells_bw: a list of cells that read backwards, one per layer.
        inputs: `(batch, time, features)`, or `(time, batch, features)` if `time_major`.
        initial_states_fw: a list of states, one per layer; None for the cells' own.
        initial_states_bw: a list of states, one per layer; None for the cells' own.
        dtype: of states and outputs; needed unless all initial states are given.
        sequence_length: integers `(batch,)`, the valid steps of each row; None if all are valid.
        parallel_iterations: ignored; it traded memory for time.
        time_major: whether inputs and outputs are `(time, batch, features)`.
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.
        swap_memory: ignored; it moved tensors off a GPU.

    Returns:
        Three values: the last layer's outputs, `(batch, time, units forward + backward)` or
        `(time, batch, ...)`; a tuple of the final forward states, one per layer; and a tuple of
        the final backward states.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    del parallel_iterations, swap_memory
    states_fw, states_bw = _checked_stack(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    checks.dtype_or_state(
        dtype,
        {"initial_states_fw": initial_states_fw, "initial_states_bw": initial_states_bw},
        [*cells_fw, *cells_bw],
        NO_DTYPE,
    )
    _one_width_per_cell(cells_fw, cells_bw, checks.shape_of(inputs))

    def run(cell_fw, cell_bw, inputs, scope, **initial_states):
        del scope  # TensorFlow 1 opened one more in each layer's
        outputs, layer_states = bidirectional_dynamic_rnn(
            cell_fw,
            cell_bw,
            inputs,
            sequence_length=sequence_length,
            dtype=dtype,
            time_major=time_major,
            **initial_states,
        )
        return keras.ops.concatenate(outputs, axis=2), layer_states

    layers = zip(cells_fw, cells_bw, states_fw, states_bw, strict=True)
    return _stacked(run, layers, inputs, scope)


@tf.autograph.experimental.do_not_convert
def stack_bidirectional_rnn(
    cells_fw: Sequence,
    cells_bw: Sequence,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
) -> tuple:
    """Runs layers of `static_bidirectional_rnn`, each reading both outputs of the one below.

    Corresponds to `tf.contrib.rnn.stack_bidirectional_rnn` of TensorFlow 1.15
    (`contrib/rnn/python/ops/rnn.py`).

    Args:
        cells_fw: a list of cells that read forwards, one per layer.
        cells_bw: a list of cells that read backwards, one per layer.
        inputs: a list of tensors `(batch, features)`, one per step.
        initial_states_fw: a list of states, one per layer; None for the cells' own.
        initial_states_bw: a list of states, one per layer; None for the cells' own.
        dtype: of states and outputs; needed unless all initial states are given.
        sequence_length: integers `(batch,)`, the valid steps of each row; None if all are valid.
        scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.

    Returns:
        Three values: a list of the last layer's outputs, each `(batch, units forward + backward)`;
        a tuple of the final forward states, one per layer; one of the backward states.

    Raises:
        ValueError: if an argument does not fit; the message begins with its name.
    """
    states_fw, states_bw = _checked_stack(cells_fw, cells_bw, initial_states_fw, initial_states_bw)

    def run(cell_fw, cell_bw, inputs, scope, **initial_states):
        outputs, *layer_states = static_bidirectional_rnn(
            cell_fw,
            cell_bw,
            inputs,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
            **initial_states,
        )
        return outputs, layer_states

    layers = zip(cells_fw, cells_bw, states_fw, states_bw, strict=True)
    return _stacked(run, layers, inputs, scope)


def _stacked(run, layers, inputs, scope) -> tuple:
    """Runs layer after layer; returns the last one's outputs, then the final states by direction.

    Args:
        run: a function of the two cells, the inputs, the layer's scope and the two initial states;
            it returns the next layer's inputs and the two final states.
        layers: of each its cells and its initial states, forward before backward.
        inputs: the first layer's.
        scope: the caller's.
    """
    final_states = []
    with scopes.opened(scope, "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw, state_fw, state_bw) in enumerate(layers):
            with scopes.opened(None, f"cell_{i}") as layer_scope:
                inputs, layer_states = run(
                    cell_fw,
                    cell_bw,
                    inputs,
                    layer_scope,
                    initial_state_fw=state_fw,
                    initial_state_bw=state_bw,
                )
            final_states.append(layer_states)
    final_fw, final_bw = zip(*final_states, strict=True)
    return inputs, final_fw, final_bw


def _checked_stack(cells_fw, cells_bw, initial_states_fw, initial_states_bw) -> tuple:
    """The initial states of a stack's layers, each None if not given."""
    for name, cells in (("cells_fw", cells_fw), ("cells_bw", cells_bw)):
        checks.cells(
            name, cells, f"Must specify at least one {name[-2:]} cell for BidirectionalRNN."
        )
    if len(cells_bw) != len(cells_fw):
        raise checks.error(
            f"cells_bw: expected as many cells as cells_fw, {len(cells_fw)}, got {len(cells_bw)}",
            "Forward and Backward cells must have the same depth.",
        )
    return (
        _one_per_layer("initial_states_fw", initial_states_fw, len(cells_fw)),
        _one_per_layer("initial_states_bw", initial_states_bw, len(cells_fw)),
    )


def _one_per_layer(name, initial_states, layers):
    if initial_states is None:
        return [None] * layers
    if not isinstance(initial_states, (list, tuple)) or len(initial_states) != layers:
        raise checks.error(
            f"{name}: expected a list of {layers} states, one a layer",
            f"{name} must be a list of state tensors (one per layer).",
        )
    return initial_states


def _one_width_per_cell(cells_fw, cells_bw, shape):
    """Asks that no cell stands in two layers that read inputs of different widths."""
    sizes = [(fw.output_size, bw.output_size) for fw, bw in zip(cells_fw, cells_bw, strict=True)]
    if all(isinstance(size, int) for pair in sizes for size in pair):
        widths = [shape[-1] if shape else None, *map(sum, sizes[:-1])]
        checks.widths_in_a_stack("cells_fw", cells_fw, widths)
        checks.widths_in_a_stack("cells_bw", cells_bw, widths)


def _joined(forward, backward):
    """Both directions' outputs of one step, side by side; part by part if they are nested."""
    parts = zip(tf.nest.flatten(forward), tf.nest.flatten(backward), strict=True)
    return tf.nest.pack_sequence_as(
        forward, [keras.ops.concatenate(pair, axis=1) for pair in parts]
    )


def _both(make_layer, directions, inputs, sequence_length, dtype, check_inputs, no_dtype):
    """Runs one layer in each direction; returns what each returned."""
    initial_states = {f"initial_state_{suffix}": state for suffix, _, state in directions}
    sizes = [check_inputs(cell) for _, cell, _ in directions]
    checks.dtype_or_state(dtype, initial_states, [cell for _, cell, _ in directions], no_dtype)
    results = []
    for (suffix, cell, state), size in zip(directions, sizes, strict=True):
        with scopes.opened(None, suffix):
            results.append(
                run_layer(
                    partial(make_layer, cell, suffix == "bw"),
                    (f"cell_{suffix}", cell),
                    inputs,
                    sequence_length,
                    (f"initial_state_{suffix}", state),
                    dtype,
                    size,
                )
            )
    return results
