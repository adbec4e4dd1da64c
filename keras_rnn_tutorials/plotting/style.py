"""What all figures have in common: lines, colours, labels and titles."""

from collections.abc import Sequence

from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.storage.printable import escaped

# Okabe and Ito's colours, which colour-blind readers can distinguish; without yellow.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
# One colour per cell, in every figure; forms of a cell differ by their lines.
CELL_COLOURS = {"SimpleRNN": COLOURS[1], "LSTM": COLOURS[0], "GRU": COLOURS[2]}
# The tutorial draws the training metrics as dots and the validation metrics as a line.
SERIES = {
    "": ("training", {"linestyle": "none", "marker": "o", "color": COLOURS[0]}),
    "val_": ("validation", {"linestyle": "-", "color": COLOURS[1]}),
    "test_": ("test", {"linestyle": "--", "marker": ".", "color": COLOURS[2]}),
}
# The label of a metric's axis.
AXIS = {"accuracy": "accuracy (fraction right)", "loss": "loss (nats, mean of an epoch)"}


def seeds(runs: Sequence[Record]) -> str:
    """The seeds of several runs, for a title."""
    if len(runs) == 1:
        return f"seed {runs[0].seed}"
    return f"{len(runs)} seeds: median, and the range from the lowest to the highest"


def title(record: Record) -> str:
    """The experiment, its variants, the data set and the seed, in two lines."""
    variants = [f"{k}={v}" for k, v in record.config.items() if isinstance(v, str)]
    lines = [" ".join([record.experiment, *variants]), f"{record.title}, seed {record.seed}"]
    if record.status != "complete":
        lines[1] += f", {record.status} before its last epoch"
    return "\n".join(map(escaped, lines))
