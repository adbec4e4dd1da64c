"""The directory of a run: what is in it, and how it gets there without a loss."""

import contextlib
import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import state
from keras_rnn_tutorials.storage import files, locks

FIGURES = ("curves.png", "curves.svg", "figure.png", "figure.svg")
NAMES = ("history.csv", *FIGURES, "model.keras", "tensorboard", "record.json")
UNFINISHED = "unfinished"


@contextlib.contextmanager
def staging(directory: Path, resume: bool = False):
    """A directory `unfinished` inside `directory` to write a run's files to, for one run at a time.

    It is removed at the end, unless a state is left in it from which the run can go on. What an
    earlier run left there is taken up or, where this is another run, moved to `earlier/1` and on.

    Args:
        directory: of the run; made if it is not there, and removed again if nothing comes of it.
        resume: whether to take up what an earlier run left.

    Yields:
        The path of the staging directory.

    Raises:
        UserError: `directory` is a file, cannot be written, is full or in use by another run.
    """
    if directory.exists() and not directory.is_dir():
        raise UserError(f"--out_dir={directory} is a file: name a directory.")
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    stage = directory / UNFINISHED
    try:
        with contextlib.ExitStack() as stack:
            with files.writing(directory):
                directory.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locks.held(directory))
                _tidy(stage, directory, resume)
                stage.mkdir(exist_ok=True)
                for path in (directory, *(path.parent for path in made)):
                    files.flush(path)
                # A full or read-only disk is found out here, not after the training.
                files.write_whole(stage / "probe", bytes(4096))
                (stage / "probe").unlink()
            try:
                yield stage
            finally:
                if not (stage / state.NAME).exists():
                    shutil.rmtree(stage, ignore_errors=True)
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()  # fails where there is something to keep


def figure_names(run_record: record.Record) -> list[str]:
    """What the figure files of a run are called: curves, or whatever else was measured."""
    stem = "figure" if run_record.measured else "curves"
    return [name for name in FIGURES if name.startswith(stem)]


def write_reports(stage: Path, run_record: record.Record, draw: Callable[[record.Record], Figure]):
    """Writes what is made from a record alone: the JSON, the CSV and the figure."""
    if run_record.history or run_record.measured:
        figure = draw(run_record)
        for name in figure_names(run_record):
            plotting.save(figure, stage / name)
    if run_record.history:
        files.write_whole(stage / "history.csv", _csv(run_record.history))
    record.write(stage / "record.json", run_record)


def publish(stage: Path, directory: Path) -> list[str]:
    """Moves the staged files into the run's directory, the record last.

    An earlier run's files are not overwritten: they move to `earlier/1`, `earlier/2`, ... Those of
    a run cut short are, by the whole of the same run. Where this is cut short itself, a resumed run
    takes up what was moved already, and a new one moves it to `earlier`.

    Args:
        stage: the staging directory.
        directory: of the run.

    Returns:
        The names of what was moved.
    """
    # The logs of a run that can go on stay with its state.
    cut_short = record.read(stage / "record.json").status != "complete"
    moved = [n for n in NAMES if (stage / n).exists() and not (cut_short and n == "tensorboard")]
    for name in moved:
        files.flush_all(stage / name)
    if _is_continued(directory / "record.json", stage / "record.json"):
        (directory / "record.json").unlink()
    elif kept := _keep(directory, [*NAMES]):
        print(f"The earlier run in {directory} is kept in {kept}.")
    for name in moved:
        (stage / name).replace(directory / name)
    files.flush(directory)
    if not cut_short:
        (stage / state.NAME).unlink(missing_ok=True)
    return moved


def _tidy(stage: Path, directory: Path, resume: bool):
    """Sees to what a run left that was killed."""
    if _is_spent(stage, directory):
        shutil.rmtree(stage)
    # The record comes last: without it, these were published by a run that did not get to its end.
    cut = [] if (directory / "record.json").exists() else _present(directory)
    if resume:
        stage.mkdir(exist_ok=True)
        for name in cut:
            (directory / name).replace(stage / name)
        for path in stage.glob(".*"):  # what was being written
            path.unlink()
    elif (stage / state.NAME).exists():
        kept = _keep(directory, [*cut, UNFINISHED])
        print(
            f"The unfinished run in {directory} is kept in {kept}; with --resume --out_dir={kept} "
            "it goes on."
        )
    else:
        shutil.rmtree(stage, ignore_errors=True)
        if kept := _keep(directory, cut):
            print(f"The earlier run in {directory} is kept in {kept}.")


def _is_spent(stage: Path, directory: Path) -> bool:
    """Whether what is staged was published whole, and only its removal is missing."""
    try:
        state = state.read(stage / state.NAME)
        found = record.read(directory / "record.json")
    except UserError:
        return False
    config = {**found.config, "seed": found.seed}
    return (
        found.status == "complete"
        and state.run["experiment"] == {"name": found.experiment}
        and config.items() <= state.run["config"].items()
        and state.history == found.history
    )


def _is_continued(old: Path, new: Path) -> bool:
    """Whether a record is that of a run cut short which another one has gone on with."""
    try:
        old, new = record.read(old), record.read(new)
    except UserError:
        return False
    return (
        old.status != "complete"
        and (old.experiment, old.config, old.seed) == (new.experiment, new.config, new.seed)
        and old.dataset == new.dataset
        and all(
            new.history.get(n, [])[: len(values)] == values for n, values in old.history.items()
        )
    )


def _present(directory: Path) -> list[str]:
    return [name for name in NAMES if (directory / name).exists()]


def _keep(directory: Path, names: list[str]) -> Path | None:
    """Moves files to a directory under `earlier`; where that was cut short, to the same one."""
    present = [name for name in names if (directory / name).exists()]
    if not present:
        return None
    earlier = directory / "earlier"
    number = 1
    while (earlier / str(number + 1)).exists():
        number += 1
    kept = earlier / str(number)
    # What is moved last is a record or a state: without either, the moving was cut short.
    ended = any((kept / name).exists() for name in ("record.json", UNFINISHED, *present))
    if kept.exists() and ended:
        kept = earlier / str(number + 1)
    kept.mkdir(parents=True, exist_ok=True)
    for name in present:
        (directory / name).rename(kept / name)
    for path in (kept, earlier, directory):
        files.flush(path)
    return kept


def _csv(history: dict) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *history])
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        writer.writerow([epoch, *values])
    return text.getvalue().encode()
