"""Are the results TensorFlow 1.15.5's? Prints the tests.

python -m experiments.reproduction

The recorded seeds of a piece are compared with seeds of genuine TensorFlow 1.15.5
(tests/tf1_oracle/score.py). Two questions were fixed before the runs:

1. Are the mean accuracies equal within the margin? Two one-sided Welch tests (TOST) at 5 % decide.
   The margin is 0.01 for A1 and B8, and 0.02 for D3.
2. Could the results of both come from the same distribution? A permutation test of the difference
   of means decides. Its p-value is multiplied by the number of rows.

"Reproduced" means that the answer to the first question is yes, and that the second test does not
reject at 1 %. The tests take the spread between seeds into account.
"""

import functools
import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments import plots
from keras_rnn_tutorials import record
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.tables import print_table

SCORES = Path(__file__).parents[1] / "tests" / "golden" / "scores.json"
MARGIN = 0.01


class Piece(NamedTuple):
    """A piece that TensorFlow 1.15.5 can train.

    Attributes:
        title: in the table.
        record: of the same piece, below plots/.
        margin: means that differ by less are the same.
    """

    title: str
    record: str
    margin: float = MARGIN


# By the piece's name in the oracle's file.
PIECES = {
    "a1-as_published": Piece("A1, softmax twice", "mnist_lstm/default"),
    "a1-corrected": Piece("A1, softmax once", "mnist_lstm/variant-corrected"),
    "b8-static-last_output": Piece("B8, static, last outputs", "bidirectional_lstm/default"),
    "b8-static-final_states": Piece(
        "B8, static, final states", "bidirectional_lstm/readout-final_states"
    ),
    "b8-dynamic-last_output": Piece(
        "B8, dynamic, last outputs", "bidirectional_lstm/variant-dynamic"
    ),
    "b8-dynamic-final_states": Piece(
        "B8, dynamic, final states", "bidirectional_lstm/variant-dynamic-readout-final_states"
    ),
    "d3": Piece("D3, SimpleRNN", "imdb_simplernn/default", margin=0.02),
    "d3-post": Piece("D3, zeros behind", "imdb_simplernn/padding-post", margin=0.02),
}
_LEAST = 5  # seeds on either side


class Row(NamedTuple):
    """A metric of a piece, here and under TensorFlow 1.15.5.

    Attributes:
        piece: its title.
        metric: "final test accuracy" or "best validation accuracy".
        ours: a value for each recorded seed.
        theirs: a value for each of TensorFlow 1.15.5's seeds.
        margin: the piece's.
    """

    piece: str
    metric: str
    ours: list[float]
    theirs: list[float]
    margin: float = MARGIN


def tensorflow_1(name: str, split: str = "test") -> list[list[float]]:
    """TensorFlow 1.15.5's accuracies by epoch, one list per seed.

    Args:
        name: of the record of the same piece, below plots/.
        split: "test" or "validation".

    Returns:
        The accuracies; none if TensorFlow 1.15.5 was not asked.
    """
    pieces = _scores()
    named = [piece for piece, of in PIECES.items() if of.record == name]
    return [one[split] for piece in named for one in pieces.get(piece, {}).values()]


def _scores() -> dict:
    return json.loads(SCORES.read_text())["pieces"] if SCORES.exists() else {}


def rows() -> list[Row]:
    """The pieces of which at least five seeds are known on both sides."""
    pieces = _scores()
    found = []
    for piece, (title, name, margin) in PIECES.items():
        path = plots.PLOTS / f"{name}.json"
        runs = record.read(path) if path.exists() else []
        seeds = list(pieces.get(piece, {}).values())
        if min(len(runs), len(seeds)) >= _LEAST:
            found += [
                Row(
                    title,
                    "final test accuracy",
                    [one.test["accuracy"] for one in runs],
                    [one["test"][-1] for one in seeds],
                    margin,
                ),
                Row(
                    title,
                    "best validation accuracy",
                    [max(one.history["val_accuracy"]) for one in runs],
                    [max(one["validation"]) for one in seeds],
                    margin,
                ),
            ]
    return found


def equivalence(a: Sequence[float], b: Sequence[float], margin: float = MARGIN) -> float:
    """The larger p of two one-sided Welch tests that the means differ by less than the margin."""
    from scipy import stats

    lower = stats.ttest_ind(np.add(a, margin), b, equal_var=False, alternative="greater")
    upper = stats.ttest_ind(np.subtract(a, margin), b, equal_var=False, alternative="less")
    return float(max(lower.pvalue, upper.pvalue))


def permutation(a: Sequence[float], b: Sequence[float]) -> float:
    """The p of a permutation test of the difference of means: exact, or of 99,999 permutations."""
    from scipy import stats

    def difference(x, y, axis):
        return np.mean(x, axis) - np.mean(y, axis)

    rng = np.random.default_rng(0)
    test = stats.permutation_test((a, b), difference, n_resamples=99_999, rng=rng)
    return float(test.pvalue)


def verdict(row: Row, count: int) -> tuple[float, float, str]:
    """The p of both questions, the second one corrected, and the answer in words."""
    same = equivalence(row.ours, row.theirs, row.margin)
    apart = permutation(row.ours, row.theirs)
    corrected = min(1.0, apart * count)
    if corrected < 0.01:
        return same, corrected, "differs"
    if same < 0.05:
        return same, corrected, "reproduced"
    if abs(statistics.mean(row.ours) - statistics.mean(row.theirs)) >= row.margin:
        return same, corrected, "not shown, because the difference is not below the margin"
    return same, corrected, "not shown, because the seeds spread too far"


@functools.cache  # a permutation test per row; every page asks
def table() -> list[tuple[str, ...]]:
    """A line of text for each row."""
    found = rows()
    lines = []
    for row in found:
        same, apart, words = verdict(row, len(found))
        difference = statistics.mean(row.ours) - statistics.mean(row.theirs)
        lines.append(
            (
                row.piece,
                row.metric,
                _spread(row.ours),
                _spread(row.theirs),
                f"{difference:+.4f}",
                f"{same:.1e}",
                f"{apart:.2f}",
                words,
            )
        )
    return lines


def _spread(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else math.nan
    return f"{statistics.mean(values):.4f} ± {deviation:.4f} ({len(values)})"


HEADINGS = (
    "piece",
    "metric",
    "here, mean ± sd (seeds)",
    "TensorFlow 1.15.5",
    "difference",
    "p, TOST",
    "p, permutation",
    "answer",
)


def main():
    """Prints the table."""
    command.ArgumentParser(__doc__).parse_args()
    for piece, metric, *values in table():
        named = zip(HEADINGS[2:], values, strict=True)
        print_table(f"{piece}, {metric}", ("", ""), [*named])


if __name__ == "__main__":
    with command.user_errors():
        main()
