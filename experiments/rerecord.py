"""Repeats the recorded runs, on the real data.

python -m experiments.rerecord               all of them
python -m experiments.rerecord mnist_lstm    one experiment's

It first prints how long this takes. The runs are executed in parallel, one per core, in
runs/rerecord/COMMIT/. If the command is interrupted, run it again and it continues. A
configuration's record in plots/ is replaced when all its runs are complete. The working tree must
be clean, because a record names the commit that produced it.
"""

import importlib
import statistics
import subprocess
import sys
from pathlib import Path

from experiments import plots
from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Code, Record
from keras_rnn_tutorials.runner import command, surroundings, sweep
from keras_rnn_tutorials.runner.config import DataConfig, RunConfig, run_name
from keras_rnn_tutorials.storage import files

_BIDIRECTIONAL = [
    {"variant": variant, "readout": readout, "dataset": dataset}
    for dataset in ("mnist", "imdb")
    for variant in ("static", "dynamic")
    for readout in ("last_output", "final_states")
]
# Every recorded configuration: the experiment, its flags, its number of seeds.
RECORDED = [
    ("mnist_lstm", {}, 10),
    ("mnist_lstm", {"variant": "corrected"}, 10),
    ("imdb_simplernn", {}, 10),
    ("imdb_simplernn", {"padding": "post"}, 5),
    ("imdb_simplernn", {"truncating": "post"}, 5),
    ("unrolled_lstm", {}, 5),
    ("cell_variants", {}, 5),
    *(("bidirectional_lstm", flags, 5) for flags in _BIDIRECTIONAL if flags["dataset"] == "mnist"),
    *(("bidirectional_lstm", flags, 1) for flags in _BIDIRECTIONAL if flags["dataset"] == "imdb"),
    ("vanishing_gradients", {}, 5),
    ("long_sequences", {"full": True}, 1),
    ("look_inside", {}, 1),
    ("look_inside", {"cell": "GRU"}, 1),
    ("look_inside", {"cell": "SimpleRNN"}, 1),
    ("look_inside", {"bidirectional": True}, 1),
    ("look_inside", {"dataset": "imdb"}, 1),
    ("look_inside", {"dataset": "imdb", "cell": "SimpleRNN"}, 1),
    ("look_inside", {"dataset": "imdb", "cell": "GRU"}, 1),
    ("look_inside", {"dataset": "imdb", "bidirectional": True}, 1),
    ("handwritten_rnn", {}, 1),
    ("tf1_parity", {}, 1),
    ("static_vs_dynamic", {}, 1),
]
_STARTING = 10.0  # seconds of a run in addition to those in its record


def path(experiment: str, flags: dict) -> Path:
    """The path of a configuration's record."""
    return plots.PLOTS / experiment / f"{run_name(_config_class(experiment)(**flags))}.json"


def tasks(experiment: str, flags: dict, seeds: int, runs_dir: Path) -> list[sweep.Task]:
    """The runs of a configuration."""
    settings = {name: [value] for name, value in flags.items()}
    if issubclass(_config_class(experiment), DataConfig):
        settings["data"] = ["tfds"]
    return sweep.combinations(experiment, settings, range(seeds), runs_dir)


def main():
    """Records the runs, draws their figures, and writes the README's tables."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("experiment", nargs="*", help="record only these experiments")
    parser.add_argument("--processes", type=int, default=0, help="runs at a time [one per core]")
    given = parser.parse_args()
    known = sorted({experiment for experiment, *_ in RECORDED})
    for experiment in given.experiment:
        if experiment not in known:
            raise UserError(f"{experiment} has no recorded runs: choose from {', '.join(known)}.")
    surroundings.check_backend()
    runs_dir = Path("runs", "rerecord", _clean_commit())
    configurations = {
        path(experiment, flags): tasks(experiment, flags, seeds, runs_dir)
        for experiment, flags, seeds in RECORDED
        if not given.experiment or experiment in given.experiment
    }
    engine = sweep.on_this_machine(given.processes)
    left = {kept: sum(not task.recorded() for task in of) for kept, of in configurations.items()}
    minutes = sum(count * _seconds(kept) for kept, count in left.items()) / 60
    print(f"{sum(left.values())} runs remain: about {minutes:.0f} minutes of one process.")
    failed = sweep.run([task for of in configurations.values() for task in of], engine)
    for kept, of in configurations.items():
        made = [found for task in of if (found := task.recorded())]
        if len(made) == len(of):
            with files.writing(kept.parent):
                kept.parent.mkdir(exist_ok=True)
                record.write(kept, *made)
            print(kept)
    if failed:
        sys.exit(3)
    _run("plots", *given.experiment)
    _run("results", "--write")


def _clean_commit() -> str:
    here = Code.here()
    if here.commit is None or not here.clean:
        raise UserError("Records name the commit that produced them: commit all changes first.")
    return here.commit[:12]


def _seconds(kept: Path) -> float:
    """The expected duration of a run, from the current record."""
    if not kept.exists():
        return 0.0
    return statistics.mean(map(_spent, record.read(kept))) + _STARTING


def _spent(one: Record) -> float:
    return one.seconds.load + one.seconds.compile + sum(one.seconds.epochs) + one.seconds.measure


def _config_class(experiment: str) -> type[RunConfig]:
    return importlib.import_module(f"experiments.{experiment}").Config


def _run(module: str, *arguments: str):
    """Runs a command of this package; if it fails, this process exits with the same status."""
    done = subprocess.run([sys.executable, "-m", f"experiments.{module}", *arguments])
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    with command.user_errors():
        main()
