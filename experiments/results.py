"""Prints the README's tables, made from the recorded runs.

python -m experiments.results            prints them
python -m experiments.results --write    writes them into the README
"""

import importlib
import statistics

from experiments import plots
from experiments.__main__ import summaries
from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.config import options
from keras_rnn_tutorials.storage import files

README = plots.PLOTS.parent / "README.md"

# The results that the tutorials report, as (metric, value). Only one tutorial reports any.
PUBLISHED = {"imdb_simplernn": ("best validation accuracy", 0.85)}


def results_table() -> str:
    """The recorded runs as a Markdown table, one row per configuration.

    Several seeds are shown as the mean and the range from the lowest to the highest.
    """
    rows = [
        "| command | data | seeds | best validation accuracy | test accuracy | published |",
        "|---|---|---|---|---|---|",
    ]
    for records in _trained():
        first = records[0]
        metric, value = PUBLISHED.get(first.experiment, ("", None))
        stated = value is not None and not _changed(first)
        published = f"{value:.2f} ({metric})" if stated else "not reported"
        best = _spread([max(r.history["val_accuracy"]) for r in records])
        test = _spread([r.test["accuracy"] for r in records])
        seeds = ", ".join(str(r.seed) for r in records)
        rows.append(
            f"| `{_command(first)}` | {first.title} | {seeds} | {best} | {test} | {published} |"
        )
    return "\n".join(rows) + "\n"


def parity_table() -> str:
    """The recorded comparison with TensorFlow 1: the largest relative differences."""
    (parity,) = record.read(plots.PLOTS / "tf1_parity" / "default.json")
    parts = ("outputs", "states", "gradients")
    lines = ["| construct | cases | outputs | states | gradients |", "|---|---|---|---|---|"]
    rows = parity.measured["constructs"]
    for construct in dict.fromkeys(row["construct"] for row in rows):
        own = [row for row in rows if row["construct"] == construct]
        largest = (f"{max(row[part]['relative'] for row in own):.1e}" for part in parts)
        lines.append(f"| `{construct}` | {len(own)} | {' | '.join(largest)} |")
    lines += ["", "| one epoch of MNIST | steps | first 100 steps | all steps | control |"]
    lines += ["|---|---|---|---|---|"]
    for name, one in parity.measured["trajectories"].items():
        gaps, control = one["gaps"], max(one["control"])
        first, largest = max(gaps[:100]), max(gaps)
        lines.append(f"| {name} | {len(gaps)} | {first:.1e} | {largest:.1e} | {control:.1e} |")
    return "\n".join(lines) + "\n"


def filled(readme: str) -> str:
    """The text of a README, with the tables between its markers made anew."""
    for name, table in (("results", results_table()), ("parity", parity_table())):
        start, end = (
            f"<!-- {name}: python -m experiments.results --write -->\n",
            f"<!-- /{name} -->",
        )
        before, _, rest = readme.partition(start)
        readme = before + start + table + end + rest.partition(end)[2]
    return readme


def main():
    """Prints or writes the tables."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into the README")
    if parser.parse_args().write:
        with files.writing(README.parent):
            files.write_whole(README, filled(README.read_text()).encode())
    else:
        print(results_table(), parity_table(), sep="\n", end="")


def _trained() -> list[list[record.Record]]:
    """The recorded runs of every configuration that trains one model."""
    paths = sorted(plots.PLOTS.rglob("*.json"))
    return [runs for runs in map(record.read, paths) if runs[0].history]


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.mean(values):.4f} ({min(values):.4f} to {max(values):.4f})"


def _changed(one: record.Record) -> dict:
    """The flags of a run: the values that differ from its experiment's defaults."""
    if one.experiment not in summaries():
        raise UserError(f"{one.experiment} is recorded and no experiment: remove its records.")
    config_class = importlib.import_module(f"experiments.{one.experiment}").Config
    defaults = {option.name: option.default for option in options(config_class)}
    return {name: value for name, value in one.config.items() if value != defaults[name]}


def _command(one: record.Record) -> str:
    flags = (f" --{name}={value}" for name, value in _changed(one).items())
    return f"python -m experiments.{one.experiment}{''.join(flags)}"


if __name__ == "__main__":
    with command.user_errors():
        main()
