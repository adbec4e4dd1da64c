"""The tests of results beside TensorFlow 1.15.5's, from their definitions."""

import itertools
import json
import statistics

import pytest

from experiments import plots, reproduction
from keras_rnn_tutorials import record
from tests.student_t import upper_tail

OURS = [0.92, 0.93, 0.91, 0.925]
THEIRS = [0.926, 0.929, 0.921]
DATA = {"mnist": "mnist", "imdb_reviews": "imdb"}  # a data set's name in the oracle's files


def test_equivalence_is_two_one_sided_tests():
    a, b = (statistics.variance(values) / len(values) for values in (OURS, THEIRS))
    df = (a + b) ** 2 / (a**2 / 3 + b**2 / 2)
    difference = statistics.mean(OURS) - statistics.mean(THEIRS)
    wanted = upper_tail((0.01 - abs(difference)) / (a + b) ** 0.5, df)
    assert reproduction.equivalence(OURS, THEIRS) == pytest.approx(wanted)


def test_a_permutation_is_every_way_to_deal_the_values():
    together = OURS + THEIRS
    differences = []
    for chosen in itertools.combinations(range(7), 4):
        dealt = [together[i] for i in chosen]
        rest = [together[i] for i in range(7) if i not in chosen]
        differences.append(statistics.mean(dealt) - statistics.mean(rest))
    seen = differences[0]  # as they were dealt
    tails = (
        statistics.mean(difference <= seen + 1e-12 for difference in differences),
        statistics.mean(difference >= seen - 1e-12 for difference in differences),
    )
    assert reproduction.permutation(OURS, THEIRS) == pytest.approx(min(1, 2 * min(tails)))


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ([0.92, 0.921, 0.922, 0.92, 0.921], [0.921, 0.922, 0.92, 0.921, 0.922], "reproduced"),
        ([0.92, 0.921, 0.922, 0.92, 0.921], [0.95, 0.951, 0.952, 0.953, 0.95], "differs"),
        (
            [0.90, 0.92, 0.94, 0.91, 0.93],
            [0.91, 0.93, 0.92, 0.94, 0.90],
            "not shown, because the seeds spread too far",
        ),
        (
            [0.90, 0.92, 0.94, 0.91, 0.93],
            [0.91, 0.94, 0.93, 0.95, 0.92],
            "not shown, because the difference is not below the margin",
        ),
    ],
)
def test_the_answer(ours, theirs, words):
    row = reproduction.Row("a piece", "a metric", ours, theirs)
    assert reproduction.verdict(row, count=1)[2].startswith(words)


def test_a_piece_has_its_own_margin():
    row = reproduction.Row("a piece", "a metric", OURS, THEIRS, margin=0.02)
    assert reproduction.verdict(row, count=1)[0] == reproduction.equivalence(OURS, THEIRS, 0.02)
    margins = {name: piece.margin for name, piece in reproduction.PIECES.items()}
    assert margins.pop("d3") == margins.pop("d3-post") == 0.02
    assert {*margins.values()} == {0.01}


def test_the_oracles_scores_are_of_whole_runs_on_the_records_data():
    scores = json.loads(reproduction.SCORES.read_text())
    assert scores["tensorflow"] == "1.15.5"
    assert scores["pieces"].keys() <= reproduction.PIECES.keys()
    for piece, seeds in scores["pieces"].items():
        # score.py moves the zeros of D3's reviews itself.
        name = "imdb_simplernn/default" if piece == "d3-post" else reproduction.PIECES[piece].record
        (first, *_) = record.read(plots.PLOTS / f"{name}.json")
        assert scores["fingerprints"][DATA[first.dataset.name]] == first.dataset.fingerprint
        for one in seeds.values():
            assert len(one["test"]) == len(one["validation"]) == first.config["epochs"]
            assert all(0 <= value <= 1 for value in one["test"] + one["validation"])
