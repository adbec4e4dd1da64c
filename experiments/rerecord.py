"""Makes the recorded runs of plots/ again, on the real data; about an hour on 2 cores.

python -m experiments.rerecord                    all of them
python -m experiments.rerecord mnist_lstm         one experiment's
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

from experiments import plots
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.storage import files

_CHOICES = itertools.product(
    ("mnist", "imdb"), ("static", "dynamic"), ("last_output", "final_states")
)

# Every recorded run: the experiment, the name of its files, its flags, its seeds.
RECORDED = [
    ("mnist_lstm", "as_published", {"variant": "as_published"}, (0, 1, 2)),
    ("mnist_lstm", "corrected", {"variant": "corrected"}, (0, 1, 2)),
    ("imdb_simplernn", "default", {}, (0, 1, 2)),
    ("imdb_simplernn", "padding-post", {"padding": "post"}, (0,)),
    ("imdb_simplernn", "truncating-post", {"truncating": "post"}, (0,)),
    *(
        (
            "bidirectional_lstm",
            f"{dataset}-{variant}-{readout}",
            {"dataset": dataset, "variant": variant, "readout": readout},
            (0,),
        )
        for dataset, variant, readout in _CHOICES
    ),
    ("handwritten_rnn", "default", {}, (0,)),
    ("static_vs_dynamic", "default", {}, (0,)),
    ("tf1_parity", "default", {}, (0,)),
    ("cell_variants", "default", {}, (0,)),
    ("vanishing_gradients", "default", {}, (0,)),
    ("unrolled_lstm", "default", {}, (0,)),
    ("long_sequences", "full", {"full": True}, (0,)),
]


def record(experiment: str, name: str, flags: dict, seed: int) -> Path:
    """Runs an experiment as its command does, and keeps the record alone.

    Args:
        experiment: its name.
        name: of the kept file, before the seed.
        flags: the flags that differ from its defaults.
        seed: of the run.

    Returns:
        Where the record is kept.
    """
    kept = plots.PLOTS / experiment / f"{name}-seed{seed}.json"
    kept.parent.mkdir(exist_ok=True)
    arguments = [f"--{name}={value}" for name, value in {**flags, "seed": seed}.items()]
    with tempfile.TemporaryDirectory() as directory:
        _run(experiment, "--data=tfds", *arguments, f"--out_dir={directory}/run")
        with files.writing(kept.parent):
            files.write_whole(kept, Path(directory, "run", "record.json").read_bytes())
    return kept


def main():
    """Records what the command line asks for, then draws the figures and writes the tables."""
    parser = command.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("experiment", nargs="*", help="record only these experiments")
    wanted = parser.parse_args().experiment
    known = sorted({experiment for experiment, *_ in RECORDED})
    for experiment in wanted:
        if experiment not in known:
            raise UserError(f"{experiment} has no recorded runs: choose from {', '.join(known)}.")
    for experiment, name, flags, seeds in RECORDED:
        if not wanted or experiment in wanted:
            for seed in seeds:
                print(record(experiment, name, flags, seed))
    _run("plots", *wanted)
    _run("results", "--write")


def _run(module: str, *arguments: str):
    """Runs a command of this package; where it fails, so does this, with its status."""
    done = subprocess.run([sys.executable, "-m", f"experiments.{module}", *arguments])
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    with command.user_errors():
        main()
