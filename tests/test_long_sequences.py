import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments import long_sequences
from experiments.long_sequences import readers
from keras_rnn_tutorials.record import read

ROOT = Path(__file__).parent.parent
WORDS, LENGTH = 20, 300


def _reviews(padding: str, examples: int = 1_000):
    """8 words each, in LENGTH steps: ids from 4 to 11 for praise, from 12 to 19 for blame."""
    rng = np.random.default_rng(0)
    y = np.arange(examples) % 2
    ids = rng.integers(4, 12, (examples, 8)) + 8 * (1 - y[:, None])
    zeros = np.zeros((examples, LENGTH - 8))
    parts = (zeros, ids) if padding == "pre" else (ids, zeros)
    return np.concatenate(parts, axis=1).astype(np.int32), y


def _accuracy(padding: str, mask: bool) -> float:
    keras.utils.set_random_seed(0)
    model = readers.build_model("SimpleRNN", LENGTH, 8, WORDS, mask, "last_output")
    x, y = _reviews(padding)
    model.fit(x[:800], y[:800], batch_size=40, epochs=4, verbose=0, shuffle=False)
    return model.evaluate(x[800:], y[800:], batch_size=200, verbose=0)[1]


@pytest.mark.long
def test_zeros_behind_blind_a_simple_rnn_and_a_mask_restores_it():
    front, behind, masked = (
        _accuracy(*how) for how in (("pre", False), ("post", False), ("post", True))
    )
    assert front > 0.9
    assert behind - 0.5 < 0.5 * (front - 0.5)  # most of what it knew above a guess is lost
    assert masked > 0.9


@pytest.mark.parametrize(
    ("reader", "options", "shape"),
    [
        ("last_output", {}, (None, 4)),
        ("pooled", {}, (None, 4)),
        ("sampled", {"keep": 5}, (None, 4)),
        ("carried", {"chunk": 5}, (None, 4)),
        ("hierarchical", {"chunk": 5}, (None, 4)),
    ],
)
@pytest.mark.parametrize("layer", long_sequences.LAYERS)
def test_every_reader_makes_one_vector_of_a_sequence(reader, options, shape, layer):
    sequence = keras.Input((20, 3))
    features = readers.READERS[reader](
        sequence, lambda **arguments: getattr(keras.layers, layer)(4, **arguments), **options
    )
    assert features.shape == shape


@pytest.mark.parametrize("layer", long_sequences.LAYERS)
def test_a_carried_state_has_the_same_output_and_no_gradient_from_earlier_chunks(layer):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(2, 12, 3)).astype(np.float32))
    whole = getattr(keras.layers, layer)(4)
    wanted = whole(x)
    cut = keras.layers.RNN(readers.CarriedState(whole.cell, 4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        got = cut(x)
        loss = tf.reduce_sum(got)
    np.testing.assert_allclose(got, wanted, atol=1e-6)
    slopes = np.abs(tape.gradient(loss, x)).max(axis=(0, 2))
    assert (slopes[:8] == 0).all() and (slopes[8:] > 0).all()


def test_pooled_is_the_mean_over_words_alone():
    x = np.array([[0, 0, 5, 6, 7]], np.int32)
    model = readers.build_model("GRU", 5, 4, WORDS, True, "pooled")
    embedding, rnn = model.layers[1], next(a for a in model.layers if "gru" in a.name)
    outputs = np.asarray(rnn(embedding(x[:, 2:])))
    pooled = keras.Model(model.input, model.layers[-2].output)(x)
    np.testing.assert_allclose(pooled, outputs.mean(axis=1), atol=1e-6)


def test_sampled_steps_stay_in_order_one_of_each_stretch():
    steps = tf.reshape(tf.range(20.0), (1, 20, 1))
    layer = readers.SampledSteps(5)
    np.testing.assert_array_equal(layer(steps)[0, :, 0], [2, 6, 10, 14, 18])
    drawn = np.array([layer(steps, training=True)[0, :, 0] for _ in range(20)])
    np.testing.assert_array_equal(drawn // 4, np.tile(np.arange(5), (20, 1)))
    assert len(np.unique(drawn % 4)) == 4


def test_hierarchical_reads_each_chunk_from_a_fresh_state():
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype(np.float32)
    layers = []

    def rnn():
        layers.append(keras.layers.SimpleRNN(4))
        return layers[-1]

    inputs = keras.Input((6, 3))
    got = keras.Model(inputs, readers.hierarchical(inputs, rnn, 3))(x)
    low, high = layers
    vectors = np.stack([low(x[:, :3]), low(x[:, 3:])], axis=1)
    np.testing.assert_allclose(got, high(vectors), atol=1e-6)


def test_rows_name_every_case_once():
    names = [(row.name, row.layer) for row in long_sequences.ROWS]
    assert len(set(names)) == len(names) == 31
    assert sum(map(long_sequences.is_quick, long_sequences.ROWS)) == 11
    lengths = {(r.layer, r.maxlen) for r in long_sequences.ROWS if r.part == "length"}
    assert lengths == {(a, n) for a in long_sequences.LAYERS for n in (100, 200, 500, 1000)}


@pytest.mark.long
def test_a_small_run_is_drawn_from_its_record(short_samples, tmp_path, monkeypatch, capsys):
    quick = [
        row._replace(maxlen=20, options={})
        for row in long_sequences.ROWS
        if long_sequences.is_quick(row)
    ]
    wanted = ("last 500 words", "first 500 words", "mean of all outputs")
    rows = [row for row in quick if row.name in wanted and row.layer == "SimpleRNN"]
    monkeypatch.setattr(long_sequences, "ROWS", rows)
    run = long_sequences.main(
        data="sample", reviews=50, epochs=1, batch_size=25, out_dir=str(tmp_path / "run")
    )
    assert [row["name"] for row in run.record.measured["rows"]] == list(wanted)
    assert "seconds per epoch" in capsys.readouterr().out
    (again,) = read(run.directory / "record.json")
    assert again == run.record
    figure = long_sequences.draw(again)
    assert "generated sample, not IMDB, seed 0" in figure.get_suptitle()
    *_, median = figure.axes[3].get_lines()[:-1]  # the last line is guessing's
    assert median.get_xdata()[0] == pytest.approx(run.record.measured["rows"][2]["test"])


def test_several_seeds_are_drawn_as_their_median_and_every_seed():
    (one,) = read(ROOT / "plots" / "long_sequences" / "full.json")[:1]
    shifted = dataclasses.replace(
        one, measured={"rows": [r | {"test": r["test"] + 0.01} for r in one.measured["rows"]]}
    )
    figure = long_sequences.draw_runs([one, shifted, shifted])
    assert "3 seeds: median" in figure.get_suptitle()
    dots, middle = figure.axes[2].get_lines()[:2]
    first = one.measured["rows"]
    accuracy = next(r["test"] for r in first if r["maxlen"] == 500 and r["layer"] == "SimpleRNN")
    assert list(dots.get_xdata()) == [accuracy, accuracy + 0.01, accuracy + 0.01]
    assert list(middle.get_xdata()) == [accuracy + 0.01]
