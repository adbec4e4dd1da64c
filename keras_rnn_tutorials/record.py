"""Finished runs, and the JSON file that holds those of one configuration."""

import dataclasses
import hashlib
import json
import math
import os
import platform
import subprocess
import types
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import keras_rnn_tutorials
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage import strict_json
from keras_rnn_tutorials.storage.files import read_regular, write_whole
from keras_rnn_tutorials.storage.printable import all_escaped

SCHEMA = 3
STATUSES = ("complete", "interrupted", "failed")
_SHOWN = {"mnist": "MNIST", "imdb_reviews": "IMDB"}


@dataclass(frozen=True)
class Data:
    """What a run read.

    Attributes:
        name: TFDS' name of the data set.
        origin: "tfds" for the real data, "sample" for the generated stand-in.
        examples: how many are in each split.
        fingerprint: a SHA-256 of the arrays.
    """

    name: str
    origin: str
    examples: dict[str, int]
    fingerprint: str

    @property
    def title(self) -> str:
        """The name to show beside a result; it marks generated data as such."""
        shown = _SHOWN.get(self.name, self.name)
        return shown if self.origin == "tfds" else f"generated sample, not {shown}"


@dataclass(frozen=True)
class Seconds:
    """How long each part of a run took.

    Attributes:
        load: reading the data.
        compile: building the model and running its first step.
        epochs: each epoch, including the evaluations at its end.
        measure: measurements in addition to a training, or instead of one.
    """

    load: float = 0.0
    compile: float = 0.0
    epochs: list[float] = field(default_factory=list)
    measure: float = 0.0


@dataclass(frozen=True)
class Environment:
    """What a run's numbers may depend on besides its code; None if it was not recorded."""

    python: str
    tensorflow: str
    keras: str
    numpy: str
    backend: str | None
    floatx: str | None
    processor: str
    cores: int

    @classmethod
    def here(cls) -> "Environment":
        """Of this process."""
        import keras

        return cls(
            python=platform.python_version(),
            **{package: version(package) for package in ("tensorflow", "keras", "numpy")},
            backend=keras.config.backend(),
            floatx=keras.config.floatx(),
            processor=_processor(),
            cores=_cores(),
        )


@dataclass(frozen=True)
class Code:
    """The code that was run.

    Attributes:
        version: of this package.
        commit: of the repository that it was imported from, or None outside of a clone.
        clean: whether the files were those of the commit.
    """

    version: str
    commit: str | None = None
    clean: bool | None = None

    @classmethod
    @lru_cache(maxsize=1)  # what has been imported does not change
    def here(cls) -> "Code":
        """Of this process."""
        package = Path(__file__).parent
        tracked = _git(package, "ls-files", "--", Path(__file__).name)
        if not tracked:
            return cls(keras_rnn_tutorials.__version__)
        changed = _git(package, "status", "--porcelain", "--untracked-files=no")
        commit = _git(package, "rev-parse", "HEAD")
        return cls(keras_rnn_tutorials.__version__, commit, changed == "")


@dataclass(frozen=True)
class Record:
    """Everything that figures and tables show about a run.

    Attributes:
        experiment: the module's name under `experiments`.
        config: the experiment's own numbers.
        dataset: what was read; None if nothing was.
        seed: of initial weights and order of examples.
        status: "complete"; "interrupted" when fewer epochs were run than the config says; "failed"
            when a loss, metric or weight was not finite.
        environment: versions and machine.
        history: every metric, a float for every epoch; empty where nothing was trained.
        test: the metrics on the whole test set after the last epoch; empty if not complete.
        measured: an experiment's results besides the metrics of its training, or instead of them.
        seconds: how long each part took.
        code: what was run; None if it was not recorded.
        command: the command that produces this run.
        date: of its end, in ISO 8601; empty if it was not recorded.
        failure: why the run failed; empty if it did not.
    """

    experiment: str
    config: dict[str, Any]
    dataset: Data | None
    seed: int
    status: str
    environment: Environment
    history: dict[str, Any] = field(default_factory=dict)
    test: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    seconds: Seconds = field(default_factory=Seconds)
    code: Code | None = None
    command: str = ""
    date: str = ""
    failure: str = ""

    @property
    def title(self) -> str:
        """The data set's name to show beside a result."""
        return self.dataset.title if self.dataset else "no data"


_OF_ALL_RUNS = ("experiment", "config", "dataset")


def write(path: Path, *records: Record):
    """Writes the runs of one configuration and a digest of them, whole or not at all.

    Args:
        path: of the file.
        *records: at least one; experiment, config and data set are the same in all.
    """
    runs = [dataclasses.asdict(one) for one in records]
    common = {name: runs[0][name] for name in _OF_ALL_RUNS}
    for run in runs:
        if any(run.pop(name) != value for name, value in common.items()):
            raise ValueError("A file holds the runs of one configuration on the same data.")
    fields = {"schema": SCHEMA, **common, "runs": runs}
    text = json.dumps({**fields, "digest": digest(fields)}, indent=1, ensure_ascii=False)
    write_whole(path, (text + "\n").encode())


def read(path: Path) -> list[Record]:
    """Reads the runs of a file and checks that a figure can be drawn from each.

    Control characters in their texts are escaped.

    Args:
        path: of the JSON.

    Returns:
        A record for each run, in the order of the file.

    Raises:
        UserError: the file cannot be read, is truncated, or has another schema.
    """
    try:
        fields = strict_json.loads(read_regular(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except strict_json.Unreasonable as error:
        raise UserError(f"{path} is no record of a run ({error}): make the run again.") from error
    except ValueError as error:
        raise UserError(f"{path} is truncated or not JSON: make the run again.") from error
    if not isinstance(fields, dict) or "schema" not in fields:
        raise UserError(f"{path} is JSON, but not a record of a run: remove it from the folder.")
    if fields["schema"] != SCHEMA:
        raise UserError(
            f"{path} is a record of schema {fields['schema']!r:.20}, but this version reads schema "
            f"{SCHEMA}: python -m experiments.migrate_records FOLDER, or make the run again."
        )
    try:
        return _records(fields)
    except _Damaged as fault:
        raise UserError(f"{path} is a damaged record ({fault}): make the run again.") from fault


def digest(fields: dict) -> str:
    """A SHA-256 of the values, not of the text: a changed digit changes it, a space does not."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


class _Damaged(ValueError):
    """What is wrong with a file."""


def _records(fields: dict) -> list[Record]:
    stated = fields.pop("digest", None)
    runs = fields.get("runs")
    if set(fields) != {"schema", *_OF_ALL_RUNS, "runs"} or not isinstance(runs, list) or not runs:
        raise _Damaged("its fields are not those of a file of runs")
    common = {name: fields[name] for name in _OF_ALL_RUNS}
    records = [
        _checked(Record, common | run if isinstance(run, dict) else run, "a run") for run in runs
    ]
    for one in records:
        if fault := _fault(one):
            raise _Damaged(fault)
    if stated != digest(fields):
        raise _Damaged("its digest does not match its content")
    return [_checked(Record, all_escaped(dataclasses.asdict(one)), "a run") for one in records]


def _checked(kind: type, value, name: str):
    """Checks a value against a type annotation; a dataclass is built from its fields."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        if not isinstance(value, dict) or set(value) != set(hints):
            raise _Damaged(f"its fields are not those of {name}")
        return kind(**{field: _checked(hints[field], value[field], field) for field in hints})
    if isinstance(kind, types.UnionType):
        (kind,) = (option for option in get_args(kind) if option is not types.NoneType)
        return None if value is None else _checked(kind, value, name)
    plain = get_origin(kind) or kind
    if type(value) is not plain and not (plain is float and type(value) is int):
        raise _Damaged(f"{name} is not of type {plain.__name__}")
    return value


def _fault(one: Record) -> str | None:
    series = list(one.history.values())
    if one.status not in STATUSES:
        return f"its status is not one of {', '.join(STATUSES)}"
    if not all(isinstance(values, list) and values and _numbers(values) for values in series):
        return "its history is not lists of numbers"
    if not series and not one.measured and one.status != "failed":
        return "it holds neither a history nor a measurement"
    if len({len(values) for values in series}) > 1:
        return "its metrics have different numbers of epochs"
    if not _numbers([*one.test.values(), *one.seconds.epochs]):
        return "its test metrics are not numbers"
    if one.dataset and not all(type(count) is int for count in one.dataset.examples.values()):
        return "its numbers of examples are not numbers"
    return None


def _numbers(values) -> bool:
    return all(type(value) in (int, float) and math.isfinite(value) for value in values)


def _git(directory: Path, *arguments: str) -> str | None:
    """What git prints, or None where there is no git or no repository."""
    command = ["git", "-C", str(directory), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
