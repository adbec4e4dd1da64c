"""What the cells that wrap another cell have in common."""

import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, saving
from keras_rnn_tutorials.tf1.cell import RNNCell, follows_state_size


class WrapperCell(RNNCell):
    """A cell that has another cell's sizes and weights.

    Attributes:
        cell: the cell inside.
    """

    def __init__(self, cell, **kwargs):
        """Takes the cell.

        Args:
            cell: the cell to wrap.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cell` is no cell.
        """
        checks.cell("cell", cell)
        super().__init__(**kwargs)
        self.cell = cell
        saving.track(self, cell, "cell")

    @property
    def wrapped_cell(self):
        """The cell inside, under the name that TensorFlow 1 gave it."""
        return self.cell

    def inner_cells(self) -> list:
        """The cell inside."""
        return [self.cell]

    @property
    def state_size(self):
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self):
        """That of the cell inside."""
        return self.cell.output_size

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def zero_state(self, batch_size, dtype):
        """That of the cell inside.

        Args:
            batch_size: a number, or a scalar integer tensor.
            dtype: of the state.

        Returns:
            What the `zero_state` of the cell inside returns.
        """
        return protocol.zero_state(self.cell, batch_size, dtype)

    def settle_dtype(self, dtype):
        """Gives this cell and the one inside their dtype, where they have none yet."""
        super().settle_dtype(dtype)
        protocol.settle_dtype(self.cell, dtype)

    def build(self, input_shape):
        """Creates the weights of the cell inside.

        Args:
            input_shape: `(batch, features)`.
        """
        protocol.build(self.cell, input_shape)

    def draw(self):
        """What the cell inside draws for a whole sequence."""
        return protocol.draw(self.cell)

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output, `(batch, output_size)`, and the new state.
        """
        return self.step(inputs, state, self.draw(), 0)

    def step(self, inputs, state, drawn, time):
        """Takes the step of number `time`; see `RNNCell.step`."""
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def get_config(self):
        """The arguments that make such a cell again."""
        return super().get_config() | {"cell": saving.cell_config(self.cell)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A cell as `get_config` describes it."""
        cell = saving.cell_from_config(config["cell"], custom_objects)
        return cls(**(config | {"cell": cell}))
