"""This package: its layers, the way in which its experiments fit, and its `predict`."""

import math

import keras
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
            self.take_steps = fast.train_function(self.keras_model, self.batch)
        self.epoch = 0

    def fit(self, x, y, first=None):
        """An epoch, as `keras_rnn_tutorials.runner.loop` trains one."""
        split = Split(x[:first], y[:first])
        steps, rows = fast.steps_per_call(split, self.batch), len(split.y)
        examples = steps * self.batch
        if first is None:
            self.epoch += 1
            data = batches.shuffled(split, examples, seed=self.epoch, epoch=0)
        else:
            in_order = np.split(np.arange(rows), range(examples, rows, examples))
            data = batches.read(split, in_order.__getitem__, len(in_order))
        watchers = keras.callbacks.CallbackList(
            add_history=True,
            add_progbar=True,
            model=self.keras_model,
            epochs=1,
            steps=math.ceil(rows / self.batch),
            verbose=2,
        )
        watchers.on_train_begin()
        self.keras_model.reset_metrics()
        watchers.on_epoch_begin(0)
        iterator = iter(data)
        for step in range(0, math.ceil(rows / self.batch), steps):
            watchers.on_train_batch_begin(step)
            watchers.on_train_batch_end(step, self.take_steps(iterator))
        watchers.on_epoch_end(0, dict(self.keras_model.get_metrics_result()))
        watchers.on_train_end()

    def predict(self, x, batch):
        """Probabilities; batches of its own size, as it is called by its users."""
        return models.predict(self.keras_model, x)


if __name__ == "__main__":
    versions = keras_peer.versions()
    versions["keras_rnn_tutorials"] = keras_rnn_tutorials.__version__
    protocol.serve(protocol.model_commands(Model, versions))
