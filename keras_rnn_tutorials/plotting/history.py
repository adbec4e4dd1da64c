"""Records made into figures. Nothing here shows a window, reads data or knows a model."""

import contextlib
import io
import warnings
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.storage.files import write_whole
from keras_rnn_tutorials.storage.printable import escaped

# The tutorial draws the training metrics as dots and the validation metrics as a line.
_SERIES = {
    "": ("training", {"linestyle": "none", "marker": "o", "color": "tab:blue"}),
    "val_": ("validation", {"linestyle": "-", "color": "tab:orange"}),
    "test_": ("test", {"linestyle": "--", "marker": ".", "color": "tab:green"}),
}


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
        for prefix, (label, style) in _SERIES.items():
            values = record.history.get(prefix + metric, [])
            if values:
                axes.plot(range(1, len(values) + 1), values, label=label, **style)
        axes.set(xlabel="epoch", ylabel=_AXIS[metric])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def title(record: Record) -> str:
    """The experiment, its variants, the data set and the seed, in two lines."""
    variants = [f"{k}={v}" for k, v in record.config.items() if isinstance(v, str)]
    lines = [" ".join([record.experiment, *variants]), f"{record.title}, seed {record.seed}"]
    if record.status != "complete":
        lines[1] += f", {record.status} before its last epoch"
    return "\n".join(map(escaped, lines))


@contextlib.contextmanager
def drawing(path: Path):
    """Turns an error in the drawing of a record into a `UserError`.

    Args:
        path: of the figure or of the record, for the message.

    Raises:
        UserError: the record cannot be drawn.
    """
    try:
        with warnings.catch_warnings():  # Matplotlib warns of records that were edited by hand
            warnings.simplefilter("ignore")
            yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            f"The record of {path} is damaged ({type(error).__name__} while drawing it): make the "
            "run again."
        ) from error


def save(figure: Figure, path: Path):
    """Writes a figure, whole or not at all. The same figure gives the same bytes.

    Args:
        figure: to write.
        path: its suffix, `.png` or `.svg`, is the format.
    """
    write_whole(path, rendered(figure, path.suffix[1:]))


def rendered(figure: Figure, kind: str) -> bytes:
    """The content of a figure's file, "png" or "svg"."""
    content = io.BytesIO()
    # Dates, versions and random identifiers would make every file differ from the last.
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}[kind]
    hash_salt = matplotlib.rc_context({"svg.hashsalt": "keras_rnn_tutorials"})
    with hash_salt, warnings.catch_warnings():
        # Matplotlib warns on a busy machine that placing the legend is slow: no user can change it.
        warnings.filterwarnings("ignore", 'Creating legend with loc="best"')
        figure.savefig(content, format=kind, dpi=110, metadata=metadata)
    return content.getvalue()


_AXIS = {"accuracy": "accuracy (fraction right)", "loss": "loss (nats, mean of an epoch)"}
