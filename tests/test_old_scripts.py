"""Scripts in the manner of 2016 to 2018, run as they are by `keras-rnn-tutorials run`."""

import re
from pathlib import Path

import numpy as np
import pytest

from keras_rnn_tutorials.migrate.old_scripts import replacements

SCRIPTS = Path(__file__).parent / "old_scripts"
ENDS = {
    "bidirectional.py": r"loss fell: True",
    "char_rnn.py": r"sample: h.{20}\n",
    "custom_cell.py": r"unrolled/rnn/OldStyle/gate/weights \(8, 4\)\n(.*\n)*loss fell: True",
    "mnist_lstm_dynamic.py": r"rnn/basic_lstm_cell/kernel:0 \[60, 128\] 7680\n(.*\n)*.*ckpt-3",
    "mnist_lstm_static.py": r"Optimization Finished!\nTesting Accuracy: 0\.\d+\n",
    # The first four decimals are TensorFlow 1.15.5's.
    "optimize_loss.py": (
        r"0\.6733\d 0\.5630\d 0\.4248\d 0\.2849\d 0\.1618\d 0\.0773\d 6 "
        r"\['OptimizeLoss/global_norm/clipped_gradient_norm:0', .*\n"
        r"OptimizeLoss/learning_rate OptimizeLoss/beta1_power .* OptimizeLoss/model/w/Adam_1\n"
        r"0\.6733\d 0\.6717\d 0\.6694\d 0\.6670\d 0\.6647\d 0\.6627\d 6 .*\n.*\n"
        r"0\.6733\d 0\.6681\d 0\.6620\d 0\.6549\d 0\.6467\d 0\.6372\d 6 .*\n.*\n"
        r"0\.6733\d 0\.6716\d 0\.6688\d 0\.6651\d 0\.6606\d 0\.6552\d 6 .*\n"
    ),
    "ptb_word_lm.py": r"Valid Perplexity: \d\.\d+\n.*'Model/RNN/multi_rnn_cell/cell_1/basic_lstm_",
    "sine_regression.py": r"mse 0\.\d+\n.*'rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel'",
}
ARGUMENTS = {
    "char_rnn.py": ["--num_steps=3", "--save_dir={tmp}"],
    "mnist_lstm_dynamic.py": ["--steps=3", "--train_dir={tmp}/train"],
}


@pytest.fixture
def run(run_command):
    def run(*arguments):
        return run_command("keras_rnn_tutorials.migrate", "run", "--data=sample", *arguments)

    return run


@pytest.mark.parametrize("name", ENDS)
def test_a_script_runs_to_its_end(run, tmp_path, name):
    arguments = [argument.format(tmp=tmp_path) for argument in ARGUMENTS.get(name, [])]
    ended = run(str(SCRIPTS / name), *arguments)
    assert ended.returncode == 0, ended.stderr
    assert re.search(ENDS[name], ended.stdout), ended.stdout
    assert "with the names of TensorFlow 1.15.5\n" in ended.stderr


@pytest.mark.usefixtures("real_data_dir")  # or else skipped
def test_the_tutorials_networks_train_as_under_tensorflow_1(run_command, tmp_path):
    """A1 and B8 by the oracle's own script, from TensorFlow 1.15.5's weights, on its batches."""
    golden, losses = SCRIPTS.parent / "golden" / "trajectories.npz", tmp_path / "losses.npz"
    flags = [f"--start={golden}", f"--losses={losses}", "--steps=20"]
    path = str(SCRIPTS / "a1_and_b8.py")
    ended = run_command("keras_rnn_tutorials.migrate", "run", "--data=tfds", path, *flags)
    assert ended.returncode == 0, ended.stderr
    recorded = np.load(golden)
    for name in ("a1-as_published", "b8-static"):
        wanted = recorded[f"{name}/losses"][:20]
        np.testing.assert_allclose(np.load(losses)[name], wanted, rtol=1e-6)


@pytest.fixture
def script(tmp_path):
    def script(source):
        path = tmp_path / "old.py"
        path.write_text(source)
        return str(path)

    return script


MISSING = {
    "import tensorflow as tf\n\ntf.contrib.seq2seq.dynamic_decode()": (
        "3: tf.contrib.seq2seq.dynamic_decode is not available here: write the decoder's loop out, "
        "or use keras.layers.Attention."
    ),
    "from tensorflow.contrib.rnn import GRUCell, GridLSTMCell": (
        "1: tf.contrib.rnn.GridLSTMCell is not available here: nothing in this package or in "
        "TensorFlow 2 replaces it."
    ),
    "import tensorflow as tf\nx = tf.pack([1, 2])": (
        "2: tf.pack is not available here: it is tf.stack since TensorFlow 1.0."
    ),
    "import tensorflow as tf\ntf.train.SummaryWriter('x')": (
        "2: tf.train.SummaryWriter is not available here: it is tf.summary.FileWriter since "
        "TensorFlow 1.0."
    ),
    "import tensorflow as tf\noutputs, state = tf.nn.rnn(cell, inputs)": (
        "2: tf.nn.rnn is not available here: it is tf.nn.static_rnn since TensorFlow 1.0."
    ),
    "from tensorflow.models.rnn import rnn, rnn_cell": (
        "1: tf.models.rnn is not available here: its cells are in tf.nn.rnn_cell, and its "
        "functions in tf.nn, since TensorFlow 1.0."
    ),
    "import tensorflow.contrib.slim as slim": (
        "1: tf.contrib.slim is not available here: use the package tf_slim."
    ),
}


OF_ITS_TIME = {
    "tf.nn.bidirectional_rnn": "it is tf.nn.static_bidirectional_rnn since TensorFlow 1.0",
    "tf.nn.seq2seq.rnn_decoder": "it is tf.contrib.legacy_seq2seq since TensorFlow 1.0",
    "tf.nn.state_saving_rnn": "it is tf.nn.static_state_saving_rnn since TensorFlow 1.0",
    "tf.nn.rnn_cell.linear": "use tf.layers.dense(tf.concat(args, 1), output_size)",
    "tf.nn.rnn_cell.LSTMBlockCell2": "see the list of cells in keras_rnn_tutorials.tf1",
    "tf.python.ops.rnn.rnn": "it is tf.nn.static_rnn since TensorFlow 1.0",
    "tf.contrib.rnn.HighwayWrapper": "write its gate out: t * cell(x) + (1 - t) * x",
    "tf.contrib.rnn.CoupledInputForgetGateLSTMCell": replacements.NOTHING,
    "tf.contrib.crf.CrfForwardRnnCell": (
        "of tf.contrib.crf only the functions are here, not the cells"
    ),
}


@pytest.mark.parametrize("name", OF_ITS_TIME)
def test_a_name_of_an_earlier_release_has_its_replacement(name):
    assert replacements.replacement(name) == OF_ITS_TIME[name]


@pytest.mark.parametrize("source", MISSING)
def test_a_missing_name_is_reported_with_its_line_and_replacement(run, script, source):
    path = script(source)
    ended = run(path)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == f"error: {path}:{MISSING[source]}"
    assert "Traceback" not in ended.stderr


def test_a_script_can_ask_for_a_name(run, script):
    ended = run(
        script(
            "import tensorflow as tf\n"
            "print(hasattr(tf.nn, 'seq2seq'), hasattr(tf.nn, 'static_rnn'))\n"
            "try:\n    from tensorflow.contrib import slim\n"
            "except ImportError:\n    print('no slim')\n"
        )
    )
    assert ended.stdout == "False True\nno slim\n", ended.stderr


def test_a_scripts_own_error_keeps_its_traceback(run, script):
    path = script("import tensorflow as tf\n\ndef f():\n    raise KeyError('own')\n\nf()\n")
    ended = run(path)
    assert ended.returncode == 1
    trace = ended.stderr[ended.stderr.index("Traceback") :].splitlines()
    assert trace[0] == "Traceback (most recent call last):"
    assert trace[1] == f'  File "{path}", line 6, in <module>'
    assert trace[-1] == "KeyError: 'own'"
    assert "migrate" not in "".join(trace)


def test_a_scripts_exit_status_is_the_commands(run, script):
    assert run(script("import sys; sys.exit(7)")).returncode == 7


def test_other_modules_keep_their_own_tensorflow(run, script):
    ended = run(
        script(
            "import tensorflow as tf, keras, sys\n"
            "print(tf.__version__, sys.modules['tensorflow'].__version__)\n"
            "print(keras.src.backend.tensorflow.core.tf is sys.modules['tensorflow'])\n"
        )
    )
    assert re.fullmatch(r"1\.15\.5 2\.\d+\.\d+\nTrue\n", ended.stdout), ended.stderr


def test_a_missing_script_is_one_line(run):
    ended = run("nowhere.py")
    assert (ended.returncode, ended.stderr) == (
        2,
        "error: nowhere.py: No such file or directory. Give the path of a Python script.\n",
    )
