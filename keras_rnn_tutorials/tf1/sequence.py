"""The Keras layers behind the functions: a cell and a loop, in one direction.

The functions check the arguments and call one of these, so that in a functional model there is a
layer to hold the cell and to be saved with it.
"""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import kernels, loops, saving, states


class _SequenceLayer(keras.layers.Layer):
    """A cell that is stepped through time; keeps its weights."""

    def __init__(self, cell, go_backwards=False, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        self.go_backwards = go_backwards

    def _build_cell(self, features):
        if self.cell.built:
            return
        if type(self.cell).build is not keras.layers.Layer.build:
            self.cell.build((None, features))
        else:  # a caller's cell, without a build: Keras finds its weights by calling it
            dtype = self.cell.compute_dtype
            sizes = states.flatten(self.cell.state_size)
            symbols = [keras.KerasTensor((None, size), dtype) for size in sizes]
            state = states.pack(self.cell.state_size, symbols)
            self.cell(keras.KerasTensor((None, features), dtype), state)

    def _step(self):
        """The cell's step, what is drawn for a whole sequence already drawn."""
        drawn = self.cell.draw()
        return lambda inputs, state, t: self.cell.step(inputs, state, drawn, t)

    def _kernel_in_use(self):
        return kernels.in_use(self.cell) == kernels.FUSED

    def _run_kernel(self, inputs, state, lengths):
        return kernels.run(self.cell, inputs, state, lengths, self.go_backwards)

    def _initial(self, initial_state, batch, static_batch):
        """The state to begin with; its number of rows made known if that of the inputs is."""
        size = self.cell.state_size
        if initial_state is None:
            return states.zeros(size, batch, self.compute_dtype)
        initial_state = states.pack(size, initial_state)
        return tf.nest.map_structure(
            lambda part, width: tf.ensure_shape(part, (static_batch, width)), initial_state, size
        )

    def get_config(self):
        """The arguments that make such a layer again."""
        return super().get_config() | {
            "cell": saving.cell_config(self.cell),
            "go_backwards": self.go_backwards,
        }

    @classmethod
    def from_config(cls, config):
        """A layer as `get_config` describes it."""
        cell = saving.cell_from_config(config["cell"])
        return cls(**(config | {"cell": cell}))


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class DynamicRNN(_SequenceLayer):
    """A loop over one tensor.

    Attributes:
        cell: the cell.
        go_backwards: whether each row is read from its last step to its first; the outputs are put
            back in the inputs' order.
        time_major: whether inputs and outputs are `(time, batch, features)`.
    """

    def __init__(self, cell, go_backwards=False, time_major=False, **kwargs):
        """Takes the cell.

        Args:
            cell: the cell.
            go_backwards: whether each row is read from its last step to its first.
            time_major: whether inputs and outputs are `(time, batch, features)`.
            **kwargs: what `keras.layers.Layer` takes.
        """
        super().__init__(cell, go_backwards, **kwargs)
        self.time_major = time_major

    def build(self, input_shape):
        """Creates the cell's weights.

        Args:
            input_shape: of the inputs.
        """
        self._build_cell(input_shape[-1])

    def call(self, inputs, sequence_length=None, initial_state=None):
        """Runs the cell.

        Args:
            inputs: `(batch, time, features)`, or `(time, batch, features)`.
            sequence_length: integers `(batch,)`, or None.
            initial_state: as the cell's `state_size` says, or None for zeros.

        Returns:
            The outputs, `(batch, time, units)` or `(time, batch, units)`, and the final state.
        """
        if sequence_length is not None:
            sequence_length = tf.cast(sequence_length, tf.int32)
        if not self.time_major:
            inputs = tf.transpose(inputs, (1, 0, 2))
        state = self._initial(initial_state, tf.shape(inputs)[1], inputs.shape[1])
        run = self._run_kernel if self._kernel_in_use() else self._loop
        outputs, state = run(inputs, state, sequence_length)
        return outputs if self.time_major else tf.transpose(outputs, (1, 0, 2)), state

    def _loop(self, inputs, state, lengths):
        if self.go_backwards:
            inputs = loops.reverse(inputs, lengths)
        outputs, state = loops.looped(self._step(), inputs, state, lengths)
        outputs = tf.ensure_shape(outputs, (*inputs.shape[:2], self.cell.output_size))
        return loops.reverse(outputs, lengths) if self.go_backwards else outputs, state

    def get_config(self):
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
        self._build_cell(input_shape[0][-1])

    def call(self, inputs, sequence_length=None, initial_state=None):
        """Runs the cell.

        Args:
            inputs: a list of `(batch, features)`.
            sequence_length: integers `(batch,)`, or None.
            initial_state: as the cell's `state_size` says, or None for zeros.

        Returns:
            The outputs, a list of `(batch, units)`, and the final state.
        """
        if sequence_length is not None:
            sequence_length = tf.cast(sequence_length, tf.int32)
        state = self._initial(initial_state, tf.shape(inputs[0])[0], inputs[0].shape[0])
        if self._kernel_in_use():
            outputs, state = self._run_kernel(tf.stack(inputs), state, sequence_length)
            return tf.unstack(outputs), state
        if self.go_backwards:
            inputs = _reverse_list(inputs, sequence_length)
        outputs, state = loops.unrolled(self._step(), inputs, state, sequence_length)
        if self.go_backwards:
            outputs = _reverse_list(outputs, sequence_length)
        return outputs, state


def _reverse_list(steps, lengths):
    if lengths is None:
        return list(reversed(steps))
    return tf.unstack(loops.reverse(tf.stack(steps), lengths))
