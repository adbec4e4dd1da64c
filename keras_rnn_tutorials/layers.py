"""SimpleRNN, LSTM and GRU: Keras' own layers, run by whole-sequence kernels on a CPU.

    model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(100), keras.layers.Dense(10)])

Arguments, weights, config and results are those of Keras' layers, including gradients of every
order. The saved form is the same too: a model saved with these layers loads without this package,
as a model of Keras' own layers. If an argument or an input needs something that the kernels do not
support, Keras' own code runs; `kernel_in_use` says so.

One thing differs: a masked step has no gradient, even if its input is not finite. Keras multiplies
that gradient by zero, so the gradients of a SimpleRNN and a GRU become NaN.
"""

from collections.abc import Iterator

import keras
import tensorflow as tf
from keras import ops

from keras_rnn_tutorials._private_apis import operations_are_watched, save_as
from keras_rnn_tutorials.fused.gru import gru
from keras_rnn_tutorials.fused.kernel import Lookup, table_gradient
from keras_rnn_tutorials.fused.lstm import lstm
from keras_rnn_tutorials.fused.simple_rnn import simple_rnn

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "keras_rnn_tutorials.layers runs on Keras' TensorFlow backend, but the backend is "
        f"{keras.backend.backend()}: set KERAS_BACKEND=tensorflow, or use keras.layers."
    )

FUSED = "fused"
_LOOKUP = "_keras_rnn_tutorials_lookup"  # an attribute of tensors, as a mask is in Keras
_DENSE = "_keras_rnn_tutorials_dense"  # an attribute of a table's gradient
# Above this ratio of table rows to timesteps, projecting the table costs more than its copies.
_ROWS_PER_TIMESTEP = 32


class _Fused:
    """The part of a layer that runs a kernel over the sequence, or hands it to Keras."""

    # Attributes of Keras' layer, the other base class of each subclass.
    cell: keras.layers.Layer
    units: int
    state_size: list[int]
    unroll: bool

    _reason_of_last_call = ""

    @property
    def kernel_in_use(self) -> str:
        """`"fused"`, or `"keras: "` followed by the reason why Keras' code runs.

        The reason is an argument of the layer, or an input of the last call.
        """
        reason = next((name for applies, name in self._uncovered_arguments() if applies), None)
        reason = reason or self._reason_of_last_call
        return f"keras: {reason}" if reason else FUSED

    def _uncovered_arguments(self) -> Iterator[tuple[bool, str]]:
        cell = self.cell
        yield type(cell) not in _CELLS, f"cell {type(cell).__name__}"
        yield cell.compute_dtype not in ("float32", "float64"), f"dtype {cell.compute_dtype}"
        yield cell.activation is not keras.activations.tanh, "activation is not tanh"
        gate = getattr(cell, "recurrent_activation", keras.activations.sigmoid)
        yield gate is not keras.activations.sigmoid, "recurrent_activation is not sigmoid"
        yield cell.recurrent_dropout, "recurrent_dropout"
        yield cell.dropout >= 1, "dropout of 1"
        several_masks = getattr(cell, "implementation", 2) == 1
        yield several_masks and cell.dropout, "dropout with implementation 1"
        yield self.unroll, "unroll"
        yield getattr(self, "use_cudnn", "auto") is True, "use_cudnn"
        yield bool(tf.config.list_physical_devices("GPU")), "a GPU is present"
        yield tf.config.functions_run_eagerly(), "functions run eagerly"
        yield operations_are_watched(), "a debugging tool watches operations"

    def _uncovered_inputs(self, x, states, mask, drops) -> Iterator[tuple[bool, str]]:
        numbers = x.dtype.is_integer or x.dtype.is_bool
        yield not numbers and x.dtype != self.cell.compute_dtype, f"inputs of {x.dtype.name}"
        yield numbers and drops, f"dropout of {x.dtype.name}"
        yield 0 in x.shape[1:], f"inputs of shape {x.shape}"
        count = len(self.state_size)
        yield len(states) != count, f"{len(states)} initial states for {count}"
        for state in states:
            yield not _fits(state, (x.shape[0], self.units)), f"initial_state {state.shape}"
            # Keras repeats a state of one row for every row of a batch, where it can.
            yield state.shape[0] == 1 != x.shape[0], f"initial_state {state.shape}"
        if mask is not None:
            fits = _fits(mask, x.shape[:2]) or _fits(mask, (*x.shape[:2], 1))
            yield not fits, f"mask {mask.shape}"

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs the recurrence.

        Args:
            sequences: `(batch, time, features)`.
            initial_state: tensors `(batch, units)`.
            mask: bool `(batch, time)`, or None.
            training: whether gradients will be needed and dropout is active.

        Returns:
            The last output `(batch, units)`, every output `(batch, time, units)` (Keras'
            `call` returns the one that was asked for), and a list of the final states.
        """
        sequences = tf.convert_to_tensor(sequences)  # it may be a variable
        first_mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        states = tf.nest.flatten(initial_state)
        drops = bool(training and self.dropout)
        reasons = self._uncovered_inputs(sequences, states, first_mask, drops)
        self._reason_of_last_call = next((name for applies, name in reasons if applies), "")
        if self.kernel_in_use != FUSED:
            return super().inner_loop(sequences, initial_state, mask, training)
        return self._run(sequences, states, first_mask, drops, training)

    def _run(self, sequences, states, mask, drops, training):
        lookup = None if drops else getattr(sequences, _LOOKUP, None)
        if sequences.dtype != self.cell.compute_dtype:
            sequences = tf.cast(sequences, self.cell.compute_dtype)
        if drops:
            sequences *= self.cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]
        # A stateful layer knows the number of rows even if its inputs do not.
        sequences = tf.ensure_shape(sequences, (states[0].shape[0], None, None))
        sequences, states, mask = self._in_step(sequences, states, mask)
        states, outputs = self._run_kernel(
            sequences,
            states,
            lookup=lookup,
            mask=mask,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            training=training is not False,
        )
        if mask is None:
            last_output = states[0]
        else:
            shown = self._shown(mask)
            last_output = tf.where(shown[:, -1:], states[0], tf.zeros_like(states[0]))
            if outputs is not None:
                outputs = tf.where(shown[..., None], outputs, tf.zeros_like(outputs))
        return last_output, last_output if outputs is None else outputs, list(states)

    def _in_step(self, sequences, states, mask):
        """The same with fixed numbers of rows and timesteps, also if they are known late."""
        rows, time = tf.unstack(tf.shape(sequences)[:2])
        if sequences.shape[0] is None:
            states = [tf.broadcast_to(state, (rows, self.units)) for state in states]
        checks = []
        if sequences.shape[1] is None and not self.return_sequences:
            checks.append(tf.debugging.assert_positive(time, "There is no timestep to read."))
        known_late = mask is not None and not mask.shape.is_fully_defined()
        if known_late:
            message = "The mask and the inputs have different numbers of timesteps."
            checks.append(tf.debugging.assert_equal(tf.shape(mask)[1], time, message))
        with tf.control_dependencies([check for check in checks if check is not None]):
            if checks:
                sequences = tf.identity(sequences)
            if mask is not None:
                mask = tf.cast(mask, "bool")
                mask = mask[..., 0] if mask.shape.rank == 3 else mask
            return sequences, states, tf.broadcast_to(mask, (rows, time)) if known_late else mask

    def _shown(self, mask):
        # At a masked step Keras repeats the previous output, which is zero before the first real
        # step, whatever the initial state. With zero_output_for_mask every masked step gives zero.
        if self.go_backwards:
            mask = tf.reverse(mask, [1])
        return mask if self.zero_output_for_mask else tf.cumsum(tf.cast(mask, "int32"), 1) > 0

    def _weights(self):
        cell = self.cell
        kernel, recurrent_kernel = map(ops.convert_to_tensor, (cell.kernel, cell.recurrent_kernel))
        if cell.bias is not None:
            return kernel, recurrent_kernel, ops.convert_to_tensor(cell.bias)
        columns = kernel.shape[-1]
        shape = (2, columns) if getattr(cell, "reset_after", False) else (columns,)
        return kernel, recurrent_kernel, tf.zeros(shape, kernel.dtype)


def _fits(tensor, shape) -> bool:
    return tensor.shape.rank == len(shape) and tensor.shape.is_compatible_with(shape)


class SimpleRNN(_Fused, keras.layers.SimpleRNN):
    """Keras' SimpleRNN on a kernel; arguments, weights and results are the same."""

    def _run_kernel(self, sequences, states, **options):
        return simple_rnn(sequences, *self._weights(), states, **options)


class LSTM(_Fused, keras.layers.LSTM):
    """Keras' LSTM on a kernel; arguments, weights and results are the same."""

    def _run_kernel(self, sequences, states, **options):
        return lstm(sequences, *self._weights(), states, **options)


class GRU(_Fused, keras.layers.GRU):
    """Keras' GRU on a kernel, with both values of `reset_after`; all else is the same."""

    def _run_kernel(self, sequences, states, **options):
        reset_after = self.cell.reset_after
        return gru(sequences, *self._weights(), states, reset_after=reset_after, **options)


_CELLS = (keras.layers.SimpleRNNCell, keras.layers.LSTMCell, keras.layers.GRUCell)


class Embedding(keras.layers.Embedding):
    """Keras' Embedding; its output remembers the table that it was looked up in.

    If a recurrent layer of this module reads the output, and the table is small compared with it,
    the layer projects the table instead of the many copies of its rows. The output and its gradient
    are Keras'.
    """

    def call(self, inputs):
        """Looks up whole numbers.

        Args:
            inputs: `(batch, time)`, or of any other shape.

        Returns:
            `(batch, time, output_dim)`, or the inputs' shape with one more axis.
        """
        if not _is_worth_projecting(self, inputs):
            return super().call(inputs)
        ids = inputs if inputs.dtype in ("int32", "int64") else tf.cast(inputs, "int32")
        # As keras.ops.take does.
        ids = tf.where(ids < 0, ids + self.input_dim, ids)
        # The rows themselves may never be read, and then TensorFlow would not notice a missing one.
        exist = [
            tf.debugging.assert_non_negative(ids, "An id is below 0 by more than input_dim."),
            tf.debugging.assert_less(
                ids, tf.cast(self.input_dim, ids.dtype), "An id is input_dim or more."
            ),
        ]
        with tf.control_dependencies([check for check in exist if check is not None]):
            ids = tf.identity(ids)
        table = tf.convert_to_tensor(self.embeddings)
        rows = _look_up(table, ids)
        setattr(rows, _LOOKUP, Lookup(tf.stop_gradient(table), ids))
        return rows

    def quantize(self, mode=None, type_check=True, config=None):
        """Quantizes the table, as Keras' layer does."""
        # Keras refuses subclasses of its layer, and also subclasses of this one.
        super().quantize(mode, type_check and type(self) is not Embedding, config)


def _is_worth_projecting(layer, inputs) -> bool:
    return (
        isinstance(inputs, tf.Tensor)
        and inputs.shape.rank == 2
        and layer.input_dim <= _ROWS_PER_TIMESTEP * (inputs.shape[1] or 0)
        and layer.compute_dtype == layer.variable_dtype
        and layer.compute_dtype in ("float32", "float64")
        and not layer.lora_enabled
        and not tf.config.list_physical_devices("GPU")
    )


def _look_up(table, ids):
    if tf.executing_eagerly():  # forward mode does not support slices of a custom gradient
        return tf.gather(table, ids)

    @tf.custom_gradient
    def rows(table):
        def gradient(d_rows):
            values = tf.reshape(d_rows, [-1, table.shape[1]])
            d_table = tf.IndexedSlices(values, tf.reshape(ids, [-1]), tf.shape(table))
            setattr(d_table, _DENSE, table_gradient(d_rows))
            return d_table

        return tf.gather(table, ids), gradient

    return rows(table)


def dense_gradient(gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor:
    """A weight's gradient as one array, with the gradients of repeated rows of a table added up.

    Keras' optimizers take the gradient of a looked-up table row by row: Adam squares each of a
    repeated row's gradients, where TensorFlow 1 squared their sum.

    Args:
        gradient: what a tape returned for a weight.

    Returns:
        An array of the weight's shape.
    """
    dense = getattr(gradient, _DENSE, None)
    return tf.convert_to_tensor(gradient) if dense is None else dense


class Bidirectional(keras.layers.Bidirectional):
    """Keras' Bidirectional, with layers of this module in both directions.

    Keras' own Bidirectional copies its layer through the saved form. That form is the one of Keras'
    layers, so the copy would be a Keras layer and run without a kernel.
    """

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        """Takes Keras' arguments; a `backward_layer` is used as it is."""
        super().__init__(layer, merge_mode, weights, backward_layer, **kwargs)
        _use_kernels(self.forward_layer)
        if backward_layer is None:
            _use_kernels(self.backward_layer)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer as `get_config` describes it."""
        layer = super().from_config(config, custom_objects)
        _use_kernels(layer.backward_layer)
        return layer


COUNTERPARTS = {
    keras.layers.Bidirectional: Bidirectional,
    keras.layers.Embedding: Embedding,
    keras.layers.SimpleRNN: SimpleRNN,
    keras.layers.LSTM: LSTM,
    keras.layers.GRU: GRU,
}

for _parent, _layer in COUNTERPARTS.items():
    save_as(_layer, _parent)


def _use_kernels(layer):
    """Turns a layer that is not shared into one of this module; only the methods differ."""
    layer.__class__ = COUNTERPARTS.get(type(layer), type(layer))


def with_kernels(model: keras.Model) -> keras.Model:
    """Copies a model, replacing Keras' recurrent layers by those of this module.

    Layers inside other layers (nested models, `TimeDistributed`, `Bidirectional`) are replaced too.

    Args:
        model: a built Sequential or functional model, for example one just loaded.

    Returns:
        A model with the same layers, names, weights and random states; not compiled.
    """
    copy = keras.models.clone_model(model)
    for layer in copy._flatten_layers():
        _use_kernels(layer)
    for mine, theirs in zip(copy.variables, model.variables, strict=True):
        mine.assign(theirs)
    return copy
