"""The curves of a run: its metrics against the epoch."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_rnn_tutorials.plotting.style import AXIS, SERIES, title
from keras_rnn_tutorials.record import Record


def curves(record: Record, claim: str = "") -> Figure:
    """Draws accuracy and loss against the epoch, side by side.

    Args:
        record: of a run.
        claim: a sentence above the title, for a reader who does not know the tutorial.

    Returns:
        A figure with one pair of axes for each metric.
    """
    metrics = [name for name in ("accuracy", "loss") if name in record.history]
    figure = Figure(figsize=(5.2 * len(metrics), 4.2), layout="constrained")
    figure.suptitle("\n".join(filter(None, [claim, title(record)])), parse_math=False)
    for axes, metric in zip(
        figure.subplots(1, len(metrics), squeeze=False)[0], metrics, strict=True
    ):
        for prefix, (label, style) in SERIES.items():
            values = record.history.get(prefix + metric, [])
            if values:
                axes.plot(range(1, len(values) + 1), values, label=label, **style)
        axes.set(xlabel="epoch", ylabel=AXIS[metric])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure
