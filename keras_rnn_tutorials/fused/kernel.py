"""A recurrence over whole sequences, as a function of tensors with derivatives of every order.

The forward and the backward pass run as XLA programs, one per part of the batch. If a gradient is
differentiated again, the plain loop of `loop.py` replaces the backward program.
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from keras_rnn_tutorials._private_apis import is_under_xla
from keras_rnn_tutorials.fused import chunks, loop, parts, timesteps

_TABLE_GRADIENT = "_keras_rnn_tutorials_table_gradient"  # an attribute of a gradient of rows


class Recurrence(NamedTuple):
    """What a kernel computes, on tensors in time order, `(time, batch, ...)`.

    Attributes:
        step: `(projected, weights, states) -> states`: one timestep, written as its equations, in
            operations that TensorFlow can differentiate.
        forward: `(projected, time, mask, weights, states, sequences, keep) -> states, sequence,
            saved`. `projected` is the input times the kernel, `x @ kernel + bias`, and is read
            step by step. With `keep` it is a `tf.TensorArray` that is overwritten step by step,
            otherwise a `Projection`. `time` is the number of steps to read, `weights` are the
            recurrent weights, and `saved` holds what `backward` needs, by name.
        backward: `(d_states, d_sequence, last, mask, weights, states, saved) -> d_projected,
            d_weights, d_states`, for a chunk of the steps. `last` is its last step that
            receives a gradient; after it `d_projected` is zero. Sequences are `timesteps.Chunk`.
        states: extracts the states after a step from what was saved about it.
    """

    step: Callable
    forward: Callable
    backward: Callable
    states: Callable


class Lookup(NamedTuple):
    """The table in which an Embedding's output was looked up.

    Attributes:
        table: `(rows, features)`.
        ids: integers `(batch, time)`, each the index of a row.
    """

    table: tf.Tensor
    ids: tf.Tensor


class Projection(NamedTuple):
    """The input, projected step by step, as a large batch's projection does not fit in the cache.

    Attributes:
        x: the steps, each `(batch, features)`.
        projection: `(features, gates)`.
    """

    x: tf.TensorArray
    projection: tf.Tensor

    def read(self, t):
        """Returns step `t`, `(batch, gates)`."""
        return tf.matmul(self.x.read(t), self.projection)

    def size(self):
        """The number of steps."""
        return self.x.size()


class _Operands(NamedTuple):
    """The operands of a recurrence.

    Attributes:
        x: `(batch, time, features)`.
        kernel: `(features, gates)`.
        bias: `(gates,)`.
        weights: the recurrent weights.
        states: before the first timestep, each `(batch, units)`.
        mask: bool `(batch, time)`, or None.
        lookup: a `Lookup`, or None.
    """

    x: tf.Tensor
    kernel: tf.Tensor
    bias: tf.Tensor
    weights: tuple[tf.Tensor, ...]
    states: tuple[tf.Tensor, ...]
    mask: tf.Tensor | None
    lookup: Lookup | None

    def variables(self) -> list[tf.Tensor]:
        """The operands that have gradients."""
        return tf.nest.flatten(self[:5])

    def constants(self) -> list[tf.Tensor]:
        """The operands without gradients: the gradient of a table goes through `x`."""
        return [each for each in tf.nest.flatten(self[5:]) if each is not None]


@tf.autograph.experimental.do_not_convert
def run(
    recurrence: Recurrence,
    x: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor,
    weights: Sequence[tf.Tensor],
    states: Sequence[tf.Tensor],
    *,
    lookup: Lookup | None,
    mask: tf.Tensor | None,
    go_backwards: bool,
    return_sequences: bool,
    training: bool,
) -> tuple[tuple[tf.Tensor, ...], tf.Tensor | None]:
    """Runs a recurrence over a batch of sequences.

    Args:
        recurrence: of the kernel.
        x: `(batch, time, features)`.
        kernel: `(features, gates)`.
        bias: `(gates,)`.
        weights: the recurrent weights.
        states: before the first timestep, each `(batch, units)`.
        lookup: the table in which `x` was looked up, or None. If given, the table is projected
            instead of `x`, and `table_gradient` of the gradient of `x` is that of the table.
        mask: bool `(batch, time)`; where it is False, the states do not change.
        go_backwards: whether to read the last step first.
        return_sequences: whether to return the state after every step.
        training: whether gradients will be needed: then the values that they need are kept. If
            False, gradients are still possible, but cost another forward pass.

    Returns:
        The final states, each `(batch, units)`, and the first state after every step, in the order
        of reading, `(batch, time, units)`, or None.
    """
    x, kernel, bias = map(tf.convert_to_tensor, (x, kernel, bias))
    operands = _Operands(
        x,
        kernel,
        bias,
        tuple(map(tf.convert_to_tensor, weights)),
        tuple(map(tf.convert_to_tensor, states)),
        mask,
        lookup,
    )
    operands = _of_this_graph(operands)
    x = operands.x
    call = _Call(
        recurrence,
        parts.count_for(x.shape[0]),
        go_backwards,
        return_sequences,
        # XLA compiles a program for one shape, and every call may have another shape here.
        rounds_up=tf.executing_eagerly() or x.shape[1] is None and not is_under_xla(),
    )
    constants = operands.constants()

    # Everything read is an argument: in anything else TensorFlow would look for variables.
    @tf.custom_gradient
    def outputs_of(*_):
        arguments = call.arguments(_detached(operands))
        outputs, saved = call.forward(arguments, x, keep=training)
        saved = _detached(saved)  # tf.cond turns them into outputs, which have gradients

        def gradient(*d_outputs):
            # In the graph in which gradients are made: a gradient of that graph looks for them
            # there, and a program must not be the first that reads a tensor of tf.cond's branch.
            # And separate from those that `d_outputs` may depend on.
            here, read, kept, d_outputs = _copies((operands, arguments, saved, d_outputs))
            if not training:
                _, kept = call.forward(read, x, keep=True)
            gradients = call.gradients(here, read, kept, d_outputs)
            return gradients + [None] * len(constants)

        return outputs, gradient

    outputs = outputs_of(*operands.variables(), *constants)
    units = [state.shape[-1] for state in operands.states]
    states = tuple(
        tf.ensure_shape(state, (x.shape[0], width))
        for state, width in zip(outputs, units, strict=False)
    )
    if not return_sequences:
        return states, None
    return states, tf.ensure_shape(outputs[-1], (*x.shape[:2], units[0]))


def table_gradient(d_rows: tf.Tensor) -> tf.Tensor | None:
    """The gradient of a whole table, if the gradient of rows looked up in it came from a kernel.

    Args:
        d_rows: `(batch, time, features)`.

    Returns:
        `(rows, features)`, the gradients of repeated rows added up; None if it is not known.
    """
    return getattr(d_rows, _TABLE_GRADIENT, None)


class _Call(NamedTuple):
    """A recurrence and the options with which it is run.

    Attributes:
        recurrence: of the kernel.
        shards: the number of parts into which the batch is split.
        go_backwards: whether the last step is read first.
        return_sequences: whether to return the state after every step.
        rounds_up: whether the inputs of the programs are padded to powers of two, in steps and in
            rows per part. The programs receive the real number of steps. So a few programs serve
            all shapes.
    """

    recurrence: Recurrence
    shards: int
    go_backwards: bool
    return_sequences: bool
    rounds_up: bool

    def arguments(self, operands):
        """The arguments of the program of each part of the batch."""
        if operands.lookup:
            table, source = _extended(operands.lookup)
            projection = tf.matmul(table, operands.kernel) + operands.bias
        else:  # the bias is the kernel's last row, for a feature that is always 1
            source = operands.x
            projection = tf.concat([operands.kernel, operands.bias[None]], 0)
        time = tf.shape(source)[1] if self.rounds_up else None
        masks = [None] * self.shards
        if operands.mask is not None:
            masks = self._split_sequence(operands.mask, self.go_backwards)
        states = [self._split(state) for state in operands.states]
        return [
            (rows, time, mask, projection, operands.weights, of_states)
            for rows, mask, *of_states in zip(
                self._split_sequence(source, self.go_backwards), masks, *states, strict=True
            )
        ]

    def _split(self, tensor):
        """Splits a tensor `(batch, ...)` into parts."""
        if self.rounds_up:
            tensor = parts.filled_with_zeros(tensor, 0, self._rounded_rows(tensor))
        return parts.split(tensor, self.shards)

    def _split_sequence(self, sequence, go_backwards):
        """Splits a sequence `(batch, time, ...)` into parts."""
        if self.rounds_up:
            # Padding comes last in the order of reading.
            sequence = tf.reverse(sequence, [1]) if go_backwards else sequence
            time = parts.power_of_two(_size(sequence, 1))
            sequence = parts.filled_with_zeros(sequence, 1, time)
        return self._split(sequence)

    def _rounded_rows(self, tensor):
        if tensor.shape[0] is not None and not tf.executing_eagerly():
            return tensor.shape[0]
        return self.shards * parts.power_of_two(-(-_size(tensor, 0) // self.shards))

    @property
    def _program_turns(self):
        """Whether the programs reverse sequences; if they round up, that is done before."""
        return self.go_backwards and not self.rounds_up

    def forward(self, arguments, x, keep):
        """The outputs and, if `keep`, what the backward pass needs for each part of the batch."""
        rows = _size(x, 0)
        program = _forward_program(
            self.recurrence.forward, self._program_turns, self.return_sequences, keep
        )
        final_states, sequences, saved = zip(*(program(*each) for each in arguments), strict=True)
        outputs = [parts.join(states, rows) for states in zip(*final_states, strict=True)]
        if self.return_sequences:
            sequence = parts.join(sequences, rows)
            outputs.append(sequence[:, : _size(x, 1)] if self.rounds_up else sequence)
        return tuple(outputs), saved

    def gradients(self, operands, arguments, saved, d_outputs):
        """The gradients of `operands.variables()`."""
        sources = [*operands.variables(), *d_outputs]
        constants = operands.constants()

        @tf.custom_gradient
        def gradients_of(*_):
            def second(*d_gradients):
                # Inside a graph without a separate function, so that XLA sees it.
                run = _second_program(self) if tf.executing_eagerly() else self.second_gradients
                return run(operands, d_outputs, d_gradients) + [None] * len(constants)

            if _is_vectorized():
                gradients = self._backward_by_loop(operands, d_outputs)
            else:
                gradients = self._backward(
                    _detached(operands), arguments, saved, _detached(d_outputs)
                )
            form.append(tf.nest.map_structure(lambda _: 0, gradients))
            return tuple(tf.nest.flatten(gradients)), second

        form = []
        flat = gradients_of(*sources, *constants)
        d_projected, d_others, d_table = tf.nest.pack_sequence_as(form[0], flat)
        # Not in the programs, so that the graph can remove it if it is not used.
        d_rows = [_d_inputs(d, operands.kernel, self.go_backwards) for d in d_projected]
        d_x = tf.ensure_shape(parts.join(d_rows, _size(operands.x, 0)), operands.x.shape)
        if operands.lookup:
            setattr(d_x, _TABLE_GRADIENT, tf.matmul(d_table, operands.kernel, transpose_b=True))
        return [d_x, *tf.nest.flatten(d_others)]

    def _backward(self, operands, arguments, saved, d_outputs):
        """Gradients of each part's projected input, of the weights and states, and of a table."""
        program = _backward_program(self.recurrence, self._program_turns, self.return_sequences)
        d_parts = [self._split(d) for d in d_outputs[: len(operands.states)]]
        if self.return_sequences:
            d_parts.append(self._split_sequence(d_outputs[-1], go_backwards=False))
        d_parts = zip(*d_parts, strict=True)
        gradients = [
            program(d, *each, kept) for d, each, kept in zip(d_parts, arguments, saved, strict=True)
        ]
        d_projected, d_projection, d_weights, d_states = zip(*gradients, strict=True)
        if self.rounds_up:
            d_projected = [d[: _size(operands.x, 1)] for d in d_projected]
        d_projection = tf.add_n(d_projection)
        if operands.lookup:
            table, ids = _extended(operands.lookup)
            # A row without an id has a gradient of zeros; times NaN they would become NaN.
            table = tf.cond(
                tf.reduce_all(tf.math.is_finite(table)), lambda: table, lambda: _named(table, ids)
            )
            d_kernel = tf.matmul(table, d_projection, transpose_a=True)
            d_bias, d_table = tf.reduce_sum(d_projection, 0), d_projection[:-2]
        else:
            d_kernel, d_bias, d_table = d_projection[:-1], d_projection[-1], []
        d_weights = [tf.add_n(each) for each in zip(*d_weights, strict=True)]
        d_states = [parts.join(each, _size(operands.x, 0)) for each in zip(*d_states, strict=True)]
        return list(d_projected), [d_kernel, d_bias, d_weights, d_states], d_table

    def second_gradients(self, operands, d_outputs, d_gradients):
        """The gradients of `_backward`, of the variables and of `d_outputs`; within a graph.

        Without a tape: TensorFlow stops tapes when forward mode needs a gradient's gradient.
        """
        # Here too in the gradient's graph: tf.gradients does not look into that of a tf.while_loop.
        operands, d_outputs = _copies((operands, d_outputs))
        gradients = tf.nest.flatten(self._backward_by_loop(operands, d_outputs))
        sources = [*operands.variables(), *d_outputs]
        return tf.gradients(gradients, sources, d_gradients, unconnected_gradients="zero")

    def _backward_by_loop(self, operands, d_outputs):
        """Computes the same as `_backward`, in operations that have gradients; within a graph."""
        x = time_order(operands.x, self.go_backwards)
        projected = tf.matmul(x, operands.kernel) + operands.bias
        outputs = loop.run(
            self.recurrence.step,
            projected,
            _mask(operands.mask, self.go_backwards),
            operands.weights,
            operands.states,
            self.return_sequences,
        )
        if self.return_sequences:
            outputs[-1] = tf.transpose(outputs[-1], [1, 0, 2])
        d_projected, *d_others = tf.gradients(
            outputs,
            [projected, *operands.weights, *operands.states],
            d_outputs,
            unconnected_gradients="zero",
        )
        d_kernel = timesteps.product_over_time(x, d_projected)
        d_others = [d_kernel, tf.reduce_sum(d_projected, [0, 1]), *d_others]
        d_table = []
        if operands.lookup:
            table, ids = operands.lookup
            ids = tf.reshape(time_order(ids, self.go_backwards), [-1])
            rows = tf.reshape(d_projected, [-1, d_projected.shape[-1]])
            d_table = tf.math.unsorted_segment_sum(rows, ids, table.shape[0])
        by_row = self._split(tf.transpose(d_projected, [1, 0, 2]))
        return [tf.transpose(part, [1, 0, 2]) for part in by_row], d_others, d_table


def _is_vectorized():
    # The name scope in which tf.vectorized_map and a tape's jacobian run all elements at once.
    # They cannot do so for a loop whose end depends on the element, as in the programs.
    return "loop_body" in tf.get_current_name_scope().split("/")


def _of_this_graph(tensors):
    """Copies into this graph; a gradient of tf.cond finds only the tensors of its branch."""
    if tf.executing_eagerly():
        return tensors
    graph = tf.compat.v1.get_default_graph()
    return tf.nest.map_structure(
        lambda t: t if t is None or getattr(t, "graph", None) is graph else tf.identity(t), tensors
    )


def _copies(tensors):
    return tf.nest.map_structure(lambda t: None if t is None else tf.identity(t), tensors)


def _detached(tensors):
    """Hides tensors from tapes, which would look for gradients inside the programs."""
    return tf.nest.map_structure(lambda t: None if t is None else tf.stop_gradient(t), tensors)


def _size(x, axis):
    return tf.shape(x)[axis] if x.shape[axis] is None else x.shape[axis]


def _extended(lookup):
    """A table with its first and last row repeated, and ids that use those rows for invalid ids.

    In an XLA program an invalid id reads the nearest row, but must not add to its gradient.
    """
    table, ids = lookup
    rows = tf.cast(table.shape[0], ids.dtype)
    ids = tf.where(ids < 0, rows, tf.where(ids < rows, ids, rows + 1))
    return tf.concat([table, table[:1], table[-1:]], 0), ids


def _named(table, ids):
    """A table in which the rows without an id are replaced by zeros."""
    ids = tf.reshape(ids, [-1])
    count = tf.math.unsorted_segment_sum(tf.ones_like(ids), ids, tf.shape(table)[0])
    return tf.where((count > 0)[:, None], table, tf.zeros_like(table))


@functools.cache
def _forward_program(forward, go_backwards, return_sequences, keep):
    @tf.function(jit_compile=True, autograph=False)
    def program(source, time, mask, projection, weights, states):
        projected = _projected(_steps(source, go_backwards), projection, keep)
        if time is None:
            time = projected.size()
        elif keep:  # saved for steps that are not read: products of zeros cannot overflow
            projected = timesteps.zero_behind(time - 1, projected)
        states, sequence, saved = forward(
            projected,
            time,
            _mask(mask, go_backwards),
            weights,
            states,
            return_sequences,
            keep,
        )
        return states, tf.transpose(sequence, [1, 0, 2]) if return_sequences else None, saved

    return program


@functools.cache
def _backward_program(recurrence, go_backwards, return_sequences):
    @tf.function(jit_compile=True, autograph=False)
    def program(d_outputs, source, time, mask, projection, weights, states, saved):
        return chunks.gradients(
            recurrence,
            time,
            _steps(source, go_backwards),
            projection,
            d_outputs[: len(states)],
            time_order(d_outputs[-1], False) if return_sequences else None,
            _mask(mask, go_backwards),
            weights,
            states,
            saved,
        )

    return program


def _steps(source, go_backwards):
    x = time_order(source, go_backwards)
    return x if x.dtype.is_integer else tf.concat([x, tf.ones_like(x[..., :1])], -1)


def _projected(x, projection, keep):
    if x.dtype.is_integer:
        return timesteps.unstack(tf.gather(projection, x))
    if not keep:
        return Projection(timesteps.unstack(x), projection)
    # One large product instead of many small ones.
    projected = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), projection)
    shape = tf.concat([tf.shape(x)[:2], [projection.shape[-1]]], 0)
    return timesteps.unstack(tf.reshape(projected, shape))


def _mask(mask, go_backwards):
    return None if mask is None else time_order(mask, go_backwards)[..., None]


def _d_inputs(d_projected, kernel, go_backwards):
    if go_backwards:
        d_projected = tf.reverse(d_projected, [0])
    rows = tf.reshape(d_projected, [-1, d_projected.shape[-1]])
    d_x = tf.matmul(rows, kernel, transpose_b=True)
    shape = tf.concat([tf.shape(d_projected)[:2], [kernel.shape[0]]], 0)
    return tf.transpose(tf.reshape(d_x, shape), [1, 0, 2])


def time_order(x, go_backwards):
    """`(batch, time, ...)` → `(time, batch, ...)`, with the last step first if backwards."""
    x = tf.transpose(x, [1, 0, 2] if x.shape.rank == 3 else [1, 0])
    return tf.reverse(x, [0]) if go_backwards else x


@functools.cache
def _second_program(call):
    return tf.function(call.second_gradients, autograph=False)
