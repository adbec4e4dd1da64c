"""Fit and test: the part of a run that Keras does."""

import contextlib
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.python.framework.config import disable_op_determinism

from keras_rnn_tutorials import batches, steps
from keras_rnn_tutorials.callbacks import EVALUATION_BATCH, Stopwatch, TestEveryEpoch
from keras_rnn_tutorials.config import RunConfig
from keras_rnn_tutorials.data.dataset import Dataset

STEPS = 20  # training steps a call


@dataclass(frozen=True)
class Trained:
    """What came of a fit.

    Attributes:
        model: the model.
        history: of the epochs that were finished.
        test: the metrics on the whole test set; empty if interrupted.
        seconds: "compile" and "epochs", as a record has them.
        complete: False if Ctrl-C cut the fit short.
    """

    model: keras.Model
    history: keras.callbacks.History
    test: dict
    seconds: dict
    complete: bool


def train(
    config: RunConfig,
    dataset: Dataset,
    build_model: Callable[[RunConfig], keras.Model],
    log_directory: Path,
    test_every_epoch: bool,
) -> Trained:
    """Sets the seed, builds the model, fits it, and tests it.

    Args:
        config: seed, epochs and batch_size.
        dataset: the data.
        build_model: called with the config once the seed is set; returns a compiled model.
        log_directory: for TensorBoard.
        test_every_epoch: whether the test set is scored after every epoch, into the history.

    Returns:
        What came of it.
    """
    start = time.perf_counter()
    keras.utils.set_random_seed(config.seed)
    model = build_model(config)
    build_seconds = time.perf_counter() - start

    history, stopwatch = keras.callbacks.History(), Stopwatch()
    watchers = [keras.callbacks.TensorBoard(log_directory, write_graph=False), stopwatch, history]
    if test_every_epoch:
        watchers.insert(0, TestEveryEpoch(dataset.test))
    test, complete = {}, False
    model.steps_per_execution = STEPS
    model.train_function = steps.train_function(model, dataset.train, config.batch_size)
    with _deterministic_operations(), contextlib.suppress(KeyboardInterrupt):
        model.fit(
            batches.orders(
                len(dataset.train.y), STEPS * config.batch_size, config.seed, config.epochs
            ),
            epochs=config.epochs,
            steps_per_epoch=math.ceil(len(dataset.train.y) / config.batch_size),
            shuffle=False,  # the examples come shuffled
            validation_data=dataset.validation,
            validation_batch_size=EVALUATION_BATCH,
            callbacks=watchers,
            verbose="auto" if sys.stdout.isatty() or "ipykernel" in sys.modules else 2,
        )
        test = model.evaluate(
            *dataset.test, batch_size=EVALUATION_BATCH, verbose=0, return_dict=True
        )
        complete = True
    model.train_function = None  # Keras makes its own again for whoever trains the model further
    seconds = {"compile": build_seconds + stopwatch.first_step, "epochs": stopwatch.epochs}
    return Trained(model, history, test, seconds, complete)


@contextlib.contextmanager
def _deterministic_operations():
    # TensorFlow adds up an Embedding's gradient in any order unless it is told not to. Only for the
    # length of a fit: a model that is built while this is on is refused XLA by Keras.
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        disable_op_determinism()
