"""Draws the figures again from recorded runs: no training, no data.

python -m experiments.plots                  every figure in plots/
python -m experiments.plots mnist_lstm       one experiment's
python -m experiments.plots --runs=runs      your own runs, beside their records
"""

import argparse
import importlib
from pathlib import Path

from matplotlib.figure import Figure

from experiments.__main__ import summaries
from keras_rnn_tutorials import command, outputs, plotting, record
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
    paths = [path for path in paths if path.parent.name != "benchmarks"]  # theirs to draw
    records = {path: record.read(path) for path in paths}
    known = {r.experiment for r in records.values()}
    for name in experiments:
        if name not in known:
            raise UserError(f"No run of {name} is recorded in {directory}: {_choice(known)}.")
    if not records:
        raise UserError(f"No run is recorded in {directory}: run an experiment first.")
    return {
        path.with_name(outputs.figure_names(r)[0]) if own_runs else path.with_suffix(".png"): r
        for path, r in records.items()
        if not experiments or r.experiment in experiments
    }


def draw(path: Path, run_record: record.Record) -> Figure:
    """Draws a record as its experiment draws it.

    Args:
        path: of the figure, for the message.
        run_record: what to draw.

    Returns:
        The figure.

    Raises:
        UserError: the record is not one that its experiment can draw.
    """
    drawing = plotting.curves
    if run_record.experiment in summaries():
        module = importlib.import_module(f"experiments.{run_record.experiment}")
        drawing = getattr(module, "draw", drawing)
    try:
        return drawing(run_record)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UserError(
            f"The record of {path} is damaged ({type(error).__name__} while drawing it): make the "
            "run again."
        ) from error


def main():
    """Draws what the command line asks for."""
    parser = command.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("experiment", nargs="*", help="draw only the runs of these experiments")
    parser.add_argument("--runs", type=Path, help="draw the runs found under this directory")
    given = parser.parse_args()
    found = figures(given.runs or PLOTS, given.runs is not None, given.experiment)
    drawn = {path: draw(path, run_record) for path, run_record in found.items()}
    for path, figure in drawn.items():
        for kind in (".png", ".svg") if given.runs else (".png",):
            plotting.save(figure, path.with_suffix(kind))
            print(path.with_suffix(kind))


def _choice(known: set[str]) -> str:
    return f"choose from {', '.join(sorted(known))}" if known else "run an experiment first"


if __name__ == "__main__":
    with command.user_errors():
        main()
