"""Compares recorded runs, with intervals and tests.

python -m experiments.compare plots/mnist_lstm/*.json
python -m experiments.compare runs/mnist_lstm/*-seed*

A RUN is a run's folder, a record (JSON) or a pattern of such paths. Runs of the same configuration
form a group. The output lists the options in which the groups differ, the final metrics of each
group with the 95 % confidence interval of the mean (Student's t), and a test of the means for each
pair of groups: the paired t-test if both have the same seeds, otherwise Welch's. The figure shows
the curves of each group by epoch: the median, the range, and the end of every run. Intervals and
tests need SciPy: pip install -e '.[stats]'
"""

import glob
import importlib.util
import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command, folder
from keras_rnn_tutorials.runner.tables import print_table
from keras_rnn_tutorials.storage import files


class Comparison(NamedTuple):
    """A test of whether two groups of runs have the same mean.

    Attributes:
        test: its name.
        difference: of the means.
        p: how likely a difference this large is if the means are the same; NaN if it cannot be
            computed, for example with one run each.
    """

    test: str
    difference: float
    p: float


def read(patterns: Iterable[str]) -> list[Record]:
    """Reads the records of folders, files and patterns.

    Args:
        patterns: the paths.

    Returns:
        The complete runs, without duplicates.

    Raises:
        UserError: a pattern matches nothing, or a record is damaged.
    """
    found: dict[Path, list[Record]] = {}
    for pattern in patterns:
        paths = [Path(p) for p in sorted(glob.glob(pattern))]
        paths = [path / folder.RECORD if path.is_dir() else path for path in paths]
        paths = [path for path in paths if path.suffix == ".json" and path.is_file()]
        if not paths:
            raise UserError(f"{pattern} matches no run: give folders of runs, or their records.")
        for path in paths:
            found[path.resolve()] = record.read(path)
    return [one for runs in found.values() for one in runs if one.status == "complete"]


def frame(patterns: Iterable[str]):
    """The runs as a pandas DataFrame: one row per run and epoch, one column per metric.

    Args:
        patterns: as `read` takes them.

    Returns:
        A frame with the columns experiment, data, seed and epoch, one for every option, and one for
        every metric; the test metrics, of the last epoch, are named `final_test_...`.

    Raises:
        UserError: pandas is not installed, or a pattern matches nothing.
    """
    try:
        import pandas
    except ImportError:
        raise UserError("A frame needs pandas: pip install pandas.") from None
    rows = []
    for one in read(patterns):
        epochs = len(next(iter(one.history.values()), [None]))
        for epoch in range(epochs):
            row = {"experiment": one.experiment, "data": one.title, "seed": one.seed}
            row |= {**one.config, "epoch": epoch + 1}
            row |= {name: values[epoch] for name, values in one.history.items()}
            if epoch + 1 == epochs:
                row |= {f"final_test_{name}": value for name, value in one.test.items()}
            rows.append(row)
    return pandas.DataFrame(rows)


def grouped(runs: Sequence[Record]) -> dict[str, list[Record]]:
    """The runs of each configuration, by the options that distinguish it from the others."""
    keys = [{"experiment": one.experiment, **one.config, "data": one.title} for one in runs]
    differing = differences(keys)
    groups = defaultdict(list)
    for key, one in zip(keys, runs, strict=True):
        label = ", ".join(f"{n}={key[n]}" if n in key else f"no {n}" for n in differing)
        groups[label.replace("experiment=", "") or one.experiment].append(one)
    return dict(groups)


def differences(keys: Sequence[dict]) -> list[str]:
    """The names whose values differ."""
    names = dict.fromkeys(name for key in keys for name in key)
    return [n for n in names if len({repr(key.get(n, KeyError)) for key in keys}) > 1]


def scores(one: Record) -> dict[str, float]:
    """The final metrics of a run."""
    found = {f"test {name}": value for name, value in one.test.items()}
    if accuracies := one.history.get("val_accuracy"):
        found["best validation accuracy"] = max(accuracies)
    return found


def interval(values: Sequence[float], confidence: float = 0.95) -> float:
    """Half the width of the confidence interval of a mean (Student's t); NaN for a single value."""
    if len(values) < 2:
        return math.nan
    from scipy import stats

    error = statistics.stdev(values) / math.sqrt(len(values))
    return float(stats.t.ppf((1 + confidence) / 2, len(values) - 1)) * error


def compared(first: Sequence[Record], second: Sequence[Record], metric: str) -> Comparison:
    """Tests whether two groups have the same mean of a metric."""
    ours, others = ({one.seed: scores(one)[metric] for one in runs} for runs in (first, second))
    difference = statistics.mean(ours.values()) - statistics.mean(others.values())
    paired = ours.keys() == others.keys() and len(ours) == len(first) == len(second)
    name = "paired t-test" if paired else "Welch's t-test"
    a = [ours[s] for s in sorted(ours)] if paired else [scores(r)[metric] for r in first]
    b = [others[s] for s in sorted(others)] if paired else [scores(r)[metric] for r in second]
    if min(len(a), len(b)) < 2:
        return Comparison(name, difference, math.nan)
    from scipy import stats

    result = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    return Comparison(name, difference, float(result.pvalue))


def main():
    """Prints the comparison and draws the figure."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("run", nargs="+", help="folder, record or pattern")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/compare.png"), help="the figure [runs/compare.png]"
    )
    given = parser.parse_args()
    runs = read(given.run)
    if not runs:
        raise UserError("None of these runs is complete: resume them first.")
    groups = grouped(runs)
    _print_options(groups)
    _print_scores(groups)
    trained = {
        label: kept for label, of in groups.items() if (kept := [r for r in of if r.history])
    }
    if trained:
        title = " and ".join(sorted({r.experiment for of in trained.values() for r in of}))
        with files.writing(given.out.parent):
            given.out.parent.mkdir(parents=True, exist_ok=True)
            figure = plotting.bands(trained, f"{title}: median, range, and every run's end")
            for kind in ("png", "svg"):
                path = given.out.with_suffix(f".{kind}")
                files.write_whole(path, plotting.rendered(figure, kind))
                print(path)


def _print_options(groups: dict[str, list[Record]]):
    keys = [{"experiment": of[0].experiment, **of[0].config} for of in groups.values()]
    if names := differences(keys):
        rows = [
            (name, *(str(key.get(name, "")) for key in keys))
            for name in names  # a column for each group
        ]
        heads = [f"group {number}" for number in range(1, len(keys) + 1)]
        print_table("Options that differ", ["option", *heads], rows)


def _print_scores(groups: dict[str, list[Record]]):
    if importlib.util.find_spec("scipy") is None:
        raise UserError("Intervals and tests need SciPy: pip install -e '.[stats]'.")
    rows = []
    for number, runs in enumerate(groups.values(), 1):
        for metric in scores(runs[0]):
            values = [scores(one)[metric] for one in runs]
            mean = f"{statistics.mean(values):.4f} ± {interval(values):.4f}"
            rows.append((str(number), metric, str(len(values)), mean))
    print_table("Mean and 95 % interval of the mean", ["group", "metric", "runs", "mean"], rows)
    rows = []
    for (i, first), (j, second) in itertools.combinations(enumerate(groups.values(), 1), 2):
        for metric in scores(first[0]).keys() & scores(second[0]).keys():
            test, difference, p = compared(first, second, metric)
            rows.append((f"{i} - {j}", metric, f"{difference:+.4f}", test, f"{p:.2g}"))
    if rows:
        heads = ["groups", "metric", "difference", "test", "p"]
        print_table("Differences of the means", heads, sorted(rows))


if __name__ == "__main__":
    with command.user_errors():
        main()
