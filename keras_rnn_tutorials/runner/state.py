"""The saved state of a run between two training steps, from which it continues exactly."""

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import keras_rnn_tutorials
from keras_rnn_tutorials.errors import RunFailed, UserError
from keras_rnn_tutorials.record import Environment
from keras_rnn_tutorials.runner.config import ELSEWHERE, RunConfig, own_values
from keras_rnn_tutorials.storage import files, interrupts, sealed, strict_json
from keras_rnn_tutorials.storage.printable import escaped

SCHEMA = 2
_KEY = f"keras_rnn_tutorials state {SCHEMA}"
_TEXT = "state"  # the array that holds everything but the variables, as JSON
_MACHINE = ("processor", "cores")
# The fields of `loop.Progress` and their types.
_PROGRESS = {
    "step": (int,),
    "finished": (bool,),
    "history": (dict,),
    "build_seconds": (int, float),
    "epoch_seconds": (list,),
    "spent_seconds": (int, float),
}
# The same for a run that trains several models; such a run has no history of its own.
_RESULTS = {"results": (dict,), "seconds": (int, float), "history": (dict, type(None))}


@dataclass(frozen=True)
class Identity:
    """Which run it is: everything that its numbers depend on, except the machine.

    Attributes:
        experiment: its name.
        config: the experiment's own numbers, seed and deterministic.
        versions: of this package and the libraries, and Keras' backend and float type.
        dataset: the fields of a `record.Data`; None before the data are loaded, empty if the run
            uses none.
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
        """Refuses to continue a different run.

        Args:
            wanted: the requested run; what it does not know yet is not compared.
            path: where this identity was read, for the error message.
            force: whether other versions are accepted.

        Raises:
            UserError: they differ; the message names the first difference.
        """
        same = "give the same, or leave out --resume to start again"
        version = "install that version, or continue anyway with --resume=force"
        _compare({"name": self.experiment}, {"name": wanted.experiment}, path, same)
        _compare(self.config, wanted.config, path, same)
        if not force:
            _compare(self.versions, wanted.versions, path, version)
        if wanted.dataset is not None:
            _compare(self.dataset or {}, wanted.dataset, path, same)


@dataclass(frozen=True)
class State:
    """Everything that a run needs to continue.

    Attributes:
        identity: which run it is; the state of another run is refused.
        machine: processor and cores, which may round differently.
        progress: the fields of `loop.Progress`, its History as a dict; or the results of a
            `series.Series`, and its seconds.
        variables: what `variables.take` returns: the model's, the optimizer's and, within an
            epoch, the metrics' variables, and the states of the random generators.
    """

    identity: Identity
    machine: dict[str, Any]
    progress: dict[str, Any]
    variables: dict[str, np.ndarray]

    def write(self, path: Path):
        """Writes the state, completely or not at all; Ctrl-C and SIGTERM are held back meanwhile.

        Raises:
            RunFailed: a variable is not finite, so the run cannot continue; the last state is kept.
            UserError: the state cannot be written; the last state is kept.
        """
        for name, array in self.variables.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise RunFailed(f"A weight ({name}) was not finite after {at(self.progress)}.")
        fields = dataclasses.asdict(dataclasses.replace(self, variables={}))
        text = np.frombuffer(json.dumps(fields).encode(), np.uint8)
        with files.writing(path.parent, ELSEWHERE), interrupts.held_back():
            files.write_whole(path, sealed.to_bytes({_TEXT: text, **self.variables}, _KEY))

    @classmethod
    def read(cls, path: Path) -> "State":
        """Reads a state.

        Raises:
            UserError: the file cannot be read, is damaged, or was written by another version.
        """
        try:
            stored = files.read_regular(path)
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from error
        try:
            variables = sealed.from_bytes(stored, _KEY)
            fields = strict_json.loads(variables.pop(_TEXT).tobytes())
            identity = Identity(**fields["identity"])
            found = cls(**fields | {"identity": identity, "variables": variables})
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(path) from error
        tables = (identity.config, identity.versions, identity.dataset or {}, found.machine)
        if not all(isinstance(table, dict) for table in (*tables, found.progress)):
            raise damaged(path)
        return found

    def check_progress(self, path: Path, epochs: int):
        """Refuses a state from which no run can continue.

        Args:
            path: where it was read, for the error message.
            epochs: of the whole run.

        Raises:
            UserError: its progress is not valid for a training.
        """
        progress = self.progress
        if not _has_types(progress, _PROGRESS):
            raise damaged(path)
        lists = [progress["epoch_seconds"], *progress["history"].values()]
        if not all(isinstance(values, list) and len(values) == len(lists[0]) for values in lists):
            raise damaged(path)
        numbers = [progress["build_seconds"], progress["spent_seconds"], *sum(lists, [])]
        if not all(type(n) in (int, float) and math.isfinite(n) for n in numbers):
            raise damaged(path)
        if len(lists[0]) > epochs or progress["step"] < 0:
            raise damaged(path)
        floats = [array for array in self.variables.values() if array.dtype.kind == "f"]
        if not all(np.isfinite(array).all() for array in floats):
            raise damaged(path)

    def check_results(self, path: Path):
        """Refuses a state without valid results.

        Raises:
            UserError: the results are missing or invalid.
        """
        good = _has_types(self.progress, _RESULTS) and math.isfinite(self.progress["seconds"])
        if not good or not all(isinstance(one, dict) for one in self.progress["results"].values()):
            raise damaged(path)

    def check_step(self, path: Path, steps_per_epoch: int):
        """Refuses a state whose step does not belong to its epoch.

        Raises:
            UserError: they do not match.
        """
        epoch, step = divmod(self.progress["step"], steps_per_epoch)
        is_within = within_epoch(self.progress)
        if epoch != len(self.progress["epoch_seconds"]) or bool(step) != is_within:
            raise damaged(path)


def damaged(path: Path) -> UserError:
    """The error for a file that is not a state, or from which no run can continue."""
    return UserError(
        f"{path} is damaged or was saved by another version: leave out --resume to start again; "
        "the file is kept."
    )


def at(progress: dict) -> str:
    """Where a run stands, as text."""
    if "results" in progress:
        trained = len(progress["results"])
        return f"{trained} model{'s' * (trained != 1)}"
    epochs = len(progress["epoch_seconds"])
    return (
        f"step {progress['step']}, in epoch {epochs + 1}"
        if within_epoch(progress)
        else (f"epoch {epochs}")
    )


def within_epoch(progress: dict) -> bool:
    """Whether an epoch is in progress."""
    return progress["spent_seconds"] > 0


def machine() -> dict:
    """What rounding may depend on besides the identity of a run: the processor and its cores."""
    here = dataclasses.asdict(Environment.here())
    return {name: here[name] for name in _MACHINE}


def _has_types(progress: dict, types: dict[str, tuple[type, ...]]) -> bool:
    return progress.keys() == types.keys() and all(
        type(progress[name]) in kinds for name, kinds in types.items()
    )


def _compare(found: dict, wanted: dict, path: Path, hint: str):
    for name in {**wanted, **found}:
        if wanted.get(name) != found.get(name):
            raise UserError(
                f"{path} was saved with {_shown(name, found)}, but this run has "
                f"{_shown(name, wanted)}: {hint}."
            )


def _shown(name: str, values: dict) -> str:
    shown = escaped(name[:100])
    return f"{shown}={escaped(str(values[name])[:100])}" if name in values else f"no {shown}"
