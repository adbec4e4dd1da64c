"""How the states are read, and the figures that show them."""

import dataclasses

import keras
import numpy as np
import pytest

from experiments import look_inside
from keras_rnn_tutorials import layers
from keras_rnn_tutorials.data.dataset import Dataset, Split

WORDS = ("a", "great", "film", "boring")


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


def _reviews():
    empty = Split(np.zeros((1, 500), np.int32), np.zeros(1, np.int64))
    return Dataset("imdb_reviews", "sample", empty, None, empty, WORDS)


@pytest.mark.parametrize("cell", look_inside.PARTS)
def test_a_sentence_is_read_word_by_word(record, capsys, cell):
    config = look_inside.Config(dataset="imdb", cell=cell)
    model = look_inside.build_model(config)
    measured = look_inside.measure(config, _reviews(), model)
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


def _bidirectional(cell, shape, outputs):
    """A model with random weights, and its halves as layers of Keras that return every state."""
    rng = np.random.default_rng(0)
    units = 6
    model = keras.Sequential(
        [
            keras.Input(shape),
            layers.Bidirectional(getattr(layers, cell)(units)),
            keras.layers.Dense(outputs, "softmax"),
        ]
    )
    model.set_weights([rng.normal(scale=0.4, size=w.shape) for w in model.get_weights()])
    both = model.layers[0]
    halves = []
    for layer, options in ((both.forward_layer, {}), (both.backward_layer, {"go_backwards": True})):
        half = getattr(keras.layers, cell)(units, return_sequences=True, **options)
        half.build((None, *shape))
        half.set_weights(layer.get_weights())
        halves.append(half)
    return model, *halves


@pytest.mark.parametrize("cell", look_inside.PARTS)
def test_the_halves_are_those_of_the_model(cell):
    x = np.random.default_rng(1).uniform(size=(4, 7, 5)).astype(np.float32)
    model, forward, backward = _bidirectional(cell, (7, 5), 3)
    parts = look_inside.read_both(model.layers[0], x[0])
    np.testing.assert_allclose(parts["forward"]["h"], forward(x[:1])[0], atol=1e-5)
    np.testing.assert_allclose(parts["backward"]["h"], backward(x[:1])[0][::-1], atol=1e-5)
    shown = [name for name in look_inside.PARTS[cell] if name in look_inside.SHOWN]
    assert [*parts["forward"]] == [*parts["backward"]] == shown

    states = np.array(forward(x)), np.array(backward(x))[:, ::-1]
    answers = look_inside.answers_of_halves(model, *states)
    np.testing.assert_allclose(answers["both"], model(x), atol=1e-5)
    kernel, bias = model.layers[1].get_weights()
    for name, h, of_half in zip(("forward", "backward"), states, np.split(kernel, 2), strict=True):
        exponentials = np.exp(h @ of_half + bias)
        alone = exponentials / exponentials.sum(axis=2, keepdims=True)
        np.testing.assert_allclose(answers[name], alone, atol=1e-5)


def test_the_search_finds_what_needs_both_halves():
    sure, unsure, wrong = (0.1, 0.9), (0.4, 0.6), (0.8, 0.2)
    # By example: the forward half's last answer, the backward half's first, both. Class 1 is right.
    ends = [(wrong, wrong, sure), (sure, wrong, sure), (wrong, wrong, wrong), (wrong, unsure, sure)]
    forward, backward, both = (np.array(end) for end in zip(*ends, strict=True))
    other = np.full_like(both, 0.5)
    answers = {
        "forward": np.stack([other, forward], axis=1),
        "backward": np.stack([backward, other], axis=1),
        "both": both,
    }
    found = look_inside.needs_both(answers, np.ones(4, int))
    np.testing.assert_allclose(found, [0.8, 0.1, 0.2, 0.4])


@pytest.mark.parametrize(("cell", "panels"), [("LSTM", 10), ("GRU", 8), ("SimpleRNN", 6)])
def test_a_digit_is_read_from_both_ends(record, capsys, cell, panels):
    config = look_inside.Config(cell=cell, bidirectional=True)
    model = look_inside.build_model(config)
    rng = np.random.default_rng(0)
    test = Split(rng.uniform(size=(5, 28, 28)).astype(np.float32), np.arange(5))
    measured = look_inside.measure(config, Dataset("mnist", "sample", test, None, test), model)
    chosen = measured["image"]
    expected = model.predict(test.x, verbose=0)
    np.testing.assert_allclose(measured["answers"]["both"], expected[chosen], atol=1e-4)
    right = np.mean(expected.argmax(axis=1) == test.y)
    assert measured["accuracies"]["both"] == pytest.approx(right)
    assert f"both     answers {expected[chosen].argmax()} ({right:.1%})" in capsys.readouterr().out
    for half in ("forward", "backward"):
        assert np.shape(measured["answers"][half]) == (28, 10)
    config = {"cell": cell, "bidirectional": True}
    figure = look_inside.draw(dataclasses.replace(record, config=config, measured=measured))
    assert f"A bidirectional {cell} reads a {measured['label']}:" in figure.get_suptitle()
    assert f"both {right:.1%}" in figure.get_suptitle()
    assert sum(bool(axes.get_title()) for axes in figure.axes) == panels


@pytest.mark.parametrize("cell", look_inside.PARTS)
def test_a_sentence_is_read_from_both_ends(record, capsys, cell):
    config = look_inside.Config(dataset="imdb", cell=cell, bidirectional=True)
    model = look_inside.build_model(config)
    measured = look_inside.measure(config, _reviews(), model)
    # Padding, which is masked, the start sign, and the words that have no id of their own but four.
    known = {word: index + 4 for index, word in enumerate(WORDS)}
    ids = np.array([[1, *(known.get(word, 2) for word in measured["words"])]])
    padded = np.pad(ids, ((0, 0), (500 - ids.size, 0)))
    both = float(model.predict(padded, verbose=0)[0, 0])
    assert measured["answers"]["both"] == pytest.approx(both, abs=1e-4)
    assert f"{both:6.1%} positive: both" in capsys.readouterr().out
    vectors = model.layers[0].get_weights()[0][ids[0]]
    backward = look_inside.read(model.layers[1].backward_layer, vectors[::-1])["h"]
    np.testing.assert_allclose(measured["parts"]["backward"]["h"][-1], backward[0], atol=1e-4)
    np.testing.assert_allclose(measured["parts"]["backward"]["h"][0], backward[-2], atol=1e-4)
    shown = {"cell": cell, "bidirectional": True}
    figure = look_inside.draw(dataclasses.replace(record, config=shown, measured=measured))
    assert look_inside.SENTENCE in figure.get_suptitle()
    names = [name for name in look_inside.PARTS[cell] if name in look_inside.SHOWN]
    assert sum(bool(axes.get_title()) for axes in figure.axes) == 2 * len(names)
