"""Runs that are killed at random and resumed to their end: are they bit-for-bit identical?"""

import dataclasses
import io
import signal
import zipfile
from pathlib import Path

import h5py

from keras_rnn_tutorials import record
from tests.faults import forks, injection

ENDS = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}


class Experiment:
    """A command, what its run gives if nothing stops it, and how long that takes."""

    def __init__(self, module, arguments, directory):
        self.module, self.arguments, self.directory = module, arguments, Path(directory)
        self.directory.mkdir(parents=True)
        child = self._start("whole", hook=(self.directory / "whole", 0, None))
        assert child.wait() == 0, child.output.read_text()
        self.seconds = child.spent  # of the processors: a busy or stopped machine counts for none
        self.reference = numbers(self.directory / "whole")
        self.stops = 0  # how many hit a run that was not at its end yet
        self._events = int(child.events.read_text())

    def _start(self, name, *more, hook=None):
        arguments = [*self.arguments, f"--out_dir={self.directory / name}", *more]
        return forks.Child(self.module, arguments, self.directory / f"{name}.txt", hook=hook)

    def round(self, number, rng, how, kind=signal.SIGKILL):
        """One run, stopped one to three times.

        Args:
            number: names its directory.
            rng: random numbers.
            how: "moment" or "write".
            kind: of signal.

        Returns:
            None, or a line that says what went wrong.
        """
        name = f"{how}-{kind.name}-{number}"
        every = ["--save_every=7"] if rng.random() < 0.5 else []
        for _ in range(rng.randint(1, 3)):
            more = [*every, "--resume"]
            if how == "write":
                at = rng.randint(1, self._events)
                child = self._start(name, *more, hook=(self.directory / name, at, injection.die))
            else:
                child = self._start(name, *more)
                child.spend(rng.uniform(0, self.seconds))
                child.kill(kind)
            status = child.wait()
            self.stops += status == ENDS[kind]
            if status is None:
                return f"{name}: hung"
            if status not in (0, ENDS[kind]):
                return f"{name}: status {status}: {_tail(child.output)}"
        child = self._start(name, *every, "--resume")
        if (status := child.wait()) != 0:
            return f"{name}: the resumed run ended with {status}: {_tail(child.output)}"
        if "Traceback" in child.output.read_text():
            return f"{name}: a traceback: {_tail(child.output)}"
        if numbers(self.directory / name) != self.reference:
            return f"{name}: other numbers than the run that nothing stopped"
        left = sorted(path.name for path in (self.directory / name).iterdir())
        whole = sorted(path.name for path in (self.directory / "whole").iterdir())
        if left != whole:
            return f"{name}: left {left}"
        return None


def numbers(directory):
    """Everything of a run but its times: the record's fields and every weight's bytes."""
    (run,) = record.read(directory / "record.json")
    fields = dataclasses.asdict(dataclasses.replace(run, seconds=record.Seconds(), date=""))
    csv = (directory / "history.csv").read_text()
    svg = (directory / "curves.svg").read_bytes()
    arrays = {}
    with zipfile.ZipFile(directory / "model.keras") as archive:
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            weights.visititems(
                lambda name, item: (
                    arrays.update({name: item[()].tobytes()}) if hasattr(item, "shape") else None
                )
            )
    assert arrays
    return fields, csv, svg, arrays


def _tail(path):
    return " / ".join(path.read_text().strip().splitlines()[-3:])
