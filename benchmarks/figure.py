"""Draws the figure of a comparison, only from its record.

python -m benchmarks.figure                                 all records in plots/benchmarks
python -m benchmarks.figure runs/benchmarks/compare.json    your own
"""

from pathlib import Path
from statistics import median

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks import results
from benchmarks.jobs import FAMILIES, JOBS
from benchmarks.roster import OURS, PEERS
from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.storage import files
from keras_rnn_tutorials.storage.printable import escaped

RECORDED = Path(__file__).parent.parent / "plots" / "benchmarks"
COLUMNS = 3
_COLOURS = {
    OURS: "tab:blue",
    "keras_tf": "tab:orange",
    "keras_tf_xla": "tab:orange",
    "keras_jax": "tab:orange",
    "torch": "tab:green",
    "torch_compile": "tab:green",
    "tf1": "tab:red",
    "compat_v1": "tab:red",
}
_RATIOS = {
    "plain_fit": "Common models with one import changed, and with one more line",
    "grid": "Models of random sizes under plain fit, with one import changed",
    "lengths": "Batches of 40 different lengths: the first pass compiles, later ones run",
    "start": "First calls compile; one prediction; the start of a command",
}
_GROWTH = {
    "time": ("Longer sequences: LSTM 100, batches of 50", "time steps of a sequence"),
    "units": ("Wider layers: LSTM, 28 steps, batches of 50", "units"),
    "batch": ("Larger batches: LSTM 100, 28 steps", "examples per batch"),
}


def draw(of: record.Record) -> Figure:
    """Draws bars for each job, lines for each family of sizes, and memory.

    A record of `benchmarks.turns` is drawn as one panel of ratios.

    Args:
        of: a record of `benchmarks.compare` or `benchmarks.turns`.

    Returns:
        The figure.
    """
    if comparisons := of.measured.get("comparisons"):
        return _ratios(of, comparisons)
    rows = {row["job"]: row for row in of.measured["rows"] if row["seconds"]}
    families = {
        family: [rows.pop(name) for name in names if name in rows]
        for family, names in FAMILIES.items()
    }
    families = [(family, members) for family, members in families.items() if members]
    panels = [(_seconds, row) for row in rows.values()]
    panels += [(_growing_seconds, family) for family in families]
    panels += [(_memory, row) for row in list(rows.values())[:1]]
    panels += [(_growing_memory, family) for family in families]
    lines = -(-len(panels) // COLUMNS)
    columns = min(len(panels), COLUMNS)
    figure = Figure(figsize=(6 * columns, 0.9 + 3.5 * lines), layout="constrained")
    figure.suptitle(_title(of))
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, (drawing, data) in zip(axes, panels, strict=False):
        drawing(panel, data)
    for panel in axes[len(panels) :]:
        panel.remove()
    return figure


def _title(of: record.Record) -> str:
    shown = [record.Data(**d).title for d in of.measured["datasets"].values()]
    rounds = of.config["rounds"]
    of_rounds = f"median, fastest and slowest of {rounds} rounds" if rounds > 1 else "one round"
    lines = [
        "The same work on a CPU: " + ", ".join(shown or ["random numbers"]),
        f"{of.environment.cores} cores of {of.environment.processor}; {of_rounds}; "
        "2×: this package is twice as fast",
    ]
    if of.config["rows"]:
        lines.append(f"A trial with {of.config['rows']:,} examples: no result to quote")
    return "\n".join(lines)


def title(job: str, part: str) -> str:
    """A job and the part of its work, if it is not all of it."""
    return f"{job}: {part}" if part else job


def _ratios(of: record.Record, comparisons: list[dict]) -> Figure:
    """Draws a dot for each way of each job: how many times as fast as the first way it was."""
    references = {next(iter(comparison["times"])) for comparison in comparisons}
    compared = []
    for comparison in comparisons:
        reference = next(iter(comparison["times"]))
        name = title(comparison["job"], comparison["part"])
        name += f" (1: {reference})" if len(references) > 1 else ""
        compared += [(name, way, ratio) for way, ratio in comparison["ratios"].items()]
    ways = list(dict.fromkeys(way for _, way, _ in compared))
    jobs = list(dict.fromkeys(job for job, *_ in compared))
    figure = Figure(
        figsize=(10, 1.6 + 0.2 * len(compared) + 0.12 * len(jobs)), layout="constrained"
    )
    axes = figure.subplots()
    figure.suptitle(
        f"{_RATIOS[of.config['measurement']]}\n{of.environment.cores} cores of "
        f"{of.environment.processor}; medians of {of.config['rounds']} rounds with their intervals",
        fontsize=11,
    )
    middles, place = [], 0.0
    for job in jobs:
        own = [(way, ratio) for name, way, ratio in compared if name == job]
        for number, (way, ratio) in enumerate(own):
            colour, ends = f"C{ways.index(way)}", [ratio["low"], ratio["high"]]
            axes.plot(ends, [place + number] * 2, color=colour, linewidth=2)
            axes.plot(ratio["median"], place + number, "o", color=colour)
            axes.annotate(
                f"{ratio['median']:.2f}×",
                (ratio["high"], place + number),
                (6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        middles.append(place + (len(own) - 1) / 2)
        place += len(own) + 0.6
    for number, way in enumerate(ways):
        axes.plot([], [], "o-", color=f"C{number}", label=way)
    axes.axvline(1, color="0.3", linewidth=1)
    axes.set_yticks(middles, jobs)
    alone = references.pop() if len(references) == 1 else "what is named as 1"
    axes.set(xscale="log", xlabel=f"times as fast as {alone}")
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_xlim(right=1.35 * axes.get_xlim()[1])  # leaves room for the labels
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    if len(ways) > 1:
        figure.legend(loc="outside lower right", ncols=len(ways))
    return figure


def _seconds(axes, row: dict):
    """Draws a bar for each peer, with its time and how many times as fast this package is."""
    job, rows = JOBS[row["job"]], {}
    for peer in [peer for peer in PEERS if peer in row["seconds"]]:
        rows[PEERS[peer].title] = (row["seconds"][peer], results.ratio(row, peer), _COLOURS[peer])
    if floor := row.get("floor"):
        seconds = [floor["seconds"]]
        of_ours = seconds[0] / median(row["seconds"][OURS]) if OURS in row["seconds"] else None
        rows["the matrix products alone"] = (seconds, of_ours, "tab:gray")
    medians = [median(seconds) for seconds, *_ in rows.values()]
    slowest = [max(seconds) for seconds, *_ in rows.values()]
    fastest = [min(seconds) for seconds, *_ in rows.values()]
    spread = np.abs(np.array([fastest, slowest]) - medians)
    labels = [
        f"{value:.3g} s" + (f"   {of_ours:.2f}×" if of_ours else "")
        for value, (_, of_ours, _) in zip(medians, rows.values(), strict=True)
    ]
    style = {"color": [colour for *_, colour in rows.values()], "xerr": spread, "ecolor": "0.3"}
    _bars(axes, list(rows), medians, labels, slowest, style)
    axes.set(
        title=job.title,
        xlabel=f"seconds {'per epoch' if job.timed == 'epoch' else 'to predict the test set'}",
    )


def _memory(axes, row: dict):
    """Draws a bar for each peer; the paler end is memory that maps files."""
    peers = [peer for peer in PEERS if peer in row["megabytes"]]
    names = [PEERS[peer].title for peer in peers]
    values = [row["megabytes"][peer] for peer in peers]
    own = [results.own_megabytes(row, peer) for peer in peers]
    labels = [f"{value:,.0f} MB" for value in values]
    colours = [_COLOURS[peer] for peer in peers]
    _bars(axes, names, values, labels, values, {"color": colours, "alpha": 0.4})
    axes.barh(names, own, height=0.7, color=colours)
    axes.set(
        title=f"Memory: {JOBS[row['job']].title}",
        xlabel="peak MB (pale: libraries' code)",
    )


def _bars(axes, names: list, values: list, labels: list, ends: list, style: dict):
    """Draws horizontal bars, the first on top, with labels after their ends."""
    axes.barh(names, values, height=0.7, **style)
    for place, (end, label) in enumerate(zip(ends, labels, strict=True)):
        axes.annotate(
            label, (end, place), (4, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_xlim(0, 1.5 * max(ends))  # leaves room for the labels
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _growing_seconds(axes, family_and_rows: tuple[str, list[dict]]):
    """Draws a line for each peer: milliseconds per training step by size."""
    family, rows = family_and_rows
    for number, peer in enumerate(_drawn(rows)):
        side = 1 if number % 2 else -1  # points of the line at which its ratios are written
        own, sizes = _sizes(family, rows, peer)
        steps = [JOBS[row["job"]].steps for row in own]
        times = [1000 * median(row["seconds"][peer]) / n for row, n in zip(own, steps, strict=True)]
        axes.plot(sizes, times, marker="o", color=_COLOURS[peer], label=PEERS[peer].title)
        for row, size, value in zip(own, sizes, times, strict=True):
            if peer != OURS and (of_ours := results.ratio(row, peer)):
                axes.annotate(
                    f"{of_ours:.1f}×",
                    (size, value),
                    (-4 * side, 5 * side),
                    textcoords="offset points",
                    ha="right" if side > 0 else "left",
                    va="bottom" if side > 0 else "top",
                    fontsize=8,
                    color=_COLOURS[peer],
                )
    axes.set(title=_GROWTH[family][0], ylabel="milliseconds per training step", yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    _over_sizes(axes, family, rows)
    axes.set_ylim(top=4 * axes.get_ylim()[1])  # leaves room for the legend


def _growing_memory(axes, family_and_rows: tuple[str, list[dict]]):
    """Draws two lines for each peer by size: all memory, and memory without mapped files."""
    family, rows = family_and_rows
    for peer in _drawn(rows):
        own, sizes = _sizes(family, rows, peer)
        style = {"marker": "o", "color": _COLOURS[peer]}
        values = [row["megabytes"][peer] for row in own]
        axes.plot(sizes, values, **style, label=PEERS[peer].title)
        values = [results.own_megabytes(row, peer) for row in own]
        axes.plot(sizes, values, **style, linestyle="dashed")
    axes.set(
        title=f"Memory: {_GROWTH[family][0]}",
        ylabel="peak MB (dashed: without libraries' code)",
    )
    _over_sizes(axes, family, rows)
    axes.set_ylim(0, 1.4 * axes.get_ylim()[1])


def _drawn(rows: list[dict]) -> list[str]:
    return [peer for peer in PEERS if any(peer in row["seconds"] for row in rows)]


def _sizes(family: str, rows: list[dict], peer: str) -> tuple[list[dict], list[int]]:
    """The rows that have a peer, and their sizes."""
    own = [row for row in rows if peer in row["seconds"]]
    return own, [getattr(JOBS[row["job"]], family) for row in own]


def _over_sizes(axes, family: str, rows: list[dict]):
    """Sets up what all panels by size have in common."""
    axes.set(xlabel=_GROWTH[family][1], xscale="log")
    axes.set_xticks([getattr(JOBS[row["job"]], family) for row in rows])
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.minorticks_off()
    axes.margins(x=0.15, y=0.1)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")


def main():
    """Draws the figures of the records that the command line names."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("record", type=Path, nargs="*", help="the JSON of a comparison")
    paths = parser.parse_args().record or sorted(RECORDED.glob("*.json"))
    if not paths:
        raise UserError(f"No comparison is recorded in {RECORDED}: run benchmarks.compare first.")
    figures = {path.with_suffix(".png"): rendered(path, "png") for path in paths}
    for path, content in figures.items():
        with files.writing(path.parent):
            files.write_whole(path, content)
        print(escaped(str(path)))


def rendered(path: Path, kind: str) -> bytes:
    """The content of the figure of a comparison.

    Args:
        path: of its record.
        kind: "png" or "svg".

    Returns:
        The bytes of a file.

    Raises:
        UserError: the record cannot be read or drawn.
    """
    found = read(path)
    with plotting.drawing(path):
        return plotting.rendered(draw(found), kind)


def read(path: Path) -> record.Record:
    """Reads the record of a comparison.

    Args:
        path: of its JSON.

    Returns:
        The record.

    Raises:
        UserError: it cannot be read, or is a record of something else.
    """
    found, *_ = record.read(path)
    if found.experiment != "benchmarks":
        raise UserError(f"{path} records {found.experiment}, no comparison: check the path.")
    return found


if __name__ == "__main__":
    with command.user_errors():
        main()
