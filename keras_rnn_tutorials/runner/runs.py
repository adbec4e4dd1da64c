"""Seed, fit or measure, test, record: the course of every experiment, whichever it is."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting
from keras_rnn_tutorials.data.dataset import Dataset
from keras_rnn_tutorials.errors import CannotWrite, RunFailed, UserError
from keras_rnn_tutorials.record import Record, environment
from keras_rnn_tutorials.runner import state, folder, resuming
from keras_rnn_tutorials.runner.config import RunConfig, TrainConfig, own_values
from keras_rnn_tutorials.storage import files, interrupts

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Run:
    """What an experiment returns.

    Attributes:
        record: what was written to record.json.
        directory: where the files are.
        draw: makes the figure of the record.
        model: the trained Keras model, if one was trained.
        history: its Keras History; `history.history` maps a metric to its values, one an epoch.
    """

    record: Record
    directory: Path
    draw: Callable[[Record], Figure]
    model: "keras.Model | None" = None
    history: "keras.callbacks.History | None" = None

    def figure(self) -> Figure:
        """Draws the run's figure, which a notebook shows."""
        return self.draw(self.record)


def train(
    experiment: str,
    config: TrainConfig,
    load_data: Callable[[TrainConfig], Dataset],
    build_model: Callable[[TrainConfig], "keras.Model"],
    *,
    test_every_epoch: bool = False,
) -> Run:
    """Trains an experiment's model and writes what came of it.

    The state is saved after every epoch, and `resume` goes on from it: the finished run is the same
    to the last bit, times apart, as if nothing had stopped it.

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
        RunFailed: the loss, a metric or a weight is NaN or infinite; what was saved is named.
        KeyboardInterrupt: passed on, its text saying what was saved and how to go on.
    """
    directory = _directory(experiment, config)
    how = resuming.command(experiment, config)
    with folder.staging(directory, resume=config.resume != "no") as stage:
        path = stage / state.NAME
        run = resuming.identity(experiment, config)
        state = resuming.left(stage, directory, run, config)
        if isinstance(state, Record):
            return Run(state, directory, plotting.curves)

        # Keras takes seconds to import, and a wrong flag is to be answered at once.
        from keras_rnn_tutorials.runner import loop

        with resuming.told(path, how, KeyboardInterrupt):
            start = time.perf_counter()
            dataset = load_data(config)
            load_seconds = time.perf_counter() - start
            description = run["dataset"] = dataset.describe()
        _check_batch_size(config, description)
        print(_data_line(dataset.title, description))
        print(_headline(experiment, config))
        if state:
            state.check(state, {"dataset": description}, False, path)

        with resuming.told(path, how, KeyboardInterrupt, CannotWrite, MemoryError):
            trained = loop.train(
                config,
                dataset,
                build_model,
                stage / "tensorboard",
                test_every_epoch,
                state.Checkpoint(path, run, config.save_every, state),
                config.deterministic,
            )
            failed = isinstance(trained.stopped, RunFailed)
            record = Record(
                experiment=experiment,
                status="failed" if failed else "interrupted" if trained.stopped else "complete",
                config=own_values(config),
                seed=config.seed,
                dataset=description,
                history=trained.history.history,
                test=trained.test,
                seconds={"load": load_seconds, **trained.seconds},
                environment=environment(),
                failure=str(trained.stopped) if failed else "",
            )
            written = []
            if record.history or failed:
                with _writing(directory):
                    if not trained.stopped:  # else its weights are of no epoch's end
                        trained.model.save(stage / "model.keras")
                    folder.write_reports(stage, record, plotting.curves)
                    written = folder.publish(stage, directory)
        if trained.stopped:
            how = how if path.exists() else ""
            raise resuming.ending(trained.stopped, record, directory, written, how)
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in record.test.items())
    print(f"test set, {len(dataset.test.y):,} examples: {metrics} ({record.title})")
    print(_closing_lines(record, directory, written))
    return Run(record, directory, plotting.curves, trained.model, trained.history)


def measure(
    experiment: str,
    config: RunConfig,
    measure_it: Callable[[RunConfig, Dataset | None], dict],
    draw: Callable[[Record], Figure],
    load_data: Callable[[RunConfig], Dataset] | None = None,
) -> Run:
    """Runs an experiment that finds something out, and writes what it found.

    Args:
        experiment: its name.
        config: its numbers.
        measure_it: called with the config and the data once the seed is set; prints what a person
            wants to read and returns what the record keeps, in JSON's types.
        draw: makes the figure of the record.
        load_data: called with the config, if the experiment reads data.

    Returns:
        The run; its files are in `runs/EXPERIMENT/SEED` or in the config's `out_dir`.

    Raises:
        UserError: the data cannot be had, or nothing can be written.
    """
    import keras

    directory = _directory(experiment, config)
    with folder.staging(directory) as stage:
        start = time.perf_counter()
        dataset = load_data(config) if load_data else None
        load_seconds = time.perf_counter() - start
        description = dataset.describe() if dataset else {}
        if dataset:
            print(_data_line(dataset.title, description))
        print(_headline(experiment, config))
        keras.utils.set_random_seed(config.seed)
        start = time.perf_counter()
        measured = measure_it(config, dataset)
        record = Record(
            experiment=experiment,
            status="complete",
            config=own_values(config),
            seed=config.seed,
            dataset=description,
            history={},
            test={},
            seconds={"load": load_seconds, "measure": time.perf_counter() - start},
            environment=environment(),
            measured=measured,
        )
        with _writing(directory):
            folder.write_reports(stage, record, draw)
            written = folder.publish(stage, directory)
    print(_closing_lines(record, directory, written))
    return Run(record, directory, draw)


def _directory(experiment: str, config: RunConfig) -> Path:
    return Path(config.out_dir or Path("runs", experiment, str(config.seed)))


@contextlib.contextmanager
def _writing(directory: Path):
    """Tells what cannot be written; Ctrl-C and SIGTERM wait for the end."""
    try:
        with files.writing(directory), interrupts.held_back():
            yield
    except KeyboardInterrupt as interrupt:
        raise type(interrupt)(f"Interrupted; all was written to {directory} first.") from interrupt


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


def _closing_lines(record: Record, directory: Path, written: list[str]) -> str:
    lines = [f"written to {directory}: {', '.join(written)}"]
    if record.dataset.get("origin") == "sample":
        lines.append(f"The data were a {record.title}: no result to quote.")
    return "\n".join(lines)
