"""What the cells that wrap another cell have in common."""

from keras_rnn_tutorials.tf1 import checks, saving
from keras_rnn_tutorials.tf1.cell import RNNCell


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
        super().__init__(**kwargs)
        checks.cell("cell", cell)
        self.cell = cell

    @property
    def state_size(self):
        """That of the cell inside."""
        return self.cell.state_size

    @property
    def output_size(self):
        """That of the cell inside."""
        return self.cell.output_size

    def settle_dtype(self, dtype):
        """Gives this cell and the one inside their dtype, where they have none yet."""
        super().settle_dtype(dtype)
        self.cell.settle_dtype(dtype)

    def build(self, input_shape):
        """Creates the weights of the cell inside.

        Args:
            input_shape: `(batch, features)`.
        """
        if not self.cell.built:
            self.cell.build(input_shape)

    def draw(self):
        """What the cell inside draws for a whole sequence."""
        return self.cell.draw()

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
