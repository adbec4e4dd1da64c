"""The folder of a run: what it contains, whose it is, and how files are written to it safely."""

import contextlib
import csv
import dataclasses
import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.data import word_ids
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner.config import ELSEWHERE
from keras_rnn_tutorials.runner.state import Identity, State
from keras_rnn_tutorials.storage import files, locks

if TYPE_CHECKING:
    import keras

FIGURES = ("curves.png", "curves.svg", "figure.png", "figure.svg")
RECORD = "record.json"
VOCABULARY = "vocabulary.txt"  # a word per line, by rank
MISTAKES = ("mistakes.png", "mistakes.svg")  # drawn on request, from the run's model
# A run's files in the order in which they are published; the record completes a run.
PUBLISHED = (
    *("history.csv", *FIGURES, *MISTAKES),
    *("model.keras", VOCABULARY, "tensorboard", RECORD),
)
UNFINISHED, EARLIER, STATE = "unfinished", "earlier", "state.npz"
_PROBE = "probe"
_FOLDERS = {UNFINISHED, EARLIER, "tensorboard", "train", "validation", "test"}
_FILES = {locks.NAME, STATE, _PROBE, *PUBLISHED} - _FOLDERS


class RunFolder:
    """A folder held for one run.

    Files are written to `unfinished` inside it and moved from there, the record last. What an
    earlier run has left is resumed if it is the same run; otherwise it is moved to `earlier/1`,
    `earlier/2` and so on.

    Attributes:
        path: of the folder.
        identity: of the run for which it is held.
        record: of the run whose files are here, or None.
        state: the state from which the run continues, or None.
    """

    def __init__(self, path: Path, identity: Identity):
        """Reads what the folder contains; use `opened` to get an instance."""
        self.path, self.identity = path, identity
        self.record: Record | None = None
        self.state: State | None = None
        with contextlib.suppress(UserError):
            self.record, *_ = record.read(path / RECORD)

    @property
    def unfinished(self) -> Path:
        """Where files are written before they are published."""
        return self.path / UNFINISHED

    @property
    def status(self) -> Literal["fresh", "unfinished", "complete", "failed"]:
        """How far the run in this folder has come."""
        if self.state is not None:
            return "unfinished"
        if self.record is None or self.record.status == "interrupted":
            return "fresh"
        return "complete" if self.record.status == "complete" else "failed"

    def publish(
        self,
        finished: Record,
        figure: Figure | None,
        model: "keras.Model | None" = None,
        words: Sequence[str] = (),
    ) -> list[str]:
        """Writes a run's files and moves them to their places, the record last.

        Another run's files are not overwritten: they are moved to `earlier`. The files of an
        interrupted run are overwritten if the same run has come further. If publishing is itself
        interrupted, the run can be resumed and publishes again.

        Args:
            finished: the record of the run.
            figure: drawn from the record; None if there is nothing to draw.
            model: to be saved; None if there is none, or its weights are not those after an epoch.
            words: the words of the model's word ids, by rank; they are saved with it.

        Returns:
            The names of the files that were moved.
        """
        if model is not None:
            model.save(self.unfinished / "model.keras")
            if words:
                files.write_whole(self.unfinished / VOCABULARY, word_ids.to_lines(words))
        if figure is not None:
            for name in figure_names(finished):
                plotting.save(figure, self.unfinished / name)
        if finished.history:
            files.write_whole(self.unfinished / "history.csv", _csv(finished.history))
        record.write(self.unfinished / RECORD, finished)

        complete = finished.status == "complete"  # else the logs stay with the state
        names = [n for n in _present(self.unfinished) if complete or n != "tensorboard"]
        for name in names:
            files.flush_all(self.unfinished / name)
        if self._has_come_further_than_record(finished.history):
            (self.path / RECORD).unlink()
            # A rename cannot replace this folder, and an interrupted run does not publish it.
            self._keep_earlier([n for n in ("tensorboard",) if (self.path / n).exists()])
        else:
            self._keep_earlier(_present(self.path))
        for name in names:
            (self.unfinished / name).replace(self.path / name)
        files.flush(self.path)
        self.record = finished
        if complete:
            (self.unfinished / STATE).unlink(missing_ok=True)
        return names

    def _take_up(self, resume: bool):
        """Handles the files of an earlier run, whether it ended or was killed."""
        if self._is_published():
            shutil.rmtree(self.unfinished)
        # The record comes last: files without a record were published by a run that was killed.
        cut = [] if os.path.lexists(self.path / RECORD) else _present(self.path)
        if resume:
            self.unfinished.mkdir(exist_ok=True)
            for name in cut:
                (self.path / name).replace(self.unfinished / name)
            for path in self.unfinished.glob(".*"):
                if path.is_file():  # what was being written when it stopped
                    path.unlink()
            if (self.unfinished / STATE).exists():
                self.state = State.read(self.unfinished / STATE)
        elif (self.unfinished / STATE).exists():
            kept = self._move_earlier([*cut, UNFINISHED])
            print(
                f"The unfinished run in {self.path} was moved to {kept}; continue it with --resume "
                f"--out_dir={kept}."
            )
        else:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            self._keep_earlier(cut)

    def _is_published(self) -> bool:
        """Whether the state belongs to the record, so that it only remains to be removed."""
        if self.record is None or self.record.status != "complete":
            return False
        try:
            state = State.read(self.unfinished / STATE)
        except UserError:
            return False
        return (
            _is_run_of(self.record, state.identity)
            and state.progress.get("history") == self.record.history
        )

    def _has_come_further_than_record(self, history: dict) -> bool:
        """Whether the files here are those of this run when it was interrupted earlier."""
        old = self.record
        if old is None or old.status == "complete" or not _is_run_of(old, self.identity):
            return False
        return all(
            history.get(name, [])[: len(values)] == values for name, values in old.history.items()
        )

    def _keep_earlier(self, names: list[str]):
        if names:
            kept = self._move_earlier(names)
            print(f"The earlier run in {self.path} was moved to {kept}.")

    def _move_earlier(self, names: list[str]) -> Path:
        """Moves files to a folder under `earlier`; if that was interrupted, to the same one."""
        earlier = self.path / EARLIER
        number = 1
        while os.path.lexists(earlier / str(number + 1)):
            number += 1
        kept = earlier / str(number)
        # A record or a state is moved last: if both are missing, the move was interrupted.
        whole = any(os.path.lexists(kept / name) for name in (RECORD, UNFINISHED, *names))
        is_foreign = kept.is_symlink() or not kept.is_dir()
        if os.path.lexists(kept) and (whole or is_foreign):
            kept = earlier / str(number + 1)
        kept.mkdir(parents=True, exist_ok=True)
        for name in names:
            (self.path / name).rename(kept / name)
        for path in (kept, earlier, self.path):
            files.flush(path)
        return kept


@contextlib.contextmanager
def opened(path: Path, identity: Identity, resume: bool = False):
    """Holds a folder for a run.

    At the end `unfinished` is removed, unless it contains a state from which the run can continue.
    Folders that were created but remain empty are removed too.

    Args:
        path: of the folder; it is created if it does not exist.
        identity: of the run.
        resume: whether to continue the run in the folder.

    Yields:
        The `RunFolder`.

    Raises:
        UserError: the path is a file, cannot be written to, is full, is in use by another run, or
            contains links or other non-files in place of the run's own files.
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"--out_dir={path} is a file: name a directory.")
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    unfinished = path / UNFINISHED
    try:
        with contextlib.ExitStack() as stack:
            with files.writing(path, ELSEWHERE):
                path.mkdir(parents=True, exist_ok=True)
                _refuse_strangers(path)
                stack.enter_context(locks.held(path, ELSEWHERE))
                folder = RunFolder(path, identity)
                folder._take_up(resume)
                unfinished.mkdir(exist_ok=True)
                for parent in (path, *(folder.parent for folder in made)):
                    files.flush(parent)
                # A full or read-only disk is noticed here, not after the training.
                files.write_whole(unfinished / _PROBE, bytes(4096))
                (unfinished / _PROBE).unlink()
            try:
                yield folder
            finally:
                if not (unfinished / STATE).exists():
                    shutil.rmtree(unfinished, ignore_errors=True)
    finally:
        for empty in made:
            with contextlib.suppress(OSError):
                empty.rmdir()  # fails if there is something to keep


def figure_names(of: Record) -> list[str]:
    """The names of a run's figure files: curves, or what was measured instead."""
    stem = "figure" if of.measured else "curves"
    return [name for name in FIGURES if name.startswith(stem)]


def _refuse_strangers(path: Path):
    """Refuses links and other non-files before anything is written, moved or removed.

    Through a link that would happen somewhere else; a pipe or a folder cannot be replaced.
    """
    own = [path / name for name in (locks.NAME, UNFINISHED, EARLIER, *PUBLISHED)]
    own += _inside(path / UNFINISHED) + _inside(path / "tensorboard")
    for place in own:
        found = "a link" if place.is_symlink() else None
        if place.name in _FOLDERS:
            found = found or ("not a folder" if place.exists() and not place.is_dir() else None)
        elif place.name in _FILES:
            found = found or ("not a file" if place.exists() and not place.is_file() else None)
        if found:
            raise UserError(f"{place} is {found}: remove it, or {ELSEWHERE}.")


def _inside(path: Path) -> list[Path]:
    """Everything in a folder and its subfolders; links are not followed."""
    if path.is_symlink():
        return []
    return [Path(at, name) for at, folders, names in os.walk(path) for name in (*folders, *names)]


def _is_run_of(one: Record, identity: Identity) -> bool:
    own = {**one.config, "seed": one.seed}
    dataset = dataclasses.asdict(one.dataset) if one.dataset else {}
    return (
        one.experiment == identity.experiment
        and own.items() <= identity.config.items()
        and identity.dataset in (None, dataset)
    )


def _present(path: Path) -> list[str]:
    return [name for name in PUBLISHED if os.path.lexists(path / name)]


def _csv(history: dict) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *history])
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        writer.writerow([epoch, *values])
    return text.getvalue().encode()
