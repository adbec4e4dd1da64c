"""How a run that was cut short goes on: what it left, and the words that say so."""

import contextlib
import shlex
from pathlib import Path

from keras_rnn_tutorials import record
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import state
from keras_rnn_tutorials.runner.state import State
from keras_rnn_tutorials.runner.config import TrainConfig, flags, own_values


def identity(experiment: str, config: TrainConfig) -> dict:
    """`state.identity` of a run whose data are not loaded yet."""
    own = {**own_values(config), "seed": config.seed, "deterministic": config.deterministic}
    return state.identity(experiment, own)


def left(stage: Path, directory: Path, run: dict, config: TrainConfig) -> State | Record | None:
    """Finds what a run is to go on from.

    Args:
        stage: where the state is, if there is one.
        directory: of the run.
        run: its identity.
        config: whose `resume` says whether to look at all.

    Returns:
        The state; the record, if the run is complete already; None if the run starts afresh.

    Raises:
        UserError: what was found is damaged or another run's.
    """
    if config.resume == "no":
        return None
    path = stage / state.NAME
    if path.exists():
        state = state.read(path)
        state.check(state, run, config.resume == "force", path)
        if state.machine != state.machine():
            print("The state is another machine's: the last bits may come out differently.")
        print(f"Resumed after {state.at(state.epoch, state.step)}.")
        return state
    path = directory / "record.json"
    if path.exists() and (found := record.read(path)).status == "complete":
        of = {"name": found.experiment, **found.config, "seed": found.seed}
        wanted = {**run["experiment"], **own_values(config), "seed": config.seed}
        state.compare(of, wanted, path)
        print(f"The run in {directory} is complete: there is nothing to resume.")
        return found
    print(f"There is nothing to resume in {directory}: the run starts at its beginning.")
    return None


def command(experiment: str, config: TrainConfig) -> str:
    """The command that goes on with a run."""
    return shlex.join(["python", "-m", f"experiments.{experiment}", *flags(config), "--resume"])


@contextlib.contextmanager
def told(path: Path, how: str, *kinds: type[BaseException]):
    """Adds to what stops the block how the run goes on, if a state is there.

    Args:
        path: of the state.
        how: the command.
        *kinds: of exceptions to add it to.
    """
    try:
        yield
    except kinds as error:
        if how in str(error) or not path.exists():
            raise
        kind = MemoryError if isinstance(error, MemoryError) else type(error)
        raise kind(f"{str(error) or 'Interrupted.'} Continue with: {how}") from error


def ending(stopped: BaseException, one: Record, directory: Path, written: list[str], how: str):
    """The exception that ends a run cut short, with what was saved of it.

    Args:
        stopped: what cut it short.
        one: its record.
        directory: where it is.
        written: the names of its files; empty if nothing was worth a record.
        how: the command that goes on with it, or "" if it cannot go on.

    Returns:
        An exception of the same type.
    """
    epochs = len(next(iter(one.history.values()), []))
    saved = f"{epochs} of {one.config['epochs']} epochs were saved in {directory}"
    go_on = f" Continue with: {how}" if how else ""
    if one.failure:
        state = f"; the last good state is that after epoch {epochs}" if how else ""
        return type(stopped)(f"{one.failure}: {saved}, marked failed{state}.")
    if written:
        return type(stopped)(f"Interrupted: {saved}: {', '.join(written)}.{go_on}")
    nothing = "Interrupted before an epoch was finished"
    return type(stopped)(f"{nothing}.{go_on}" if how else f"{nothing}: nothing was saved.")
