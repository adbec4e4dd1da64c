"""Sweeps that are killed at random and restarted: are the records the same, and none made twice?"""

import contextlib
import dataclasses
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from keras_rnn_tutorials import record

ROOT = Path(__file__).parents[2]
FLAGS = ["mnist_lstm", "--seeds=0:6", "--set=units=4,8", "--set=data=sample", "--set=epochs=2"]
FLAGS += ["--set=batch_size=50", "--processes=2"]
RUNS = 12
KILLS = 5
_PATIENCE = 3600  # seconds; a sweep that takes longer hangs
_LOOK = 0.1  # seconds from one look at a sweep to the next


class Sweep:
    """A sweep of short runs, what it records if nothing stops it, and how long that takes."""

    def __init__(self, directory):
        self.directory = Path(directory)
        child = self._start("whole")
        self.seconds = _follow(child)  # of the processors: a busy machine counts for none
        assert child.returncode == 0, self._tail("whole")
        self.reference = self._results("whole")
        assert len(self.reference) == RUNS
        self.kills = 0  # how many hit a sweep that was not at its end yet

    def _start(self, name):
        directory = self.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.faults.short_sweep", *FLAGS]
        with open(f"{directory}.txt", "a") as output:
            return subprocess.Popen(
                [*command, f"--out_dir={directory}"],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def round(self, number, rng):
        """One sweep, killed five times, then started once more and left alone.

        Args:
            number: names its directory.
            rng: random numbers.

        Returns:
            None, or a line that says what went wrong.
        """
        name, recorded = f"sweep-{number}", {}
        for last in [False] * KILLS + [True]:
            child = self._start(name)
            # Half: a kill then hits runs under way as a rule, and leaves some for the next one.
            _follow(child, math.inf if last else rng.uniform(0, self.seconds / 2))
            if child.returncode is None:
                if last:
                    os.killpg(child.pid, signal.SIGKILL)
                    return f"{name}: hung"
                # The sweep alone, which its processes follow, or all of them in the same moment.
                (os.kill if rng.random() < 0.5 else os.killpg)(child.pid, signal.SIGKILL)
                child.wait()
                self.kills += 1
            elif child.returncode != 0:
                return f"{name}: status {child.returncode}: {self._tail(name)}"
            found = self._records(name)
            if twice := [run for run in recorded if recorded[run] != found.get(run)]:
                return f"{name}: run twice, or lost: {', '.join(twice)}"
            recorded = found
        if self._results(name) != self.reference:
            return f"{name}: other records than of the sweep that nothing stopped"
        if left := [path.name for path in (self.directory / name).rglob("*.log")]:
            return f"{name}: left {', '.join(left)}"
        return None

    def _records(self, name):
        """By run, what only a second run would change: its record's file and every byte of it."""
        paths = (self.directory / name).glob("*/*/record.json")
        return {p.parent.name: (p.stat().st_ino, p.read_bytes()) for p in paths}

    def _results(self, name):
        """By run, everything of its record but its times and its place."""
        results = {}
        for path in (self.directory / name).glob("*/*/record.json"):
            (run,) = record.read(path)
            fields = dataclasses.asdict(run)
            results[path.parent.name] = {
                key: value
                for key, value in fields.items()
                if key not in ("seconds", "date", "command", "code")
            }
        return results

    def _tail(self, name):
        lines = (self.directory / f"{name}.txt").read_text().strip().splitlines()
        return " / ".join(lines[-3:])


def _follow(child, seconds=math.inf):
    """Waits until a sweep has ended or its processes have used so many seconds; returns these."""
    spent = 0
    try:
        # By looks and not by the clock, which goes on while a stopped machine or process does not.
        for _ in range(int(_PATIENCE / _LOOK)):
            if child.poll() is not None or spent >= seconds:
                break
            time.sleep(_LOOK)
            spent = max(spent, _spent(child.pid))
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)  # Ctrl-C takes it along
        raise
    return spent


def _spent(session):
    """The seconds of the processors that a session's processes have used."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += sum(map(int, fields[11:15]))  # its own, and those of its ended children
    return ticks / os.sysconf("SC_CLK_TCK")
