"""The whole state of a run on disk, so that it can go on as if nothing had stopped it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import keras_rnn_tutorials
from keras_rnn_tutorials.errors import RunFailed, UserError
from keras_rnn_tutorials.record import environment
from keras_rnn_tutorials.storage import files, interrupts, sealed

NAME = "state.npz"
SCHEMA = 1
_KEY = f"keras_rnn_tutorials state {SCHEMA}"
_VERSIONS = ("python", "tensorflow", "keras", "numpy")
_GROUPS = ("experiment", "config", "versions", "dataset")
_TEXT = "state"  # the array that holds everything but the variables, as JSON


@dataclass(frozen=True)
class State:
    """Where a run stands between two training steps.

    Attributes:
        run: what it is a run of: `identity`, and "dataset"; another run's state is refused.
        machine: processor and cores, which may round differently.
        epoch: how many epochs are finished.
        step: how many steps of the next epoch are done.
        history: every metric of the finished epochs, as Keras' History keeps it.
        seconds: "compile", "epochs" and, of the epoch under way, "epoch".
        variables: what `variables.take` returns: the model's, the optimizer's and, within an
            epoch, the metrics' variables, and the states of the random generators.
    """

    run: dict
    machine: dict
    epoch: int
    step: int
    history: dict
    seconds: dict
    variables: dict[str, np.ndarray]


_SIMPLE = [field for field in dataclasses.fields(State) if field.name != "variables"]


def identity(experiment: str, config: dict) -> dict:
    """What a run's numbers depend on, but for its data and the machine.

    Args:
        experiment: its name.
        config: its numbers, in JSON's types.

    Returns:
        Groups of values.
    """
    versions = {name: environment()[name] for name in _VERSIONS}
    return {
        "experiment": {"name": experiment},
        "config": config,
        "versions": {"keras_rnn_tutorials": keras_rnn_tutorials.__version__, **versions},
    }


def write(path: Path, state: State):
    """Writes a state, whole or not at all; Ctrl-C and SIGTERM wait for it."""
    text = json.dumps({field.name: getattr(state, field.name) for field in _SIMPLE})
    arrays = {_TEXT: np.frombuffer(text.encode(), np.uint8), **state.variables}
    with interrupts.held_back():
        files.write_whole(path, sealed.to_bytes(arrays, _KEY))


def read(path: Path) -> State:
    """Reads a state.

    Args:
        path: of a state's file.

    Returns:
        The state.

    Raises:
        UserError: the file cannot be read, is damaged, or was written by another version.
    """
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    try:
        arrays = sealed.from_bytes(stored, _KEY)
        fields = json.loads(arrays.pop(_TEXT).tobytes())
        state = State(variables=arrays, **fields)
        if not _is_sound(state):
            raise ValueError("Its fields are not those of a state.")
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged or of another version: without --resume the run starts afresh, and "
            "the file is kept."
        ) from error
    return state


def check(state: State, run: dict, force: bool, path: Path):
    """Refuses a state of another run.

    Args:
        state: what was read.
        run: what the run is that is to go on; groups that are not known yet are left out.
        force: whether a state of other library versions is taken all the same.
        path: of the state, for the message.

    Raises:
        UserError: the state is another run's; the message names the first difference.
    """
    for group, wanted in run.items():
        if group != "versions":
            compare(state.run[group], wanted, path)
        elif not force:
            hint = "install that version, or continue all the same with --resume=force"
            compare(state.run[group], wanted, path, hint)


def compare(
    found: dict,
    wanted: dict,
    path: Path,
    hint: str = "give the same, or leave --resume out to start afresh",
):
    """Refuses values that differ.

    Args:
        found: those of a file.
        wanted: those of the run.
        path: of the file, for the message.
        hint: what to do.

    Raises:
        UserError: a value differs.
    """
    for name in {**wanted, **found}:
        if wanted.get(name) != found.get(name):
            raise UserError(
                f"{path} was saved with {_shown(name, found)}, and this run has "
                f"{_shown(name, wanted)}: {hint}."
            )


def machine() -> dict:
    """What rounding may depend on beside `identity`: the processor and its cores."""
    return {name: value for name, value in environment().items() if name not in _VERSIONS}


def _is_sound(state: State) -> bool:
    return all(type(getattr(state, f.name)) is f.type for f in _SIMPLE) and all(
        type(state.run.get(group)) is dict for group in _GROUPS
    )


def _shown(name: str, values: dict) -> str:
    return f"{name}={str(values[name])[:100]}" if name in values else f"no {name}"


@dataclass(frozen=True)
class Checkpoint:
    """Where a run keeps its state, and the state that it goes on from.

    Attributes:
        path: of the file.
        run: `identity` of the run.
        every: steps from one state to the next within an epoch; None for none.
        state: of an earlier process, or None.
    """

    path: Path
    run: dict
    every: int | None = None
    state: State | None = None

    def save(self, epoch: int, step: int, history: dict, seconds: dict, variables: dict):
        """Writes the run's state.

        Raises:
            RunFailed: a variable is not finite, and the run is lost.
            UserError: the state cannot be written; the one before is as it was.
        """
        for name, array in variables.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise RunFailed(f"A weight ({name}) was not finite after {at(epoch, step)}")
        state = State(self.run, machine(), epoch, step, history, seconds, variables)
        with files.writing(self.path.parent):
            write(self.path, state)


def at(epoch: int, step: int) -> str:
    """Where a run stands, for a person."""
    return f"epoch {epoch}" + (f" and {step} steps of the next" if step else "")
