"""The table and the figure of a comparison of readers: lines over lengths, bars by name.

A row is a dict: `part`, `name`, `layer`, `maxlen`, `validation` (accuracy after every epoch),
`test` (accuracy at the end) and `seconds` (of an epoch).
"""

from matplotlib.figure import Figure

from keras_rnn_tutorials.record import Record

_COLOURS = {"SimpleRNN": "tab:blue", "LSTM": "tab:orange", "GRU": "tab:green"}


def table(rows: list[dict]) -> str:
    """Writes the rows as a table for a person.

    Args:
        rows: what to write.

    Returns:
        A line for each, under a heading.
    """
    lines = [f"{'':28}{'':12}{'validation':>10}{'test':>8}{'seconds an epoch':>18}"]
    for row in rows:
        accuracies = f"{row['validation'][-1]:10.3f}{row['test']:8.3f}"
        lines.append(f"{row['name']:28}{row['layer']:12}{accuracies}{row['seconds']:18.1f}")
    return "\n".join(lines)


def draw(record: Record) -> Figure:
    """Draws accuracy and seconds against the words, then accuracy by zeros and cut, by remedy.

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
        f"Is a film review a praise? Read word by word, up to 1000 words ({record.title}, seed "
        f"{record.seed})\n{count:,} training reviews, {record.config['epochs']} epochs; dashes: "
        "a guess. Unless said otherwise: the last 500 words, zeros in front, not masked"
    )
    length = [row for row in rows if row["part"] == "length"]
    _lines(left, length, "test", "accuracy on test reviews (fraction right)")
    _lines(right, length, "seconds", "seconds an epoch (fastest epoch)")
    left.set(title="More words: how much better?", ylim=(0.45, 1))
    right.set(title="More words: how much slower?", ylim=(0, None))
    plain = [{**row, "name": "as it is"} for row in length if row["maxlen"] == 500]
    for axes, parts, title in (
        (below[0], ("zeros", "cut"), "Which words, and where the zeros that fill up stand"),
        (below[1], ("remedy",), "Remedies against the length"),
    ):
        _bars(axes, plain + [row for row in rows if row["part"] in parts], title)
    return figure


def _lines(axes, rows: list[dict], key: str, label: str):
    """Draws a line for each layer over the number of words.

    Args:
        axes: to draw on.
        rows: one for every layer and length.
        key: which number of a row.
        label: of the vertical axis.
    """
    for layer in dict.fromkeys(row["layer"] for row in rows):
        points = [(row["maxlen"], row[key]) for row in rows if row["layer"] == layer]
        axes.plot(*zip(*points, strict=True), marker="o", color=_COLOURS[layer], label=layer)
    if key == "test":
        axes.axhline(0.5, color="grey", linestyle="--")
    axes.set(xlabel="words of a review (shorter ones are filled up)", ylabel=label)
    axes.set_xticks(sorted({row["maxlen"] for row in rows}))
    axes.grid(alpha=0.3)
    axes.legend()


def _bars(axes, rows: list[dict], title: str):
    """Draws the test accuracy as a bar for each name and layer, those of a name side by side.

    Args:
        axes: to draw on.
        rows: the first of a name decides where it stands.
        title: of the panel.
    """
    names = list(dict.fromkeys(row["name"] for row in rows))
    drawn = dict.fromkeys(row["layer"] for row in rows)
    height = 0.8 / len(drawn)
    for i, layer in enumerate(drawn):
        own = [row for row in rows if row["layer"] == layer]
        places = [names.index(row["name"]) + (i - (len(drawn) - 1) / 2) * height for row in own]
        values = [row["test"] for row in own]
        bar = axes.barh(places, values, height, color=_COLOURS[layer], label=layer)
        axes.bar_label(bar, fmt="%.2f", padding=2, fontsize=8)
    axes.axvline(0.5, color="grey", linestyle="--")
    axes.set(title=title, xlabel="accuracy on test reviews (fraction right)", xlim=(0.4, 1.25))
    axes.set_xticks([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.legend(loc="lower right")
