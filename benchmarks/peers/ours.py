"""This package: its layers, and the way in which its experiments fit."""

import keras_peer
import protocol

import keras_rnn_tutorials
from keras_rnn_tutorials import batches, layers
from keras_rnn_tutorials.data.dataset import Split


class Model(keras_peer.Model):
    """A model as the experiments build it."""

    def __init__(self, job, weights):
        """Builds the model from this package's layers."""
        super().__init__(job, weights, layers=layers, jit_compile=True)
        self.epoch = 0

    def fit(self, x, y, shuffle):
        """An epoch, as `keras_rnn_tutorials.training.train` fits one."""
        if not shuffle:
            return super().fit(x, y, shuffle)
        self.epoch += 1
        order = batches.shuffled(Split(x, y), self.batch, seed=self.epoch, epochs=1)
        self.keras_model.fit(order, shuffle=False, verbose=2)


if __name__ == "__main__":
    versions = keras_peer.versions()
    versions["keras_rnn_tutorials"] = keras_rnn_tutorials.__version__
    protocol.serve(protocol.model_commands(Model, versions))
