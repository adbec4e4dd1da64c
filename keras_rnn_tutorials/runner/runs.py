"""The steps of every experiment: find the folder, load the data, train, measure, record."""

import base64
import contextlib
import dataclasses
import html
import math
import re
import shlex
import time
import types
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting
from keras_rnn_tutorials.data.dataset import Dataset
from keras_rnn_tutorials.errors import CannotWrite, RunFailed, UserError, message
from keras_rnn_tutorials.record import Code, Data, Environment, Record, Seconds
from keras_rnn_tutorials.runner import folder, state, surroundings
from keras_rnn_tutorials.runner.config import (
    ELSEWHERE,
    ResumableConfig,
    RunConfig,
    TrainConfig,
    flags,
    own_values,
    run_name,
)
from keras_rnn_tutorials.runner.folder import RunFolder
from keras_rnn_tutorials.runner.state import Identity, State
from keras_rnn_tutorials.runner.tables import print_line
from keras_rnn_tutorials.storage import files, interrupts

if TYPE_CHECKING:
    import keras

    from keras_rnn_tutorials.runner.loop import Progress

D = TypeVar("D", bound=Dataset | None)


@dataclass(frozen=True, repr=False)
class Run:
    """What an experiment returns. A notebook shows its figure and a short table.

    Attributes:
        record: what was written to record.json.
        directory: where the files are.
        draw: makes the figure of the record.
        model: the trained Keras model, if one was trained.
        history: its Keras History; `history.history` maps a metric to its values, one per epoch.
    """

    record: Record
    directory: Path
    draw: Callable[[Record], Figure]
    model: "keras.Model | None" = None
    history: "keras.callbacks.History | None" = None

    def figure(self) -> Figure:
        """Draws the run's figure, which a notebook shows as an image."""
        figure: Any = self.draw(self.record)
        # Only figures made by pyplot are images to a notebook, and only once pyplot is imported.
        figure._repr_png_ = types.MethodType(_png, figure)
        return figure

    def __repr__(self) -> str:
        """One line: whose run it is and its scores."""
        shown = {**self._summary(), "directory": str(self.directory)}
        return f"Run({', '.join(f'{k}={str(v)[:80]!r}' for k, v in [*shown.items()][:5])})"

    def _repr_png_(self) -> bytes | None:
        return _png(self.draw(self.record)) if self._has_figure() else None

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value)[:200])}</td></tr>"
            for name, value in {**self._summary(), "directory": self.directory}.items()
        )
        table = f"<table>{rows}</table>"
        if not self._has_figure():
            return table
        image = base64.b64encode(_png(self.draw(self.record))).decode()
        return f'<img alt="figure" src="data:image/png;base64,{image}">{table}'

    def _has_figure(self) -> bool:
        return bool(self.record.history or self.record.measured)

    def _summary(self) -> dict:
        one = self.record
        scores = {"validation": "val_accuracy", "training loss": "loss"}
        last = {name: one.history[of][-1] for name, of in scores.items() if of in one.history}
        return {
            "experiment": one.experiment,
            "data": one.title,
            "seed": one.seed,
            "status": one.status,
            **{f"test {name}": f"{value:.4f}" for name, value in one.test.items()},
            **{f"last {name}": f"{value:.4f}" for name, value in last.items()},
            "epochs": len(one.seconds.epochs),
            "seconds": round(sum(one.seconds.epochs) + one.seconds.measure, 1),
            **one.config,
        }


def train(
    experiment: str,
    config: TrainConfig,
    load_data: Callable[[Any], Dataset],
    build_model: Callable[[Any], "keras.Model"],
    *,
    test_every_epoch: bool = False,
    measure: Callable[[Any, Dataset, "keras.Model"], dict] | None = None,
    draw: Callable[[Record], Figure] = plotting.curves,
) -> Run:
    """Trains an experiment's model and records the run.

    The state is saved after every epoch, and `resume` continues from it. Except for timings, the
    finished run is bit-for-bit identical to an uninterrupted run.

    Args:
        experiment: its name.
        config: its numbers.
        load_data: called with the config.
        build_model: called with the config once the seed is set; returns a compiled model.
        test_every_epoch: whether to evaluate on the test set after every epoch, not only the last.
        measure: computes further results from the trained model; called with the config, the data
            and the model.
        draw: makes the figure of the record.

    Returns:
        The run; its files are in `runs/EXPERIMENT/NAME-seedSEED` or in the config's `out_dir`.

    Raises:
        UserError: the data are not available or fewer than a batch, or a file cannot be written.
        RunFailed: the loss, a metric or a weight is NaN or infinite; what was saved is named.
        KeyboardInterrupt: passed on, with a note that says what was saved and how to continue.
    """
    go_on = resume_command(experiment, config)
    with _folder(experiment, config) as own:
        if config.resume != "no" and _is_complete(own, config, load_data):
            return Run(own.record, own.path, draw)
        # Importing Keras takes seconds, and a wrong flag should be reported at once.
        from keras_rnn_tutorials.runner import loop
        from keras_rnn_tutorials.runner.charts import Charts

        logs = Charts(own.unfinished / "tensorboard", own.identity.config)
        with _noting_how_to_go_on(own, go_on):
            dataset, seconds = _load(experiment, config, load_data, own)
            progress = loop.Progress()
            if own.state:
                steps_per_epoch = math.ceil(len(dataset.train.y) / config.batch_size)
                own.state.check_step(own.unfinished / folder.STATE, steps_per_epoch)
                progress = loop.Progress.from_dict(own.state.progress)

            def save(model: "keras.Model", progress: "Progress"):
                _save(own, model, progress)

            def record(status: str, **results) -> Record:
                return _record(
                    own,
                    config,
                    status,
                    history=progress.history.history,
                    seconds=seconds
                    | {"compile": progress.build_seconds, "epochs": progress.epoch_seconds},
                    **results,
                )

            try:
                with interrupts.restored():
                    trained = loop.train(
                        lambda: build_model(config),
                        dataset,
                        seed=config.seed,
                        epochs=config.epochs,
                        batch_size=config.batch_size,
                        progress=progress,
                        saved=own.state and own.state.variables,
                        deterministic=config.deterministic,
                        callbacks=[*config.callbacks, logs],
                        test_every_epoch=test_every_epoch,
                        save=save,
                        save_every=config.save_every,
                    )
            except RunFailed as failure:
                _publish_part(own, record("failed", failure=str(failure)), failure)
                raise
            except KeyboardInterrupt as interrupt:
                _publish_part(own, record("interrupted"), interrupt)
                raise
            measured = _measure(config, measure, seconds, dataset, trained.model)
            finished = record("complete", test=trained.test, measured=measured)
            names = _publish(own, finished, draw, trained.model, dataset.words)
    metrics = ", ".join(f"{name} {value:.4f}" for name, value in finished.test.items())
    print_line(f"test set, {len(dataset.test.y):,} examples: {metrics} ({finished.title})")
    _print_closing_lines(finished, own.path, names)
    return Run(finished, own.path, draw, trained.model, progress.history)


def train_several(
    experiment: str,
    config: ResumableConfig,
    load_data: Callable[[Any], Dataset],
    measure: Callable[..., dict],
    draw: Callable[[Record], Figure],
) -> Run:
    """Trains the models of an experiment, one after the other, and records the result.

    The state is saved after every model, and `resume` trains the remaining models.

    Args:
        experiment: its name.
        config: its numbers.
        load_data: called with the config.
        measure: called with the config, the data and `series.Series.once`, through which it trains
            every model; prints the results and returns what the record keeps, in
            JSON's types.
        draw: makes the figure of the record.

    Returns:
        The run; its files are in `runs/EXPERIMENT/NAME-seedSEED` or in the config's `out_dir`.

    Raises:
        UserError: the data are not available or fewer than a batch, or a file cannot be written.
        RunFailed: the loss, a metric or a weight is NaN or infinite.
        KeyboardInterrupt: passed on, with a note that says what was saved and how to continue.
    """
    with _folder(experiment, config) as own:
        if config.resume != "no" and _is_complete(own, config, load_data):
            return Run(own.record, own.path, draw)
        from keras_rnn_tutorials.runner.series import Series

        with (
            _noting_how_to_go_on(own, resume_command(experiment, config)),
            _noting_what_was_saved(own),
        ):
            dataset, seconds = _load(experiment, config, load_data, own)
            series = Series(own, config.seed, config.callbacks)
            measured = _measure(config, measure, seconds, dataset, series.once)
            series.finish()
            seconds["measure"] += series.earlier_seconds
            finished = _record(own, config, "complete", seconds=seconds, measured=measured)
            names = _publish(own, finished, draw)
    _print_closing_lines(finished, own.path, names)
    return Run(finished, own.path, draw)


def measure(
    experiment: str,
    config: RunConfig,
    measure: Callable[..., dict],
    draw: Callable[[Record], Figure],
    load_data: Callable[[Any], Dataset | None] = lambda config: None,
) -> Run:
    """Runs an experiment that measures something other than a training, and records the result.

    Args:
        experiment: its name.
        config: its numbers.
        measure: called with the config and the data (None without `load_data`) once the seed is
            set; prints the results and returns what the record keeps, in JSON's
            types.
        draw: makes the figure of the record.
        load_data: called with the config, if the experiment reads data.

    Returns:
        The run; its files are in `runs/EXPERIMENT/NAME-seedSEED` or in the config's `out_dir`.

    Raises:
        UserError: the data are not available, or a file cannot be written.
    """
    with _folder(experiment, config) as own, _noting_what_was_saved(own):
        dataset, seconds = _load(experiment, config, load_data, own)
        measured = _measure(config, measure, seconds, dataset)
        finished = _record(own, config, "complete", seconds=seconds, measured=measured)
        names = _publish(own, finished, draw)
    _print_closing_lines(finished, own.path, names)
    return Run(finished, own.path, draw)


def resume_command(experiment: str, config: RunConfig) -> str:
    """The command that continues a run."""
    return _command(experiment, *flags(config), "--resume")


def training_command(experiment: str, config: RunConfig) -> str:
    """The command that trains the run of a configuration from start to end."""
    return _command(experiment, *flags(config))


def run_folder(experiment: str, config: RunConfig) -> Path:
    """The folder of the run of a configuration."""
    default = Path("runs", experiment, f"{run_name(config)}-seed{config.seed}")
    return Path(config.out_dir or default)


def _command(experiment: str, *arguments: str) -> str:
    return shlex.join(["python", "-m", f"experiments.{experiment}", *arguments])


@contextlib.contextmanager
def _folder(experiment: str, config: RunConfig):
    """Holds the run's folder; if the run is resumed, checks that the state in it belongs to it."""
    path = run_folder(experiment, config)
    Code.here()
    resume = getattr(config, "resume", "no")
    with (
        surroundings.fixed(),
        folder.opened(path, Identity.of(experiment, config), resume != "no") as own,
    ):
        if resume != "no" and own.status == "unfinished":
            saved = own.unfinished / folder.STATE
            own.state.identity.check(own.identity, saved, resume == "force")
            if isinstance(config, TrainConfig):
                own.state.check_progress(saved, config.epochs)
            else:
                own.state.check_results(saved)
            if own.state.machine != state.machine():
                print("The state was saved on another machine: the last bits may differ.")
            print(f"Resumed after {state.at(own.state.progress)}.")
        elif resume != "no" and own.status != "complete":
            print(f"There is nothing to resume in {path}: the run starts from the beginning.")
        yield own


def _is_complete(
    own: RunFolder, config: ResumableConfig, load_data: Callable[[Any], Dataset]
) -> bool:
    """Whether the complete run is here already; another run in its place is refused."""
    if own.status != "complete" or own.record is None:
        return False
    found, path = own.record, own.path / folder.RECORD
    values = {**found.config, "seed": found.seed}
    if found.command:  # which gives the run, and has this flag if it is not the default
        values["deterministic"] = "--deterministic=false" not in found.command.split()
    versions = dataclasses.asdict(found.environment)
    versions["keras_rnn_tutorials"] = found.code and found.code.version
    recorded = {name for name, value in versions.items() if value is not None}
    wanted = dataclasses.replace(
        own.identity,
        config={name: value for name, value in own.identity.config.items() if name in values},
        versions={n: value for n, value in own.identity.versions.items() if n in recorded},
    )
    identity = Identity(
        found.experiment,
        {name: value for name, value in values.items() if name in wanted.config},
        {name: value for name, value in versions.items() if name in wanted.versions},
        dataclasses.asdict(found.dataset) if found.dataset else {},
    )
    identity.check(wanted, path, config.resume == "force")
    description = dataclasses.asdict(load_data(config).describe())
    identity.check(dataclasses.replace(wanted, dataset=description), path, force=True)
    print(f"The run in {own.path} is complete: there is nothing to resume.")
    return True


def _load(
    experiment: str,
    config: RunConfig,
    load_data: Callable[[Any], D],
    own: RunFolder,
) -> tuple[D, dict]:
    """Loads the data, makes them part of the run's identity, and prints both."""
    start = time.perf_counter()
    dataset = load_data(config)
    seconds = {"load": time.perf_counter() - start}
    description = dataset.describe() if dataset is not None else None
    identity = dataclasses.asdict(description) if description else {}
    own.identity = dataclasses.replace(own.identity, dataset=identity)
    if description:
        examples = description.examples
        if (batch_size := getattr(config, "batch_size", 1)) > examples["train"]:
            raise UserError(
                f"--batch_size={batch_size} is more than the {examples['train']} training "
                "examples: give a smaller one."
            )
        counts = ", ".join(f"{count:,} {name}" for name, count in examples.items())
        print_line(f"data: {description.title} ({counts} examples)")
    values = {**own_values(config), "seed": config.seed}
    print_line(f"{experiment}: " + ", ".join(f"{name}={value}" for name, value in values.items()))
    if own.state:
        own.state.identity.check(own.identity, own.unfinished / folder.STATE, True)
    return dataset, seconds


def _measure(config: RunConfig, measure: Callable[..., dict] | None, seconds: dict, *of) -> dict:
    """Measures with the seed set, and records the seconds that it takes."""
    if measure is None:
        return {}
    import keras

    keras.utils.set_random_seed(config.seed)
    start = time.perf_counter()
    measured = measure(config, *of)
    seconds["measure"] = time.perf_counter() - start
    return measured


def _save(own: RunFolder, model: "keras.Model", progress: "Progress"):
    from keras_rnn_tutorials.runner import variables

    fields = progress.as_dict()
    taken = variables.take(model, state.within_epoch(fields))
    State(own.identity, state.machine(), fields, taken).write(own.unfinished / folder.STATE)


def _record(own: RunFolder, config: RunConfig, status: str, seconds: dict, **results) -> Record:
    dataset = Data(**own.identity.dataset) if own.identity.dataset else None
    # Without paths of the machine.
    given = flags(config, without=("resume", "save_every", "data_dir", "out_dir"))
    return Record(
        experiment=own.identity.experiment,
        config=own_values(config),
        dataset=dataset,
        seed=config.seed,
        status=status,
        environment=Environment.here(),
        seconds=Seconds(**seconds),
        code=Code.here(),
        command=_command(own.identity.experiment, *given),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        **results,
    )


def _publish(own: RunFolder, finished: Record, draw, model=None, words=()) -> list[str]:
    figure = draw(finished) if finished.history or finished.measured else None
    try:
        with files.writing(own.path, ELSEWHERE), interrupts.held_back():
            return own.publish(finished, figure, model, words)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"Interrupted, after everything was written to {own.path}.")
        raise


def _publish_part(own: RunFolder, part: Record, stopped: BaseException):
    """Publishes what exists of a run that was interrupted or failed, and adds a note about it."""
    if not part.history and not part.failure:
        nothing = "" if (own.unfinished / folder.STATE).exists() else ": nothing was saved"
        stopped.add_note(f"Interrupted before an epoch was finished{nothing}.")
        return
    names = _publish(own, part, plotting.curves)
    epochs = len(next(iter(part.history.values()), []))
    saved = f"{epochs} of {part.config['epochs']} epochs were saved in {own.path}"
    if part.failure:
        good = (own.unfinished / folder.STATE).exists()
        last = f"; the last good state is that after epoch {epochs}" if good else ""
        stopped.add_note(f"{saved}, marked failed{last}.")
    else:
        stopped.add_note(f"Interrupted: {saved}: {', '.join(names)}.")


@contextlib.contextmanager
def _noting_how_to_go_on(own: RunFolder, command: str):
    """Adds a note to what stops the block: how to continue the run, if its state is saved."""
    try:
        with interrupts.restored():
            yield
    except (KeyboardInterrupt, CannotWrite, MemoryError) as error:
        if (own.unfinished / folder.STATE).exists():
            if not message(error):
                error.add_note("Interrupted.")
            error.add_note(f"Continue with: {command}")
        raise


@contextlib.contextmanager
def _noting_what_was_saved(own: RunFolder):
    """Adds a note to what stops the block: how many models are trained, if no note says more."""
    try:
        with interrupts.restored():
            yield
    except KeyboardInterrupt as interrupt:
        if not message(interrupt):
            saved = "nothing was saved"
            if (own.unfinished / folder.STATE).exists():
                trained = state.at(State.read(own.unfinished / folder.STATE).progress)
                saved = f"the results of {trained} were saved in {own.path}"
            interrupt.add_note(f"Interrupted: {saved}.")
        raise


def _print_closing_lines(finished: Record, path: Path, names: list[str]):
    print(f"written to {path}:")
    print_line(f"  {', '.join(names)}")
    if "model.keras" in names and (modules := _modules_of(path / "model.keras")):
        print(f"plain Keras loads model.keras after: import {', '.join(modules)}")
    if finished.dataset and finished.dataset.origin == "sample":
        print(f"The data were a {finished.title}: do not quote this result.")


def _modules_of(path: Path) -> list[str]:
    """The modules of this package that Keras needs to load a model."""
    import keras

    with zipfile.ZipFile(path) as archive:
        names = set(
            re.findall(r'"(keras_rnn_tutorials>\w+)"', archive.read("config.json").decode())
        )
    objects = map(keras.saving.get_registered_object, names)
    return sorted({one.__module__ for one in objects if one is not None})


def _png(figure: Figure) -> bytes:
    return plotting.rendered(figure, "png")
