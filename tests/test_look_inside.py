"""What the states are read from, and the figures that show them."""

import dataclasses

import keras
import numpy as np
import pytest

from experiments import look_inside
from keras_rnn_tutorials.data.dataset import Dataset, Split


@pytest.mark.parametrize("cell", look_inside.PARTS)
def test_the_answers_and_the_state_are_those_of_the_model(cell):
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(4, 28, 28)).astype(np.float32)
    recurrent = getattr(keras.layers, cell)(6, return_sequences=True)
    every = keras.Sequential([keras.Input((28, 28)), recurrent, keras.layers.Dense(3, "tanh")])
    weights = [rng.normal(scale=0.4, size=w.shape) for w in every.get_weights()]
    every.set_weights(weights)
    last = getattr(keras.layers, cell)(6)
    model = keras.Sequential([keras.Input((28, 28)), last, keras.layers.Dense(3, "tanh")])
    model.set_weights(weights)
    np.testing.assert_allclose(look_inside.answers_by_step(model, x), every(x), atol=1e-5)
    parts = look_inside.read(last, x[0])
    np.testing.assert_allclose(parts["h"], recurrent(x[:1])[0], atol=1e-5)
    assert parts.keys() == look_inside.PARTS[cell].keys()
    gates = [name for name, part in look_inside.PARTS[cell].items() if part.is_gate]
    assert all(0 <= parts[gate].min() and parts[gate].max() <= 1 for gate in gates)


def test_the_equations_join_the_parts():
    x = np.random.default_rng(0).uniform(size=(28, 5)).astype(np.float32)
    lstm, gru = keras.layers.LSTM(6), keras.layers.GRU(6)
    for layer in (lstm, gru):
        layer.build((None, 28, 5))
    p = look_inside.read(lstm, x)
    c = np.arctanh(p["tanh_c"])
    np.testing.assert_allclose(p["f"][1:] * c[:-1] + p["i"][1:] * p["g"][1:], c[1:])
    np.testing.assert_allclose(p["o"] * p["tanh_c"], p["h"])
    p = look_inside.read(gru, x)
    kept, new = p["z"][1:] * p["h"][:-1], (1 - p["z"][1:]) * p["n"][1:]
    np.testing.assert_allclose(kept + new, p["h"][1:])


def test_the_search_finds_what_turns_late_and_surely():
    wrong, right, unsure = (0.9, 0.1), (0.1, 0.9), (0.5, 0.5)
    answers = np.array(
        [
            [right, right, right, right],
            [wrong, right, right, right],
            [wrong, wrong, wrong, right],
            [unsure, unsure, unsure, right],
            [wrong, wrong, wrong, wrong],
        ]
    )
    found = look_inside.turns_late(answers, np.ones(5, int))
    np.testing.assert_allclose(found, [0.1, 0.225, 0.675, 0.375, 0.1])


@pytest.mark.parametrize(("cell", "panels"), [("LSTM", 8), ("GRU", 6), ("SimpleRNN", 3)])
def test_a_digit_is_read_row_by_row(record, capsys, cell, panels):
    model = look_inside.build_model(look_inside.Config(cell=cell))
    rng = np.random.default_rng(0)
    test = Split(rng.uniform(size=(5, 28, 28)).astype(np.float32), np.arange(5))
    measured = look_inside.measure(
        look_inside.Config(cell=cell), Dataset("mnist", "sample", test, None, test), model
    )
    assert np.shape(measured["answers"]) == (28, 10) and np.shape(measured["pixels"]) == (28, 28)
    assert measured["parts"].keys() == look_inside.PARTS[cell].keys()
    assert f"test image {measured['image']}, a {measured['label']}" in capsys.readouterr().out
    figure = look_inside.draw(dataclasses.replace(record, config={"cell": cell}, measured=measured))
    assert f"reads a {measured['label']}, row by row" in figure.get_suptitle()
    assert sum(bool(axes.get_title()) for axes in figure.axes) == panels


def test_a_run_on_the_sample_is_recorded_and_drawn(short_samples, blank_figures, tmp_path):
    """With the cell that XLA compiles fastest."""
    out_dir = tmp_path / "run"
    run = look_inside.main(
        data="sample", cell="SimpleRNN", epochs=1, batch_size=500, out_dir=str(out_dir)
    )
    assert "generated sample, not MNIST" in look_inside.draw(run.record).get_suptitle()
    assert (out_dir / "figure.svg").exists() and (out_dir / "model.keras").exists()


@pytest.mark.parametrize("cell", look_inside.PARTS)
def test_a_sentence_is_read_word_by_word(record, capsys, cell):
    config = look_inside.Config(dataset="imdb", cell=cell)
    model = look_inside.build_model(config)
    empty = Split(np.zeros((1, 500), np.int32), np.zeros(1, np.int64))
    words = ("a", "great", "film", "boring")
    dataset = Dataset("imdb_reviews", "sample", empty, None, empty, words)
    measured = look_inside.measure(config, dataset, model)
    assert measured["words"][:4] == ["i", "expected", "a", "great"]
    # Padding, the start sign, "i" and "expected", which have no id of their own, "a", "great".
    ids = np.array([[0] * 484 + [1, 2, 2, 4, 5]])
    h = look_inside.read(model.layers[1], model.layers[0].get_weights()[0][ids[0]])["h"][-1]
    np.testing.assert_allclose(measured["parts"]["h"][3], h, atol=1e-4)
    kernel, bias = model.layers[2].get_weights()
    p = 1 / (1 + np.exp(-(h @ kernel + bias)[0]))
    assert measured["answers"][3] == pytest.approx(p, abs=1e-4)
    assert f"{p:6.1%} positive after 'great'" in capsys.readouterr().out
    shown = dataclasses.replace(record, config={"cell": cell}, measured=measured)
    assert look_inside.SENTENCE in look_inside.draw(shown).get_suptitle()
