"""A finished run, and its JSON."""

import dataclasses
import hashlib
import json
import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from keras_rnn_tutorials.data.dataset import title
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage.files import write_whole
from keras_rnn_tutorials.storage.printable import all_escaped

SCHEMA = 2
STATUSES = ("complete", "interrupted", "failed")


@dataclass(frozen=True)
class Record:
    """Everything that a figure or a table says of a run.

    Attributes:
        experiment: the module's name under `experiments`.
        status: "complete"; "interrupted" when fewer epochs were run than the config says; "failed"
            when the numbers stopped making sense.
        config: the experiment's own numbers.
        seed: of initial weights and order of examples.
        dataset: `Dataset.describe()`: name, origin, numbers of examples, fingerprint; empty if the
            experiment reads none.
        history: every metric, a float for every epoch; empty where nothing was trained.
        test: the metrics on the whole test set after the last epoch; empty if not complete.
        seconds: "load" (reading the data), "compile" (building the model and its first training
            step), "epochs" (a list: training and the evaluations that the epoch ends with).
        environment: python, tensorflow, keras, numpy, processor, cores.
        measured: what an experiment found out beside its training, or instead of one.
        failure: what made the run fail; empty if it did not.
        schema: which version of this form.
    """

    experiment: str
    status: str
    config: dict
    seed: int
    dataset: dict
    history: dict
    test: dict
    seconds: dict
    environment: dict
    measured: dict = dataclasses.field(default_factory=dict)
    failure: str = ""
    schema: int = SCHEMA

    @property
    def title(self) -> str:
        """The data set's name to show beside a result; a sample is never taken for real data."""
        return title(self.dataset["name"], self.dataset["origin"]) if self.dataset else "no data"


def environment() -> dict:
    """What the run depends on beside its code: versions, the processor, the cores it may use."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in ("tensorflow", "keras", "numpy")},
        "processor": _processor(),
        "cores": _cores(),
    }


def write(path: Path, record: Record):
    """Writes a record and a digest of its content, whole or not at all."""
    fields = dataclasses.asdict(record)
    text = json.dumps({**fields, "digest": _digest(fields)}, indent=1, ensure_ascii=False)
    write_whole(path, (text + "\n").encode())


def read(path: Path) -> Record:
    """Reads a record and checks that a figure can be drawn from it.

    Control characters in its texts are escaped.

    Args:
        path: of a record's JSON.

    Returns:
        The record.

    Raises:
        UserError: the file cannot be read, is cut short, or is not of this schema.
    """
    try:
        fields = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is cut short or no JSON: make the run again.") from error
    if not isinstance(fields, dict) or "schema" not in fields:
        raise UserError(f"{path} is JSON but no record of a run: remove it from the folder.")
    if fields["schema"] != SCHEMA:
        raise UserError(
            f"{path} is a record of schema {fields['schema']!r:.20} and this version reads schema "
            f"{SCHEMA}: make the run again, or use the version that wrote it."
        )
    digest = fields.pop("digest", None)
    if (fault := _fault(fields)) is None and digest != _digest(fields):
        fault = "its digest is not that of its content"
    if fault is not None:
        raise UserError(f"{path} is a damaged record ({fault}): make the run again.")
    return Record(**all_escaped(fields))


def _digest(fields: dict) -> str:
    # Of the values, not of the text, so that a flipped digit is noticed and a space is not.
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _fault(fields: dict) -> str | None:
    types = {field.name: field.type for field in dataclasses.fields(Record)}
    if set(fields) != set(types):
        return "its fields are not those of a run"
    for name, wanted in types.items():
        if type(fields[name]) is not wanted:
            return f"{name} is not of type {wanted.__name__}"
    if fields["status"] not in STATUSES:
        return f"its status is not one of {', '.join(STATUSES)}"
    series = list(fields["history"].values())
    if not all(isinstance(s, list) and s and _numbers(s) for s in series):
        return "its history is not lists of numbers"
    if not series and not fields["measured"] and fields["status"] != "failed":
        return "it holds neither a history nor a measurement"
    if len({len(s) for s in series}) > 1:
        return "its metrics have different numbers of epochs"
    described = {"name", "origin", "examples", "fingerprint"} <= set(fields["dataset"])
    if fields["dataset"] and not described:
        return "its data set is not described"
    if not _numbers(fields["test"].values()):
        return "its test metrics are not numbers"
    return None


def _numbers(values) -> bool:
    return all(type(value) in (int, float) for value in values)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
