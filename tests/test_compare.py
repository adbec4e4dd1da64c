"""Comparisons of recorded runs, checked against numbers calculated by hand."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import compare
from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.errors import UserError
from tests.student_t import upper_tail

ROOT = Path(__file__).parents[1]


@pytest.fixture
def runs(record):
    """Runs of given seeds and test accuracies."""

    def make(accuracies, seeds=None, **config):
        seeds = range(len(accuracies)) if seeds is None else seeds
        return [
            dataclasses.replace(
                record,
                seed=seed,
                test={"accuracy": value},
                config=record.config | config,
                history=dict(record.history),
            )
            for seed, value in zip(seeds, accuracies, strict=True)
        ]

    return make


def test_an_interval_is_students():
    # Student's t of 97.5 % and two degrees of freedom is 4.30265.
    assert compare.interval([0.1, 0.2, 0.3]) == pytest.approx(4.30265 * 0.1 / 3**0.5, rel=1e-5)


def test_the_same_seeds_are_paired(runs):
    found = compare.compared(runs([0.3, 0.1, 0.2]), runs([0.6, 0.2, 0.4]), "test accuracy")
    # The differences are -0.3, -0.1 and -0.2: mean -0.2, deviation 0.1.
    assert found.test == "paired t-test"
    assert found.difference == pytest.approx(-0.2)
    assert found.p == pytest.approx(2 * upper_tail(0.2 / (0.1 / 3**0.5), 2))


def test_other_seeds_are_not(runs):
    found = compare.compared(
        runs([0.1, 0.2, 0.3]), runs([0.2, 0.4, 0.6], [3, 4, 5]), "test accuracy"
    )
    a, b = 0.01 / 3, 0.04 / 3  # the variances of the means
    assert found.test == "Welch's t-test"
    assert found.p == pytest.approx(
        2 * upper_tail(0.2 / (a + b) ** 0.5, (a + b) ** 2 / (a**2 / 2 + b**2 / 2))
    )


def test_a_single_run_has_no_interval(runs):
    found = compare.compared(runs([0.1]), runs([0.3]), "test accuracy")
    assert found.p != found.p
    assert compare.interval([0.1]) != compare.interval([0.1])


def test_groups_are_named_for_what_differs(runs):
    groups = compare.grouped([*runs([0.1, 0.2]), *runs([0.3], units=50), *runs([0.4], more=1)])
    assert {label: len(of) for label, of in groups.items()} == {
        "units=100, no more": 2,
        "units=50, no more": 1,
        "units=100, more=1": 1,
    }


def test_a_band_spans_the_runs_and_shows_every_end(runs):
    some = runs([0.1, 0.2, 0.3])
    for number, one in enumerate(some):
        one.history["val_accuracy"] = [0.1 * number, 0.2 * number]
        one.history["val_loss"] = [1.0, 2.0]
        one.history["accuracy"], one.history["loss"] = [0.5, 0.7], [3.0, 4.0]
    figure = plotting.bands({"all": some}, "a title\nof two lines")
    assert figure.get_suptitle() == "a title\nof two lines"
    accuracy, loss = figure.axes
    assert accuracy.get_ylabel() == "accuracy (fraction right)"
    assert accuracy.lines[0].get_ydata().tolist() == [0.1, 0.2]
    assert sorted(accuracy.lines[1].get_ydata()) == [0.0, 0.2, 0.4]
    band, _ = accuracy.collections
    assert band.get_paths()[0].get_extents().bounds == pytest.approx((1, 0, 1, 0.4))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "all, validation (3 runs)",
        "all, training (3 runs)",
    ]
    assert accuracy.lines[2].get_ydata().tolist() == [0.5, 0.7]
    two = plotting.bands({"a": some, "b": some[:1]}, "a title")
    assert two.axes[0].get_ylabel() == "validation accuracy (fraction right)"
    assert [text.get_text() for text in two.legends[0].get_texts()] == ["a (3 runs)", "b (1 run)"]


def test_the_command_prints_and_draws(tmp_path, runs):
    for name, accuracies, units in (("a", [0.1, 0.2], 100), ("b", [0.3, 0.5], 50)):
        record.write(tmp_path / f"{name}.json", *runs(accuracies, units=units))
    command = [sys.executable, "-m", "experiments.compare", f"{tmp_path}/*.json"]
    out = tmp_path / "out" / "figure.png"
    done = subprocess.run([*command, f"--out={out}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "units 100 50" in lines
    assert "1 test accuracy 2 0.1500 ± 0.6353" in lines
    assert any(line.startswith("1 - 2 test accuracy -0.2500 paired t-test 0.1") for line in lines)
    assert out.is_file() and out.with_suffix(".svg").is_file()


def test_a_pattern_that_finds_nothing_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"none\* matches no run: give folders of runs"):
        compare.read([f"{tmp_path}/none*"])
