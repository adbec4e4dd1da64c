"""Several models that are trained one after the other; finished results are kept."""

import time
from collections.abc import Callable, Sequence

import keras

from keras_rnn_tutorials.runner import folder, state
from keras_rnn_tutorials.runner.charts import Charts
from keras_rnn_tutorials.runner.folder import RunFolder
from keras_rnn_tutorials.runner.state import State

Train = Callable[[list[keras.callbacks.Callback]], dict]


class Series:
    """The models of a run.

    Attributes:
        results: of the models that are already trained, by name.
        earlier_seconds: spent on them before this run was resumed.
    """

    def __init__(
        self, own: RunFolder, seed: int, callbacks: Sequence[keras.callbacks.Callback] = ()
    ):
        """Takes the run's folder, and reads earlier results from its state."""
        self._own, self._seed, self._callbacks = own, seed, callbacks
        self._start = time.perf_counter()
        self.results: dict[str, dict] = {}
        self.earlier_seconds = 0.0
        if own.state:
            self.results = own.state.progress["results"]
            self.earlier_seconds = own.state.progress["seconds"]

    def once(self, name: str, train: Train) -> dict:
        """Trains a model, unless its result exists already.

        Args:
            name: of the model; a folder of TensorBoard's logs is called the same.
            train: called once the seed is set, with the callbacks of the training; returns what
                the run keeps of the model, in JSON's types.

        Returns:
            The result.
        """
        if name not in self.results:
            logs = Charts(self._own.unfinished / "tensorboard" / name, self._own.identity.config)
            keras.utils.set_random_seed(self._seed)
            self.results[name] = train([*self._callbacks, logs])
            self._save()
        return self.results[name]

    def finish(self):
        """Saves that no model remains to be trained; this marks the state of a published run."""
        self._save(history={})

    def _save(self, history: dict | None = None):
        progress = {
            "results": self.results,
            "seconds": self.earlier_seconds + time.perf_counter() - self._start,
            "history": history,
        }
        whole = State(self._own.identity, state.machine(), progress, variables={})
        whole.write(self._own.unfinished / folder.STATE)
