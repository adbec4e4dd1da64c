"""The figure of a comparison of readers: lines over lengths, bars by name.

A row is a dict: `part`, `name`, `layer`, `maxlen`, `validation` (accuracy after every epoch),
`test` (accuracy at the end) and `seconds` (per epoch).
"""

from matplotlib.figure import Figure

from keras_rnn_tutorials.plotting.style import CELL_COLOURS
from keras_rnn_tutorials.record import Record


def draw(record: Record) -> Figure:
    """Draws accuracy and seconds against the number of words, then accuracy by padding and remedy.

    Args:
        record: whose `measured["rows"]` are the rows.

    Returns:
        The figure.
    """
    rows = record.measured["rows"]
    figure = Figure(figsize=(12, 9.5), layout="constrained")
    (left, right), below = figure.subplots(2, 2)
    count = record.dataset.examples["train"]
    figure.suptitle(
        "Is a film review positive? What more words cost, and what they gain "
        f"({record.title}, seed {record.seed})\n{count:,} training reviews, "
        f"{record.config['epochs']} epochs; dashed: guessing. "
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
        _bars(axes, plain + [row for row in rows if row["part"] in parts], title)
    return figure


def _lines(axes, rows: list[dict], key: str, label: str):
    """Draws a row's number `key` against the number of words, one line per layer."""
    for layer in dict.fromkeys(row["layer"] for row in rows):
        points = [(row["maxlen"], row[key]) for row in rows if row["layer"] == layer]
        axes.plot(*zip(*points, strict=True), marker="o", color=CELL_COLOURS[layer], label=layer)
    if key == "test":
        axes.axhline(0.5, color="grey", linestyle="--")
    axes.set(xlabel="words per review (shorter reviews are padded)", ylabel=label)
    axes.set_xticks(sorted({row["maxlen"] for row in rows}))
    axes.grid(alpha=0.3)
    axes.legend()


def _bars(axes, rows: list[dict], title: str):
    """Draws the test accuracy as a bar per name and layer; the first row of a name places it."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    drawn = dict.fromkeys(row["layer"] for row in rows)
    height = 0.8 / len(drawn)
    for i, layer in enumerate(drawn):
        own = [row for row in rows if row["layer"] == layer]
        places = [names.index(row["name"]) + (i - (len(drawn) - 1) / 2) * height for row in own]
        values = [row["test"] for row in own]
        bar = axes.barh(places, values, height, color=CELL_COLOURS[layer], label=layer)
        axes.bar_label(bar, fmt="%.2f", padding=2, fontsize=8)
    axes.axvline(0.5, color="grey", linestyle="--")
    axes.set(title=title, xlabel="accuracy on test reviews (fraction right)", xlim=(0.4, 1.25))
    axes.set_xticks([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.legend(loc="lower right")
