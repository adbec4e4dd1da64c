"""Cells around a cell: dropout, and the residual connection.

Corresponds to TensorFlow 1.15's `python/ops/rnn_cell_wrapper_impl.py`.
"""

import hashlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, saving, scopes
from keras_rnn_tutorials.tf1.rnn_cell import LSTMStateTuple, RNNCell, follows_state_size
from keras_rnn_tutorials.tf1.states import flatten, is_tuple


class WrapperCell(RNNCell):
    """A cell that has another cell's sizes and weights.

    Attributes:
        cell: the cell inside.
    """

    adds_scope = False

    def __init__(self, cell, **kwargs):
        """Takes the cell.

        Args:
            cell: the cell to wrap.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cell` is not a cell.
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

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output, `(batch, output_size)`, and the new state.
        """
        return self.step(inputs, state, self.draw(), 0)

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`; see `RNNCell.step`."""
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {"cell": saving.cell_config(self.cell)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A cell as `get_config` describes it."""
        cell = saving.cell_from_config(config["cell"], custom_objects)
        return cls(**(config | {"cell": cell}))


# The first mask of each kind.
_NUMBERS = {"input": 0, "output": 1, "state": 2}
_NAMES = ("input_keep_prob", "output_keep_prob", "state_keep_prob")
# TensorFlow's seeds are signed; those of Keras are not.
_LARGEST_SEED = 2**31 - 1


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class DropoutWrapper(WrapperCell):
    """Drops elements of a cell's inputs, outputs and new state.

        y, s' = cell(drop(x), s)
        output, new state = drop(y), drop(s')
        drop(v) = v / keep_prob with probability keep_prob, else 0, element by element

    As in TensorFlow 1, a keep probability below 1 **always drops**, in training or not: scripts fed
    1 to turn it off. Here, pass a `tf.Variable`, and call `keep_prob.assign(1.0)` before testing.

    The masks change from step to step. With `variational_recurrent` they are the same at every step
    and for every row of the batch, and change from one call of `dynamic_rnn` (or of its relatives)
    to the next; a cell that is called step by step keeps its masks. By default the `c` of an
    `LSTMStateTuple` is never dropped. After the end of a row the state does not change.

    Corresponds to `tf.nn.rnn_cell.DropoutWrapper` of TensorFlow 1.15
    (`python/ops/rnn_cell_wrapper_impl.py`). The random numbers are not TensorFlow 1's: the
    same seed gives the same masks eagerly and in a `tf.function`, but other masks under XLA.
    """

    def __init__(
        self,
        cell,
        input_keep_prob=1.0,
        output_keep_prob=1.0,
        state_keep_prob=1.0,
        variational_recurrent: bool = False,
        input_size=None,
        dtype=None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            input_keep_prob: probability, above 0 and at most 1, that an input is kept; a number or
                a scalar tensor or variable. A model is saved with the value it has then.
            output_keep_prob: the same for the outputs.
            state_keep_prob: the same for the new state.
            variational_recurrent: whether the masks stay the same through a sequence.
            input_size: width of the inputs; TensorFlow 1 needed it for `variational_recurrent`
                with input dropout, and so does this.
            dtype: of what is dropped; needed for `variational_recurrent`, as in TensorFlow 1.
            seed: of the random numbers; None for one that depends on `keras.utils.set_random_seed`.
            dropout_state_filter_visitor: a function of a state, or of a part of it, that returns
                True to drop it, False not to, or a structure of both for its parts. To be saved it
                must be registered with Keras.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if a probability is out of range, `cell` is not a cell, or
                `variational_recurrent` lacks `dtype` or `input_size`.
        """
        visitor = saving.function_from_config(dropout_state_filter_visitor)
        if visitor is not None and not callable(visitor):
            raise checks.error(
                f"dropout_state_filter_visitor: expected a function, got {checks.shown(visitor)}",
                "dropout_state_filter_visitor must be callable",
                checks.WrongTypeError,
            )
        super().__init__(cell, dtype=dtype, **kwargs)
        given = (input_keep_prob, output_keep_prob, state_keep_prob)
        for name, value in zip(_NAMES, given, strict=True):
            setattr(self, name, _probability(name, value))
        if variational_recurrent and dtype is None:
            raise checks.error(
                "dtype: needed, as variational_recurrent is True",
                "When variational_recurrent=True, dtype must be provided",
            )
        if variational_recurrent and _drops(self.input_keep_prob) and input_size is None:
            raise checks.error(
                "input_size: needed, as variational_recurrent is True and inputs are dropped",
                "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                "input_size must be provided",
            )
        self.variational_recurrent = variational_recurrent
        self.input_size = input_size
        self.seed = seed
        self.dropout_state_filter_visitor = visitor
        self._noise: dict = {}
        if any(_drops(getattr(self, name)) for name in _NAMES) and not scopes.in_use():
            self.seed_generator = keras.random.SeedGenerator(seed)
        else:
            self.seed_generator = None

    def _draws_in_graph(self):
        """Whether no seed of Keras' is drawn: nothing is dropped, or the graph does it."""
        return self.seed_generator is None or scopes.in_use()

    def draw(self):
        """The seed of a whole sequence's masks, and what the cell inside draws."""
        seed = None if self._draws_in_graph() else self.seed_generator.next()
        return seed, protocol.draw(self.cell)

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output and the new state, dropped.
        """
        if self.variational_recurrent and not self._draws_in_graph():
            drawn = (tf.convert_to_tensor(self.seed_generator.state), protocol.draw(self.cell))
        else:
            drawn = self.draw()
        return self.step(inputs, state, drawn, 0)

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.
            drawn: what `draw` returned.
            time: number of the step; decides the masks unless `variational_recurrent`.

        Returns:
            What `call` returns.
        """
        seed, inside = drawn
        if seed is not None:
            seed = tf.cast(seed % _LARGEST_SEED, tf.int32)
            if not self.variational_recurrent:
                seed = tf.random.experimental.stateless_fold_in(seed, time)
        if _drops(self.input_keep_prob):
            inputs = self._drop_all(inputs, self.input_keep_prob, seed, "input")
        output, state = protocol.step(self.cell, inputs, state, inside, time)
        if _drops(self.state_keep_prob):
            chosen = _chosen(self.dropout_state_filter_visitor or _all_but_c, state)
            state = self._drop_all(state, self.state_keep_prob, seed, "state", chosen)
        if _drops(self.output_keep_prob):
            output = self._drop_all(output, self.output_keep_prob, seed, "output")
        return output, state

    def _drop_all(self, values, keep_prob, seed, kind, chosen=None):
        """Applies dropout to the chosen tensors of a structure, or to all."""
        parts = flatten(values)
        if len(parts) > 1 and kind != "state" and seed is not None:  # a number for every mask
            seed = tf.random.experimental.stateless_fold_in(seed, 2**20 + _NUMBERS[kind])
        dropped = [
            self._drop(part, keep_prob, seed, kind, i) if choice else part
            for i, (part, choice) in enumerate(
                zip(parts, chosen or [True] * len(parts), strict=True)
            )
        ]
        return tf.nest.pack_sequence_as(values, dropped)

    def _drop(self, value, keep_prob, seed, kind, number):
        if scopes.in_use():
            return self._drop_in_graph(value, keep_prob, kind, number)
        shape = tf.shape(value)
        if self.variational_recurrent:
            shape = tf.concat([[1], shape[1:]], axis=0)
        noise = tf.random.stateless_uniform(
            shape,
            tf.random.experimental.stateless_fold_in(seed, _NUMBERS[kind] + number),
            dtype=value.dtype,
        )
        keep_prob = tf.cast(keep_prob, value.dtype)
        return tf.where(noise >= 1 - keep_prob, value / keep_prob, tf.zeros_like(value))

    def _drop_in_graph(self, value, keep_prob, kind, number):
        """TensorFlow 1's own operations: a seed of Keras' would be one more variable to save."""
        seed = self._graph_seed(kind, number)
        if not self.variational_recurrent:
            return tf.nn.dropout(value, rate=1 - keep_prob, seed=seed)
        key = (kind, number)
        if key not in self._noise:
            shape = [1, *value.shape.as_list()[1:]]
            with tf.init_scope():  # drawn before any loop, once in every `session.run`
                self._noise |= {key: tf.random.uniform(shape, seed=seed, dtype=value.dtype)}
        keep_prob = tf.cast(keep_prob, value.dtype)
        return value / keep_prob * tf.floor(keep_prob + self._noise[key])

    def _graph_seed(self, kind, number):
        """The seed of one mask, as TensorFlow 1 derives it from the wrapper's."""
        if self.seed is None:
            return None
        text = f"{self.seed}{kind}_{number}".encode()
        return int(hashlib.md5(text, usedforsecurity=False).hexdigest()[:8], 16) & _LARGEST_SEED

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        visitor = keras.saving.serialize_keras_object(self.dropout_state_filter_visitor)
        return (
            super().get_config()
            | {name: float(getattr(self, name)) for name in _NAMES}
            | {
                "variational_recurrent": self.variational_recurrent,
                "input_size": self.input_size,
                "seed": self.seed,
                "dropout_state_filter_visitor": visitor,
            }
        )


def _probability(name, value):
    """A number if it is one for good, else a tensor or TensorFlow's variable."""
    if isinstance(value, keras.KerasTensor):
        raise checks.error(f"{name}: a symbolic input cannot be one, use a tf.Variable")
    if isinstance(value, keras.Variable):
        # As an attribute Keras' own would count among the cell's weights.
        value = value.value
    if isinstance(value, tf.Variable):
        return value
    number = tf.get_static_value(value) if tf.is_tensor(value) else value
    if number is None:
        return value
    if not isinstance(number, (int, float, np.number, np.ndarray)) or not 0 < number <= 1:
        theirs = "rate must be a scalar tensor or a float in the range [0, 1), got 1"
        if number:
            theirs = f"Parameter {name} must be between 0 and 1: {number}"
        raise checks.error(
            f"{name}: expected a probability above 0 and at most 1, got {number!r}", theirs
        )
    return float(number)


def _drops(keep_prob) -> bool:
    return not isinstance(keep_prob, float) or keep_prob < 1


def _all_but_c(state):
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(state, tf.TensorArray)


def _chosen(visitor, state) -> list:
    """For each tensor of a state, whether to drop it."""
    verdict = visitor(state)
    if not is_tuple(state):
        return [bool(verdict)]
    if not is_tuple(verdict):
        verdict = [verdict] * len(state)
    return [
        choice
        for part, of_part in zip(state, verdict, strict=True)
        for choice in (_chosen(visitor, part) if of_part else [False] * len(flatten(part)))
    ]


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class ResidualWrapper(WrapperCell):
    """Adds a cell's inputs to its outputs.

        y, s' = cell(x, s)
        output = x + y

    The state is the cell's, without the addition. Corresponds to `tf.nn.rnn_cell.ResidualWrapper`
    of TensorFlow 1.15 (`python/ops/rnn_cell_wrapper_impl.py`).
    """

    def __init__(self, cell, residual_fn: Callable | None = None, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            residual_fn: a function of the inputs and the outputs that returns the outputs to use;
                None for their sum. To be saved it must be registered with Keras.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cell` is not a cell.
        """
        super().__init__(cell, **kwargs)
        self.residual_fn = saving.function_from_config(residual_fn)

    def step(self, inputs, state, drawn, time) -> tuple:
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

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        function = keras.saving.serialize_keras_object(self.residual_fn)
        return super().get_config() | {"residual_fn": function}


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class DeviceWrapper(WrapperCell):
    """Runs a cell on a device.

    Corresponds to `tf.nn.rnn_cell.DeviceWrapper` of TensorFlow 1.15
    (`python/ops/rnn_cell_wrapper_impl.py`).
    """

    def __init__(self, cell, device, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            device: what `tf.device` takes.
            **kwargs: what `keras.layers.Layer` takes.
        """
        super().__init__(cell, **kwargs)
        self.device = device

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def zero_state(self, batch_size, dtype):
        """That of the cell inside, made on the device."""
        with tf.device(self.device):
            return protocol.zero_state(self.cell, batch_size, dtype)

    def build(self, input_shape):
        """Creates the weights of the cell inside, on the device."""
        with tf.device(self.device):
            protocol.build(self.cell, input_shape)

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`; see `RNNCell.step`."""
        with tf.device(self.device):
            return protocol.step(self.cell, inputs, state, drawn, time)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {"device": self.device}


def _add(inputs, outputs):
    if not tf.TensorShape(inputs.shape).is_compatible_with(outputs.shape):
        raise checks.error(
            f"inputs: ResidualWrapper adds them to outputs of {outputs.shape[-1]} features, "
            f"got shape {checks.shape_of(inputs)}",
            f"Shapes {inputs.shape} and {outputs.shape} are incompatible",
        )
    return inputs + outputs
