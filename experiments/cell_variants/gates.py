"""An LSTM whose gates have another activation, and histograms of its gates' values."""

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.tf1.activations import sigmoid, tf1_hard_sigmoid

BINS = 20  # of equal width, from 0 to 1


def halved_softsign(x):
    """`(x / (1 + |x|) + 1) / 2`: from 0 to 1 like a sigmoid, but it approaches both like 1 / x."""
    return (tf.nn.softsign(x) + 1) / 2


ACTIVATIONS = {
    "sigmoid": sigmoid,
    "hard sigmoid": tf1_hard_sigmoid,
    "halved softsign": halved_softsign,
    "relu": tf.nn.relu,
}


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class GatedLSTMCell(tf1.BasicLSTMCell):
    """TensorFlow 1's `BasicLSTMCell` with another activation on its gates.

    [i, j, f, o] = [x, h] · kernel + bias
    c' = gate(f + forget_bias) * c + gate(i) * activation(j)
    h' = gate(o) * activation(c')
    """

    def __init__(self, num_units, gate="sigmoid", **kwargs):
        """Takes the arguments of a `BasicLSTMCell`, and `gate`, a name of `ACTIVATIONS`."""
        super().__init__(num_units, **kwargs)
        self.gate = gate

    def gates(self, inputs, h):
        """The gates of one step: input, forget and output gate.

        Args:
            inputs: `(batch, features)`.
            h: the output of the previous step, `(batch, num_units)`.

        Returns:
            The three gates, and the candidate before its activation; each `(batch, num_units)`.
        """
        gate = ACTIVATIONS[self.gate]
        i, j, f, o = self._gates(inputs, h)
        return (gate(i), gate(f + self.forget_bias), gate(o)), j

    def call(self, inputs, state):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output h', `(batch, num_units)`, and the new state.
        """
        c, h = self.split_state(state)
        (i, f, o), j = self.gates(inputs, h)
        c = f * c + i * self.activation(j)
        h = o * self.activation(c)
        return h, self.join_state(c, h)

    def get_config(self):
        """The arguments of the constructor."""
        return super().get_config() | {"gate": self.gate}


def values(cell: GatedLSTMCell, x: np.ndarray) -> dict[str, np.ndarray]:
    """The gates of a cell at every step of a batch of sequences.

    Args:
        cell: built.
        x: its inputs, `(batch, time, features)`.

    Returns:
        For each of "input", "forget" and "output" an array `(batch * time, units)`.
    """
    h, _ = tf1.dynamic_rnn(cell, tf.constant(x), dtype="float32")
    before = tf.pad(h[:, :-1], [[0, 0], [1, 0], [0, 0]])  # h_0 is zero
    flat = (tf.reshape(part, (-1, part.shape[-1])) for part in (x, before))
    gates, _ = cell.gates(*flat)
    return {n: g.numpy() for n, g in zip(("input", "forget", "output"), gates, strict=True)}


def histogram(gate: np.ndarray) -> list[int]:
    """Counts values, none below 0: those in each of 20 equal parts of [0, 1], and those above 1."""
    counts, _ = np.histogram(gate, bins=BINS, range=(0, 1))
    return [*counts.tolist(), int((gate > 1).sum())]


def histograms(cell: GatedLSTMCell, x: np.ndarray) -> dict[str, list[int]]:
    """The `histogram` of each gate of a cell, for inputs `(batch, time, features)`."""
    return {name: histogram(gate) for name, gate in values(cell, x).items()}
