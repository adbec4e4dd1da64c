"""What the runner adds to Keras' own callbacks."""

import math
import time
from collections.abc import Callable

import keras

from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.errors import RunFailed
from keras_rnn_tutorials.runner import variables

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
        self._before = 0.0

    def resume(self, first_step: float, epochs: list[float], before: float):
        """Goes on from the times of an earlier process.

        Args:
            first_step: seconds of the first step of all.
            epochs: seconds of the epochs that were finished.
            before: seconds of the epoch that was under way.
        """
        self.first_step, self.epochs, self._before = first_step, list(epochs), before

    @property
    def elapsed(self) -> float:
        """Seconds of the epoch under way."""
        return self._before + time.perf_counter() - self._start

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
        self.epochs.append(self.elapsed)
        self._before = 0.0


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


class History(keras.callbacks.History):
    """Keras' own, which an earlier process may have begun, and which a second fit goes on with."""

    def __init__(self, history: dict[str, list[float]]):
        """Takes the metrics of the epochs that are finished.

        Args:
            history: a list for every metric.
        """
        super().__init__()
        self.history = {name: list(values) for name, values in history.items()}
        self.epoch = list(range(max(map(len, history.values()), default=0)))

    def on_train_begin(self, logs=None):
        """Forgets nothing, where Keras' own would forget the epochs' numbers."""


class StopWhereNotFinite(keras.callbacks.Callback):
    """Ends a run whose loss is NaN or infinite: all that follows would be noise."""

    def __init__(self, first_step: int):
        """Takes where the fit begins.

        Args:
            first_step: steps of its first epoch that are done already.
        """
        super().__init__()
        self._first_step = first_step

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Looks at the loss, which is the mean of the epoch so far and keeps a NaN."""
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            done = self._first_step + min(batch + 1, self.params["steps"])
            raise RunFailed(f"The loss became {loss} in epoch {self._epoch + 1} by step {done}")

    def on_epoch_end(self, epoch, logs=None):
        """Looks at every metric of the epoch."""
        for name, value in logs.items():
            if not math.isfinite(value):
                raise RunFailed(f"{name} was {value} after epoch {epoch + 1}")


class PutMetrics(keras.callbacks.Callback):
    """Takes up the metrics of an epoch that an earlier process began."""

    def __init__(self, taken: dict):
        """Takes the state.

        Args:
            taken: what `variables.take` returned.
        """
        super().__init__()
        self._taken = taken

    def on_epoch_begin(self, epoch, logs=None):
        """Sets the metrics' sums, which Keras has just cleared."""
        variables.put_metrics(self.model, self._taken)


class SaveState(keras.callbacks.Callback):
    """Has the run's state saved after every epoch and, if asked, after every so many steps."""

    def __init__(self, save: Callable[[int, int], None], every: int | None, first_step: int):
        """Takes what saves.

        Args:
            save: called with the number of finished epochs and of steps done in the next.
            every: steps from one state to the next within an epoch; None for none.
            first_step: steps of the fit's first epoch that are done already.
        """
        super().__init__()
        self._save, self._every, self._first_step = save, every, first_step
        self._saved = first_step

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        """Saves where enough steps were done since the last time."""
        done = self._first_step + batch + 1
        # The state after the last step is the one after the epoch's evaluations.
        at_end = batch + 1 >= self.params["steps"]
        if self._every and done - self._saved >= self._every and not at_end:
            self._save(self._epoch, done)
            self._saved = done

    def on_epoch_end(self, epoch, logs=None):
        """Saves the finished epoch."""
        self._save(epoch + 1, 0)
        self._saved = 0
