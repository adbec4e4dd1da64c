"""Faults on purpose, many of each: `python -m tests.faults --rounds=100`.

Every round causes a fault and inspects the result; the table counts the rounds in which nothing was
lost or wrong. For damaged files there are ten times as many rounds, including TFRecords if
TFDS_DATA_DIR contains a prepared MNIST. A full disk is a small file system in memory, which only
root can mount. If something goes wrong, it is printed and the exit status is 1.
"""

import argparse
import contextlib
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import (
    damage,
    hostile,
    kills,
    one_thread,  # noqa: F401  starts Python again
    samples,
    sweeps,
    writes,
)

SMALL = ("tests.faults.small", [])
SHORT = ["--data=sample", "--epochs=2", "--batch_size=500"]
EXPERIMENTS = {
    "experiments.mnist_lstm": [*SHORT, "--units=16"],
    "experiments.imdb_simplernn": SHORT,
    "experiments.bidirectional_lstm": [*SHORT, "--units=16", "--variant=dynamic"],
}
STOPS = [
    ("moment", signal.SIGKILL),
    ("write", signal.SIGKILL),
    ("moment", signal.SIGTERM),
    ("moment", signal.SIGINT),
]


def main():
    """Makes the faults that the command line asks for, and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=100, help="of each fault [100]")
    parser.add_argument("--seed", type=int, default=0, help="of what is random [0]")
    parser.add_argument(
        "--only", default="", help="faults whose name holds this, such as mnist_lstm or damaged"
    )
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as root, contextlib.suppress(KeyboardInterrupt):
        # First what forks: the rest starts TensorFlow in this process.
        for name, rounds in _faults(Path(root), given):
            rows.append(Row(name))
            rows[-1].fill(rounds)
            print(rows[-1], flush=True)
    print("\n| fault | rounds | survived | seconds a round, median |\n|---|---|---|---|")
    print(*rows, sep="\n")
    sys.exit(1 if any(row.failed for row in rows) else 0)


class Row:
    """A fault's line of the table, which Ctrl-C leaves with the rounds made so far."""

    def __init__(self, name):
        self.name, self.seconds, self.failed = name, [], 0

    def fill(self, rounds):
        """Makes the rounds, and prints what goes wrong at once."""
        start = time.monotonic()
        for fault in rounds:
            self.seconds.append(time.monotonic() - start)
            if fault is not None:
                self.failed += 1
                print(f"{self.name}: {fault}", flush=True)
            start = time.monotonic()

    def __str__(self):
        done = len(self.seconds)
        seconds = statistics.median(self.seconds or [0])
        return f"| {self.name} | {done:,} | {done - self.failed:,} | {seconds:.3f} |"


def _faults(root, given):
    rng, rounds, only = random.Random(given.seed), given.rounds, given.only
    for module, arguments in (SMALL, *EXPERIMENTS.items()):
        short = module.rpartition(".")[2]
        names = {stop: f"{short}: {stop[1].name} at a random {stop[0]}" for stop in STOPS}
        if not any(only in name for name in names.values()):
            continue
        samples.keep(module)
        experiment = kills.Experiment(module, arguments, root / short)
        seconds = f"{experiment.seconds:.1f} s of the processors"
        print(f"{short}: {seconds} if nothing stops it", flush=True)
        for stop, name in names.items():
            if only in name:
                yield name, (experiment.round(i, rng, *stop) for i in range(rounds))
        print(f"{short}: {experiment.stops} stops hit a run under way", flush=True)
    name = "sweep: SIGKILL at five random moments"
    if only in name:
        sweep = sweeps.Sweep(root / "sweep")
        print(f"sweep: {sweep.seconds:.0f} s of the processors if nothing stops it", flush=True)
        yield name, (sweep.round(i, rng) for i in range(rounds))
        print(f"sweep: {sweep.kills} kills hit a sweep under way", flush=True)
    name = "each write failing with ENOSPC, EIO, EACCES"
    if only in name:
        yield name, _failing_writes(root / "writes")
    name = "a full disk"
    if only in name and os.geteuid() == 0:
        sizes = (rng.randint(4, 700) for _ in range(rounds))
        yield name, (writes.full_disk(size, root / f"disk{i}") for i, size in enumerate(sizes))
    kinds = {"damaged": damage.KINDS, "hostile": hostile.KINDS}
    for what, kind in ((what, kind) for what, of in kinds.items() for kind in of):
        name = f"{what} file: {kind.__name__}"
        prepared = os.path.isdir(os.environ.get("TFDS_DATA_DIR", ""))
        if only in name and (prepared or not kind.needs_data):
            one = kind(root / what)
            yield name, (one.round(rng) for _ in range(10 * rounds))


def _failing_writes(root):
    directory = writes.Directory(root)
    for number in writes.NUMBERS:
        at, there = 1, True
        while there:
            there, fault = directory.fail(at, number)
            at += 1
            if there:
                yield fault


if __name__ == "__main__":
    main()
