"""This package: its layers, and the way in which its experiments fit."""

import math

import keras_peer
import protocol
import tensorflow as tf

import keras_rnn_tutorials
from keras_rnn_tutorials import batches, layers, steps, training
from keras_rnn_tutorials.data.dataset import Split


class Model(keras_peer.Model):
    """A model as the experiments build it."""

    def __init__(self, job, weights):
        """Builds the model from this package's layers."""
        super().__init__(job, weights, layers=layers, jit_compile=True)
        self.keras_model.steps_per_execution = training.STEPS
        self.train_function = None
        self.epoch = 0

    def fit(self, x, y, shuffle):
        """An epoch, as `keras_rnn_tutorials.training.train` fits one."""
        if self.train_function is None or not shuffle:
            self.train_function = steps.train_function(self.keras_model, Split(x, y), self.batch)
        self.keras_model.train_function = self.train_function
        chunk = training.STEPS * self.batch
        if shuffle:
            self.epoch += 1
            order = batches.orders(len(y), chunk, seed=self.epoch, epochs=1)
        else:  # the check's few batches, after which come others
            order = tf.data.Dataset.range(len(y)).batch(chunk)
            self.train_function = None
        self.keras_model.fit(
            order, steps_per_epoch=math.ceil(len(y) / self.batch), shuffle=False, verbose=2
        )


if __name__ == "__main__":
    versions = keras_peer.versions()
    versions["keras_rnn_tutorials"] = keras_rnn_tutorials.__version__
    protocol.serve(protocol.model_commands(Model, versions))
