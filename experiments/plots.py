"""Redraws the figures from the recorded runs.

python -m experiments.plots                every figure in plots/
python -m experiments.plots mnist_lstm     one experiment's
python -m experiments.plots --runs=runs    your own runs, beside their records

It trains nothing and reads no data.
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


def figures(
    directory: Path, own_runs: bool, experiments: list[str]
) -> dict[Path, list[record.Record]]:
    """Finds the records, and the paths of the figures that are drawn from them.

    Args:
        directory: of the records.
        own_runs: whether it holds folders of runs, instead of the named records of plots/.
        experiments: keep only these; all if empty.

    Returns:
        The runs that each figure shows, by the figure's path.

    Raises:
        UserError: there is no record to draw, or one is damaged.
    """
    paths = sorted(directory.rglob("record.json" if own_runs else "*.json"))
    # The benchmarks draw their own figures, and an unfinished run has none.
    others = {"benchmarks", folder.UNFINISHED}
    found = {path: record.read(path) for path in paths if others.isdisjoint(path.parts)}
    known = {runs[0].experiment for runs in found.values()}
    for name in experiments:
        if name not in known:
            raise UserError(f"No run of {name} is recorded in {directory}: {_choice(known)}.")
    if not found:
        raise UserError(f"No run is recorded in {directory}: run an experiment first.")
    return {
        path.with_name(folder.figure_names(runs[0])[0] if own_runs else f"{path.stem}.png"): runs
        for path, runs in found.items()
        if (runs[0].history or runs[0].measured)
        and (not experiments or runs[0].experiment in experiments)
    }


def draw(path: Path, runs: list[record.Record], kinds: tuple[str, ...]) -> dict[Path, bytes]:
    """Draws the runs of a configuration with their experiment's function.

    Args:
        path: of the figure.
        runs: what to draw; several are drawn by the experiment's `draw_runs`, or as bands.
        kinds: ".png", ".svg" or both.

    Returns:
        The contents of the figure's files.

    Raises:
        UserError: the experiment cannot draw them.
    """
    module = _module(runs[0].experiment)
    with plotting.drawing(path):
        if len(runs) == 1:
            figure = getattr(module, "draw", plotting.curves)(runs[0])
        elif hasattr(module, "draw_runs"):
            figure = module.draw_runs(runs)
        else:
            title = plotting.title(runs[0]).partition("\n")[0]
            figure = plotting.bands({runs[0].title: runs}, title)
        return {path.with_suffix(kind): plotting.rendered(figure, kind[1:]) for kind in kinds}


def overviews(found: dict[Path, list[record.Record]]) -> dict[Path, bytes]:
    """Draws, for each experiment that has a `draw_all`, its recorded configurations in one figure.

    Args:
        found: what `figures` found in plots/.

    Returns:
        The contents of the files `all.png`.
    """
    drawn = {}
    for directory in dict.fromkeys(path.parent for path in found):
        named = {path.stem: runs for path, runs in found.items() if path.parent == directory}
        module = _module(directory.name)
        if hasattr(module, "draw_all"):
            path = directory / "all.png"
            with plotting.drawing(path):
                drawn[path] = plotting.rendered(module.draw_all(named), "png")
    return drawn


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
    drawn = [draw(path, runs, kinds) for path, runs in found.items()]
    drawn += [] if given.runs else [overviews(found)]
    for path, content in (item for contents in drawn for item in contents.items()):
        with files.writing(path.parent):
            files.write_whole(path, content)
        print(escaped(str(path)))


def _module(experiment: str):
    """The experiment's module, or None if it does not exist."""
    return (
        importlib.import_module(f"experiments.{experiment}") if experiment in summaries() else None
    )


def _choice(known: set[str]) -> str:
    return f"choose from {', '.join(sorted(known))}" if known else "run an experiment first"


if __name__ == "__main__":
    with command.user_errors():
        main()
