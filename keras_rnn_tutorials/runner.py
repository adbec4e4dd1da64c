"""Seed, fit, test, record: the course of every experiment, whichever it is."""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_rnn_tutorials import outputs, plotting
from keras_rnn_tutorials.config import RunConfig, own_values
from keras_rnn_tutorials.data.dataset import Dataset
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record, environment

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Run:
    """What an experiment returns.

    Attributes:
        history: the Keras History; `history.history` maps a metric to its values, one an epoch.
        record: what was written to record.json.
        model: the trained Keras model.
        directory: where the files are.
    """

    history: "keras.callbacks.History"
    record: Record
    model: "keras.Model"
    directory: Path

    def figure(self):
        """Draws the curves: a matplotlib figure, which a notebook shows."""
        return plotting.curves(self.record)


def train(
    experiment: str,
    config: RunConfig,
    load_data: Callable[[RunConfig], Dataset],
    build_model: Callable[[RunConfig], "keras.Model"],
    *,
    test_every_epoch: bool = False,
) -> Run:
    """Trains an experiment's model and writes what came of it.

    Args:
        experiment: its name.
        config: its numbers.
        load_data: called with the config.
        build_model: called with the config once the seed is set; returns a compiled model.
        test_every_epoch: whether the test set is scored after every epoch, not only after the last.

    Returns:
        The run; its files are in `runs/EXPERIMENT/SEED` or in the config's `out_dir`.

    Raises:
        UserError: the data cannot be had, are fewer than a batch, or nothing can be written.
        KeyboardInterrupt: passed on, its text saying what was saved.
    """
    directory = Path(config.out_dir or Path("runs", experiment, str(config.seed)))
    print(_headline(experiment, config))
    with outputs.staging(directory) as stage:
        start = time.perf_counter()
        dataset = load_data(config)
        seconds = {"load": time.perf_counter() - start}
        description = dataset.describe()
        _check_batch_size(config, description)
        print(_data_line(dataset.title, description))

        fitted = _fit(config, dataset, build_model, stage, test_every_epoch)
        seconds |= fitted.seconds
        test = {}
        if fitted.complete:
            test = _test_metrics(fitted, dataset, test_every_epoch)
            fitted.model.save(stage / "model.keras")
        record = Record(
            experiment=experiment,
            status="complete" if fitted.complete else "interrupted",
            config=own_values(config),
            seed=config.seed,
            dataset=description,
            history=fitted.history.history,
            test=test,
            seconds=seconds,
            environment=environment(),
        )
        if not record.history:
            raise KeyboardInterrupt("Interrupted before an epoch was finished: nothing was saved.")
        outputs.write_reports(stage, record)
        written = outputs.publish(stage, directory)
    if not fitted.complete:
        raise KeyboardInterrupt(
            f"Interrupted: {len(fitted.seconds['epochs'])} of {config.epochs} epochs were saved in "
            f"{directory}: {', '.join(written)}."
        )
    print(_result_lines(record, directory, written))
    return Run(fitted.history, record, fitted.model, directory)


@dataclass(frozen=True)
class _Fitted:
    model: "keras.Model"
    history: "keras.callbacks.History"
    seconds: dict
    complete: bool


def _fit(config, dataset, build_model, stage, test_every_epoch) -> _Fitted:
    import keras

    from keras_rnn_tutorials import batches, callbacks

    start = time.perf_counter()
    keras.utils.set_random_seed(config.seed)
    model = build_model(config)
    build_seconds = time.perf_counter() - start
    history, stopwatch = keras.callbacks.History(), callbacks.Stopwatch()
    watchers = [keras.callbacks.TensorBoard(stage / "tensorboard", write_graph=False)]
    if test_every_epoch:
        watchers.insert(0, callbacks.TestEveryEpoch(dataset.test))
    complete = False
    try:
        model.fit(
            batches.shuffled(dataset.train, config.batch_size, config.seed, config.epochs),
            epochs=config.epochs,
            steps_per_epoch=math.ceil(len(dataset.train.y) / config.batch_size),
            shuffle=False,  # the batches come shuffled
            validation_data=dataset.validation,
            validation_batch_size=callbacks.EVALUATION_BATCH,
            callbacks=[*watchers, stopwatch, history],
            verbose="auto" if sys.stdout.isatty() or "ipykernel" in sys.modules else 2,
        )
        complete = True
    except KeyboardInterrupt:
        pass  # what the finished epochs gave is saved, and the interrupt passed on, by the caller
    seconds = {"compile": build_seconds + stopwatch.first_step, "epochs": stopwatch.epochs}
    return _Fitted(model, history, seconds, complete)


def _test_metrics(fitted: _Fitted, dataset: Dataset, test_every_epoch: bool) -> dict:
    if test_every_epoch:
        last = {k: v[-1] for k, v in fitted.history.history.items() if k.startswith("test_")}
        return {name.removeprefix("test_"): value for name, value in last.items()}

    from keras_rnn_tutorials import callbacks

    return fitted.model.evaluate(
        *dataset.test, batch_size=callbacks.EVALUATION_BATCH, verbose=0, return_dict=True
    )


def _check_batch_size(config: RunConfig, description: dict):
    examples = description["examples"]["train"]
    if config.batch_size > examples:
        raise UserError(
            f"--batch_size={config.batch_size} is more than the {examples} training examples: "
            "give a smaller one."
        )


def _headline(experiment: str, config: RunConfig) -> str:
    values = {**own_values(config), "seed": config.seed}
    return f"{experiment}: " + ", ".join(f"{name}={value}" for name, value in values.items())


def _data_line(title: str, description: dict) -> str:
    counts = (f"{count:,} {name}" for name, count in description["examples"].items())
    return f"data: {title} ({', '.join(counts)} examples)"


def _result_lines(record: Record, directory: Path, written: list[str]) -> str:
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in record.test.items())
    lines = [
        f"test set, {record.dataset['examples']['test']:,} examples: {metrics} ({record.title})",
        f"written to {directory}: {', '.join(written)}",
    ]
    if record.dataset["origin"] == "sample":
        lines.append(f"The data were a {record.title}: no result to quote.")
    return "\n".join(lines)
