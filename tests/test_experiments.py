import importlib
import math
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from experiments import bidirectional_lstm, imdb_simplernn, mnist_lstm
from experiments.__main__ import summaries
from keras_rnn_tutorials.losses import softmax_twice

ROOT = Path(__file__).parent.parent

# Worked out by hand from the tutorials: four gates of (inputs + units) * units weights and units
# biases, an embedding of words * width, a readout of inputs * outputs + outputs.
PARAMETERS = {
    ("mnist_lstm", ()): 4 * (128 * 100 + 100) + 1_010,
    ("imdb_simplernn", ()): 322_113,
    ("bidirectional_lstm", ()): 2 * (79_872 + 4 * 128) + 2_570,
    ("bidirectional_lstm", (("dataset", "imdb"),)): 320_000 + 2 * 4 * (160 * 128 + 128) + 257,
    ("unrolled_lstm", ()): 4 * 128 * (97 + 128 + 1) + 97 * 129,
    ("look_inside", ()): 4 * (128 * 100 + 100) + 1_010,
    ("look_inside", (("cell", "GRU"),)): 3 * (128 * 100 + 2 * 100) + 1_010,  # two biases
    ("look_inside", (("bidirectional", True),)): 2 * 4 * (128 * 100 + 100) + 2_010,
    ("look_inside", (("dataset", "imdb"),)): 320_000 + 4 * 32 * (32 + 32 + 1) + 33,
    ("look_inside", (("dataset", "imdb"), ("cell", "SimpleRNN"))): 322_113,
    ("long_sequences", ()): 320_000 + 32 * (32 + 32 + 1) + 33,  # its first row, a SimpleRNN
}

# Those that compare many models, or none; their own tests have their numbers.
WITHOUT_ONE_MODEL = {
    "cell_variants",
    "handwritten_rnn",
    "static_vs_dynamic",
    "tf1_parity",
    "vanishing_gradients",
}


def _experiments():
    """Those that have a Config: the others are commands over what was recorded."""
    return [name for name in summaries() if "Config" in vars(_module(name))]


def _module(name):
    return importlib.import_module(f"experiments.{name}")


def test_every_experiment_has_its_parameters_counted_by_hand():
    assert {name for name, _ in PARAMETERS} | WITHOUT_ONE_MODEL == set(_experiments())


@pytest.mark.parametrize(("name", "changes"), PARAMETERS)
def test_parameters(name, changes):
    module = _module(name)
    model = module.build_model(module.Config(**dict(changes)))
    assert model.count_params() == PARAMETERS[name, changes]


@pytest.mark.parametrize("name", _experiments())
def test_an_experiment_has_the_common_shape(name):
    module = _module(name)
    assert f"python -m experiments.{name}" in module.__doc__
    assert "Differences from the published listing:\n\n1. " in module.__doc__
    for part in (module.Config, module.main):
        assert part.__doc__
    assert hasattr(module, "build_model") or (module.measure.__doc__ and module.draw.__doc__)


def test_all_are_listed_a_line_each():
    listed = subprocess.run(
        [sys.executable, "-m", "experiments"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    shown = [line.split()[0] for line in listed if line.startswith("  ")]
    assert sorted(shown) == sorted(summaries()) and shown[: len(_experiments())] == _experiments()
    assert "B8: two LSTMs read a sequence in opposite directions." in listed[3]
    assert max(map(len, listed)) <= 80


def test_mnist_lstm_starts_as_tensorflow_1_did():
    keras.utils.set_random_seed(0)
    lstm, dense = mnist_lstm.build_model(mnist_lstm.Config()).layers
    limit = math.sqrt(6 / (28 + 100 + 400))
    for weights in (lstm.cell.kernel, lstm.cell.recurrent_kernel):
        assert 0.99 * limit < np.abs(weights).max() <= limit
        assert np.std(weights) == pytest.approx(limit / math.sqrt(3), rel=0.02)
    assert not np.array_equal(lstm.cell.kernel[:5], lstm.cell.recurrent_kernel[:5])
    np.testing.assert_array_equal(lstm.cell.bias, np.repeat([0, 1, 0, 0], 100))  # i, f, c, o
    assert np.abs(dense.kernel).max() <= 0.2  # truncated at two standard deviations
    # A normal of deviation 0.1 that is cut at 0.2 keeps a deviation of 0.088.
    assert 0.08 < np.std(dense.kernel) < 0.1
    np.testing.assert_array_equal(dense.bias, np.full(10, 0.1, np.float32))


def test_mnist_lstm_variants_differ_in_the_loss_alone():
    x = np.random.default_rng(0).uniform(size=(50, 28, 28)).astype(np.float32)
    y = np.arange(50) % 10
    losses, probabilities = {}, {}
    for variant in ("as_published", "corrected"):
        keras.utils.set_random_seed(0)
        model = mnist_lstm.build_model(mnist_lstm.Config(variant=variant))
        assert model.optimizer.epsilon == 1e-8
        assert float(model.optimizer.learning_rate) == pytest.approx(1e-4)
        losses[variant] = model.evaluate(x, y, batch_size=50, verbose=0)[0]
        probabilities[variant] = model.predict(x, verbose=0)
    p = np.float64(probabilities["as_published"])
    np.testing.assert_allclose(p, probabilities["corrected"], rtol=1e-6)
    assert losses["corrected"] == pytest.approx(-np.log(p[np.arange(50), y]).mean(), rel=1e-5)
    twice = np.log(np.exp(p).sum(axis=1)) - p[np.arange(50), y]
    assert losses["as_published"] == pytest.approx(twice.mean(), rel=1e-5)
    assert losses["as_published"] == pytest.approx(math.log(10), abs=0.02)
    assert mnist_lstm.build_model(mnist_lstm.Config()).loss is softmax_twice


def _bidirectional(x, weights=None, **config):
    keras.utils.set_random_seed(0)
    model = bidirectional_lstm.build_model(bidirectional_lstm.Config(units=4, **config))
    if weights is not None:
        model.set_weights(weights)
    return model, model.predict(x, verbose=0)


def test_the_loop_alone_is_compiled_by_xla():
    """Of 80 copies of the cell XLA makes steps that take thirteen times as long as without it."""
    for variant, compiled in (("static", False), ("dynamic", True)):
        config = bidirectional_lstm.Config(units=4, dataset="imdb", variant=variant)
        assert bidirectional_lstm.build_model(config).jit_compile == compiled


@pytest.mark.parametrize("readout", ["last_output", "final_states"])
def test_static_and_dynamic_give_the_same_numbers(readout):
    x = np.random.default_rng(0).uniform(size=(6, 28, 28)).astype(np.float32)
    _, static = _bidirectional(x, variant="static", readout=readout)
    _, dynamic = _bidirectional(x, variant="dynamic", readout=readout)
    np.testing.assert_allclose(static, dynamic, rtol=1e-6)


def test_at_the_last_output_the_backward_lstm_has_read_the_last_row_only():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(6, 28, 28)).astype(np.float32)
    model, _ = _bidirectional(x, variant="dynamic")
    weights = [rng.normal(size=w.shape) for w in model.get_weights()]
    for forward in weights[:3]:
        forward[:] = 0  # the forward LSTM says nothing
    other = x.copy()
    other[:, :-1] += 1
    for readout, blind in (("last_output", True), ("final_states", False)):
        _, seen = _bidirectional(x, weights, variant="dynamic", readout=readout)
        _, changed = _bidirectional(other, weights, variant="dynamic", readout=readout)
        assert np.allclose(seen, changed, atol=1e-6) == blind


def test_imdb_simplernn_summary_shows_both_output_modes(capsys):
    assert imdb_simplernn.main(summary=True) is None
    shown = capsys.readouterr().out
    assert "(None, 32)" in shown and "(None, 500, 32)" in shown
    assert shown.count("Total params: 322,080") == 2


def _start_python(module, *arguments):
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("mnist_lstm", ["--batch_size=500", "--variant=corrected"]),
        ("imdb_simplernn", ["--batch_size=2000", "--maxlen=50"]),
        ("bidirectional_lstm", ["--batch_size=500", "--variant=dynamic", "--units=16"]),
    ],
)
def test_each_command_runs_to_its_end_without_data(run_command, tmp_path, name, flags):
    """One of them by a Python of its own, with the whole sample."""
    run = _start_python if name == "imdb_simplernn" else run_command
    out_dir = f"--out_dir={tmp_path / name}"
    done = run(f"experiments.{name}", "--data=sample", "--epochs=1", *flags, out_dir)
    assert (done.returncode, done.stderr) == (0, "")
    data = "IMDB" if name == "imdb_simplernn" else "MNIST"
    assert done.stdout.startswith(f"data: generated sample, not {data} (")
    assert done.stdout.endswith(f"a generated sample, not {data}: do not quote this result.\n")
    assert (tmp_path / name / "model.keras").exists()
    assert (tmp_path / name / "vocabulary.txt").exists() == (name == "imdb_simplernn")


def test_a_wrong_flag_is_one_line_and_leaves_nothing(tmp_path):
    done = _start_python("experiments.mnist_lstm", "--units=none", f"--out_dir={tmp_path / 'run'}")
    assert done.returncode == 2
    assert done.stderr == "error: --units=none: give a whole number from 1 to 2147483647.\n"
    assert done.stdout == "" and list(tmp_path.iterdir()) == []
