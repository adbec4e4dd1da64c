"""Readers of long reviews: word by word, or with a remedy for the length.

A reader is a function `(sequence, rnn, ...) -> features`: `sequence` is symbolic, `(batch, time,
features)`; `rnn(**arguments)` makes a recurrent layer; the features, `(batch, units)`, go to a
readout that says how likely the review is positive.
"""

import keras
from keras import ops

from keras_rnn_tutorials import layers


def build_model(
    layer: str, maxlen: int, units: int, num_words: int, mask: bool, reader: str, **options
) -> keras.Model:
    """`(batch, maxlen)` → `(batch, maxlen, units)` → reader → `(batch, units)` → `(batch, 1)`.

    Args:
        layer: "SimpleRNN", "LSTM" or "GRU".
        maxlen: ids of a review.
        units: of the recurrent layer, and size of a word's vector.
        num_words: number of word ids.
        mask: whether id 0 is padding, which the layers after the embedding skip.
        reader: the name of a reader of this module.
        **options: of the reader.

    Returns:
        The model, compiled.
    """

    def rnn(**arguments):
        return getattr(layers, layer)(units, **arguments)

    words = keras.Input((maxlen,), dtype="int32")
    sequence = layers.Embedding(num_words, units, mask_zero=mask)(words)
    features = READERS[reader](sequence, rnn, **options)
    model = keras.Model(words, keras.layers.Dense(1, activation="sigmoid")(features))
    model.compile(
        "rmsprop",
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
    )
    return model


def last_output(sequence, rnn):
    """No remedy: the output after the last step."""
    return rnn()(sequence)


def pooled(sequence, rnn):
    """The mean of all outputs: every step is one step away from the loss."""
    return keras.layers.GlobalAveragePooling1D()(rnn(return_sequences=True)(sequence))


def sampled(sequence, rnn, keep):
    """Reads `keep` steps: one random step from each of `keep` equal parts of the sequence."""
    return rnn()(SampledSteps(keep)(sequence))


def carried(sequence, rnn, chunk):
    """Truncated back-propagation through time: chunks pass on the state, but no gradients.

    The outputs are those of the whole sequence. There is one loss, at the end, so the recurrent
    layer learns only from the words of the last chunk.
    """
    return keras.layers.RNN(CarriedState(rnn().cell, chunk))(sequence)


def hierarchical(sequence, rnn, chunk):
    """Chunks → one vector per chunk → a second recurrent layer over the vectors."""
    _, time, features = sequence.shape
    vectors = rnn()(ops.reshape(sequence, (-1, chunk, features)))
    return rnn()(ops.reshape(vectors, (-1, time // chunk, vectors.shape[-1])))


class SampledSteps(keras.layers.Layer):
    """Keeps one step of every equal part: a random one in training, the middle one otherwise."""

    def __init__(self, keep: int):
        """Takes the number of steps to keep, which divides the number of all steps."""
        super().__init__()
        self.keep = keep
        self.random = keras.random.SeedGenerator()

    def call(self, sequence, training=False):
        """`(batch, time, features)` → `(batch, keep, features)`, in the same order."""
        length = sequence.shape[1] // self.keep
        step = ops.full((self.keep,), length // 2, "int32")
        if training:
            step = keras.random.randint((self.keep,), 0, length, seed=self.random)
        return ops.take(sequence, ops.arange(self.keep) * length + step, axis=1)


class CarriedState(keras.layers.Layer):
    """A cell with the same outputs, but without a gradient through its state at chunk borders."""

    def __init__(self, cell, chunk: int):
        """Takes a Keras cell and the number of steps per chunk."""
        super().__init__()
        self.cell, self.chunk = cell, chunk
        sizes = cell.state_size
        # The last part of the state counts the steps.
        self.state_size = [*(sizes if isinstance(sizes, (list, tuple)) else [sizes]), 1]
        self.output_size = cell.output_size

    def build(self, input_shape):
        """Creates the cell's weights."""
        if not self.cell.built:
            self.cell.build(input_shape)

    def call(self, inputs, states):
        """One step."""
        *states, step = states
        begins = ops.equal(step % self.chunk, 0)
        states = [ops.where(begins, ops.stop_gradient(part), part) for part in states]
        output, states = self.cell(inputs, states)
        return output, [*states, step + 1]


READERS = {
    reader.__name__: reader for reader in (last_output, pooled, sampled, carried, hierarchical)
}
