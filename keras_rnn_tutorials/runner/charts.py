"""TensorBoard logs, with training, validation and test on the same charts."""

from pathlib import Path

import keras
import tensorflow as tf
from tensorboard.plugins.hparams import api as hyperparameters

_SPLITS = {"val_": "validation", "test_": "test"}  # by the prefix of a metric's name


class Charts(keras.callbacks.Callback):
    """Writes the metrics of every epoch, and the configuration of the run.

    Keras' own callback draws a test metric in a separate chart. Here each split has a folder, and a
    metric has the same tag in all of them.
    """

    def __init__(self, directory: Path, config: dict):
        """Takes the folder of the logs and the experiment's configuration."""
        super().__init__()
        self.directory, self.config = directory, config

    def on_train_begin(self, logs=None):
        """Writes the configuration of the run."""
        self._writers = {}
        with self._writer("train").as_default(step=0):
            known = {name: value for name, value in self.config.items() if value is not None}
            hyperparameters.hparams(known)

    def on_epoch_end(self, epoch, logs=None):
        """Writes the metrics of an epoch."""
        for name, value in logs.items():
            prefix = next((prefix for prefix in _SPLITS if name.startswith(prefix)), "")
            with self._writer(_SPLITS.get(prefix, "train")).as_default(step=epoch):
                tf.summary.scalar(f"epoch_{name.removeprefix(prefix)}", value)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs=None):
        """Closes the files."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, split: str):
        if split not in self._writers:
            self._writers[split] = tf.summary.create_file_writer(str(self.directory / split))
        return self._writers[split]
