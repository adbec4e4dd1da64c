"""A cell whose inputs are added to its outputs."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, saving
from keras_rnn_tutorials.tf1.wrapper import WrapperCell


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class ResidualWrapper(WrapperCell):
    """Adds what a cell reads to what it puts out.

        y, s' = cell(x, s)
        output = x + y

    The state is the cell's, without the addition. Answers to `tf.nn.rnn_cell.ResidualWrapper` of
    TensorFlow 1.15 (`python/ops/rnn_cell_wrapper_impl.py`).
    """

    def __init__(self, cell, residual_fn=None, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            residual_fn: a function of the inputs and the outputs that returns the outputs to use;
                None for their sum. To be saved it must be registered with Keras.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cell` is no cell.
        """
        super().__init__(cell, **kwargs)
        self.residual_fn = saving.function_from_config(residual_fn)

    def step(self, inputs, state, drawn, time):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.
            drawn: what `draw` returned.
            time: number of the step.

        Returns:
            The outputs joined with the inputs, and the new state.

        Raises:
            ValueError: if inputs and outputs, to be added, have different widths.
        """
        outputs, state = protocol.step(self.cell, inputs, state, drawn, time)
        if self.residual_fn is not None:
            return self.residual_fn(inputs, outputs), state
        checks.same_structure("inputs", outputs, inputs, "that of the cell's outputs")
        return tf.nest.map_structure(_add, inputs, outputs), state

    def get_config(self):
        """The arguments that make such a cell again."""
        function = keras.saving.serialize_keras_object(self.residual_fn)
        return super().get_config() | {"residual_fn": function}


def _add(inputs, outputs):
    if not tf.TensorShape(inputs.shape).is_compatible_with(outputs.shape):
        raise checks.error(
            f"inputs: ResidualWrapper adds them to outputs of {outputs.shape[-1]} features, "
            f"got shape {checks.shape_of(inputs)}",
            f"Shapes {inputs.shape} and {outputs.shape} are incompatible",
        )
    return inputs + outputs
