"""Draws the figures again from the recorded runs.

python -m experiments.plots                every figure in plots/
python -m experiments.plots mnist_lstm     one experiment's
python -m experiments.plots --runs=runs    your own runs, beside their records

Nothing is trained, and no data are read.
"""

import importlib
from pathlib import Path

from experiments.__main__ import summaries
from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command, folder
from keras_rnn_tutorials.storage import files
from keras_rnn_tutorials.storage.printable import escaped

PLOTS = Path(__file__).parent.parent / "plots"


def figures(directory: Path, own_runs: bool, experiments: list[str]) -> dict[Path, record.Record]:
    """Finds the records, and the paths of the figures that are drawn from them.

    Args:
        directory: of the records.
        own_runs: whether it holds folders of runs, instead of the named records of plots/.
        experiments: keep only these; all if empty.

    Returns:
        The record of each figure, by the figure's path.

    Raises:
        UserError: there is no record to draw, or one is damaged.
    """
    paths = sorted(directory.rglob("record.json" if own_runs else "*.json"))
    # The benchmarks draw their own figures, and an unfinished run has none.
    others = {"benchmarks", folder.UNFINISHED}
    runs = [(path, r) for path in paths if others.isdisjoint(path.parts) for r in record.read(path)]
    known = {r.experiment for _, r in runs}
    for name in experiments:
        if name not in known:
            raise UserError(f"No run of {name} is recorded in {directory}: {_choice(known)}.")
    if not runs:
        raise UserError(f"No run is recorded in {directory}: run an experiment first.")
    return {
        path.with_name(
            folder.figure_names(r)[0] if own_runs else f"{path.stem}-seed{r.seed}.png"
        ): r
        for path, r in runs
        if (r.history or r.measured) and (not experiments or r.experiment in experiments)
    }


def draw(path: Path, run_record: record.Record, kinds: tuple[str, ...]) -> dict[Path, bytes]:
    """Draws a record as its experiment draws it.

    Args:
        path: of the figure.
        run_record: what to draw.
        kinds: ".png", ".svg" or both.

    Returns:
        The contents of the figure's files.

    Raises:
        UserError: its experiment cannot draw the record.
    """
    drawing = plotting.curves
    if run_record.experiment in summaries():
        module = importlib.import_module(f"experiments.{run_record.experiment}")
        drawing = getattr(module, "draw", drawing)
    with plotting.drawing(path):
        figure = drawing(run_record)
        return {path.with_suffix(kind): plotting.rendered(figure, kind[1:]) for kind in kinds}


def main():
    """Draws the figures that the command line names."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("experiment", nargs="*", help="draw only these experiments")
    parser.add_argument(
        "--runs", type=Path, help="draw the runs under this folder instead of plots/"
    )
    given = parser.parse_args()
    found = figures(given.runs or PLOTS, given.runs is not None, given.experiment)
    kinds = (".png", ".svg") if given.runs else (".png",)
    drawn = [draw(path, run_record, kinds) for path, run_record in found.items()]
    for path, content in (item for contents in drawn for item in contents.items()):
        with files.writing(path.parent):
            files.write_whole(path, content)
        print(escaped(str(path)))


def _choice(known: set[str]) -> str:
    return f"choose from {', '.join(sorted(known))}" if known else "run an experiment first"


if __name__ == "__main__":
    with command.user_errors():
        main()
