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

from keras_rnn_tutorials import steps
from keras_rnn_tutorials._private_apis import disable_op_determinism, is_op_determinism_enabled
from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.errors import CannotWrite, RunFailed
from keras_rnn_tutorials.runner import variables
from keras_rnn_tutorials.runner.callbacks import (
    EVALUATION_BATCH,
    History,
    PutMetrics,
    SaveState,
    Stopwatch,
    StopWhereNotFinite,
    TestEveryEpoch,
)
from keras_rnn_tutorials.runner.state import Checkpoint
from keras_rnn_tutorials.runner.config import RunConfig


@dataclass(frozen=True)
class Trained:
    """What came of a fit.

    Attributes:
        model: the model.
        history: of the epochs that were finished.
        test: the metrics on the whole test set; empty if the fit was cut short.
        seconds: "compile" and "epochs", as a record has them.
        stopped: the KeyboardInterrupt or RunFailed that cut the fit short, or None.
    """

    model: keras.Model
    history: keras.callbacks.History
    test: dict
    seconds: dict
    stopped: BaseException | None


@contextlib.contextmanager
def _told_apart():
    """Tells a full disk from a full memory, both of which TensorFlow calls exhausted resources."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        if "No space left" in str(error):
            raise CannotWrite(
                "No space is left on the device: free some, or name another place with --out_dir."
            ) from error
        raise MemoryError("TensorFlow could not have the memory that it needs.") from error


@_told_apart()
def train(
    config: RunConfig,
    dataset: Dataset,
    build_model: Callable[[RunConfig], keras.Model],
    log_directory: Path,
    test_every_epoch: bool,
    checkpoint: Checkpoint | None = None,
    deterministic: bool = True,
) -> Trained:
    """Sets the seed, builds the model, fits it, and tests it.

    Args:
        config: seed, epochs and batch_size.
        dataset: the data.
        build_model: called with the config once the seed is set; returns a compiled model.
        log_directory: for TensorBoard.
        test_every_epoch: whether the test set is scored after every epoch, into the history.
        checkpoint: where the state is saved after every epoch, and what to go on from.
        deterministic: whether TensorFlow's operations are held to one order.

    Returns:
        What came of it.

    Raises:
        UserError: the state cannot be written, or is of another model.
        MemoryError: TensorFlow could not have the memory that it needs.
    """
    start = time.perf_counter()
    keras.utils.set_random_seed(config.seed)
    model = build_model(config)
    build_seconds = time.perf_counter() - start

    state = checkpoint.state if checkpoint else None
    first = (state.epoch, state.step) if state else (0, 0)
    history, stopwatch = History(state.history if state else {}), Stopwatch()
    if state:
        build_seconds = 0.0  # it counts once
        stopwatch.resume(*(state.seconds[name] for name in ("compile", "epochs", "epoch")))

    def save(epoch: int, step: int):
        seconds = {"compile": build_seconds + stopwatch.first_step, "epochs": stopwatch.epochs}
        seconds["epoch"] = stopwatch.elapsed if step else 0.0
        taken = variables.take(model, within_epoch=step > 0)
        checkpoint.save(epoch, step, history.history, seconds, taken)

    def watchers(first_step: int) -> list[keras.callbacks.Callback]:
        return [
            *([TestEveryEpoch(dataset.test)] if test_every_epoch else []),
            *([PutMetrics(state.variables)] if first_step else []),
            StopWhereNotFinite(first_step),
            keras.callbacks.TensorBoard(log_directory, write_graph=False),
            stopwatch,
            history,
            *([SaveState(save, every, first_step)] if checkpoint else []),
        ]

    test, stopped = {}, None
    examples, every = len(dataset.train.y), checkpoint.every if checkpoint else None
    steps_an_epoch = math.ceil(examples / config.batch_size)
    a_call = steps.a_call(dataset.train, config.batch_size)
    model.steps_per_execution = min(a_call, every or a_call)
    model.train_function = steps.train_function(model, config.batch_size)
    try:
        with _operations(deterministic):
            if first[1]:  # makes the metrics, whose sums are put back; may draw random numbers
                model.evaluate(*_few(dataset.validation), batch_size=EVALUATION_BATCH, verbose=0)
            if state:
                variables.put(model, state.variables)
            for epoch, first_step, end in _fits(first, config.epochs):
                model.fit(
                    batches.shuffled(
                        dataset.train,
                        model.steps_per_execution * config.batch_size,
                        config.seed,
                        end,
                        (epoch, first_step * config.batch_size),
                    ),
                    initial_epoch=epoch,
                    epochs=end,
                    steps_per_epoch=steps_an_epoch - first_step,
                    shuffle=False,  # the examples come shuffled
                    validation_data=dataset.validation,
                    validation_batch_size=EVALUATION_BATCH,
                    callbacks=watchers(first_step),
                    verbose="auto" if sys.stdout.isatty() or "ipykernel" in sys.modules else 2,
                )
            test = model.evaluate(
                *dataset.test, batch_size=EVALUATION_BATCH, verbose=0, return_dict=True
            )
            if not all(map(math.isfinite, test.values())):
                raise RunFailed(f"On the test set: {test}")
    except (KeyboardInterrupt, RunFailed) as error:
        test, stopped = {}, error
    model.train_function = None  # Keras makes its own again for whoever trains the model further
    seconds = {"compile": build_seconds + stopwatch.first_step, "epochs": stopwatch.epochs}
    return Trained(model, history, test, seconds, stopped)


def _fits(first: tuple[int, int], epochs: int) -> list[tuple[int, int, int]]:
    """The fits to make: first epoch, its first step, end; an epoch cut short is one of its own."""
    epoch, step = first
    cut = [(epoch, step, epoch + 1)] if step else []
    rest = epoch + 1 if step else epoch
    return cut + ([(rest, 0, epochs)] if rest < epochs else [])


def _few(split: Split) -> Split:
    return Split(split.x[:EVALUATION_BATCH], split.y[:EVALUATION_BATCH])


@contextlib.contextmanager
def _operations(deterministic: bool):
    # TensorFlow adds up an Embedding's gradient in any order unless it is told not to. Only for the
    # length of a fit: a model that is built while this is on is refused XLA by Keras.
    if not deterministic or is_op_determinism_enabled():  # else the caller's own would be lost
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        disable_op_determinism()
