"""Runs an experiment for many seeds and settings.

python -m experiments.sweep mnist_lstm --seeds=0:10
python -m experiments.sweep mnist_lstm --set=variant=as_published,corrected
python -m experiments.sweep mnist_lstm --seeds=0,3,7 --set=units=50,100

Every combination of the settings is run with every seed, in a folder of its own. Runs that are
recorded already are skipped, and an interrupted run continues from its last saved state: after
Ctrl-C or a crash, give the same command again. A run that fails does not stop the others; the exit
status is then 3. `--engine=ray` spreads the runs over the machines of a Ray cluster.
"""

import importlib
import sys
from pathlib import Path

from experiments.__main__ import known_name
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command, surroundings, sweep


def main():
    """Reads the command line and runs the sweep."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("experiment", help="the experiment to run")
    parser.add_argument("--seeds", default="0:5", help="FIRST:END, or a list such as 0,3,7 [0:5]")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE,VALUE",
        help="an option of the experiment and the values to combine; may be given several times",
    )
    parser.add_argument("--processes", type=int, default=0, help="runs at a time [one per core]")
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    parser.add_argument("--ray_address", help="of a Ray cluster [one is started on this machine]")
    parser.add_argument("--out_dir", default="runs", help="folder of all runs [runs]")
    given = parser.parse_args()
    experiment = known_name(given.experiment)
    settings = dict(_setting(experiment, text) for text in given.set)
    seeds = sweep.seeds(given.seeds)
    surroundings.check_backend()
    if given.engine == "ray":
        engine = sweep.on_ray(given.ray_address)
    else:
        engine = sweep.on_this_machine(given.processes)
    tasks = sweep.combinations(experiment, settings, seeds, Path(given.out_dir))
    failed = sweep.run(tasks, engine)
    sweep.print_results(tasks)
    sys.exit(3 if failed else 0)


def _setting(experiment: str, text: str) -> tuple[str, list]:
    """An option and its values, of the option's type."""
    name, _, values = text.partition("=")
    config_class = getattr(importlib.import_module(f"experiments.{experiment}"), "Config", None)
    if config_class is None:
        raise UserError(f"{experiment} is not an experiment: python -m experiments lists them.")
    flags = [f"--{name}={value}" for value in values.split(",")]
    return name, [command.parse([flag], config_class)[name] for flag in flags]


if __name__ == "__main__":
    with command.user_errors():
        main()
