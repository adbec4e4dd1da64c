"""Draws the figures again from recorded runs: no training, no data.

python -m experiments.plots                  every figure in plots/
python -m experiments.plots mnist_lstm       one experiment's
python -m experiments.plots --runs=runs      your own runs, beside their records
"""

import argparse
from pathlib import Path

from keras_rnn_tutorials import command, plotting, record
from keras_rnn_tutorials.errors import UserError

PLOTS = Path(__file__).parent.parent / "plots"


def figures(directory: Path, own_runs: bool, experiments: list[str]) -> dict[Path, record.Record]:
    """Finds the records and the figures that are drawn from them.

    Args:
        directory: where the records are.
        own_runs: whether it holds the directories of runs, or plots/'s named records.
        experiments: keep only these; all of them if empty.

    Returns:
        The record of each figure's path.

    Raises:
        UserError: there is no record to draw, or one is damaged.
    """
    paths = sorted(directory.rglob("record.json" if own_runs else "*.json"))
    records = {path: record.read(path) for path in paths}
    known = {r.experiment for r in records.values()}
    for name in experiments:
        if name not in known:
            raise UserError(f"No run of {name} is recorded in {directory}: {_choice(known)}.")
    if not records:
        raise UserError(f"No run is recorded in {directory}: run an experiment first.")
    return {
        path.with_name("curves.png") if own_runs else path.with_suffix(".png"): r
        for path, r in records.items()
        if not experiments or r.experiment in experiments
    }


def main():
    """Draws what the command line asks for."""
    parser = command.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("experiment", nargs="*", help="draw only the runs of these experiments")
    parser.add_argument("--runs", type=Path, help="draw the runs found under this directory")
    given = parser.parse_args()
    found = figures(given.runs or PLOTS, given.runs is not None, given.experiment)
    for path, run_record in found.items():
        figure = plotting.curves(run_record)
        kinds = (".png", ".svg") if given.runs else (".png",)
        for kind in kinds:
            plotting.save(figure, path.with_suffix(kind))
            print(path.with_suffix(kind))


def _choice(known: set[str]) -> str:
    return f"choose from {', '.join(sorted(known))}" if known else "run an experiment first"


if __name__ == "__main__":
    with command.user_errors():
        main()
