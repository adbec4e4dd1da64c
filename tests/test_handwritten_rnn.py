import json

import numpy as np
import pytest

from experiments import handwritten_rnn

# The tutorial's printed figures: before the activation, state, output.
PUBLISHED = [
    [[0.6, 0.5], [0.53704957, 0.46211716], [1.56128388]],
    [[1.2923401, 1.39225678], [0.85973818, 0.88366641], [2.72707101]],
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return handwritten_rnn.main(out_dir=str(tmp_path_factory.mktemp("run")))


def test_two_units_give_the_published_figures_to_8_digits(capsys):
    steps = handwritten_rnn.two_units()
    for ours, published in zip(steps, PUBLISHED, strict=True):
        for values, expected in zip(ours, published, strict=True):
            np.testing.assert_allclose(values, expected, rtol=0, atol=5e-9)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == 2 * ["before activation", "state", "output"]
    assert lines[1] == "state: [0.53704957 0.46211716]"
    assert lines[5] == "output: [2.72707101]"


def test_the_loop_is_the_equation_written_entry_by_entry():
    rng = np.random.default_rng(1)
    inputs, w = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    u, b = rng.normal(size=(2, 2)), rng.normal(size=2)
    state = [0.0, 0.0]
    expected = []
    for x in inputs:
        state = [
            np.tanh(
                sum(w[i, k] * x[k] for k in range(3))
                + sum(u[i, k] * state[k] for k in range(2))
                + b[i]
            )
            for i in range(2)
        ]
        expected.append(state)
    np.testing.assert_allclose(handwritten_rnn.loop(inputs, w, u, b), expected, rtol=1e-12)


def test_the_slips_are_made_and_answered(run):
    assert run.record.measured["slips"] == [
        "a misspelt variable: NameError: name 'statet' is not defined",
        "W of shape (32, 64): ValueError, x having shape (32,)",
        "concatenate: shape (6400,); stack: shape (100, 64)",
    ]


def test_keras_gives_the_same_numbers(run):
    assert 0 < run.record.measured["keras_difference"] < 1e-13


def test_the_figure_is_drawn_from_the_record(run):
    (saved,) = json.loads((run.directory / "record.json").read_text())["runs"]
    shown = run.figure().axes[0].get_images()[0].get_array()
    np.testing.assert_array_equal(shown, np.array(saved["measured"]["states"]).T)
    assert shown.shape == (64, 100)
