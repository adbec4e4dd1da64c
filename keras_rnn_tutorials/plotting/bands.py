"""Several runs of each configuration: their median, the range that they span, and every end."""

import statistics
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_rnn_tutorials.plotting.style import AXIS, COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.storage.printable import escaped

_DRAWN = ("val_accuracy", "val_loss", "accuracy", "loss")
_SPLITS = {"val_": "validation ", "": "training "}


def bands(groups: dict[str, Sequence[Record]], title: str) -> Figure:
    """Draws the metrics of several configurations by epoch.

    Args:
        groups: by label, the runs of a configuration, each with a history.
        title: a line above the figure.

    Returns:
        A panel for each of the first two metrics that all runs have: of the validation set, if
        there is one.
    """
    histories = [run.history for runs in groups.values() for run in runs]
    names = [name for name in _DRAWN if all(name in history for history in histories)][:2]
    figure = Figure(figsize=(5.2 * len(names), 4.2), layout="constrained")
    figure.suptitle(escaped(title))
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for number, (label, runs) in enumerate(groups.items()):
            _band(axes, escaped(label), runs, name, COLOURS[number % len(COLOURS)], number)
        metric = name.removeprefix("val_")
        split = _SPLITS[name.removesuffix(metric)]
        axes.set_xlabel("epoch")
        axes.set_ylabel(split + AXIS.get(metric, metric))
        axes.xaxis.get_major_locator().set_params(integer=True)
    # Outside of the panels, where no curve can be under it.
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)))
    return figure


def _band(axes, label, runs, name, colour, number):
    curves = [run.history[name] for run in runs]
    # A run that was interrupted has fewer epochs.
    by_epoch = [
        [curve[epoch] for curve in curves if epoch < len(curve)]
        for epoch in range(max(map(len, curves)))
    ]
    epochs = np.arange(1, len(by_epoch) + 1)
    label = f"{label} ({len(runs)} run{'s' if len(runs) > 1 else ''})"
    axes.plot(epochs, [statistics.median(e) for e in by_epoch], color=colour, label=label)
    if len(runs) > 1:
        lowest, highest = [min(e) for e in by_epoch], [max(e) for e in by_epoch]
        axes.fill_between(epochs, lowest, highest, color=colour, alpha=0.2, linewidth=0)
    shift = 0.08 * (number + 1)  # beside each other, not upon
    ends = [(len(curve) + shift, curve[-1]) for curve in curves]
    axes.plot(*zip(*ends, strict=True), "o", color=colour, markersize=3, alpha=0.7)
