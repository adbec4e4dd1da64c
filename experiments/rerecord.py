"""Makes the recorded runs again, on the real data.

python -m experiments.rerecord               all of them, in about an hour
python -m experiments.rerecord mnist_lstm    one experiment's
"""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from experiments import plots
from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.config import DataConfig, RunConfig, run_name
from keras_rnn_tutorials.storage import files

# Every recorded configuration: the experiment, its flags, its seeds.
RECORDED = [
    ("mnist_lstm", {}, (0, 1, 2)),
    ("mnist_lstm", {"variant": "corrected"}, (0, 1, 2)),
    ("imdb_simplernn", {}, (0, 1, 2)),
    ("imdb_simplernn", {"padding": "post"}, (0,)),
    ("imdb_simplernn", {"truncating": "post"}, (0,)),
    *(
        ("bidirectional_lstm", {"variant": variant, "readout": readout, "dataset": dataset}, (0,))
        for dataset in ("mnist", "imdb")
        for variant in ("static", "dynamic")
        for readout in ("last_output", "final_states")
    ),
    ("handwritten_rnn", {}, (0,)),
    ("static_vs_dynamic", {}, (0,)),
    ("tf1_parity", {}, (0,)),
    ("cell_variants", {}, (0,)),
    ("vanishing_gradients", {}, (0,)),
    ("unrolled_lstm", {}, (0,)),
    ("long_sequences", {"full": True}, (0,)),
]


def path(experiment: str, flags: dict) -> Path:
    """The path of a configuration's record."""
    return plots.PLOTS / experiment / f"{run_name(_config_class(experiment)(**flags))}.json"


def run(experiment: str, flags: dict, seed: int) -> record.Record:
    """Runs an experiment as its command does, and returns the record alone."""
    values = {**flags, "seed": seed}
    if issubclass(_config_class(experiment), DataConfig):
        values["data"] = "tfds"
    arguments = [f"--{name}={value}" for name, value in values.items()]
    with tempfile.TemporaryDirectory() as directory:
        _run(experiment, *arguments, f"--out_dir={directory}/run")
        (made,) = record.read(Path(directory, "run", "record.json"))
    return made


def main():
    """Records the runs, draws their figures, and writes the README's tables."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("experiment", nargs="*", help="record only these experiments")
    wanted = parser.parse_args().experiment
    known = sorted({experiment for experiment, *_ in RECORDED})
    for experiment in wanted:
        if experiment not in known:
            raise UserError(f"{experiment} has no recorded runs: choose from {', '.join(known)}.")
    for experiment, flags, seeds in RECORDED:
        if not wanted or experiment in wanted:
            runs, kept = [run(experiment, flags, seed) for seed in seeds], path(experiment, flags)
            with files.writing(kept.parent):
                kept.parent.mkdir(exist_ok=True)
                record.write(kept, *runs)
            print(kept)
    _run("plots", *wanted)
    _run("results", "--write")


def _config_class(experiment: str) -> type[RunConfig]:
    return importlib.import_module(f"experiments.{experiment}").Config


def _run(module: str, *arguments: str):
    """Runs a command of this package; if it fails, this process ends with the same status."""
    done = subprocess.run([sys.executable, "-m", f"experiments.{module}", *arguments])
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    with command.user_errors():
        main()
