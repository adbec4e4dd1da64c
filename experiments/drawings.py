"""Draws the tutorials' networks, for the pages.

python -m experiments.drawings

It writes the files in docs/drawings/. The drawings show shapes and arrows, but
no results of runs, so they change only when this file does.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from experiments import plots
from keras_rnn_tutorials import plotting
from keras_rnn_tutorials.plotting.style import CELL_COLOURS, COLOURS
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.storage import files

DRAWINGS = plots.PLOTS.parent / "docs" / "drawings"
_GREY = "#555555"


def unrolled() -> Figure:
    """A: an LSTM reads the 28 rows of an image; the digit is predicted from the last state."""
    figure, axes = _paper(
        "An image is a sequence of 28 rows: one LSTM, used 28 times, carries its state along",
        width=10,
        height=3.6,
    )
    names = ("row 1", "row 2", "row 3", "…", "row 28")
    for number, name in enumerate(names):
        x = 1.2 + 2.0 * number
        if name == "…":
            axes.text(x, 2.0, "…", ha="center", va="center", fontsize=18)
            continue
        _box(axes, (x, 2.0), "LSTM\n100 units", CELL_COLOURS["LSTM"], width=1.3, height=0.9)
        _box(axes, (x, 0.5), f"{name}\n28 pixels", _GREY, width=1.2, height=0.7)
        _arrow(axes, (x, 0.85), (x, 1.53))
    for number in range(4):
        left, right = 1.2 + 2.0 * number, 1.2 + 2.0 * (number + 1)
        left += 0.67 if names[number] != "…" else 0.25
        right -= 0.67 if names[number + 1] != "…" else 0.25
        _arrow(axes, (left, 2.15), (right, 2.15))
        _arrow(axes, (left, 1.85), (right, 1.85))
        if number == 0:
            axes.text((left + right) / 2, 2.24, "c", ha="center", style="italic")
            axes.text((left + right) / 2, 1.58, "h", ha="center", style="italic")
    _box(axes, (9.2, 3.4), "Dense, softmax → digit 0 to 9", COLOURS[2], width=3.0, height=0.6)
    _arrow(axes, (9.2, 2.47), (9.2, 3.08))
    axes.text(9.3, 2.72, "h of the last row", fontsize=9)
    axes.text(0.2, 3.3, "the same weights in every step", color=CELL_COLOURS["LSTM"])
    axes.set(xlim=(0, 10.8), ylim=(0, 3.9))
    return figure


def lstm_cell() -> Figure:
    """B: one step of an LSTM, from x, h and c to the new h and c."""
    figure, axes = _paper(
        "One step of an LSTM: three gates decide what is forgotten, what is written and what is "
        "shown",
        width=10,
        height=5.2,
    )
    colour = CELL_COLOURS["LSTM"]
    gates = (
        (2.6, "f\nforget gate", "sigmoid"),
        (4.4, "i\ninput gate", "sigmoid"),
        (6.0, "g\ncandidate", "tanh"),
        (7.8, "o\noutput gate", "sigmoid"),
    )
    for x, name, function in gates:
        _box(axes, (x, 1.9), f"{name}\n{function}", colour, width=1.4, height=1.0)
        _arrow(axes, (x, 0.75), (x, 1.37))
    axes.plot([1.0, 7.8], [0.75, 0.75], color=_GREY, lw=1.4)
    axes.text(0.1, 0.70, "x and h,\nside by side", va="center")
    axes.text(8.2, 0.70, "each box: a dense layer\nof x and h with weights of its own", va="center",
              fontsize=9)  # fmt: skip
    # The cell state runs along the top.
    axes.plot([1.0, 2.4], [4.2, 4.2], color="black", lw=2)
    axes.text(0.1, 4.2, "c", va="center", style="italic", fontsize=13)
    _circle(axes, (2.6, 4.2), "×")
    _arrow(axes, (2.6, 2.42), (2.6, 3.98))
    axes.plot([2.8, 5.0], [4.2, 4.2], color="black", lw=2)
    _circle(axes, (5.2, 4.2), "+")
    _circle(axes, (5.2, 3.2), "×")
    _arrow(axes, (4.4, 2.42), (5.05, 3.06))
    _arrow(axes, (6.0, 2.42), (5.35, 3.06))
    _arrow(axes, (5.2, 3.42), (5.2, 3.98))
    _arrow(axes, (5.4, 4.2), (10.0, 4.2), lw=2, color="black")
    axes.text(10.1, 4.2, "c'", va="center", style="italic", fontsize=13)
    _box(axes, (8.9, 3.5), "tanh", _GREY, width=0.8, height=0.4)
    _arrow(axes, (8.9, 4.2), (8.9, 3.72))
    _circle(axes, (8.9, 2.7), "×")
    _arrow(axes, (8.9, 3.28), (8.9, 2.92))
    _arrow(axes, (8.5, 2.2), (8.76, 2.56))
    _arrow(axes, (9.1, 2.7), (10.0, 2.7), lw=2, color="black")
    axes.text(10.1, 2.7, "h'", va="center", style="italic", fontsize=13)
    axes.text(2.75, 3.3, "how much of c\nis kept", fontsize=9, va="center")
    axes.text(5.6, 3.3, "how much of g\nis written", fontsize=9, va="center")
    axes.text(9.0, 2.15, "how much of c'\nis shown", fontsize=9, va="center")
    axes.set(xlim=(0, 10.8), ylim=(0.2, 4.8))
    return figure


def two_units() -> Figure:
    """C1: the two-unit RNN of the tutorial with its weights."""
    figure, axes = _paper(
        "Tutorial C's network: two units that read each other's last value", width=8, height=3.8
    )
    _circle(axes, (1, 2), "x", radius=0.3)
    _circle(axes, (6.8, 2), "output", radius=0.45)
    for y, name, bias in ((3.2, "unit 1", "+0.1"), (0.8, "unit 2", "-0.1")):
        text = f"{name}: tanh\nbias {bias}"
        _box(axes, (3.9, y), text, CELL_COLOURS["SimpleRNN"], width=1.6, height=0.8)
    for start, end, weight, at in (
        ((1.28, 2.12), (3.08, 3.1), "0.5", (1.9, 2.75)),
        ((1.28, 1.88), (3.08, 0.9), "0.6", (1.9, 1.2)),
        ((4.72, 3.1), (6.42, 2.24), "1", (5.7, 2.85)),
        ((4.72, 0.9), (6.42, 1.76), "2", (5.7, 1.1)),
    ):
        _arrow(axes, start, end)
        axes.text(*at, weight, ha="center")
    style = {"linestyle": "--", "color": CELL_COLOURS["SimpleRNN"]}
    _arrow(axes, (3.7, 2.78), (3.7, 1.22), **style)
    axes.text(3.35, 2.0, "0.2", va="center")
    _arrow(axes, (4.1, 1.22), (4.1, 2.78), **style)
    axes.text(4.2, 2.0, "0.3", va="center")
    for y, weight in ((3.2, "0.1"), (0.8, "0.4")):
        above = y > 2
        bend = "arc3,rad=-1.6" if above else "arc3,rad=1.6"
        edge = y + (0.42 if above else -0.42)
        _arrow(axes, (3.65, edge), (4.15, edge), connectionstyle=bend, **style)
        axes.text(4.45, edge + (0.3 if above else -0.3), weight, va="center")
    axes.text(6.8, 1.3, "bias 0.1", ha="center", fontsize=9)
    axes.text(0.1, 0.1, "dashed: from one step to the next", color=CELL_COLOURS["SimpleRNN"])
    axes.set(xlim=(0, 7.6), ylim=(-0.1, 4.2))
    return figure


def sentiment() -> Figure:
    """D3: ids, vectors, a SimpleRNN, and the probability of a positive review."""
    figure, axes = _paper(
        "Tutorial D's network: a SimpleRNN reads 500 word ids; short reviews start with zeros",
        width=10,
        height=4,
    )
    words = (("0", "no word"),) * 2 + (("id", "this"), ("id", "film"), ("…", ""))
    for number, (identity, word) in enumerate((*words, ("id", "great"))):
        x = 1.0 + 1.55 * number
        if identity == "…":
            for y in (0.5, 1.5, 2.6):
                axes.text(x, y, "…", ha="center", va="center", fontsize=16)
            continue
        colour = "#AAAAAA" if identity == "0" else _GREY
        _box(axes, (x, 0.5), f"{word}\n{identity}", colour, width=1.15, height=0.65)
        _box(axes, (x, 1.5), "32 numbers", COLOURS[5], width=1.2, height=0.45)
        _box(axes, (x, 2.6), "SimpleRNN", CELL_COLOURS["SimpleRNN"], width=1.2, height=0.55)
        _arrow(axes, (x, 0.84), (x, 1.26))
        _arrow(axes, (x, 1.74), (x, 2.31))
    for number in range(5):
        left, right = 1.0 + 1.55 * number + 0.61, 1.0 + 1.55 * (number + 1) - 0.61
        left -= 0.36 if number == 4 else 0
        right += 0.36 if number == 3 else 0
        _arrow(axes, (left, 2.6), (right, 2.6))
    _box(axes, (8.75, 3.55), "sigmoid: is it positive?", COLOURS[2], width=2.5, height=0.5)
    _arrow(axes, (8.75, 2.89), (8.75, 3.29))
    axes.text(9.5, 0.5, "padding,\nthen words", va="center", fontsize=9)
    axes.text(9.5, 1.5, "Embedding", va="center", fontsize=9)
    axes.text(9.5, 2.6, "32 units,\nh passed on", va="center", fontsize=9)
    axes.set(xlim=(0.2, 10.6), ylim=(0, 4))
    return figure


DRAWN: dict[str, Callable[[], Figure]] = {
    "unrolled": unrolled,
    "lstm_cell": lstm_cell,
    "two_units": two_units,
    "sentiment": sentiment,
}


def main():
    """Writes every drawing as an SVG file."""
    command.ArgumentParser(__doc__).parse_args()
    for name, draw in DRAWN.items():
        path = DRAWINGS / f"{name}.svg"
        with files.writing(DRAWINGS):
            files.write_whole(path, plotting.rendered(draw(), "svg"))
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _paper(title: str, width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title, fontsize=11)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    return figure, axes


def _box(axes: Axes, centre: Sequence[float], text: str, colour: str, width: float, height: float):
    x, y = centre
    corner = (x - width / 2, y - height / 2)
    shape = "round,pad=0,rounding_size=0.08"
    axes.add_patch(
        FancyBboxPatch(corner, width, height, shape, facecolor=f"{colour}22", edgecolor=colour)
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=9)


def _circle(axes: Axes, centre: tuple[float, float], text: str, radius: float = 0.2):
    axes.add_patch(Circle(centre, radius, facecolor="white", edgecolor="black"))
    axes.text(*centre, text, ha="center", va="center", fontsize=10)


def _arrow(axes: Axes, start, end, color: str = _GREY, **style):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, **style})


if __name__ == "__main__":
    with command.user_errors():
        main()
