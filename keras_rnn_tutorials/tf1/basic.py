"""The cells whose state is one tensor: the simple recurrent network and the GRU."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import activations, checks
from keras_rnn_tutorials.tf1.arithmetic import sigmoid
from keras_rnn_tutorials.tf1.cell import RNNCell, features_of


class _OneStateCell(RNNCell):
    """A cell whose output is its state, `(batch, num_units)`."""

    reads_matrices = True

    def __init__(self, num_units, activation, name, dtype, **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.num_units = checks.positive("num_units", num_units)
        self.activation = activations.get(activation)

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return self.weights[0].shape[0] - self.num_units

    @property
    def state_size(self):
        """`num_units`."""
        return self.num_units

    @property
    def output_size(self):
        """`num_units`."""
        return self.num_units

    def get_config(self):
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "activation": activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class BasicRNNCell(_OneStateCell):
    """The simple recurrent network of Elman's kind.

        h' = activation([x, h] · kernel + bias)

    The output is the new state. Weights, in order: `kernel` `(features + num_units, num_units)`,
    Glorot-uniform, and `bias` `(num_units,)`, zeros. Answers to `tf.nn.rnn_cell.BasicRNNCell` of
    TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    Examples:
        >>> cell = BasicRNNCell(5)
        >>> output, state = cell(tf.ones((2, 3)), cell.zero_state(2, tf.float32))
        >>> [weight.shape for weight in cell.get_weights()]
        [(8, 5), (5,)]
    """

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            activation: a function or its name; None for tanh.
            reuse: ignored; weights are shared by using the same cell.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is no positive integer or no activation has that name.
        """
        del reuse
        super().__init__(num_units, activation, name, dtype, **kwargs)

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        rows = features_of(input_shape) + self.num_units
        self.kernel = self.add_weight(
            (rows, self.num_units), initializer="glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight((self.num_units,), initializer="zeros", name="bias")

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `(batch, num_units)`.

        Returns:
            The new state, twice: as the output and as the state.
        """
        joined = tf.concat([inputs, state], axis=1)
        output = self.activation(tf.nn.bias_add(tf.matmul(joined, self.kernel), self.bias))
        return output, output


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class GRUCell(_OneStateCell):
    """The gated recurrent unit, with one gate to reset and one to update.

        [r, u] = sigmoid([x, h] · gates/kernel + gates/bias)
        c = activation([x, r * h] · candidate/kernel + candidate/bias)
        h' = u * h + (1 - u) * c

    The reset gate works on the state before the candidate's product; Keras' own GRU, by default,
    applies it after. The output is the new state. Weights, in order: `gates/kernel`
    `(features + num_units, 2 * num_units)`, Glorot-uniform; `gates/bias` `(2 * num_units,)`, ones;
    `candidate/kernel` `(features + num_units, num_units)`, Glorot-uniform; `candidate/bias`
    `(num_units,)`, zeros. Answers to `tf.nn.rnn_cell.GRUCell` of TensorFlow 1.15
    (`python/ops/rnn_cell_impl.py`).
    """

    def __init__(
        self,
        num_units,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            activation: a function or its name; None for tanh.
            reuse: ignored; weights are shared by using the same cell.
            kernel_initializer: of both kernels; None for Glorot-uniform.
            bias_initializer: of both biases; None for ones in the gates and zeros in the candidate.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is no positive integer or no activation has that name.
        """
        del reuse
        super().__init__(num_units, activation, name, dtype, **kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        rows = features_of(input_shape) + self.num_units
        kernel = self.kernel_initializer or "glorot_uniform"
        gate_bias, bias = self.bias_initializer or "ones", self.bias_initializer or "zeros"
        both, one = 2 * self.num_units, self.num_units
        self.gate_kernel = self.add_weight_in("gates", (rows, both), kernel, "kernel")
        self.gate_bias = self.add_weight_in("gates", (both,), gate_bias, "bias")
        self.candidate_kernel = self.add_weight_in("candidate", (rows, one), kernel, "kernel")
        self.candidate_bias = self.add_weight_in("candidate", (one,), bias, "bias")

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `(batch, num_units)`.

        Returns:
            The new state, twice: as the output and as the state.
        """
        joined = tf.concat([inputs, state], axis=1)
        gates = sigmoid(tf.nn.bias_add(tf.matmul(joined, self.gate_kernel), self.gate_bias))
        r, u = tf.split(gates, 2, axis=1)
        joined = tf.concat([inputs, r * state], axis=1)
        candidate = tf.matmul(joined, self.candidate_kernel)
        c = self.activation(tf.nn.bias_add(candidate, self.candidate_bias))
        output = u * state + (1 - u) * c
        return output, output

    def get_config(self):
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }
