"""What the runner adds to Keras' own callbacks."""

import time

import keras

from keras_rnn_tutorials.data.dataset import Split

EVALUATION_BATCH = 500  # examples a step when nothing is learned from them


class Stopwatch(keras.callbacks.Callback):
    """Times the run: its first step, which compiles the model, apart from its epochs.

    Attributes:
        first_step: seconds.
        epochs: seconds of each epoch, the first step left out.
    """

    def __init__(self):
        """Starts with nothing timed."""
        super().__init__()
        self.first_step = 0.0
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Takes the time of the first step of all."""
        if not self.first_step:
            self.first_step = time.perf_counter() - self._start
            self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Takes the time of the epoch."""
        self.epochs.append(time.perf_counter() - self._start)


class TestEveryEpoch(keras.callbacks.Callback):
    """Scores the whole test set after every epoch, into the history as `test_...`."""

    def __init__(self, test: Split):
        """Takes the test set.

        Args:
            test: the whole test set.
        """
        super().__init__()
        self._test = test

    def on_epoch_end(self, epoch, logs=None):
        """Adds the test metrics to the epoch's."""
        metrics = self.model.evaluate(
            *self._test, batch_size=EVALUATION_BATCH, verbose=0, return_dict=True
        )
        logs.update({f"test_{name}": value for name, value in metrics.items()})
