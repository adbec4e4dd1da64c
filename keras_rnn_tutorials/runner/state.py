"""A run between two training steps, on disk: it can go on as if nothing had stopped it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import keras_rnn_tutorials
from keras_rnn_tutorials.errors import RunFailed, UserError
from keras_rnn_tutorials.record import Environment
from keras_rnn_tutorials.runner.config import RunConfig, own_values
from keras_rnn_tutorials.storage import files, interrupts, sealed

SCHEMA = 2
_KEY = f"keras_rnn_tutorials state {SCHEMA}"
_TEXT = "state"  # the array that holds everything but the variables, as JSON
_MACHINE = ("processor", "cores")


@dataclass(frozen=True)
class Identity:
    """Whose run it is: all that its numbers depend on but the machine.

    Attributes:
        experiment: its name.
        config: the experiment's own numbers, seed and deterministic.
        versions: of this package and the libraries, and Keras' backend and float type.
        dataset: the fields of a `record.Data`; None while the data are not loaded, empty where
            there are none.
    """

    experiment: str
    config: dict[str, Any]
    versions: dict[str, str]
    dataset: dict[str, Any] | None = None

    @classmethod
    def of(cls, experiment: str, config: RunConfig) -> "Identity":
        """The identity of a run whose data are not loaded yet."""
        own = {**own_values(config), "seed": config.seed}
        if hasattr(config, "deterministic"):
            own["deterministic"] = config.deterministic
        here = dataclasses.asdict(Environment.here())
        versions = {name: value for name, value in here.items() if name not in _MACHINE}
        versions["keras_rnn_tutorials"] = keras_rnn_tutorials.__version__
        return cls(experiment, own, versions)

    def check(self, wanted: "Identity", path: Path, force: bool = False):
        """Refuses to go on with another run.

        Args:
            wanted: the run that is asked for; what it does not know yet is not compared.
            path: where this identity was read, for the message.
            force: whether other versions are accepted.

        Raises:
            UserError: they differ; the message names the first difference.
        """
        same = "give the same, or leave --resume out to start afresh"
        version = "install that version, or continue all the same with --resume=force"
        _compare({"name": self.experiment}, {"name": wanted.experiment}, path, same)
        _compare(self.config, wanted.config, path, same)
        if not force:
            _compare(self.versions, wanted.versions, path, version)
        if wanted.dataset is not None:
            _compare(self.dataset or {}, wanted.dataset, path, same)


@dataclass(frozen=True)
class State:
    """All that a run needs to go on.

    Attributes:
        identity: whose run it is; another run's state is refused.
        machine: processor and cores, which may round differently.
        progress: the fields of `loop.Progress`, its History as a dict.
        variables: what `variables.take` returns: the model's, the optimizer's and, within an
            epoch, the metrics' variables, and the states of the random generators.
    """

    identity: Identity
    machine: dict[str, Any]
    progress: dict[str, Any]
    variables: dict[str, np.ndarray]

    def write(self, path: Path):
        """Writes the state, whole or not at all; Ctrl-C and SIGTERM wait for it.

        Raises:
            RunFailed: a variable is not finite, and the run is lost; the state before is kept.
            UserError: the state cannot be written; the one before is kept.
        """
        for name, array in self.variables.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise RunFailed(f"A weight ({name}) was not finite after {at(self.progress)}.")
        fields = dataclasses.asdict(dataclasses.replace(self, variables={}))
        text = np.frombuffer(json.dumps(fields).encode(), np.uint8)
        with files.writing(path.parent), interrupts.held_back():
            files.write_whole(path, sealed.to_bytes({_TEXT: text, **self.variables}, _KEY))

    @classmethod
    def read(cls, path: Path) -> "State":
        """Reads a state.

        Raises:
            UserError: the file cannot be read, is damaged, or was written by another version.
        """
        try:
            stored = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from error
        try:
            variables = sealed.from_bytes(stored, _KEY)
            fields = json.loads(variables.pop(_TEXT).tobytes())
            fields |= {"identity": Identity(**fields["identity"]), "variables": variables}
            return cls(**fields)
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path} is damaged or of another version: without --resume the run starts afresh, "
                "and the file is kept."
            ) from error


def at(progress: dict) -> str:
    """Where a run stands, for a person."""
    epochs = len(progress["epoch_seconds"])
    return (
        f"step {progress['step']}, in epoch {epochs + 1}"
        if within_epoch(progress)
        else (f"epoch {epochs}")
    )


def within_epoch(progress: dict) -> bool:
    """Whether an epoch is under way."""
    return progress["spent_seconds"] > 0


def machine() -> dict:
    """What rounding may depend on beside the identity of a run: the processor and its cores."""
    here = dataclasses.asdict(Environment.here())
    return {name: here[name] for name in _MACHINE}


def _compare(found: dict, wanted: dict, path: Path, hint: str):
    for name in {**wanted, **found}:
        if wanted.get(name) != found.get(name):
            raise UserError(
                f"{path} was saved with {_shown(name, found)}, and this run has "
                f"{_shown(name, wanted)}: {hint}."
            )


def _shown(name: str, values: dict) -> str:
    return f"{name}={str(values[name])[:100]}" if name in values else f"no {name}"
