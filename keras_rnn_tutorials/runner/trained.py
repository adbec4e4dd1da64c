"""A trained model to be asked: it is found by its run's flags, and loaded without a data set."""

import contextlib
import dataclasses
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.data import word_ids
from keras_rnn_tutorials.data.dataset import Dataset
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import folder, surroundings
from keras_rnn_tutorials.runner.config import (
    ELSEWHERE,
    DataConfig,
    TrainConfig,
    options,
    own_values,
)
from keras_rnn_tutorials.runner.runs import run_folder, training_command
from keras_rnn_tutorials.storage import files, interrupts, locks

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

STDIN = "-"


@dataclass(frozen=True)
class TrainedRun:
    """A complete run.

    Attributes:
        record: of the run.
        path: of its folder.
        command: the command that trains it.
    """

    record: Record
    path: Path
    command: str

    @contextlib.contextmanager
    def loaded(self) -> Iterator["keras.Model"]:
        """Loads the model, not compiled, with the settings of a run.

        Raises:
            UserError: it is missing or damaged.
        """
        with surroundings.fixed():
            from keras_rnn_tutorials import models

            yield models.load(self.path, compile=False)

    def words(self) -> tuple[str, ...]:
        """The words of the model's word ids, by rank.

        Raises:
            UserError: they were not saved, or the file is damaged.
        """
        path = self.path / folder.VOCABULARY
        try:
            return word_ids.from_lines(files.read_regular(path))
        except OSError as error:
            raise UserError(
                f"{path} cannot be read ({error.strerror}): train again with {self.command}"
            ) from error
        except ValueError as error:
            raise UserError(
                f"{path} is damaged ({error}): train again with {self.command}"
            ) from error

    def check_data(self, dataset: Dataset):
        """Refuses data other than those of the run.

        Raises:
            UserError: the data are different.
        """
        if dataset.describe() != self.record.dataset:
            raise UserError(
                f"The run in {self.path} was made with other data ({self.record.title}): give its "
                "--data and --data_dir."
            )

    def draw_mistakes(self, figure: "Figure"):
        """Writes a figure of the model's mistakes to the run's folder, and names its files."""
        with files.writing(self.path, ELSEWHERE), locks.held(self.path), interrupts.held_back():
            for name in folder.MISTAKES:
                plotting.save(figure, self.path / name)
        print(f"written to {self.path}:")
        print(f"  {', '.join(folder.MISTAKES)}")


def find(experiment: str, config: TrainConfig, english: bool = False) -> TrainedRun:
    """Finds the run of a configuration.

    It is in `out_dir`, or otherwise in the folder named after the options and the seed. Options
    that are not given are those of the run.

    Args:
        experiment: its name.
        config: the flags.
        english: whether the model must have been trained on real texts.

    Returns:
        The run.

    Raises:
        UserError: there is no complete run, it is a different one, or it was trained on the
            generated sample although real texts are needed.
    """
    path, command = run_folder(experiment, config), training_command(experiment, config)
    if not os.path.lexists(path / folder.RECORD):
        raise UserError(f"There is no run in {path}: train it with {command}")
    found, *_ = record.read(path / folder.RECORD)
    if found.experiment != experiment:
        raise UserError(f"The run in {path} is a run of {found.experiment}: {ELSEWHERE}.")
    if found.status != "complete":
        raise UserError(f"The run in {path} is {found.status}: train it with {command}")
    for name, value in _given(config).items():
        if (recorded := _recorded(found).get(name, value)) != value:
            raise UserError(
                f"The run in {path} has --{name}={recorded}, not {value}: train one with {command}"
            )
    if english and found.dataset is not None and found.dataset.origin == "sample":
        real = training_command(experiment, dataclasses.replace(config, data="tfds"))
        raise UserError(
            f"The model in {path} does not know English, as it was trained on the generated "
            f"sample: train one with {real}"
        )
    return TrainedRun(found, path, command)


def read_input(path: str) -> bytes:
    """Reads a file, or standard input if the path is `-`.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if path == STDIN else files.read_regular(Path(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from error


def _given(config: DataConfig) -> dict:
    """The options of a run that differ from the defaults."""
    values = {**own_values(config), "seed": config.seed}
    defaults = {option.name: option.default for option in options(type(config))}
    return {name: value for name, value in values.items() if value != defaults[name]}


def _recorded(found: Record) -> dict:
    return {**found.config, "seed": found.seed}
