"""The recorded runs, and the figures and tables made from them."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments import plots, rerecord, results
from keras_rnn_tutorials import record as record_module

ROOT = Path(__file__).parent.parent


def _plots(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "experiments.plots", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_every_recorded_run_is_whole_of_real_data_and_has_its_figure():
    found = plots.figures(plots.PLOTS, False, [])
    assert len(found) == len(rerecord.RECORDED)
    assert sum(map(len, found.values())) == sum(seeds for *_, seeds in rerecord.RECORDED)
    for path, one in ((path, one) for path, runs in found.items() for one in runs):
        assert one.status == "complete" and (one.dataset is None or one.dataset.origin == "tfds")
        assert one.measured or len(one.history["loss"]) == one.config["epochs"]
        assert path.exists(), f"{path} is missing: python -m experiments.plots"


def test_the_tables_of_results_show_what_was_recorded():
    readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs" / "results.md").read_text()
    assert results.filled(readme) == readme and results.filled(page) == page
    assert results.headline_table() in readme and results.results_table() in page


def _printed(values, with_range):
    values = np.asarray(values, np.float64)
    if len(values) == 1:
        return f"{values[0]:.4f}"
    printed = f"{values.mean():.4f} ± {np.std(values, ddof=1):.4f}"
    return printed + f" ({values.min():.4f} to {values.max():.4f})" * with_range


def _rows(page, table):
    text = (ROOT / page).read_text()
    text = text.partition(f"<!-- {table}: ")[2].partition(f"<!-- /{table} -->")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[3:]]


def test_the_readmes_rows_have_five_seeds_and_more():
    for command, seeds, *_ in _rows("README.md", "headline"):
        first, last = seeds.split("-")
        assert int(last) - int(first) >= 4, command


@pytest.mark.parametrize(
    ("page", "table", "count"), [("README.md", "headline", 5), ("docs/results.md", "results", 14)]
)
def test_the_statistics_of_a_table_are_those_of_the_files(page, table, count):
    """From the JSON by NumPy; nothing of the package that prints the table takes part."""
    rows, with_range = _rows(page, table), table == "results"
    assert len(rows) == count
    for command, *_, best, test, tensorflow_1, _ in rows:
        experiment, *flags = command.strip("`").replace("experiments.", "").split()[2:]
        named = "-".join(flag.strip("-").replace("=", "-") for flag in flags) or "default"
        runs = json.loads((ROOT / "plots" / experiment / f"{named}.json").read_text())["runs"]
        assert test == _printed([run["test"]["accuracy"] for run in runs], with_range)
        best_of_runs = [max(run["history"]["val_accuracy"]) for run in runs]
        assert best == _printed(best_of_runs, with_range)
        if tensorflow_1:
            kind = (flags or ["x=as_published"])[0].partition("=")[2]
            pieces = json.loads((ROOT / "tests" / "golden" / "scores.json").read_text())["pieces"]
            padded = "d3-post" if kind == "post" else "d3"
            variants = {"mnist_lstm": f"a1-{kind}", "imdb_simplernn": padded}
            named = named.replace("default", "")
            form = "dynamic" if "dynamic" in named else "static"
            readout = "final_states" if "final_states" in named else "last_output"
            piece = variants.get(experiment, f"b8-{form}-{readout}")
            scores = [seed["test"][-1] for seed in pieces[piece].values()]
            assert tensorflow_1 == f"{_printed(scores, with_range)}, {len(scores)} seeds"


def test_recorded_results_reproduce_the_tutorials():
    tested, validated = {}, {}
    for one in itertools.chain(*plots.figures(plots.PLOTS, False, []).values()):
        if one.measured:
            continue
        key = (one.experiment, one.config.get("variant"), one.config.get("dataset"))
        if one.config.get("padding", "pre") == one.config.get("truncating", "pre") == "pre":
            tested.setdefault(key, []).append(one.test["accuracy"])
            validated.setdefault(key, []).append(max(one.history["val_accuracy"]))
    published = tested["mnist_lstm", "as_published", None]
    # tests/tf1_oracle/score.py saw 0.9194 to 0.9372 on five seeds of TensorFlow 1.15.5; a run
    # that has not learned one digit yet is near 0.85.
    assert all(0.84 <= accuracy <= 0.94 for accuracy in published)
    assert min(tested["mnist_lstm", "corrected", None]) >= 0.94
    assert sorted(validated["imdb_simplernn", None, None])[1] >= 0.84  # the median of 3 seeds
    for variant in ("static", "dynamic"):
        assert min(tested["bidirectional_lstm", variant, "mnist"]) >= 0.96


def test_own_runs_are_drawn_twice_alike(record, tmp_path):
    directory = tmp_path / "mnist_lstm" / "7"
    directory.mkdir(parents=True)
    record_module.write(directory / "record.json", record)
    drawn = []
    for _ in range(2):
        done = _plots(f"--runs={tmp_path}")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [f"{directory}/curves.png", f"{directory}/curves.svg"]
        drawn.append([(directory / f"curves.{kind}").read_bytes() for kind in ("png", "svg")])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "No run of nothing is recorded in .*plots: choose from bidirectional_lstm,"),
        (["--runs=/nowhere"], "No run is recorded in /nowhere: run an experiment first."),
        (["--wrong"], "unrecognized arguments: --wrong: --help lists the arguments."),
    ],
)
def test_wrong_arguments_are_answered_in_one_line(arguments, message, tmp_path):
    done = _plots(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.search(message, done.stderr)


def test_a_damaged_record_stops_the_drawing_before_a_figure_is_touched(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    recorded = sorted(plots.PLOTS.rglob("*.json"))[0]
    shutil.copy(recorded, tmp_path / "a" / "record.json")
    (tmp_path / "b" / "record.json").write_bytes(recorded.read_bytes()[:100])
    done = _plots(f"--runs={tmp_path}")
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {tmp_path}/b/record.json is truncated or not JSON: make the run again.\n"
    )
    assert os.listdir(tmp_path / "a") == ["record.json"]
