"""Figures of several runs per configuration: median, range, and the end of every run."""

import statistics
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_rnn_tutorials.plotting.style import AXIS, COLOURS, SERIES
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.storage.printable import escaped

_DRAWN = ("val_accuracy", "val_loss", "accuracy", "loss")
_SPLITS = {"val_": "validation ", "": "training "}
_LINES = ("-", "--", "-.", ":")  # a second cue besides the colour


def bands(groups: dict[str, Sequence[Record]], title: str) -> Figure:
    """Draws the metrics of several configurations by epoch.

    Args:
        groups: the runs of each configuration, by label; each run has a history.
        title: one or two lines above the figure.

    Returns:
        A figure with a panel for each of the first two metrics that all runs have, on the
        validation set if there is one. A single configuration is drawn with its training metrics.
    """
    histories = [run.history for runs in groups.values() for run in runs]
    names = [name for name in _DRAWN if all(name in history for history in histories)][:2]
    figure = Figure(figsize=(5.2 * len(names), 4.2), layout="constrained")
    figure.suptitle("\n".join(map(escaped, title.split("\n"))))
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        metric = name.removeprefix("val_")
        split = _SPLITS[name.removesuffix(metric)]
        if len(groups) == 1 and name != metric:
            ((label, runs),) = groups.items()
            before = f"{escaped(label)}, " if label else ""
            for number, prefix in enumerate(_SPLITS):
                curves = [run.history[prefix + metric] for run in runs]
                shown = f"{before}{_SPLITS[prefix]}({counted(runs)})"
                band(axes, shown, curves, number, SERIES[prefix][1]["color"])
            axes.set_ylabel(AXIS.get(metric, metric))
        else:
            for number, (label, runs) in enumerate(groups.items()):
                curves = [run.history[name] for run in runs]
                band(axes, f"{escaped(label)} ({counted(runs)})", curves, number)
            axes.set_ylabel(split + AXIS.get(metric, metric))
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    # Outside the panels, so that it covers no curve.
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)))
    return figure


def counted(runs: Sequence) -> str:
    """The number of runs, for a label."""
    return f"{len(runs)} run{'s' if len(runs) > 1 else ''}"


def band(
    axes, label: str, curves: Sequence[Sequence[float]], number: int = 0, colour: str | None = None
):
    """Draws the median of several curves, their range, and the end of each.

    Args:
        axes: where to draw.
        label: of the median, for a legend.
        curves: by epoch; those of interrupted runs are shorter.
        number: of the configuration in its panel; determines the colour and the line style.
        colour: instead of the number's.
    """
    colour = colour or COLOURS[number % len(COLOURS)]
    by_epoch = [
        [curve[epoch] for curve in curves if epoch < len(curve)]
        for epoch in range(max(map(len, curves)))
    ]
    epochs = np.arange(1, len(by_epoch) + 1)
    line = _LINES[number % len(_LINES)]
    axes.plot(epochs, [statistics.median(e) for e in by_epoch], line, color=colour, label=label)
    if len(curves) > 1:
        lowest, highest = [min(e) for e in by_epoch], [max(e) for e in by_epoch]
        axes.fill_between(epochs, lowest, highest, color=colour, alpha=0.2, linewidth=0)
    shift = 0.08 * (number + 1)  # beside each other, not on top of each other
    ends = [(len(curve) + shift, curve[-1]) for curve in curves]
    axes.plot(*zip(*ends, strict=True), "o", color=colour, markersize=3, alpha=0.7)
