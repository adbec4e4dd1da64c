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


# What follows `o, s = dynamic_rnn(cell, x)`, by whether it takes the cell state for the output.
LSTM = "tf.nn.rnn_cell.BasicLSTMCell(3)"
STACK = f"tf.nn.rnn_cell.MultiRNNCell([{LSTM} for _ in range(2)])"
STATES = [
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nh = s[0]", True),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nself.last_output = s[0]", True),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nlogits = tf.matmul(s[0], w) + b", True),
    (LSTM, "_, (h, c) = tf.nn.dynamic_rnn(cell, x)", True),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nfinal_h, final_c = s", True),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nt = s\nlogits = tf.layers.dense(t[0], 2)", True),
    (LSTM, "s = tf.nn.dynamic_rnn(cell, x)[1]\nhidden = s[0]", True),
    (LSTM, "_, (f, g) = tf.nn.bidirectional_dynamic_rnn(cell, cell, x)\noutF = f[0]", True),
    (LSTM, "_, s = tf.nn.bidirectional_dynamic_rnn(cell, cell, x)\nh = s[0][0]", True),
    (LSTM, "o, f, g = tf.nn.static_bidirectional_rnn(cell, cell, x)\nh = g[0]", True),
    (STACK, "o, s = tf.nn.dynamic_rnn(cell, x)\nh = s[-1][0]", True),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nc = s[0]", False),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nc, h = s", False),
    (LSTM, "_, (c, h) = tf.nn.dynamic_rnn(cell, x)", False),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nh = s[1]", False),
    (LSTM, "o, s = tf.nn.dynamic_rnn(cell, x)\nh = o[0]", False),
    (LSTM, "s = tf.nn.dynamic_rnn(cell, x)\noutput = s[0]", False),
    (STACK, "o, s = tf.nn.dynamic_rnn(cell, x)\nhidden = s[0]", False),
    (LSTM, "_, s = tf.nn.bidirectional_dynamic_rnn(cell, cell, x)\nh = s[0]", False),
    ("tf.nn.rnn_cell.GRUCell(3)", "o, s = tf.nn.dynamic_rnn(cell, x)\nh = s[0]", False),
    (
        "tf.nn.rnn_cell.LSTMCell(3, state_is_tuple=False)",
        "o, s = tf.nn.dynamic_rnn(cell, x)\nh = s[0]",
        False,
    ),
]


@pytest.mark.parametrize("cell,source,found", STATES, ids=lambda value: str(value)[-40:])
def test_an_lstms_state_is_c_and_h(cell, source, found):
    source = f"import tensorflow as tf\ncell = {cell}\n{source}"
    pitfalls = [use for use in uses(source) if use[2] == "h taken from state[0]"]
    assert [line for line, *_ in pitfalls] == [source.count("\n") + 1] * found


def test_a_cell_is_followed_through_functions_wrappers_and_attributes():
    source = """
import tensorflow as tf

class Model:
    def make(self, size):
        cell = tf.contrib.rnn.LSTMCell(size)
        return tf.contrib.rnn.DropoutWrapper(cell, output_keep_prob=0.5)

    def __init__(self):
        self.cell = tf.contrib.rnn.MultiRNNCell([self.make(8)] * 2)

    def build(self, x):
        _, self.state = tf.nn.dynamic_rnn(self.cell, x, dtype=tf.float32)

    def head(self):
        return tf.layers.dense(self.state[-1][0], 2)
"""
    assert (16, 16, "h taken from state[0]") in uses(source)
    stacks = source.replace("[self.make(8)] * 2", "[self.make(8) for _ in range(2)]")
    assert (16, 16, "h taken from state[0]") in uses(stacks)


# Kinds of scripts that were met in public, in the words of this project.
MET = {
    "a name of one's own that is one of TensorFlow's": (
        "from mine.rnn import dynamic_rnn\ndynamic_rnn(cell, x)",
        [],
    ),
    "TensorFlow's under another name, inside one's own": (
        "from tensorflow.python.ops.rnn import dynamic_rnn as _dynamic_rnn\n"
        "def dynamic_rnn(cell, x):\n    return _dynamic_rnn(cell, x)\ndynamic_rnn(1, 2)",
        [(3, 12, "tf.nn.dynamic_rnn")],
    ),
    "a variable that is called as a function is": (
        "import tensorflow as tf\nsequence_loss = tf.contrib.seq2seq.sequence_loss(a, b, c)\n"
        "loss = tf.reduce_mean(sequence_loss)",
        [(2, 17, "tf.contrib.seq2seq.sequence_loss")],
    ),
    "a cell by the value of a flag": (
        "from tensorflow.contrib import rnn\nif kind == 'gru':\n    fn = rnn.GRUCell\n"
        "elif kind == 'nas':\n    fn = rnn.NASCell\ncell = fn(8)",
        [
            (3, 10, "tf.contrib.rnn.GRUCell"),
            (5, 10, "tf.contrib.rnn.NASCell"),
            (6, 8, "one of tf.contrib.rnn.GRUCell or tf.contrib.rnn.NASCell"),
        ],
    ),
    "a release before 1.0": (
        "from tensorflow.models.rnn import rnn, rnn_cell, seq2seq\n"
        "o = rnn.rnn(rnn_cell.BasicLSTMCell(3), x)\nseq2seq.sequence_loss_by_example(a, b, c)",
        [
            (2, 5, "tf.nn.rnn"),
            (2, 13, "tf.nn.rnn_cell.BasicLSTMCell"),
            (3, 1, "tf.contrib.legacy_seq2seq.sequence_loss_by_example"),
        ],
    ),
    "cells of Keras": ("import tensorflow as tf\ntf.keras.layers.LSTMCell(3)", []),
}


@pytest.mark.parametrize("kind", MET)
def test_kinds_of_scripts_met_in_public(kind):
    source, wanted = MET[kind]
    assert uses(source) == wanted


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
        "a1_and_b8.py": 0,
        "attention_by_hand.py": 3,
        "bidirectional.py": 8,
        "block_and_layer_norm.py": 5,
        "char_rnn.py": 8,
        "custom_cell.py": 6,
        "decoder_with_feedback.py": 4,
        "deep_bidirectional.py": 2,
        "dropout_stack.py": 4,
        "mnist_lstm_dynamic.py": 3,
        "mnist_lstm_static.py": 2,
        "optimize_loss.py": 2,
        "projected_peepholes.py": 1,
        "ptb_reader.py": 0,
        "ptb_word_lm.py": 4,
        "residual_stack.py": 5,
        "save_and_restore.py": 2,
        "sequence_classifier.py": 2,
        "sine_regression.py": 3,
        "stateful_stream.py": 4,
        "static_bidirectional.py": 3,
        "word_average.py": 2,
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
