"""The figure of a comparison of readers: lines over lengths, bars by name.

A row is a dict: `part`, `name`, `layer`, `maxlen`, `validation` (accuracy after every epoch),
`test` (accuracy at the end) and `seconds` (per epoch).
"""

from statistics import median

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting
from keras_rnn_tutorials.plotting.style import CELL_COLOURS
from keras_rnn_tutorials.record import Record


def draw(record: Record) -> Figure:
    """Draws accuracy and seconds against the number of words, then accuracy by padding and remedy.

    Args:
        record: whose `measured["rows"]` are the rows.

    Returns:
        The figure.
    """
    return draw_runs([record])


def draw_runs(records: list[Record]) -> Figure:
    """Draws the same of several seeds: their medians, and the ranges that they span."""
    first = records[0]
    # A row's numbers are lists from here on, one value per seed.
    rows = [
        {**same[0], "test": [r["test"] for r in same], "seconds": [r["seconds"] for r in same]}
        for same in zip(*(record.measured["rows"] for record in records), strict=True)
    ]
    figure = Figure(figsize=(12, 9.5), layout="constrained")
    (left, right), below = figure.subplots(2, 2)
    count = first.dataset.examples["train"]
    figure.suptitle(
        "Is a film review positive? What more words cost, and what they gain "
        f"({first.title}, {plotting.seeds(records)})\n{count:,} training reviews, "
        f"{first.config['epochs']} epochs; dashed: guessing. "
        "Default: the last 500 words, zeros before them, not masked"
    )
    length = [row for row in rows if row["part"] == "length"]
    _lines(left, length, "test", "accuracy on test reviews (fraction right)")
    _lines(right, length, "seconds", "seconds per epoch (fastest epoch)")
    left.set(title="More words: how much better?", ylim=(0.45, 1))
    right.set(title="More words: how much slower?", ylim=(0, None))
    plain = [{**row, "name": "the default"} for row in length if row["maxlen"] == 500]
    for axes, parts, title in (
        (below[0], ("zeros", "cut"), "Which words are kept, and where zeros are added"),
        (below[1], ("remedy",), "Remedies for long sequences"),
    ):
        _by_name(axes, plain + [row for row in rows if row["part"] in parts], title)
    return figure


def _lines(axes, rows: list[dict], key: str, label: str):
    """Draws a row's numbers `key` against the number of words, one line per layer."""
    for layer in dict.fromkeys(row["layer"] for row in rows):
        own = [row for row in rows if row["layer"] == layer]
        words, middle = ([row["maxlen"] for row in own], [median(row[key]) for row in own])
        ranges = [
            [m - min(row[key]) for m, row in zip(middle, own, strict=True)],
            [max(row[key]) - m for m, row in zip(middle, own, strict=True)],
        ]
        style = {"marker": "o", "capsize": 3, "color": CELL_COLOURS[layer], "label": layer}
        axes.errorbar(words, middle, ranges, **style)
    if key == "test":
        axes.axhline(0.5, color="grey", linestyle="--")
    axes.set(xlabel="words per review (shorter reviews are padded)", ylabel=label)
    axes.set_xticks(sorted({row["maxlen"] for row in rows}))
    axes.grid(alpha=0.3)
    axes.legend()


def _by_name(axes, rows: list[dict], title: str):
    """Draws every seed's test accuracy as a dot, by name and layer, and writes the median."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    drawn = dict.fromkeys(row["layer"] for row in rows)
    height = 0.8 / len(drawn)
    for i, layer in enumerate(drawn):
        style, label = {"color": CELL_COLOURS[layer]}, layer
        for row in (row for row in rows if row["layer"] == layer):
            place = names.index(row["name"]) + (i - (len(drawn) - 1) / 2) * height
            axes.plot(row["test"], [place] * len(row["test"]), "-o", ms=4, alpha=0.6, **style)
            axes.plot(median(row["test"]), place, "D", ms=6, label=label, **style)
            shown = f"   {median(row['test']):.2f}"
            axes.annotate(shown, (max(row["test"]), place), va="center", fontsize=8)
            label = None  # once per layer
    axes.axvline(0.5, color="grey", linestyle="--")
    axes.set(title=title, xlabel="accuracy on test reviews (fraction right)", xlim=(0.45, 1))
    axes.set_yticks(range(len(names)), names)
    axes.grid(axis="x", alpha=0.3)
    axes.invert_yaxis()
    axes.legend(loc="upper left")
