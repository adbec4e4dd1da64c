"""What the states are read from, and the figures that show them."""

import keras
import numpy as np
import pytest

from experiments import imdb_simplernn, look_inside, mnist_lstm
from keras_rnn_tutorials.data.dataset import Dataset, Split


def _images(count):
    return np.random.default_rng(0).uniform(size=(count, 28, 28)).astype(np.float32)


def test_the_answers_and_the_state_are_those_of_the_model():
    keras.utils.set_random_seed(0)
    model, x = mnist_lstm.build_model(mnist_lstm.Config(units=6)), _images(4)
    states = look_inside.read_image(model, x[0])
    every = keras.layers.LSTM(6, return_sequences=True, return_state=True)
    every.build((None, 28, 28))
    every.set_weights(model.layers[0].get_weights())
    h, _, c = every(x[:1])
    np.testing.assert_allclose(states["h"], h[0], atol=1e-6)
    np.testing.assert_allclose(states["c"][-1], c[0], atol=1e-6)
    before = np.concatenate([np.zeros((1, 6)), states["c"][:-1]])
    np.testing.assert_allclose(states["f"] * before + states["i"] * states["g"], states["c"])
    np.testing.assert_allclose(states["o"] * np.tanh(states["c"]), states["h"])

    answers = look_inside.answers_by_step(model, x)
    assert answers.shape == (4, 28, 10)
    for steps in (1, 13, 28):
        shown = keras.Sequential([keras.layers.LSTM(6), model.layers[1]])
        shown.build((None, steps, 28))
        shown.set_weights(model.get_weights())
        np.testing.assert_allclose(answers[:, steps - 1], shown(x[:, :steps]), atol=1e-6)


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
    found = look_inside.search(answers, np.ones(5, int))
    np.testing.assert_allclose(found, [0.1, 0.225, 0.675, 0.375, 0.1])


def test_a_run_on_the_sample_names_what_it_read(short_samples, tmp_path, capsys):
    run = look_inside.main(data="sample", epochs=1, batch_size=500, out_dir=str(tmp_path / "run"))
    measured = run.record.measured
    assert np.shape(measured["answers"]) == (28, 10) and np.shape(measured["pixels"]) == (28, 28)
    assert {np.shape(values) for values in measured["states"].values()} == {(28, 100)}
    assert f"test image {measured['image']}, a {measured['label']}" in capsys.readouterr().out
    assert (tmp_path / "run" / "figure.svg").exists() and (
        tmp_path / "run" / "model.keras"
    ).exists()
    assert "generated sample, not MNIST" in run.figure().get_suptitle()


def test_a_sentence_is_read_word_by_word(record, capsys):
    keras.utils.set_random_seed(0)
    model = imdb_simplernn.build_model(imdb_simplernn.Config(maxlen=20))
    empty = Split(np.zeros((1, 20), np.int32), np.zeros(1, np.int64))
    words = ("a", "great", "film", "boring")
    dataset = Dataset("imdb_reviews", "sample", empty, None, empty, words)
    config = look_inside.Config(dataset="imdb")
    measured = look_inside.measure(config, dataset, model)
    assert measured["words"][:4] == ["i", "expected", "a", "great"]
    # Padding, the start sign, "i" and "expected", which have no id of their own, "a", "great".
    ids = [0] * 4 + [1, 2, 2, 4, 5]
    shown = keras.Sequential([*model.layers[:1], keras.layers.SimpleRNN(32), model.layers[2]])
    shown.build((None, len(ids)))
    shown.set_weights(model.get_weights())
    p = float(shown(np.array([ids]))[0, 0])
    assert measured["answers"][3] == pytest.approx(p, abs=1e-4)
    assert f"{p:6.1%} positive after 'great'" in capsys.readouterr().out
    record.measured.update(measured)
    assert look_inside.SENTENCE in look_inside.draw(record).get_suptitle()
