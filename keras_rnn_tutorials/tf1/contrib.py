"""The parts of `tf.contrib.rnn` and `tf.contrib.cudnn_rnn` that old code uses most.

Corresponds to TensorFlow 1.15's `contrib/rnn/python/ops/lstm_ops.py`, `gru_ops.py`, `rnn_cell.py`
and `core_rnn_cell.py`, and `contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py`. Each block cell was one
operation in TensorFlow 1; here its equations are computed.
"""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import activations, checks, protocol, saving, scopes, states
from keras_rnn_tutorials.tf1.activations import sigmoid
from keras_rnn_tutorials.tf1.rnn import run_layer
from keras_rnn_tutorials.tf1.rnn_cell import (
    GRUCell,
    LSTMCell,
    LSTMStateTuple,
    RNNCell,
    features_of,
    follows_state_size,
)
from keras_rnn_tutorials.tf1.sequence import DynamicRNN
from keras_rnn_tutorials.tf1.wrappers import WrapperCell


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class LSTMBlockCell(LSTMCell):
    """The LSTM as one operation of TensorFlow 1; its equations are those of `LSTMCell`.

    With clipping its gradient differs: this operation's backward pass treats a clipped cell state
    as an unclipped one. Its variables have the names of an `LSTMCell`'s, so either restores the
    other's checkpoint.
    Weights, in order: `kernel`, `bias`; with peepholes `w_i_diag`, `w_f_diag`, `w_o_diag`.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype=None,
        reuse: bool | None = None,
        name: str | None = "lstm_cell",
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            forget_bias: added to the forget gate before its sigmoid.
            cell_clip: largest absolute value of the cell state; None, or a number that is not
                positive, for no limit.
            use_peephole: whether the gates see the cell state.
            dtype: of weights and arithmetic; None for that of the first state.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            name: of the layer and of its variable scope.
            **kwargs: what `keras.layers.Layer` takes.
        """
        super().__init__(
            num_units,
            use_peepholes=use_peephole,
            cell_clip=cell_clip if cell_clip is not None and cell_clip > 0 else None,
            forget_bias=forget_bias,
            reuse=reuse,
            name=name,
            dtype=dtype,
            **kwargs,
        )

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        self._add_kernel_and_bias(input_shape, None)
        if self.use_peepholes:
            self.w_i_diag, self.w_f_diag, self.w_o_diag = (
                self.add_weight((self.num_units,), name=name)
                for name in ("w_i_diag", "w_f_diag", "w_o_diag")
            )

    def _clipped(self, c):
        return tf.grad_pass_through(super()._clipped)(c)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        config = RNNCell.get_config(self)
        return config | {
            "num_units": self.num_units,
            "forget_bias": self.forget_bias,
            "cell_clip": self.cell_clip,
            "use_peephole": self.use_peepholes,
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class LSTMBlockFusedCell(keras.layers.Layer):
    """A whole sequence through an `LSTMBlockCell`, as one operation of TensorFlow 1; not a cell.

    Its call reads `(time, batch, features)`. Outputs after the end of a row are 0; the final state
    is the one after its last step. Weights, in order: `kernel`, `bias`; with peepholes `w_i_diag`,
    `w_f_diag`, `w_o_diag`.

    Examples:
        >>> lstm = LSTMBlockFusedCell(5)
        >>> outputs, state = lstm(tf.ones((7, 2, 3)), dtype=tf.float32)
        >>> outputs.shape, state.c.shape
        (TensorShape([7, 2, 5]), TensorShape([2, 5]))

    Attributes:
        cell: the cell that is stepped, which has the weights.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: bool | None = None,
        dtype=None,
        name: str | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            forget_bias: added to the forget gate before its sigmoid.
            cell_clip: largest absolute value of the cell state; None, or a number that is not
                positive, for no limit.
            use_peephole: whether the gates see the cell state.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            dtype: of weights and arithmetic; None for that of the first state.
            name: of the layer and of its variable scope; that is `lstm_fused_cell` if None.
            **kwargs: what `keras.layers.Layer` takes.
        """
        super().__init__(name=name, dtype=dtype, **kwargs)
        scope = name or "lstm_fused_cell"
        self.cell = LSTMBlockCell(
            num_units, forget_bias, cell_clip, use_peephole, dtype, reuse, scope
        )

    @property
    def num_units(self):
        """Width of the state and of the output."""
        return self.cell.num_units

    @property
    def variables(self):
        """Those of the cell."""
        return self.cell.variables

    @tf.autograph.experimental.do_not_convert
    def __call__(
        self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None, **kwargs
    ) -> tuple:
        """Runs through whole sequences.

        Args:
            inputs: `(time, batch, features)`, or a list of tensors `(batch, features)`.
            initial_state: a pair, c and h, each `(batch, num_units)`; None for zeros.
            dtype: of the state and the outputs; needed if there is no `initial_state`.
            sequence_length: integers `(batch,)`, the valid steps of each row; None if all are.
            scope: of the variables, in a `tf.compat.v1` graph; elsewhere ignored.
            **kwargs: ignored; a Keras model passes `training` to every layer.

        Returns:
            The outputs, `(time, batch, num_units)` or a list like the inputs, and the final state,
            `LSTMStateTuple(c, h)`.

        Raises:
            ValueError: if an argument does not fit; the message begins with its name.
        """
        del kwargs
        return self.run(inputs, initial_state, dtype, sequence_length, scope)

    def run(
        self, inputs, initial_state, dtype, sequence_length, scope, go_backwards: bool = False
    ) -> tuple:
        """Does what a call does, if asked for from each row's last step to its first.

        Args:
            inputs: see `__call__`.
            initial_state: see `__call__`.
            dtype: see `__call__`.
            sequence_length: see `__call__`.
            scope: see `__call__`.
            go_backwards: whether rows are read backwards; the outputs keep the inputs' order.

        Returns:
            What a call returns.
        """
        is_list = isinstance(inputs, list)
        inputs = keras.ops.stack(inputs) if is_list else inputs
        checks.dtype_or_state(
            dtype,
            {"initial_state": initial_state},
            [self.cell],
            "Either initial_state or dtype needs to be specified",
        )
        sizes = checks.sequence(inputs, True, self.cell)
        with scopes.entered(self.cell, scope, building=True):
            pass  # which settles the scope's name
        outputs, state = run_layer(
            lambda **options: DynamicRNN(self.cell, go_backwards, time_major=True, **options),
            ("cell", self.cell),
            inputs,
            sequence_length,
            ("initial_state", initial_state),
            dtype,
            sizes,
        )
        self.built = True
        return keras.ops.unstack(outputs) if is_list else outputs, state

    def get_config(self) -> dict:
        """The arguments that make such a layer again."""
        inside = self.cell.get_config()
        names = ("num_units", "forget_bias", "cell_clip", "use_peephole", "dtype")
        return super().get_config() | {name: inside[name] for name in names}


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class TimeReversedFusedRNN(keras.layers.Layer):
    """An `LSTMBlockFusedCell` that reads each row from its last valid step to its first.

    The outputs are in the order of the inputs. Steps after the end of a row are not moved.

    Attributes:
        cell: the `LSTMBlockFusedCell`.
    """

    def __init__(self, cell, **kwargs):
        """Takes the layer that reads.

        Args:
            cell: an `LSTMBlockFusedCell`.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cell` is anything else.
        """
        if not isinstance(cell, LSTMBlockFusedCell):
            raise checks.error(f"cell: expected an LSTMBlockFusedCell, got {checks.shown(cell)}")
        super().__init__(**kwargs)
        self.cell = cell

    @tf.autograph.experimental.do_not_convert
    def __call__(
        self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None, **kwargs
    ) -> tuple:
        """Runs through whole sequences, backwards; see `LSTMBlockFusedCell`."""
        del kwargs
        return self.cell.run(inputs, initial_state, dtype, sequence_length, scope, True)

    @property
    def variables(self):
        """Those of the cell."""
        return self.cell.variables

    def get_config(self) -> dict:
        """The arguments that make such a layer again."""
        return super().get_config() | {"cell": saving.cell_config(self.cell)}

    @classmethod
    def from_config(cls, config):
        """A layer as `get_config` describes it."""
        return cls(**(config | {"cell": saving.cell_from_config(config["cell"])}))


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """The LSTM that has the weights of a `CudnnLSTM`: its forget bias is 0."""

    def __init__(self, num_units: int, reuse: bool | None = None, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.
        """
        kwargs = {"name": "cudnn_compatible_lstm_cell"} | kwargs
        super().__init__(num_units, forget_bias=0.0, reuse=reuse, **kwargs)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return RNNCell.get_config(self) | {"num_units": self.num_units}


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class GRUBlockCellV2(GRUCell):
    """The GRU as one operation of TensorFlow 1; its equations and names are those of `GRUCell`."""

    def __init__(
        self,
        num_units: int | None = None,
        cell_size: int | None = None,
        reuse: bool | None = None,
        name: str | None = "gru_cell",
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            cell_size: the older name of `num_units`.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            name: of the layer and of its variable scope.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if both sizes are given, or neither.
        """
        if (cell_size is None) == (num_units is None):
            raise checks.error(
                "num_units: give it, or the older cell_size, and not both",
                "Exactly one of num_units or cell_size must be provided.",
            )
        size = num_units if num_units is not None else cell_size
        super().__init__(size, reuse=reuse, name=name, **kwargs)  # type: ignore[arg-type]

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return RNNCell.get_config(self) | {"num_units": self.num_units}


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class GRUBlockCell(GRUBlockCellV2):
    """The same under older names: weights, in order, `w_ru`, `b_ru`, `w_c`, `b_c`."""

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        rows, units = features_of(input_shape) + self.num_units, self.num_units
        self.gate_kernel = self.add_weight((rows, 2 * units), name="w_ru")
        self.gate_bias = self.add_weight((2 * units,), initializer="ones", name="b_ru")
        self.candidate_kernel = self.add_weight((rows, units), name="w_c")
        self.candidate_bias = self.add_weight((units,), initializer="zeros", name="b_c")


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class CudnnCompatibleGRUCell(GRUCell):
    """The GRU that has the weights of a `CudnnGRU`, whose reset gate comes after the product.

        [r, u] = sigmoid([x, h] · gates/kernel + gates/bias)
        c = tanh(x · input kernel + input bias + r * (h · hidden kernel + hidden bias))
        h' = u * h + (1 - u) * c

    Weights, in order: `gates/kernel`, `gates/bias`, then of the candidate
    `input_projection/kernel`, `hidden_projection/kernel`, `input_projection/bias` and
    `hidden_projection/bias`.
    """

    def __init__(
        self, num_units: int, reuse: bool | None = None, kernel_initializer=None, **kwargs
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            kernel_initializer: of all kernels; None for Glorot-uniform.
            **kwargs: what `keras.layers.Layer` takes.
        """
        super().__init__(num_units, reuse=reuse, kernel_initializer=kernel_initializer, **kwargs)

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        features, units = features_of(input_shape), self.num_units
        add, kernel = self.add_weight_in, self.kernel_initializer
        self.gate_kernel = add("gates", (features + units, 2 * units), kernel, "kernel")
        self.gate_bias = add("gates", (2 * units,), "ones", "bias")
        read, kept = "candidate/input_projection", "candidate/hidden_projection"
        self.input_kernel = add(read, (features, units), kernel, "kernel")
        self.hidden_kernel = add(kept, (units, units), kernel, "kernel")
        self.input_bias = add(read, (units,), "zeros", "bias")
        self.hidden_bias = add(kept, (units,), "zeros", "bias")

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `(batch, num_units)`.

        Returns:
            The new state, twice: as the output and as the state.
        """
        r, u = self._gates(inputs, state)
        kept = tf.nn.bias_add(tf.matmul(state, self.hidden_kernel), self.hidden_bias)
        read = tf.nn.bias_add(tf.matmul(inputs, self.input_kernel), self.input_bias)
        output = (1 - u) * self.activation(read + r * kept) + u * state
        return output, output

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return RNNCell.get_config(self) | {
            "num_units": self.num_units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class LayerNormBasicLSTMCell(RNNCell):
    """The LSTM with layer normalization and recurrent dropout.

        [i, j, f, o] = [x, h] · kernel                        each normalized by itself
        c' = norm(c * sigmoid(f + forget_bias) + sigmoid(i) * drop(activation(j)))
        h' = activation(c') * sigmoid(o)
        norm(v) = (v - mean) / sqrt(variance + 1e-12) * gamma + beta      over a row

    Weights, in order: `kernel`, then `gamma` and `beta` of `input`, `transform`, `forget`, `output`
    and `state`; with `layer_norm=False`, `kernel` and `bias`.
    """

    reads_matrices = True
    _NORMS = ("input", "transform", "forget", "output", "state")

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size=None,
        activation: Callable | str | None = None,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob=1.0,
        dropout_prob_seed: int | None = None,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            forget_bias: added to the forget gate before its sigmoid.
            input_size: ignored, as in TensorFlow 1.
            activation: of the candidate and of the output; None for tanh.
            layer_norm: whether to normalize.
            norm_gain: what every gamma starts with.
            norm_shift: what every beta starts with.
            dropout_keep_prob: probability, a number or a tensor, that an element of the candidate
                is kept.
            dropout_prob_seed: of the random numbers.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.
        """
        del input_size
        super().__init__(_reuse=reuse, **kwargs)
        self.num_units = checks.positive("num_units", num_units)
        self.forget_bias = forget_bias
        self.activation = activations.get(activation)
        self.layer_norm = layer_norm
        self.norm_gain = norm_gain
        self.norm_shift = norm_shift
        self.dropout_keep_prob = dropout_keep_prob
        self.dropout_prob_seed = dropout_prob_seed

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.kernel.shape[0]) - self.num_units

    @property
    def state_size(self):
        """`LSTMStateTuple(num_units, num_units)`."""
        return LSTMStateTuple(self.num_units, self.num_units)

    @property
    def output_size(self):
        """`num_units`."""
        return self.num_units

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        units = self.num_units
        rows = features_of(input_shape) + units
        self.kernel = self.add_weight((rows, 4 * units), name="kernel")
        if not self.layer_norm:
            # TensorFlow 1 left its start to the scope, where others begin with zeros.
            self.bias = self.add_weight((4 * units,), name="bias")
            return
        starts = {"gamma": self.norm_gain, "beta": self.norm_shift}
        for norm in self._NORMS:
            for name, value in starts.items():
                start = keras.initializers.Constant(value)
                setattr(self, f"{norm}_{name}", self.add_weight_in(norm, (units,), start, name))

    def _normalized(self, values, norm):
        mean, variance = tf.nn.moments(values, axes=[1], keepdims=True)
        gamma, beta = (getattr(self, f"{norm}_{name}") for name in ("gamma", "beta"))
        return tf.nn.batch_normalization(
            values, mean, variance, tf.convert_to_tensor(beta), tf.convert_to_tensor(gamma), 1e-12
        )

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `LSTMStateTuple(c, h)`.

        Returns:
            The output h', `(batch, num_units)`, and the new state.
        """
        c, h = state
        joined = tf.matmul(tf.concat([inputs, h], axis=1), self.kernel)
        if not self.layer_norm:
            joined = tf.nn.bias_add(joined, self.bias)
        gates = tf.split(joined, 4, axis=1)
        if self.layer_norm:
            gates = [self._normalized(g, norm) for g, norm in zip(gates, self._NORMS, strict=False)]
        i, j, f, o = gates
        j = self.activation(j)
        keep = self.dropout_keep_prob
        if not isinstance(keep, (int, float)) or keep < 1:
            j = tf.nn.dropout(j, rate=1 - keep, seed=self.dropout_prob_seed)
        c = c * sigmoid(f + self.forget_bias) + sigmoid(i) * j
        if self.layer_norm:
            c = self._normalized(c, "state")
        h = self.activation(c) * sigmoid(o)
        return h, LSTMStateTuple(c, h)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "forget_bias": self.forget_bias,
            "activation": activations.serialize(self.activation),
            "layer_norm": self.layer_norm,
            "norm_gain": self.norm_gain,
            "norm_shift": self.norm_shift,
            "dropout_keep_prob": float(self.dropout_keep_prob),
            "dropout_prob_seed": self.dropout_prob_seed,
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class NASCell(RNNCell):
    """The cell that a search over architectures found (Zoph and Le, 2017).

        [a0 ... a7] = x · kernel                              eight parts of `num_units` each
        [b0 ... b7] = h · recurrent_kernel + bias
        p = tanh(tanh(sigmoid(a0 + b0) * relu(a1 + b1)) + c)
        q = tanh(sigmoid(a2 + b2) + relu(a3 * b3))
        r = tanh(tanh(a4 + b4) * sigmoid(a5 + b5))
        s = sigmoid(tanh(a6 + b6) + sigmoid(a7 + b7))
        c' = p * q
        h' = tanh(c' * tanh(r + s)) · projection_weights

    The output is h'. Weights, in order: `recurrent_kernel`, `kernel`, with `use_bias` `bias`, with
    `num_proj` `projection_weights`. Corresponds to `tf.contrib.rnn.NASCell` of TensorFlow 1.15
    (`contrib/rnn/python/ops/rnn_cell.py`).
    """

    reads_matrices = True
    _PARTS = 8

    def __init__(
        self,
        num_units: int,
        num_proj: int | None = None,
        use_bias: bool = False,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the cell state, and of the output without a projection.
            num_proj: width of the projected output; None for no projection.
            use_bias: whether there is a bias.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` or `num_proj` is not a positive integer.
        """
        super().__init__(_reuse=reuse, **kwargs)
        self.num_units = checks.positive("num_units", num_units)
        self.num_proj = None if num_proj is None else checks.positive("num_proj", num_proj)
        self.use_bias = use_bias

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.kernel.shape[0])

    @property
    def state_size(self):
        """`LSTMStateTuple` of `num_units` and the width of the output."""
        return LSTMStateTuple(self.num_units, self.output_size)

    @property
    def output_size(self):
        """`num_proj`, or `num_units` if there is no projection."""
        return self.num_units if self.num_proj is None else self.num_proj

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        width, add = self._PARTS * self.num_units, self.add_weight
        self.recurrent_kernel = add((self.output_size, width), name="recurrent_kernel")
        self.kernel = add((features_of(input_shape), width), name="kernel")
        if self.use_bias:
            self.bias = add((width,), initializer="zeros", name="bias")
        if self.num_proj is not None:
            shape = (self.num_units, self.num_proj)
            self.projection_weights = add(shape, name="projection_weights")

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `LSTMStateTuple(c, h)`.

        Returns:
            The output h', `(batch, output_size)`, and the new state.
        """
        c, h = state
        kept, read = tf.matmul(h, self.recurrent_kernel), tf.matmul(inputs, self.kernel)
        if self.use_bias:
            kept = tf.nn.bias_add(kept, self.bias)
        a = tf.split(read, self._PARTS, axis=1)
        b = tf.split(kept, self._PARTS, axis=1)
        tanh, relu = activations.tanh, tf.nn.relu
        p = tanh(tanh(sigmoid(a[0] + b[0]) * relu(a[1] + b[1])) + c)
        q = tanh(sigmoid(a[2] + b[2]) + relu(a[3] * b[3]))
        r = tanh(tanh(a[4] + b[4]) * sigmoid(a[5] + b[5]))
        s = sigmoid(tanh(a[6] + b[6]) + sigmoid(a[7] + b[7]))
        c = p * q
        h = tanh(c * tanh(r + s))
        if self.num_proj is not None:
            h = tf.matmul(h, self.projection_weights)
        return h, LSTMStateTuple(c, h)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "num_proj": self.num_proj,
            "use_bias": self.use_bias,
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class UGRNNCell(RNNCell):
    """The update-gate network: one gate between the old state and a new one (Collins et al., 2017).

        [g, c] = [x, h] · kernel + bias
        h' = sigmoid(g + forget_bias) * h + (1 - sigmoid(g + forget_bias)) * activation(c)

    The output is h'. Weights, in order: `kernel`, `bias`. Corresponds to
    `tf.contrib.rnn.UGRNNCell` of TensorFlow 1.15 (`contrib/rnn/python/ops/rnn_cell.py`).
    """

    reads_matrices = True

    def __init__(
        self,
        num_units: int,
        initializer=None,
        forget_bias: float = 1.0,
        activation: Callable | str | None = None,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            initializer: of the kernel; None for that of the variable scope, or Glorot-uniform.
            forget_bias: added to the gate before its sigmoid.
            activation: of the new state; None for tanh.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is not a positive integer or no activation has that name.
        """
        super().__init__(_reuse=reuse, **kwargs)
        self.num_units = checks.positive("num_units", num_units)
        self.initializer = keras.initializers.get(initializer)
        self.forget_bias = forget_bias
        self.activation = activations.get(activation)

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.kernel.shape[0]) - self.num_units

    @property
    def state_size(self):
        """`num_units`."""
        return self.num_units

    @property
    def output_size(self):
        """`num_units`."""
        return self.num_units

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        shape = (features_of(input_shape) + self.num_units, 2 * self.num_units)
        self.kernel = self.add_weight(shape, initializer=self.initializer, name="kernel")
        self.bias = self.add_weight((2 * self.num_units,), initializer="zeros", name="bias")

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `(batch, num_units)`.

        Returns:
            The new state, twice: as the output and as the state.
        """
        joined = tf.matmul(tf.concat([inputs, state], axis=1), self.kernel)
        g, c = tf.split(tf.nn.bias_add(joined, self.bias), 2, axis=1)
        g = sigmoid(g + self.forget_bias)
        output = g * state + (1.0 - g) * self.activation(c)
        return output, output

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "initializer": keras.initializers.serialize(self.initializer),
            "forget_bias": self.forget_bias,
            "activation": activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class OutputProjectionWrapper(WrapperCell):
    """A cell whose output is projected by a matrix: `activation(y · kernel + bias)`.

    Weights: the cell's, then `kernel` `(units, output_size)` and `bias`.
    """

    adds_scope = True

    def __init__(
        self,
        cell,
        output_size: int,
        activation: Callable | str | None = None,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            output_size: width of the output.
            activation: of the output; None for none.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.
        """
        super().__init__(cell, _reuse=reuse, **kwargs)
        self.projected_size = checks.positive("output_size", output_size)
        self.activation = keras.activations.get(activation)

    @property
    def output_size(self):
        """That of the projection."""
        return self.projected_size

    def build(self, input_shape):
        """Creates the weights of the cell inside and of the projection.

        Args:
            input_shape: `(batch, features)`.
        """
        super().build(input_shape)
        shape = (self.cell.output_size, self.projected_size)
        self.kernel = self.add_weight(shape, name="kernel")
        self.bias = self.add_weight((self.projected_size,), initializer="zeros", name="bias")

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`; see `RNNCell.step`."""
        outputs, state = protocol.step(self.cell, inputs, state, drawn, time)
        projected = tf.nn.bias_add(tf.matmul(outputs, self.kernel), self.bias)
        return self.activation(projected), state

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "output_size": self.projected_size,
            "activation": keras.activations.serialize(self.activation),
        }


class _ReadingWrapper(WrapperCell):
    """A wrapper with weights of its own, which make of its inputs those of the cell inside."""

    adds_scope = True

    def inner_cells(self) -> list:
        """None: the cell inside does not read this cell's inputs."""
        return []

    @property
    def variables(self):
        """The weights: its own, then the cell's."""
        inside = self.cell.variables if scopes.in_use() else []
        return [*super().variables, *inside]


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class InputProjectionWrapper(_ReadingWrapper):
    """A cell whose inputs are projected by a matrix first: `activation(x · kernel + bias)`.

    Weights: `kernel` `(features, num_proj)` and `bias`, then the cell's.
    """

    reads_matrices = True

    def __init__(
        self,
        cell,
        num_proj: int,
        activation: Callable | str | None = None,
        input_size=None,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            num_proj: width that the inputs are projected to.
            activation: of the projected inputs; None for none.
            input_size: ignored, as in TensorFlow 1.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.
        """
        del input_size
        super().__init__(cell, _reuse=reuse, **kwargs)
        self.num_proj = checks.positive("num_proj", num_proj)
        self.activation = keras.activations.get(activation)

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.kernel.shape[0])

    def build(self, input_shape):
        """Creates the weights of the projection and of the cell inside.

        Args:
            input_shape: `(batch, features)`.
        """
        shape = (features_of(input_shape), self.num_proj)
        self.kernel = self.add_weight(shape, name="kernel")
        self.bias = self.add_weight((self.num_proj,), initializer="zeros", name="bias")
        protocol.build(self.cell, (None, self.num_proj))

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`; see `RNNCell.step`."""
        projected = tf.nn.bias_add(tf.matmul(inputs, self.kernel), self.bias)
        return protocol.step(self.cell, self.activation(projected), state, drawn, time)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_proj": self.num_proj,
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class EmbeddingWrapper(_ReadingWrapper):
    """A cell that reads the ids of rows of a table: `cell(embedding[ids])`.

    Weights: `embedding` `(embedding_classes, embedding_size)`, uniform in ±√3, then the cell's.
    """

    def __init__(
        self,
        cell,
        embedding_classes: int,
        embedding_size: int,
        initializer=None,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            embedding_classes: number of the table's rows.
            embedding_size: width of a row.
            initializer: of the table; None for that of the variable scope, or else for a variance
                of 1.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if a size is not a positive integer.
        """
        super().__init__(cell, _reuse=reuse, **kwargs)
        self.embedding_classes = checks.positive("embedding_classes", embedding_classes)
        self.embedding_size = checks.positive("embedding_size", embedding_size)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        """Creates the table, and the weights of the cell inside.

        Args:
            input_shape: ignored.
        """
        start = self.initializer
        if start is None and not scopes.initializer_given():
            start = keras.initializers.RandomUniform(-math.sqrt(3), math.sqrt(3))
        shape = (self.embedding_classes, self.embedding_size)
        self.embedding = self.add_weight(shape, initializer=start, name="embedding")
        protocol.build(self.cell, (None, self.embedding_size))

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`; see `RNNCell.step`."""
        table = self.embedding
        if isinstance(table, keras.Variable):
            table = table.value
        embedded = tf.nn.embedding_lookup(table, tf.reshape(inputs, [-1]))
        return protocol.step(self.cell, embedded, state, drawn, time)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "embedding_classes": self.embedding_classes,
            "embedding_size": self.embedding_size,
            "initializer": keras.initializers.serialize(self.initializer),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class AttentionCellWrapper(_ReadingWrapper):
    """A cell that looks back at its own last outputs (Cheng et al., 2016).

        y, s' = cell([x, attention] · kernel + bias, s)
        weights = softmax(v · tanh(window · attn_w + [s'] · attention/kernel + attention/bias))
        attention' = Σ weights * window                       over the `attn_length` last outputs
        output = [y, attention'] · attn_output_projection/kernel + attn_output_projection/bias

    The output replaces the window's oldest row. The state is the cell's, the attention
    `(batch, attn_size)` and the window `(batch, attn_size * attn_length)`. Weights in TensorFlow
    1's order: `kernel` and `bias`; the cell's; `attention/attn_w`, `attention/attn_v`,
    `attention/kernel`, `attention/bias`; `attn_output_projection/kernel` and
    `attn_output_projection/bias`. Corresponds to `tf.contrib.rnn.AttentionCellWrapper` of
    TensorFlow 1.15 (`contrib/rnn/python/ops/rnn_cell.py`).
    """

    reads_matrices = True

    def __init__(
        self,
        cell,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: bool | None = None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            cell: the cell to wrap.
            attn_length: how many outputs the window holds.
            attn_size: width of the output and of the attention; None for that of the cell's output.
            attn_vec_size: width of what is compared; None for `attn_size`.
            input_size: width of what the cell reads; None for that of the inputs.
            state_is_tuple: whether the state is a tuple; if not, it is one tensor.
            reuse: for the variable scope of a `tf.compat.v1` graph.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if a size is not a positive integer, or the cell's state is a tuple and the
                wrapper's is not.
        """
        super().__init__(cell, _reuse=reuse, **kwargs)
        if states.is_tuple(cell.state_size) and not state_is_tuple:
            raise checks.error(
                "state_is_tuple: False, but the cell's own state is a tuple",
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size "
                f"is: {cell.state_size}",
            )
        if attn_length <= 0:
            raise checks.error(
                "attn_length: must be positive",
                f"attn_length should be greater than zero, got {attn_length}",
            )
        self.attn_length = checks.positive("attn_length", attn_length)
        self.attn_size = cell.output_size if attn_size is None else attn_size
        self.attn_vec_size = self.attn_size if attn_vec_size is None else attn_vec_size
        self.input_size = input_size
        self.state_is_tuple = state_is_tuple

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.kernel.shape[0]) - self.attn_size

    @property
    def state_size(self):
        """The cell's, that of the attention and that of the window; or their sum."""
        size = (self.cell.state_size, self.attn_size, self.attn_size * self.attn_length)
        return size if self.state_is_tuple else sum(size)

    @property
    def output_size(self):
        """`attn_size`."""
        return self.attn_size

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def zero_state(self, batch_size, dtype):
        """A state of zeros; the cell's own `zero_state` is not asked, as in TensorFlow 1."""
        return RNNCell.zero_state(self, batch_size, dtype)

    def build(self, input_shape):
        """Creates the weights of the wrapper and of the cell inside.

        Args:
            input_shape: `(batch, features)`.
        """
        features, size, vec_size = features_of(input_shape), self.attn_size, self.attn_vec_size
        read = features if self.input_size is None else self.input_size
        self.kernel = self.add_weight((features + size, read), name="kernel")
        self.bias = self.add_weight((read,), initializer="zeros", name="bias")
        protocol.build(self.cell, (None, read))
        add, units = self.add_weight_in, sum(states.flatten(self.cell.state_size))
        self.attn_w = add("attention", (1, 1, size, vec_size), None, "attn_w")
        self.attn_v = add("attention", (vec_size,), None, "attn_v")
        self.query_kernel = add("attention", (units, vec_size), None, "kernel")
        self.query_bias = add("attention", (vec_size,), "zeros", "bias")
        scope, rows = "attn_output_projection", self.cell.output_size + size
        self.output_kernel = add(scope, (rows, size), None, "kernel")
        self.output_bias = add(scope, (size,), "zeros", "bias")

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time`; see `RNNCell.step`."""
        sizes = (self.cell.state_size, self.attn_size, self.attn_size * self.attn_length)
        inside, attention, window = state if self.state_is_tuple else tf.split(state, sizes, axis=1)
        joined = tf.matmul(tf.concat([inputs, attention], axis=1), self.kernel)
        read = tf.nn.bias_add(joined, self.bias)
        output, inside = protocol.step(self.cell, read, inside, drawn, time)
        window = tf.reshape(window, [-1, self.attn_length, self.attn_size])
        attention = self._attention(tf.concat(states.flatten(inside), axis=1), window)
        joined = tf.matmul(tf.concat([output, attention], axis=1), self.output_kernel)
        output = tf.nn.bias_add(joined, self.output_bias)
        window = tf.concat([window[:, 1:], output[:, None]], axis=1)
        window = tf.reshape(window, [-1, self.attn_length * self.attn_size])
        state = (inside, attention, window)
        return output, state if self.state_is_tuple else tf.concat(state, axis=1)

    def _attention(self, query, window):
        """The window's rows, `(batch, attn_length, attn_size)`, averaged by what the query asks."""
        hidden = tf.reshape(window, [-1, self.attn_length, 1, self.attn_size])
        keys = tf.nn.conv2d(hidden, tf.convert_to_tensor(self.attn_w), 1, "SAME")
        asked = tf.nn.bias_add(tf.matmul(query, self.query_kernel), self.query_bias)
        asked = tf.reshape(asked, [-1, 1, 1, self.attn_vec_size])
        scores = tf.reduce_sum(self.attn_v * activations.tanh(keys + asked), axis=[2, 3])
        shares = tf.reshape(tf.nn.softmax(scores), [-1, self.attn_length, 1, 1])
        return tf.reduce_sum(shares * hidden, axis=[1, 2])

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "attn_length": self.attn_length,
            "attn_size": self.attn_size,
            "attn_vec_size": self.attn_vec_size,
            "input_size": self.input_size,
            "state_is_tuple": self.state_is_tuple,
        }
