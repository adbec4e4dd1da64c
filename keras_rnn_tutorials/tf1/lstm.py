"""The LSTM cells: the basic one, and the one with peepholes, clipping and a projection."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import activations, checks
from keras_rnn_tutorials.tf1.arithmetic import sigmoid
from keras_rnn_tutorials.tf1.cell import RNNCell, features_of
from keras_rnn_tutorials.tf1.states import LSTMStateTuple


class _StateOfTwo(RNNCell):
    """What both LSTM cells share: a state of c and h, in a tuple or joined in one tensor."""

    reads_matrices = True

    def __init__(
        self, num_units, output_size, forget_bias, state_is_tuple, activation, name, dtype, **kwargs
    ):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.num_units = num_units
        self.forget_bias = forget_bias
        self.state_is_tuple = state_is_tuple
        self.activation = activations.get(activation)
        self._output_size = output_size

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return self.kernel.shape[0] - self._output_size

    @property
    def state_size(self):
        """`LSTMStateTuple(num_units, output_size)`, or their sum."""
        if self.state_is_tuple:
            return LSTMStateTuple(self.num_units, self._output_size)
        return self.num_units + self._output_size

    @property
    def output_size(self):
        """`num_units`, or `num_proj` behind a projection."""
        return self._output_size

    def split_state(self, state):
        """Takes a state, structured as `state_size` says, apart: c and h."""
        if self.state_is_tuple:
            return state
        return tf.split(state, [self.num_units, self._output_size], axis=1)

    def join_state(self, c, h):
        """Makes of c and h a state, structured as `state_size` says."""
        return LSTMStateTuple(c, h) if self.state_is_tuple else tf.concat([c, h], axis=1)

    def _gates(self, inputs, h):
        joined = tf.concat([inputs, h], axis=1)
        gates = tf.nn.bias_add(tf.matmul(joined, self.kernel), self.bias)
        return tf.split(gates, 4, axis=1)

    def _add_kernel_and_bias(self, input_shape, initializer):
        rows, columns = features_of(input_shape) + self._output_size, 4 * self.num_units
        self.kernel = self.add_weight((rows, columns), initializer=initializer, name="kernel")
        self.bias = self.add_weight((columns,), initializer="zeros", name="bias")

    def get_config(self):
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "forget_bias": self.forget_bias,
            "state_is_tuple": self.state_is_tuple,
            "activation": activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class BasicLSTMCell(_StateOfTwo):
    """The LSTM without peepholes, clipping or projection.

        [i, j, f, o] = [x, h] · kernel + bias
        c' = sigmoid(f + forget_bias) * c + sigmoid(i) * activation(j)
        h' = sigmoid(o) * activation(c')

    The output is h'. The gates stand in the kernel's columns in the order input, candidate, forget,
    output; in Keras' own LSTM the forget gate comes second. `forget_bias` is added at every step
    and is no part of the bias. Weights, in order: `kernel` `(features + num_units, 4 * num_units)`,
    Glorot-uniform, and `bias` `(4 * num_units,)`, zeros. Answers to `tf.nn.rnn_cell.BasicLSTMCell`
    of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    Examples:
        >>> cell = BasicLSTMCell(5)
        >>> output, state = cell(tf.ones((2, 3)), cell.zero_state(2, tf.float32))
        >>> state.c.shape, state.h.shape
        (TensorShape([2, 5]), TensorShape([2, 5]))
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            forget_bias: added to the forget gate before its sigmoid.
            state_is_tuple: whether the state is `LSTMStateTuple(c, h)`; if not, it is one tensor
                `(batch, 2 * num_units)`, c before h.
            activation: of the candidate and of the output; a function or its name; None for tanh.
            reuse: ignored; weights are shared by using the same cell.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is no positive integer or no activation has that name.
        """
        del reuse
        num_units = checks.positive("num_units", num_units)
        super().__init__(
            num_units, num_units, forget_bias, state_is_tuple, activation, name, dtype, **kwargs
        )

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        self._add_kernel_and_bias(input_shape, "glorot_uniform")

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output h', `(batch, num_units)`, and the new state.
        """
        c, h = self.split_state(state)
        i, j, f, o = self._gates(inputs, h)
        c = c * sigmoid(f + self.forget_bias) + sigmoid(i) * self.activation(j)
        h = self.activation(c) * sigmoid(o)
        return h, self.join_state(c, h)


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class LSTMCell(_StateOfTwo):
    """The LSTM, with peepholes, clipping and a projection where they are asked for.

        [i, j, f, o] = [x, h] · kernel + bias
        c' = sigmoid(f + forget_bias + w_f_diag * c) * c
             + sigmoid(i + w_i_diag * c) * activation(j)
        c' = clip(c', -cell_clip, cell_clip)
        h' = sigmoid(o + w_o_diag * c') * activation(c')
        h' = clip(h' · projection/kernel, -proj_clip, proj_clip)

    The output is h'. The three `diag` terms are the peepholes, through which the gates see the cell
    state: input and forget gate the old one, the output gate the new one. Weights, in order:
    `kernel` `(features + width of h, 4 * num_units)`; `bias` `(4 * num_units,)`, zeros; with
    peepholes `w_f_diag`, `w_i_diag`, `w_o_diag`, each `(num_units,)`; with a projection
    `projection/kernel` `(num_units, num_proj)`. Answers to `tf.nn.rnn_cell.LSTMCell` of TensorFlow
    1.15 (`python/ops/rnn_cell_impl.py`).
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=None,
        num_proj_shards=None,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the cell state, and of the output without a projection.
            use_peepholes: whether the gates see the cell state.
            cell_clip: largest absolute value of the cell state; None for no limit.
            initializer: of all weights but the bias; None for Glorot-uniform.
            num_proj: width of the projected output; None for no projection.
            proj_clip: largest absolute value of the projected output; None for no limit. Without a
                projection it does nothing.
            num_unit_shards: ignored; it cut the kernel over several machines.
            num_proj_shards: ignored; it cut the projection over several machines.
            forget_bias: added to the forget gate before its sigmoid.
            state_is_tuple: whether the state is `LSTMStateTuple(c, h)`; if not, it is one tensor, c
                before h.
            activation: of the candidate and of the output; a function or its name; None for tanh.
            reuse: ignored; weights are shared by using the same cell.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` or `num_proj` is no positive integer or no activation has
                that name.
        """
        del num_unit_shards, num_proj_shards, reuse
        num_units = checks.positive("num_units", num_units)
        if num_proj is not None:
            num_proj = checks.positive("num_proj", num_proj)
        width = num_proj or num_units
        super().__init__(
            num_units, width, forget_bias, state_is_tuple, activation, name, dtype, **kwargs
        )
        self.use_peepholes = use_peepholes
        self.cell_clip = cell_clip
        self.initializer = keras.initializers.get(initializer)
        self.num_proj = num_proj
        self.proj_clip = proj_clip

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        initializer = self.initializer or "glorot_uniform"
        self._add_kernel_and_bias(input_shape, initializer)
        if self.use_peepholes:
            self.w_f_diag, self.w_i_diag, self.w_o_diag = (
                self.add_weight((self.num_units,), initializer=initializer, name=name)
                for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
        if self.num_proj is not None:
            self.projection_kernel = self.add_weight_in(
                "projection", (self.num_units, self.num_proj), initializer, "kernel"
            )

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output h', `(batch, output_size)`, and the new state.
        """
        c, h = self.split_state(state)
        i, j, f, o = self._gates(inputs, h)
        f = f + self.forget_bias
        if self.use_peepholes:
            f, i = f + self.w_f_diag * c, i + self.w_i_diag * c
        c = sigmoid(f) * c + sigmoid(i) * self.activation(j)
        if self.cell_clip is not None:
            limit = float(self.cell_clip)
            c = tf.clip_by_value(c, -limit, limit)
        if self.use_peepholes:
            o = o + self.w_o_diag * c
        h = sigmoid(o) * self.activation(c)
        if self.num_proj is not None:
            h = tf.matmul(h, self.projection_kernel)
            if self.proj_clip is not None:
                limit = float(self.proj_clip)
                h = tf.clip_by_value(h, -limit, limit)
        return h, self.join_state(c, h)

    def get_config(self):
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "use_peepholes": self.use_peepholes,
            "cell_clip": self.cell_clip,
            "initializer": keras.initializers.serialize(self.initializer),
            "num_proj": self.num_proj,
            "proj_clip": self.proj_clip,
        }
