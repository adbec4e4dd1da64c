"""SimpleRNN, LSTM and GRU: Keras' own layers, run by whole-sequence kernels on a CPU.

    model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(100), keras.layers.Dense(10)])

Arguments, weights, config and numbers are those of Keras' layers, and so is the saved form: a model
saved with these loads, without this package, with Keras' own. Where an argument asks for what the
kernels do not do, they are Keras' layers in running too; `kernel_in_use` tells.
"""

import keras
import tensorflow as tf
from keras import ops
from keras.src import api_export

from keras_rnn_tutorials.fused.gru import gru
from keras_rnn_tutorials.fused.lstm import lstm
from keras_rnn_tutorials.fused.parts import Rows
from keras_rnn_tutorials.fused.simple_rnn import simple_rnn

FUSED = "fused"
_ROWS = "_keras_rnn_tutorials_rows"  # an attribute of tensors, as a mask is in Keras


class _Fused:
    """The part of a layer that runs a kernel over the sequence, or leaves it to Keras."""

    @property
    def kernel_in_use(self) -> str:
        """`"fused"`, or `"keras: "` and the argument that the kernel does not cover."""
        for value, name in self._uncovered():
            if value:
                return f"keras: {name}"
        return FUSED

    def _uncovered(self):
        cell = self.cell
        yield cell.compute_dtype not in ("float32", "float64"), f"dtype {cell.compute_dtype}"
        yield cell.activation is not keras.activations.tanh, "activation is not tanh"
        gate = getattr(cell, "recurrent_activation", keras.activations.sigmoid)
        yield gate is not keras.activations.sigmoid, "recurrent_activation is not sigmoid"
        yield cell.recurrent_dropout, "recurrent_dropout"
        yield self.unroll, "unroll"
        yield getattr(self, "use_cudnn", "auto") is True, "use_cudnn"
        yield tf.config.list_physical_devices("GPU"), "a GPU is present"

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs the recurrence.

        Args:
            sequences: `(batch, time, features)`.
            initial_state: tensors `(batch, units)`.
            mask: bool `(batch, time)`, or None.
            training: whether gradients will be asked for, and dropout is on.

        Returns:
            The last output `(batch, units)`, every output `(batch, time, units)` (of which Keras'
            `call` takes the one that was asked for), and a list of the final states.
        """
        if self.kernel_in_use != FUSED:
            return super().inner_loop(sequences, initial_state, mask, training)
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        if mask is not None:
            mask = tf.cast(mask, "bool")
        if training and self.dropout:
            sequences *= self.cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]
        sequences = getattr(sequences, _ROWS, sequences)
        states, outputs = self._run_kernel(
            sequences,
            tf.nest.flatten(initial_state),
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

    def _shown(self, mask):
        # Keras repeats the output before a masked step, which before the first real step is zero,
        # whatever the initial state; or with zero_output_for_mask it is zero at every masked step.
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


class SimpleRNN(_Fused, keras.layers.SimpleRNN):
    """Keras' SimpleRNN; arguments, weights and numbers are the same."""

    def _run_kernel(self, sequences, states, **options):
        return simple_rnn(sequences, *self._weights(), states, **options)


class LSTM(_Fused, keras.layers.LSTM):
    """Keras' LSTM; arguments, weights and numbers are the same."""

    def _run_kernel(self, sequences, states, **options):
        return lstm(sequences, *self._weights(), states, **options)


class GRU(_Fused, keras.layers.GRU):
    """Keras' GRU, in both forms of the reset; arguments, weights and numbers are the same."""

    def _run_kernel(self, sequences, states, **options):
        reset_after = self.cell.reset_after
        return gru(sequences, *self._weights(), states, reset_after=reset_after, **options)


class Embedding(keras.layers.Embedding):
    """Keras' Embedding, which tells a layer of this module that its output is rows of a table.

    Then the layer projects the table instead of the rows, of which there are many more.
    """

    def call(self, inputs):
        """Looks up `(batch, time)` whole numbers: `(batch, time, output_dim)`."""
        outputs = super().call(inputs)
        if self.compute_dtype == self.variable_dtype:
            rows = Rows(ops.convert_to_tensor(self.embeddings), tf.cast(inputs, "int32"))
            setattr(outputs, _ROWS, rows)
        return outputs


class Bidirectional(keras.layers.Bidirectional):
    """Keras' Bidirectional, both of whose layers are those of this module.

    Keras' own copies the layer that it is given by way of the saved form, which is that of Keras'
    layers: its copy is Keras' layer, and runs without a kernel.
    """

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        """Takes Keras' arguments."""
        super().__init__(layer, merge_mode, weights, backward_layer, **kwargs)
        for each in (self.forward_layer, self.backward_layer):
            each.__class__ = COUNTERPARTS.get(type(each), type(each))


COUNTERPARTS = {
    keras.layers.Bidirectional: Bidirectional,
    keras.layers.Embedding: Embedding,
    keras.layers.SimpleRNN: SimpleRNN,
    keras.layers.LSTM: LSTM,
    keras.layers.GRU: GRU,
}

# Keras writes into a saved model the name under which it knows a layer's class, and has no public
# way to say that a subclass goes by its parent's.
for _parent, _layer in COUNTERPARTS.items():
    api_export.REGISTERED_OBJS_TO_NAMES[_layer] = api_export.get_name_from_symbol(_parent)


def with_kernels(model: keras.Model) -> keras.Model:
    """Copies a model, Keras' recurrent layers in it replaced by those of this module.

    Args:
        model: a built Sequential or functional model, for example one just loaded.

    Returns:
        A model of the same layers, names and weights; not compiled.
    """

    def replace(layer):
        if isinstance(layer, keras.layers.TimeDistributed):
            return keras.layers.TimeDistributed(replace(layer.layer), name=layer.name)
        return COUNTERPARTS.get(type(layer), type(layer)).from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=replace)
    copy.set_weights(model.get_weights())
    return copy
