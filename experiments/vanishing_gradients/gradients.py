"""How far back a recurrent network's loss reaches: the gradient with respect to every output."""

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import tf1


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class ProbedCell(tf1.RNNCell):
    """A cell that adds a probe, an input of the caller, to its output h_t.

        h_t, state_t = cell(x_t, state_{t-1})
        h_t' = h_t + probe_t        to the next step and to the output

    With probes of zeros it computes what the inner cell computes. The gradient of a loss with
    respect to probe_t is then the gradient with respect to h_t, through everything that reads h_t.
    An LSTM's c_t does not read h_t, but c_{t+1} does.

    The inputs are x_t and probe_t, concatenated to `(batch, features + units)`, so that any loop
    over time runs this cell.
    """

    def __init__(self, cell, **kwargs):
        """Takes a `BasicRNNCell`, `GRUCell`, `BasicLSTMCell` or `LSTMCell` with a dtype."""
        super().__init__(**{"dtype": cell.dtype_policy, **kwargs})
        self.cell = cell

    @property
    def state_size(self):
        """That of the inner cell."""
        return self.cell.state_size

    @property
    def output_size(self):
        """That of the inner cell."""
        return self.cell.output_size

    def build(self, input_shape):
        """Creates the weights of the inner cell; `input_shape` is `(batch, features + units)`."""
        self.cell.build((None, input_shape[-1] - self.output_size))

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features + units)`.
            state: as `state_size` says.

        Returns:
            The output with the probe added, `(batch, units)`, and the new state.
        """
        x, probe = inputs[:, : -self.output_size], inputs[:, -self.output_size :]
        h, state = self.cell.call(x, state)
        h = h + probe
        return h, state._replace(h=h) if isinstance(state, tf1.LSTMStateTuple) else h

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"cell": keras.saving.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config):
        """The cell of a `get_config`."""
        return cls(**(config | {"cell": keras.saving.deserialize_keras_object(config["cell"])}))


def without_probes(model: keras.Model) -> keras.Model:
    """A model of x alone, with the weights, the loss and the optimizer of a probed one.

    Args:
        model: compiled, of inputs `[x, probes]`, probes `(batch, time, units)`.

    Returns:
        The compiled model. Its probes are zeros.
    """
    x, probes = model.inputs
    zeros = keras.layers.Lambda(
        lambda x: _zero_probes(model, x), probes.shape[1:], dtype=probes.dtype
    )
    alone = keras.Model(x, model([x, zeros(x)]))
    alone.compile(model.optimizer, model.loss)
    return alone


def output_gradients(model: keras.Model, x, y):
    """The gradient of each example's loss with respect to every h_t, t = 1 ... T.

    Args:
        model: of inputs `[x, probes]`, probes `(batch, time, units)`, and one sigmoid output.
        x: its first input, `(batch, time)` or `(batch, time, features)`.
        y: 0 or 1, `(batch,)`.

    Returns:
        An array `(batch, time, units)`. The loss of an example is its binary cross-entropy.
    """
    x = tf.constant(x)
    probes = _zero_probes(model, x)

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(probes)
            p = model([x, probes])[:, 0]
            # The sum over examples: no example's loss depends on another's probes.
            loss = -tf.reduce_sum(tf.math.log(tf.where(tf.equal(y, 1), p, 1 - p)))
        return tape.gradient(loss, probes)

    # Calling the function would warn that every model traces it again; its graph does not warn.
    return gradients.get_concrete_function()().numpy()


def mean_norms(model: keras.Model, x, y) -> np.ndarray:
    """The Euclidean norm of dLoss/dh_t at every step, averaged over examples.

    Args:
        model: as `output_gradients` takes it.
        x: its first input.
        y: 0 or 1, `(batch,)`.

    Returns:
        An array `(time,)`.
    """
    return np.linalg.norm(output_gradients(model, x, y), axis=-1).mean(axis=0)


def _zero_probes(model, x):
    probes = model.inputs[1]
    return tf.zeros((tf.shape(x)[0], *probes.shape[1:]), probes.dtype)
