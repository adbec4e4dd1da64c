"""The training loop: how every experiment trains.

`model.fit` cannot start within an epoch, and it treats each element of a data set as one step,
while an element here holds the examples of many steps (`keras_rnn_tutorials.fast`). So the loop is
written out here. It uses Keras' callbacks, metrics and History at the same points as `fit`.
"""

import contextlib
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import keras
import tensorflow as tf

from keras_rnn_tutorials import fast
from keras_rnn_tutorials._private_apis import disable_op_determinism, is_op_determinism_enabled
from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.errors import CannotWrite, RunFailed
from keras_rnn_tutorials.runner import variables
from keras_rnn_tutorials.runner.config import ELSEWHERE

EVALUATION_BATCH = 500  # examples per step when evaluating


@dataclass
class Progress:
    """How far a training has come. The loop keeps it up to date, also when it is interrupted.

    Attributes:
        step: training steps taken since the start of the run.
        finished: whether nothing is left to train; a callback may end a training early.
        history: the metrics of the finished epochs.
        build_seconds: for building the model and running its first step, which compiles it.
        epoch_seconds: for each finished epoch, its evaluations included.
        spent_seconds: on the current epoch.
    """

    step: int = 0
    finished: bool = False
    history: keras.callbacks.History = field(default_factory=keras.callbacks.History)
    build_seconds: float = 0.0
    epoch_seconds: list[float] = field(default_factory=list)
    spent_seconds: float = 0.0

    def as_dict(self) -> dict:
        """The part of it that a saved state contains."""
        return {**vars(self), "history": self.history.history}

    @classmethod
    def from_dict(cls, saved: dict) -> "Progress":
        """Undoes `as_dict`."""
        progress = cls(**saved | {"history": keras.callbacks.History()})
        progress.history.history = saved["history"]
        return progress


@dataclass(frozen=True)
class Trained:
    """The outcome of a training: the model, its metrics on the test set, and its course."""

    model: keras.Model
    test: dict[str, float]
    progress: Progress


def train(
    build_model: Callable[[], keras.Model],
    dataset: Dataset,
    *,
    seed: int,
    progress: Progress | None = None,
    saved: dict | None = None,
    deterministic: bool = True,
    **options,
) -> Trained:
    """Sets the seed, builds the model, fits it, and tests it.

    Args:
        build_model: called once the seed is set; returns a compiled model.
        dataset: the data.
        seed: of the initial weights and the order of the examples.
        progress: of the run that is resumed; None for a new one.
        saved: what `variables.take` returned at that point.
        deterministic: whether TensorFlow's operations are restricted to one order of summation.
        **options: of `fit`.

    Returns:
        The outcome.

    Raises:
        RunFailed: a loss or a metric is not finite.
        UserError: the state cannot be written, or belongs to another model.
        MemoryError: TensorFlow could not allocate enough memory.
    """
    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = build_model()
    progress = progress or Progress()
    if not progress.step:
        progress.build_seconds = time.perf_counter() - start
    with _exhausted_resources(), deterministic_operations(deterministic):
        if saved:
            variables.put(model, saved)
        fit(model, dataset, progress, seed=seed, saved=saved, **options)
        test = _evaluate(model, dataset.test)
        _check_finite(test, "on the test set")
    return Trained(model, test, progress)


def fit(
    model: keras.Model,
    dataset: Dataset,
    progress: Progress,
    *,
    seed: int,
    epochs: int,
    batch_size: int,
    saved: dict | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    test_every_epoch: bool = False,
    save: Callable[[keras.Model, Progress], None] = lambda model, progress: None,
    save_every: int | None = None,
    verbose: int | None = None,
):
    """Trains a compiled model from `progress.step` to the end of its last epoch.

    Args:
        model: compiled; its loss is the mean over the examples of a batch.
        dataset: what to train on, and what to evaluate after every epoch.
        progress: where to start.
        seed: the order of the examples is a pure function of it and the epoch.
        epochs: of the whole run, including finished ones.
        batch_size: examples per step; the last batch of an epoch may be smaller.
        saved: what `variables.take` returned there, if that is within an epoch.
        callbacks: called as `model.fit` calls them; if a call runs several steps, once for all of
            them. A resumed run calls them from `on_train_begin` on; their state is not saved.
        test_every_epoch: whether the model is also evaluated on the test set after every epoch; the
            history then contains `test_...`.
        save: called after every epoch, and within one after every `save_every` steps.
        save_every: None to save only after epochs.
        verbose: as `model.fit` takes it; by default a progress bar on a terminal or in a notebook,
            and a line per epoch elsewhere.
    """
    steps_per_epoch = math.ceil(len(dataset.train.y) / batch_size)
    steps_per_call = fast.steps_per_call(dataset.train, batch_size)
    if save_every:
        steps_per_call = min(steps_per_call, save_every)
    take_steps = fast.train_function(model, batch_size)
    model.steps_per_execution = steps_per_call  # of the evaluations
    model.stop_training = False
    watchers = keras.callbacks.CallbackList(
        [*callbacks, progress.history],
        add_progbar=verbose != 0,
        model=model,
        epochs=epochs,
        steps=steps_per_epoch,
        verbose=_verbosity() if verbose is None else verbose,
    )
    first_epoch, step = divmod(progress.step, steps_per_epoch)
    watchers.on_train_begin()
    progress.history.epoch = [*range(first_epoch)]

    for epoch in () if progress.finished else range(first_epoch, epochs):
        start = time.perf_counter() - progress.spent_seconds
        model.reset_metrics()
        if step and saved:
            variables.put_metrics(model, saved, dataset.train.y[:1])
        watchers.on_epoch_begin(epoch)
        examples_per_call, skipped = steps_per_call * batch_size, step * batch_size
        shuffled = batches.shuffled(dataset.train, examples_per_call, seed, epoch, skipped)
        examples, last_saved = iter(shuffled), step
        while step < steps_per_epoch and not model.stop_training:
            watchers.on_train_batch_begin(step)
            logs = take_steps(examples)
            if progress.step == 0:  # the call that compiled the model does not count for the epoch
                progress.build_seconds += time.perf_counter() - start
                start = time.perf_counter()
            step = min(step + steps_per_call, steps_per_epoch)
            progress.step = epoch * steps_per_epoch + step
            _check_finite({"loss": logs["loss"]}, f"in epoch {epoch + 1} by step {step}")
            watchers.on_train_batch_end(step - 1, logs)
            # After the last step, the state is saved only once the epoch's evaluations are done.
            if save_every and step - last_saved >= save_every and step < steps_per_epoch:
                progress.spent_seconds, last_saved = time.perf_counter() - start, step
                save(model, progress)

        logs = dict(model.get_metrics_result())
        if dataset.validation:
            logs |= _evaluate(model, dataset.validation, "val_", watchers)
        if test_every_epoch:
            logs |= _evaluate(model, dataset.test, "test_")
        _check_finite(logs, f"after epoch {epoch + 1}")
        progress.epoch_seconds.append(time.perf_counter() - start)
        progress.spent_seconds, step = 0.0, 0
        watchers.on_epoch_end(epoch, logs)
        progress.finished = model.stop_training or epoch + 1 == epochs
        save(model, progress)
        if progress.finished:
            break
    model.optimizer.finalize_variable_values(model.trainable_weights)  # of a moving average
    watchers.on_train_end()


def _evaluate(model: keras.Model, split: Split, prefix: str = "", watchers=None) -> dict:
    metrics = model.evaluate(
        *split, batch_size=EVALUATION_BATCH, verbose=0, return_dict=True, callbacks=watchers
    )
    return {prefix + name: value for name, value in metrics.items()}


def _check_finite(metrics: dict, where: str):
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise RunFailed(f"The {name} became {float(value)} {where}.")


def _verbosity() -> int:
    return 1 if sys.stdout.isatty() or "ipykernel" in sys.modules else 2


@contextlib.contextmanager
def deterministic_operations(deterministic: bool = True):
    """Restricts TensorFlow's operations to one order of summation, and restores the old setting.

    Used only during a fit: Keras does not use XLA for a model that is built while this is on.
    """
    if not deterministic or is_op_determinism_enabled():  # keep the caller's setting
        yield
        return
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        disable_op_determinism()


@contextlib.contextmanager
def _exhausted_resources():
    """Distinguishes a full disk from too little memory: TensorFlow raises one error for both."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        if "No space left" in str(error):
            raise CannotWrite(
                f"No space is left on the device: free some, or {ELSEWHERE}."
            ) from error
        raise MemoryError("TensorFlow could not have the memory that it needs.") from error
