"""This package: its layers, the way in which its experiments fit, and its `predict`."""

import math

import keras_peer
import numpy as np
import protocol

import keras_rnn_tutorials
from keras_rnn_tutorials import fast, layers, models
from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.data.dataset import Split


class Model(keras_peer.Model):
    """A model as the experiments build it."""

    def __init__(self, job, weights):
        """Builds the model from this package's layers."""
        super().__init__(job, weights, layers=layers, jit_compile=True)
        if job["timed"] == "epoch":
            self.keras_model.train_function = fast.train_function(self.keras_model, self.batch)
        self.epoch = 0

    def fit(self, x, y, first=None):
        """An epoch, as `keras_rnn_tutorials.runner` fits one."""
        split = Split(x[:first], y[:first])
        a_call = self.keras_model.steps_per_execution = fast.steps_per_call(split, self.batch)
        rows, examples = len(split.y), a_call * self.batch
        if first is None:
            self.epoch += 1
            data = batches.shuffled(split, examples, seed=self.epoch, epoch=0)
        else:
            in_order = np.split(np.arange(rows), range(examples, rows, examples))
            data = batches.read(split, in_order.__getitem__, len(in_order))
        self.keras_model.fit(
            # Of unknown length: else `fit` takes elements for steps, and ends an epoch early.
            data.filter(lambda *_: True),
            steps_per_epoch=math.ceil(rows / self.batch),
            shuffle=False,
            verbose=2,
        )

    def predict(self, x, batch):
        """Probabilities; batches of its own size, as it is called by its users."""
        return models.predict(self.keras_model, x)


if __name__ == "__main__":
    versions = keras_peer.versions()
    versions["keras_rnn_tutorials"] = keras_rnn_tutorials.__version__
    protocol.serve(protocol.model_commands(Model, versions))
