"""Runs a cell over time: the loops, and the Keras layers around them.

Every function of this package runs a cell in one of the three loops of this module. `looped` and
`unrolled` take `step`, a function of the inputs, `(batch, features)` or a nested structure, the
state and the index of the step. It returns the outputs, `(batch, units)` or a nested structure, and
the new state. After the end of a row its outputs are zero and its state does not change. A part of
a state without rows, a scalar or a `tf.TensorArray`, changes at every step that is executed: up to
the last step of the longest row, and at least once.

The functions check the arguments and call one of the layers, so that a functional model has a layer
that holds the cell and is saved with it.
"""

import keras
import tensorflow as tf

from keras_rnn_tutorials._private_apis import is_under_xla
from keras_rnn_tutorials.tf1 import checks, kernels, protocol, saving, scopes, states


def looped(step, inputs, state, lengths, output_size, dtype):
    """Runs one graph of the step as often as there are steps.

    Args:
        step: see above.
        inputs: `(time, batch, features)`, or a nested structure of such tensors.
        state: the initial state.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.
        output_size: the cell's.
        dtype: the cell's outputs must have it.

    Returns:
        The outputs, `(time, batch, units)`, structured as `output_size`, and the final state.
    """
    flat = tf.nest.flatten(inputs)
    first, sizes = flat[0], states.flatten(output_size)
    static_time, static_rows = checks.shape_of(first)[:2]
    time = static_time if static_time is not None else tf.shape(first)[0]
    state = _as_tensors(state)
    if static_time == 0:
        outputs = [
            tf.zeros((0, tf.shape(first)[1], *states.dimensions(s).as_list()), dtype) for s in sizes
        ]
        return tf.nest.pack_sequence_as(output_size, outputs), state
    # An array that was never written can be stacked only if its shape is known.
    # TensorFlow 1's arrays, which know their elements' shape, cannot be written twice.
    is_padded = static_time is None and not scopes.in_use()
    some_time = tf.maximum(time, 1) if is_padded else time
    arrays = [tf.TensorArray(x.dtype, time, element_shape=x.shape[1:]).unstack(x) for x in flat]
    collected = [
        tf.TensorArray(dtype, some_time, element_shape=_shape(static_rows, size)) for size in sizes
    ]
    if is_padded:
        rows = tf.shape(first)[1]
        collected = [
            array.write(0, tf.zeros((rows, *states.dimensions(size).as_list()), dtype))
            for array, size in zip(collected, sizes, strict=True)
        ]
    end = time
    if lengths is not None:
        end = tf.minimum(time, tf.maximum(tf.reduce_max(lengths), 1))

    def body(t, state, collected):
        values = tf.nest.pack_sequence_as(inputs, [array.read(t) for array in arrays])
        outputs, new_state = _step(step, values, state, t, lengths)
        outputs = _declared(outputs, static_rows, output_size, dtype)
        written = [
            array.write(t, output)
            for array, output in zip(collected, tf.nest.flatten(outputs), strict=True)
        ]
        return t + 1, tf.nest.pack_sequence_as(state, tf.nest.flatten(new_state)), written

    _, state, collected = tf.while_loop(
        lambda t, *_: t < end, body, (0, state, collected), maximum_iterations=time
    )
    outputs = [array.stack() for array in collected]
    if is_padded:
        outputs = [output[:time] for output in outputs]
    outputs = [
        tf.ensure_shape(output, [static_time, *_shape(static_rows, size).as_list()])
        for output, size in zip(outputs, sizes, strict=True)
    ]
    return tf.nest.pack_sequence_as(output_size, outputs), state


def unrolled(step, inputs, state, lengths, output_size, dtype):
    """Runs one copy of the step for each step.

    Args:
        step: see above.
        inputs: a list of `(batch, features)`, or of nested structures.
        state: the initial state.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.
        output_size: the cell's.
        dtype: the cell's outputs must have it if there are lengths.

    Returns:
        The outputs, a list of `(batch, units)` or of nested structures, and the final state.
    """
    collected, first = [], tf.nest.flatten(inputs)[0]
    state = _as_tensors(state)
    longest = None if lengths is None else tf.reduce_max(lengths)
    for t, values in enumerate(inputs):
        if t == 1:
            scopes.reuse_variables()
        if lengths is not None and tf.executing_eagerly() and t >= longest:
            outputs = states.zeros(output_size, tf.shape(first)[0], dtype)
        else:
            outputs, state = _step(step, values, state, t, lengths, longest)
        if lengths is not None:
            outputs = _declared(outputs, checks.rows(first), output_size, dtype)
        collected.append(outputs)
    return collected, state


def open_ended(cell, loop_fn, start, emitted):
    """Runs one graph of the cell and of a caller's function until all rows are finished.

    Args:
        cell: the cell.
        loop_fn: see `raw_rnn`.
        start: number of the step, which rows are finished, inputs, state and loop state or None.
        emitted: a structure of tensors with the shapes, without the batch, and the dtypes of the
            emitted values.

    Returns:
        The structure of `emitted` with a `tf.TensorArray` in the place of each tensor, the final
        state and the final loop state.
    """
    time, finished, inputs, state, loop_state = start
    has_loop_state = loop_state is not None
    state, loop_state = _as_tensors(state), _as_tensors(loop_state if has_loop_state else 0)
    parts = tf.nest.flatten(inputs)
    static_rows = checks.rows(tuple(parts))
    rows = tf.shape(parts[0])[0] if static_rows is None else static_rows
    collected = tf.nest.map_structure(
        lambda one: tf.TensorArray(one.dtype, 0, True, element_shape=[static_rows, *one.shape]),
        emitted,
    )
    nothing = tf.nest.map_structure(
        lambda one: tf.zeros(tf.concat([[rows], tf.shape(one)], 0), one.dtype), emitted
    )
    protocol.forget_masks(cell)
    drawn = protocol.draw(cell)

    def body(time, finished, inputs, state, loop_state, collected):
        outputs, new_state = protocol.step(cell, inputs, state, drawn, time)
        checks.same_structure("cell", state, new_state, "that of the state before")
        checks.same_structure("cell", cell.output_size, outputs, "that of its output_size")
        ended, new_inputs, new_state, emit, new_loop_state = loop_fn(
            time + 1, outputs, new_state, loop_state
        )
        checks.same_structure("loop_fn", inputs, new_inputs, "that of the inputs before")
        checks.same_structure("loop_fn", state, new_state, "that of the state before")
        checks.same_structure("loop_fn", emitted, emit, "that of what it is to emit")

        def chosen(old, new):
            if isinstance(new, tf.TensorArray) or tf.convert_to_tensor(new).shape.rank == 0:
                return new
            return tf.compat.v1.where(finished, old, new)

        written = [
            array.write(time, chosen(zero, value))
            for array, zero, value in zip(
                *map(tf.nest.flatten, (collected, nothing, emit)), strict=True
            )
        ]
        new_state = map(chosen, tf.nest.flatten(state), tf.nest.flatten(new_state))
        return (
            time + 1,
            tf.logical_or(finished, ended),
            tf.nest.pack_sequence_as(inputs, tf.nest.flatten(new_inputs)),
            tf.nest.pack_sequence_as(state, list(new_state)),
            loop_state if new_loop_state is None else new_loop_state,
            tf.nest.pack_sequence_as(collected, written),
        )

    *_, state, loop_state, collected = tf.while_loop(
        lambda _, finished, *rest: tf.logical_not(tf.reduce_all(finished)),
        body,
        (time, finished, inputs, state, loop_state, collected),
    )
    protocol.forget_masks(cell)
    return collected, state, loop_state if has_loop_state else None


def reverse(inputs, lengths):
    """Reverses each row within its own length; the steps after it stay where they are.

    Args:
        inputs: `(time, batch, ...)`.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.

    Returns:
        As `inputs`.
    """
    if lengths is None:
        return tf.reverse(inputs, axis=[0])
    return tf.reverse_sequence(inputs, lengths, seq_axis=0, batch_axis=1)


def _step(step, inputs, state, t, lengths, longest=None):
    outputs, new_state = step(inputs, state, t)
    checks.same_structure("cell", state, new_state, "that of the state before")
    new_state = _as_tensors(new_state)
    if lengths is None:
        return outputs, new_state
    ended = t >= lengths

    def chosen(old, new):
        if isinstance(new, tf.TensorArray):
            return new
        if new.shape.rank == 0:
            return new if longest is None else tf.where(t < longest, new, old)
        return tf.where(tf.reshape(ended, [-1] + [1] * (new.shape.rank - 1)), old, new)

    outputs = tf.nest.map_structure(lambda x: chosen(tf.zeros_like(x), x), outputs)
    return outputs, tf.nest.map_structure(chosen, state, new_state)


def _as_tensors(state):
    return tf.nest.map_structure(
        lambda part: part if isinstance(part, tf.TensorArray) else tf.convert_to_tensor(part),
        state,
    )


def _shape(rows, size):
    return tf.TensorShape([rows]).concatenate(states.dimensions(size))


def _declared(outputs, rows, output_size, dtype):
    """Returns the outputs, if they match the cell's `output_size`."""
    checks.same_structure("cell", output_size, outputs, "that of its output_size")
    pairs = zip(tf.nest.flatten(outputs), states.flatten(output_size), strict=True)
    for output, size in pairs:
        if not _shape(rows, size).is_compatible_with(output.shape):
            raise checks.error(
                f"cell: its output_size is {size}, but its outputs have shape {output.shape}",
                f"Dimensions must be equal, but are {_shape(rows, size)} and {output.shape}",
            )
        if output.dtype != dtype:
            wanted, got = tf.as_dtype(dtype).name, output.dtype.name
            raise checks.error(
                f"cell: its outputs are {got}, but dtype is {wanted}",
                f"TensorArray dtype is {wanted} but Op is trying to write dtype {got}.",
            )
    return outputs


class _SequenceLayer(keras.layers.Layer):
    """A cell that is run over time; the layer holds its weights."""

    def __init__(self, cell, go_backwards=False, state_dtype=None, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        saving.track(self, cell, "cell")
        self.go_backwards = go_backwards
        self.state_dtype = state_dtype

    def _dtype(self):
        """That of new states and of the outputs; `state_dtype` if it is no floating-point one."""
        return tf.as_dtype(self.state_dtype or self.compute_dtype)

    def _step(self):
        """The cell's step, with the random values for a whole sequence already drawn."""
        drawn = protocol.draw(self.cell)
        return lambda inputs, state, t: protocol.step(self.cell, inputs, state, drawn, t)

    def run_in_graph(self, inputs, sequence_length, initial_state) -> tuple:
        """Runs a call in a `tf.compat.v1` graph: Keras' own call has no variable scopes."""

        def cast(tensor):
            tensor = tf.convert_to_tensor(tensor)
            return tf.cast(tensor, self.compute_dtype) if tensor.dtype.is_floating else tensor

        inputs = tf.nest.map_structure(cast, inputs)
        self.build(tf.nest.map_structure(checks.shape_of, inputs))
        return self.call(inputs, sequence_length, initial_state)

    def _kernel_in_use(self):
        return kernels.in_use(self.cell) == kernels.FUSED

    def _run_kernel(self, inputs, state, lengths):
        return kernels.run(self.cell, inputs, state, lengths, self.go_backwards)

    def _initial(self, initial_state, rows, static_rows):
        """The initial state, with the number of rows of the inputs, if that is known."""
        cell, given = self.cell, initial_state is not None
        if not given:
            rows = rows if static_rows is None else static_rows
            initial_state = protocol.initial_state(cell, rows, self._dtype())
        if not protocol.follows_its_size(cell):
            # Keras saves a model's tuples, but not their names.
            size = protocol.state_size(cell)
            return (
                states.pack(size, initial_state)
                if states.fits(size, initial_state)
                else (initial_state)
            )
        size = protocol.state_size(cell)
        initial_state = states.pack(size, initial_state)
        parts = [
            tf.ensure_shape(part, [static_rows, *states.dimensions(width).as_list()])
            for part, width in zip(states.flatten(initial_state), states.flatten(size), strict=True)
        ]
        return states.pack(size, parts)

    def _lengths(self, sequence_length, rows, static_rows, time):
        """Lengths, int32 `(batch,)`; an error if that is not the shape of what was given."""
        if sequence_length is None:
            return None
        lengths = tf.ensure_shape(tf.cast(sequence_length, tf.int32), [static_rows])
        if is_under_xla():  # where reversing does not check what it reads, and cannot fail
            lengths = tf.clip_by_value(lengths, 0, time)
        if lengths.shape.as_list()[0] is not None:
            return lengths
        # One length alone would otherwise be taken for every row. XLA leaves assertions out, but
        # refuses the reshaping; TensorFlow's optimizer leaves the reshaping out.
        message = "sequence_length: expected one length for each row of inputs"
        with tf.control_dependencies(
            [tf.debugging.assert_equal(tf.shape(lengths), [rows], message)]
        ):
            return tf.reshape(lengths, [rows])

    def get_config(self) -> dict:
        """The arguments that make such a layer again."""
        config = super().get_config() | {
            "cell": saving.cell_config(self.cell),
            "go_backwards": self.go_backwards,
        }
        return config | ({"state_dtype": self.state_dtype} if self.state_dtype else {})

    @classmethod
    def from_config(cls, config):
        """A layer as `get_config` describes it."""
        cell = saving.cell_from_config(config["cell"])
        return cls(**(config | {"cell": cell}))


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class DynamicRNN(_SequenceLayer):
    """A loop over one tensor, or over a nested structure of tensors.

    Attributes:
        cell: the cell.
        go_backwards: whether each row is read from its last step to its first; the outputs are put
            back in the inputs' order.
        time_major: whether inputs and outputs are `(time, batch, features)`.
    """

    def __init__(self, cell, go_backwards=False, time_major: bool = False, **kwargs):
        """Takes the cell.

        Args:
            cell: the cell.
            go_backwards: whether each row is read from its last step to its first.
            time_major: whether inputs and outputs are `(time, batch, features)`.
            **kwargs: `state_dtype`, of states and outputs that are not floating-point, and what
                `keras.layers.Layer` takes.
        """
        super().__init__(cell, go_backwards, **kwargs)
        self.time_major = time_major

    def build(self, input_shape):
        """Creates the cell's weights.

        Args:
            input_shape: of the inputs.
        """
        protocol.build(
            self.cell, protocol.map_shapes(lambda shape: (None, *shape[2:]), input_shape)
        )

    def call(self, inputs, sequence_length=None, initial_state=None) -> tuple:
        """Runs the cell.

        Args:
            inputs: `(batch, time, features)`, or `(time, batch, features)`; may be nested.
            sequence_length: integers `(batch,)`, or None.
            initial_state: as the cell's `state_size` says, or None for its own initial state.

        Returns:
            The outputs, `(batch, time, units)` or `(time, batch, units)`, and the final state.
        """
        if not self.time_major:
            inputs = tf.nest.map_structure(_swap_time_and_batch, inputs)
        first = tf.nest.flatten(inputs)[0]
        rows, static_rows = tf.shape(first)[1], checks.rows(inputs, axis=1)
        lengths = self._lengths(sequence_length, rows, static_rows, tf.shape(first)[0])
        state = self._initial(initial_state, rows, static_rows)
        kernel = self._kernel_in_use() and checks.rows(first) != 0
        outputs, state = (self._run_kernel if kernel else self._loop)(inputs, state, lengths)
        if not self.time_major:
            outputs = tf.nest.map_structure(_swap_time_and_batch, outputs)
        return outputs, state

    def _loop(self, inputs, state, lengths):
        if self.go_backwards:
            inputs = tf.nest.map_structure(lambda x: reverse(x, lengths), inputs)
        protocol.forget_masks(self.cell)
        outputs, state = looped(
            self._step(), inputs, state, lengths, self.cell.output_size, self._dtype()
        )
        protocol.forget_masks(self.cell)
        if self.go_backwards:
            outputs = tf.nest.map_structure(lambda x: reverse(x, lengths), outputs)
        return outputs, state

    def get_config(self) -> dict:
        """The arguments that make such a layer again."""
        return super().get_config() | {"time_major": self.time_major}


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class StaticRNN(_SequenceLayer):
    """A loop over a list, unrolled.

    Attributes:
        cell: the cell.
        go_backwards: whether each row is read from its last step to its first; the outputs are put
            back in the inputs' order.
    """

    def build(self, input_shape):
        """Creates the cell's weights.

        Args:
            input_shape: list of the shapes of the inputs.
        """
        protocol.build(
            self.cell, protocol.map_shapes(lambda shape: (None, *shape[1:]), input_shape[0])
        )

    def call(self, inputs, sequence_length=None, initial_state=None) -> tuple:
        """Runs the cell.

        Args:
            inputs: a list of `(batch, features)`, or of nested structures.
            sequence_length: integers `(batch,)`, or None.
            initial_state: as the cell's `state_size` says, or None for its own initial state.

        Returns:
            The outputs, a list of `(batch, units)`, and the final state.
        """
        first = tf.nest.flatten(inputs)[0]
        rows, static_rows = tf.shape(first)[0], checks.rows(tuple(tf.nest.flatten(inputs)))
        lengths = self._lengths(sequence_length, rows, static_rows, len(inputs))
        state = self._initial(initial_state, rows, static_rows)
        if self._kernel_in_use():
            outputs, state = self._run_kernel(tf.stack(inputs), state, lengths)
            return tf.unstack(outputs), state
        if self.go_backwards:
            inputs = _reverse_list(inputs, lengths)
        protocol.forget_masks(self.cell)
        outputs, state = unrolled(
            self._step(), inputs, state, lengths, self.cell.output_size, self._dtype()
        )
        protocol.forget_masks(self.cell)
        if self.go_backwards:
            outputs = _reverse_list(outputs, lengths)
        return outputs, state


def _swap_time_and_batch(tensor):
    return tf.transpose(tensor, (1, 0, *range(2, tensor.shape.rank)))


def _reverse_list(steps, lengths):
    if lengths is None:
        return list(reversed(steps))
    columns = [
        tf.unstack(reverse(tf.stack(column), lengths))
        for column in zip(*map(tf.nest.flatten, steps), strict=True)
    ]
    rows = zip(*columns, strict=True)
    return [
        tf.nest.pack_sequence_as(step, list(row)) for step, row in zip(steps, rows, strict=True)
    ]
