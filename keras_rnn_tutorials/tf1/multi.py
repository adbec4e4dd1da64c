"""Several cells as one, each reading what the one below puts out."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, saving, states
from keras_rnn_tutorials.tf1.cell import RNNCell, follows_state_size


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class MultiRNNCell(RNNCell):
    """Cells on top of each other.

        h_1, s_1' = cells[0](x, s_1)
        h_2, s_2' = cells[1](h_1, s_2)
        ...

    The output is the last cell's. The state is a tuple of the cells' states, or, if they are
    tensors, their concatenation. The weights are the cells', from first to last; the last part but
    two of a weight's path is `cell_0`, `cell_1` and so on. Answers to `tf.nn.rnn_cell.MultiRNNCell`
    of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).
    """

    def __init__(self, cells, state_is_tuple=True, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            cells: a list of cells, from the one that reads the inputs to the one whose output is
                this cell's. The same cell twice shares its weights, and must read inputs of one
                width in both places.
            state_is_tuple: whether the state is a tuple of the cells' states; if not, it is one
                tensor, and no cell may have a tuple for a state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cells` is no list of cells, or a cell's state is a tuple and
                `state_is_tuple` is False.
        """
        checks.cells("cells", cells)
        sizes = [cell.state_size for cell in cells]
        if not state_is_tuple and any(map(states.is_tuple, sizes)):
            raise checks.error(
                f"state_is_tuple: must be True, as a cell's state is a tuple: {sizes}",
                "Some cells return tuples of states, but the flag state_is_tuple is not set. "
                f"State sizes are: {sizes}",
            )
        super().__init__(**kwargs)
        self.cells = list(cells)
        for i, cell in enumerate(self.cells):
            saving.track(self, cell, f"cell-{i}")  # TensorFlow 1's name
        self.state_is_tuple = state_is_tuple

    def inner_cells(self) -> list:
        """The cells, from first to last."""
        return list(self.cells)

    @property
    def state_size(self):
        """A tuple of the cells' state sizes, or their sum."""
        sizes = tuple(cell.state_size for cell in self.cells)
        return sizes if self.state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        """That of the last cell."""
        return self.cells[-1].output_size

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def zero_state(self, batch_size, dtype):
        """What the cells' own `zero_state` returns, in a tuple; zeros if the state is one tensor.

        Args:
            batch_size: a number, or a scalar integer tensor.
            dtype: of the state.

        Returns:
            A tuple of states, or `(batch_size, state_size)`.
        """
        if not self.state_is_tuple:
            return super().zero_state(batch_size, dtype)
        checks.given("batch_size", batch_size)
        checks.given("dtype", dtype)
        return tuple(protocol.zero_state(cell, batch_size, dtype) for cell in self.cells)

    def settle_dtype(self, dtype):
        """Gives this cell and those in it their dtype, where they have none yet."""
        super().settle_dtype(dtype)
        for cell in self.cells:
            protocol.settle_dtype(cell, dtype)

    def build(self, input_shape):
        """Creates the cells' weights.

        Args:
            input_shape: `(batch, features)`.

        Raises:
            ValueError: if a cell stands in two places that read inputs of different widths.
        """
        shapes, widths = [input_shape], []
        for cell in self.cells[:-1]:
            shapes.append(
                tf.nest.map_structure(
                    lambda size: (None, *states.dimensions(size)), cell.output_size
                )
            )
        for i, (cell, shape) in enumerate(zip(self.cells, shapes, strict=True)):
            with keras.name_scope(f"cell_{i}"):
                protocol.build(cell, shape)
            flat = shape if not any(map(states.is_tuple, shape)) else [None]
            widths.append(flat[-1])
        checks.widths_in_a_stack("cells", self.cells, widths)

    def draw(self):
        """What each cell draws for a whole sequence."""
        return [protocol.draw(cell) for cell in self.cells]

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The last cell's output and the new state.
        """
        return self.step(inputs, state, self.draw(), 0)

    def step(self, inputs, state, drawn, time):
        """Takes one step in every cell.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.
            drawn: what `draw` returned.
            time: number of the step.

        Returns:
            What `call` returns.
        """
        if not self.state_is_tuple:
            state = tf.split(state, [cell.state_size for cell in self.cells], axis=1)
        new_state = []
        for cell, cell_state, cell_drawn in zip(self.cells, state, drawn, strict=True):
            inputs, cell_state = protocol.step(cell, inputs, cell_state, cell_drawn, time)
            new_state.append(cell_state)
        return inputs, tuple(new_state) if self.state_is_tuple else tf.concat(new_state, axis=1)

    def get_config(self):
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "cells": [saving.cell_config(cell) for cell in self.cells],
            "state_is_tuple": self.state_is_tuple,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A cell as `get_config` describes it."""
        cells = [saving.cell_from_config(cell, custom_objects) for cell in config["cells"]]
        return cls(**(config | {"cells": cells}))
