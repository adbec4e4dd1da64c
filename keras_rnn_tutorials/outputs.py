"""The directory of a run: what is in it, and how it gets there without a loss."""

import contextlib
import csv
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from keras_rnn_tutorials import files, plotting, record
from keras_rnn_tutorials.errors import UserError

FIGURES = ("curves.png", "curves.svg", "figure.png", "figure.svg")
NAMES = ("history.csv", *FIGURES, "model.keras", "tensorboard", "record.json")


@contextlib.contextmanager
def staging(directory: Path):
    """A hidden directory inside `directory` to write a run's files to; removed at the end.

    Args:
        directory: of the run; made if it is not there, and removed again if nothing comes of it.

    Yields:
        The path of the staging directory.

    Raises:
        UserError: `directory` is a file, cannot be written, or its disk is full.
    """
    if directory.exists() and not directory.is_dir():
        raise UserError(f"--out_dir={directory} is a file: name a directory.")
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    stage = directory / f".partial-{os.getpid()}"
    try:
        with files.writing(directory):
            stage.mkdir(parents=True)
            # A full or read-only disk is found out here, not after the training.
            (stage / "probe").write_bytes(bytes(4096))
            (stage / "probe").unlink()
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()  # fails where there is something to keep


def figure_names(run_record: record.Record) -> list[str]:
    """What the figure files of a run are called: curves, or whatever else was measured."""
    stem = "figure" if run_record.measured else "curves"
    return [name for name in FIGURES if name.startswith(stem)]


def write_reports(stage: Path, run_record: record.Record, draw: Callable[[record.Record], Figure]):
    """Writes what is made from a record alone: the JSON, the CSV and the figure."""
    figure = draw(run_record)
    for name in figure_names(run_record):
        plotting.save(figure, stage / name)
    if run_record.history:
        files.write_whole(stage / "history.csv", _csv(run_record.history))
    record.write(stage / "record.json", run_record)


def publish(stage: Path, directory: Path) -> list[str]:
    """Moves the staged files into the run's directory, the record last.

    An earlier run's files are not overwritten: they move to `earlier/1`, `earlier/2`, ...

    Args:
        stage: the staging directory, of the same file system.
        directory: of the run.

    Returns:
        The names of what was moved.
    """
    present = [name for name in NAMES if (directory / name).exists()]
    if present:
        number = 1
        while (directory / "earlier" / str(number)).exists():
            number += 1
        kept = directory / "earlier" / str(number)
        kept.mkdir(parents=True)
        for name in present:
            (directory / name).rename(kept / name)
        print(f"The earlier run in {directory} is kept in {kept}.")
    moved = [name for name in NAMES if (stage / name).exists()]
    for name in moved:
        (stage / name).rename(directory / name)
    return moved


def _csv(history: dict) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *history])
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        writer.writerow([epoch, *values])
    return text.getvalue().encode()
