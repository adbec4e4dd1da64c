import dataclasses
import importlib
import json

import keras
import numpy as np
import pytest

from experiments import cell_variants
from experiments.cell_variants import gates
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials import tf1

# Worked out by hand for 128 units, 28 inputs and a readout of 128 * 10 + 10.
PARAMETERS = {
    "simple RNN": 19_968 + 128 + 1_290,
    "LSTM": 79_872 + 512 + 1_290,
    "LSTM with peepholes": 79_872 + 512 + 384 + 1_290,
    "GRU, TF1's form": 59_904 + 384 + 1_290,
    "GRU, Keras' form": 59_904 + 2 * 384 + 1_290,
}


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


BY_HAND = {
    "sigmoid": _sigmoid,
    "hard sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "halved softsign": lambda x: (x / (1 + np.abs(x)) + 1) / 2,
    "relu": lambda x: np.maximum(x, 0),
}
STATES = {
    "tanh": np.tanh,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "relu": lambda x: np.maximum(x, 0),
}


@pytest.mark.parametrize("cell", cell_variants.CELLS)
def test_parameters(cell):
    model = cell_variants.build_model(cell_variants.Config(), cell)
    assert model.count_params() == PARAMETERS[cell]
    assert 4 * 128 * (128 + 28) == 79_872


def test_each_cell_is_what_its_name_says():
    for cell, kind in {
        "simple RNN": tf1.BasicRNNCell,
        "LSTM": tf1.BasicLSTMCell,
        "LSTM with peepholes": tf1.LSTMCell,
        "GRU, TF1's form": tf1.GRUCell,
    }.items():
        layer = cell_variants.build_model(cell_variants.Config(units=3), cell).layers[1]
        assert isinstance(layer.cell, kind)
        assert getattr(layer.cell, "use_peepholes", False) == (cell == "LSTM with peepholes")
    layer = cell_variants.build_model(cell_variants.Config(units=3), "GRU, Keras' form").layers[1]
    assert isinstance(layer, keras.layers.GRU) and layer.reset_after


def _random_cell(gate, state, features=3, units=4):
    rng = np.random.default_rng(0)
    cell = gates.GatedLSTMCell(units, gate=gate, activation=state, dtype="float32")
    cell.build((None, features))
    cell.set_weights([rng.normal(size=w.shape) for w in cell.get_weights()])
    return cell, rng.normal(size=(5, 6, features)).astype(np.float32)


@pytest.mark.parametrize("gate", BY_HAND)
@pytest.mark.parametrize("state", STATES)
def test_the_lstm_with_other_activations_and_its_gates_are_the_equations(gate, state):
    cell, x = _random_cell(gate, state)
    kernel, bias = (np.float64(w) for w in cell.get_weights())
    c = h = np.zeros((5, 4))
    outputs, seen = [], {"input": [], "forget": [], "output": []}
    for t in range(6):
        i, j, f, o = np.split(np.concatenate([x[:, t], h], axis=1) @ kernel + bias, 4, axis=1)
        i, f, o = (BY_HAND[gate](z) for z in (i, f + 1, o))
        c = f * c + i * STATES[state](j)
        h = o * STATES[state](c)
        outputs.append(h)
        for name, value in zip(seen, (i, f, o), strict=True):
            seen[name].append(value)
    got, _ = tf1.dynamic_rnn(cell, x, dtype="float32")
    np.testing.assert_allclose(got, np.stack(outputs, axis=1), rtol=1e-4, atol=1e-5)
    for name, value in gates.values(cell, x).items():
        by_hand = np.stack(seen[name], axis=1).reshape(30, 4)
        np.testing.assert_allclose(value, by_hand, rtol=1e-4, atol=1e-5)


def test_with_sigmoid_gates_it_is_tensorflow_1s_cell():
    cell, x = _random_cell("sigmoid", "tanh")
    basic = tf1.BasicLSTMCell(4, dtype="float32")
    basic.build((None, 3))
    basic.set_weights(cell.get_weights())
    for ours, theirs in zip(
        tf1.dynamic_rnn(cell, x, dtype="float32")[1],
        tf1.dynamic_rnn(basic, x, dtype="float32")[1],
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_cell_is_made_again_from_its_config():
    cell, _ = _random_cell("relu", "softsign")
    again = gates.GatedLSTMCell.from_config(cell.get_config())
    assert (again.gate, again.num_units, again.activation) == ("relu", 4, cell.activation)


def test_histogram_counts_ends_and_what_is_above_one():
    counts = gates.histogram(np.array([0, 0.01, 0.049, 0.051, 0.5, 0.96, 1.0, 1.001, 7.0]))
    expected = [0] * 21
    expected[0], expected[1], expected[10], expected[19], expected[20] = 3, 1, 1, 2, 2
    assert counts == expected


def test_the_command_runs_to_its_end_without_data(run_command, tmp_path):
    flags = ["--data=sample", "--units=4", "--batch_size=850", f"--out_dir={tmp_path / 'run'}"]
    done = run_command("experiments.cell_variants", *flags)
    assert (done.returncode, done.stderr) == (0, "")
    shown = [line.split() for line in done.stdout.splitlines()]
    assert ["LSTM", "512", "16", "50", "578", "578"] in shown
    assert sum(line[:5] == ["relu", "gates,", "tanh", "state", "forget"] for line in shown) == 1
    (record,) = record_module.read(tmp_path / "run" / "record.json")
    variants = record.measured["variants"]
    assert [v["cell"] for v in variants] == [*cell_variants.CELLS, *["LSTM"] * 5]
    for variant in variants:
        assert sum(variant["by_formula"]) == variant["count_params"]
        assert 0 <= variant["test_accuracy"] <= 1 and variant["seconds"] > 0
        for counts in variant.get("gates", {}).values():
            assert sum(counts) == 1000 * 28 * 4
            assert counts[-1] == 0 or variant["gate"] == "relu"
    _draw(record)
    json.dumps(dataclasses.asdict(record), allow_nan=False)


def _draw(record):
    figure = importlib.import_module("experiments.cell_variants").draw(record)
    assert "generated sample, not MNIST, seed 0" in figure.get_suptitle()
    left, *right = figure.axes
    accuracies = [v["test_accuracy"] for v in record.measured["variants"]]
    assert [line.get_xdata()[0] for line in left.get_lines()[1::2]] == accuracies
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels[1] == "LSTM\n578 parameters"
    assert labels[-1] == "LSTM, sigmoid gates,\nrelu state"
    assert [axes.get_title() for axes in right] == [
        f"{gate} gates" for gate in ("sigmoid", "hard sigmoid", "halved softsign", "relu")
    ]
    for axes in right:
        for stairs in axes.patches:
            assert sum(stairs.get_data().values) == pytest.approx(100)
