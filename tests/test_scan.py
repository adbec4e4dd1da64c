"""`migrate scan`: uses of TensorFlow 1's recurrent API in sources."""

import json
from pathlib import Path

import pytest

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.migrate import scanner, vocabulary

SCRIPTS = Path(__file__).parent / "old_scripts"


def uses(source):
    return [(use.line, use.column, use.use) for use in scanner.scan_source(source, "old.py")]


CASES = {
    "import tensorflow as tf\nc = tf.nn.rnn_cell.GRUCell(3)": [(2, 5, "tf.nn.rnn_cell.GRUCell")],
    "import tensorflow.compat.v1 as tf\nclass C(tf.nn.rnn_cell.RNNCell): pass": [
        (2, 9, "tf.nn.rnn_cell.RNNCell")
    ],
    "from tensorflow.contrib import rnn as r\nf = r.LSTMCell\nf(3)": [
        (2, 5, "tf.contrib.rnn.LSTMCell"),
        (3, 1, "tf.contrib.rnn.LSTMCell"),
    ],
    "from tensorflow.python.ops import rnn, rnn_cell\nrnn.dynamic_rnn(rnn_cell.LSTMCell(3))": [
        (2, 1, "tf.nn.dynamic_rnn"),
        (2, 17, "tf.nn.rnn_cell.LSTMCell"),
    ],
    "from tensorflow.contrib.rnn import *\nGRUCell(3)": [(2, 1, "tf.contrib.rnn.GRUCell")],
    "import tensorflow as tf\n"
    "f = {'a': tf.contrib.rnn.GRUCell, 'b': tf.contrib.rnn.NASCell}['a']\nf(1)": [
        (2, 11, "tf.contrib.rnn.GRUCell"),
        (2, 40, "tf.contrib.rnn.NASCell"),
        (3, 1, "one of tf.contrib.rnn.GRUCell or tf.contrib.rnn.NASCell"),
    ],
    "import tensorflow as tf\nimport functools\np = functools.partial(tf.nn.static_rnn, 1)\np()": [
        (3, 23, "tf.nn.static_rnn"),
        (4, 1, "tf.nn.static_rnn"),
    ],
    "import tensorflow as tf\nl = tf.nn.softmax(x)\n"
    "tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=l)": [
        (3, 1, "softmax before a loss that applies it")
    ],
    "import tensorflow as tf\ndef f(l):\n    l = tf.nn.softmax(l)\n    return l\n"
    "def g(l):\n    return tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=l)": [],
    "import tensorflow as tf\nc = tf.contrib.rnn.GRUCell(3)\ns = [c] * 2": [
        (2, 5, "tf.contrib.rnn.GRUCell"),
        (3, 5, "[cell] * n"),
    ],
    "import tensorflow as tf\nprint 'a', tf.nn.rnn_cell.GRUCell(3)\nprint\nprint ('b'), 3": [
        (2, 12, "tf.nn.rnn_cell.GRUCell")
    ],
    "import tensorflow as tf\nx = = 1\nc = tf.nn.rnn_cell.GRUCell(3)": [
        (3, 5, "tf.nn.rnn_cell.GRUCell")
    ],
    "import keras\nkeras.layers.LSTM(3)\nrnn = [keras.layers.GRUCell(3)] * 2": [],
}


@pytest.mark.parametrize("source", CASES)
def test_uses_are_found_at_their_place(source):
    assert uses(source) == CASES[source]


def test_a_line_is_printed_as_tf_upgrade_v2_prints_it():
    (use,) = scanner.scan_source("import tensorflow as tf\ntf.nn.rnn_cell.GRUCell(3)", "a.py")
    assert str(use) == (
        "a.py:2:1: tf.nn.rnn_cell.GRUCell → keras.layers.GRU(reset_after=False); or tf1.GRUCell"
    )


def test_every_name_of_tf1_has_a_replacement():
    names = [name for name in tf1.__all__ if name != "AdamOptimizer"]
    known = [name for name in names if vocabulary.entry(f"tensorflow.contrib.rnn.{name}").tf1]
    assert known == names


def test_the_old_scripts_uses_are_counted():
    counts = {p.name: len(scanner.scan(p)) for p in scanner.files([SCRIPTS])}
    assert counts == {
        "bidirectional.py": 8,
        "char_rnn.py": 8,
        "custom_cell.py": 6,
        "mnist_lstm_dynamic.py": 3,
        "mnist_lstm_static.py": 2,
        "ptb_reader.py": 0,
        "ptb_word_lm.py": 4,
        "sine_regression.py": 3,
    }


def test_a_notebook_is_read_cell_by_cell(tmp_path):
    cells = ["%matplotlib inline\nimport tensorflow as tf", "x = 1\ntf.nn.dynamic_rnn(c, x)"]
    notebook = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(notebook))
    (use,) = scanner.scan(path)
    assert (use.file, use.line, use.column) == (f"{path}:cell 2", 2, 1)


def test_fix_prints_a_diff():
    diff = scanner.fix(SCRIPTS / "mnist_lstm_static.py").splitlines()
    assert [line for line in diff if line[0] in "+-" and line[:3] not in ("+++", "---")] == [
        "+from keras_rnn_tutorials import tf1",
        "-    lstm_cell = rnn.BasicLSTMCell(num_hidden, forget_bias=1.0)",
        "-    outputs, states = rnn.static_rnn(lstm_cell, x, dtype=tf.float32)",
        "+    lstm_cell = tf1.BasicLSTMCell(num_hidden, forget_bias=1.0)",
        "+    outputs, states = tf1.static_rnn(lstm_cell, x, dtype=tf.float32)",
    ]


def test_the_command_exits_with_1_if_something_is_found(run_command):
    found = run_command("keras_rnn_tutorials.migrate", "scan", str(SCRIPTS / "custom_cell.py"))
    assert found.returncode == 1
    assert len(found.stdout.splitlines()) == 6
    nothing = run_command("keras_rnn_tutorials.migrate", "scan", str(SCRIPTS / "ptb_reader.py"))
    assert (nothing.returncode, nothing.stdout) == (0, "")
