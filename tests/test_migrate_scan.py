"""What `migrate scan` follows and what it leaves alone; `#! n` marks a line with n uses."""

import json
import re
from collections import Counter

import pytest

from keras_rnn_tutorials.migrate import scanner

SOURCES = {
    "getattr": """
import tensorflow as tf
cell = getattr(tf.nn.rnn_cell, "GRUCell")(4)  #! 1
kind = getattr(tf.contrib.rnn, "LayerNormBasicLSTMCell")  #! 1
cell = kind(3)  #! 1
own = getattr(tf.nn.rnn_cell, name)
""",
    "a function of the script's own": """
from tensorflow.contrib.rnn import GRUCell, dynamic_rnn
class LSTMCell(GRUCell):  #! 1
    pass
def GRUCell(n):
    return n
cell = GRUCell(3)
cell = LSTMCell(3)
""",
    "a local variable": """
from tensorflow.contrib import rnn
def build(make):
    rnn = make()
    return rnn.GRUCell(3)
def parameter(rnn):
    return rnn.GRUCell(3)
def outside():
    return rnn.GRUCell(3)  #! 1
def stated():
    global rnn
    return rnn.GRUCell(3)  #! 1
    rnn = None
def imported():
    import tensorflow as tf
    return tf.nn.dynamic_rnn  #! 1
""",
    "an attribute of a class": """
import tensorflow as tf
class Model(object):
    kind = tf.contrib.rnn.GRUCell  #! 1
    def __init__(self):
        self.cell = self.kind(3)  #! 1
        self.run = tf.nn.dynamic_rnn  #! 1
    def call(self, x):
        return self.run(self.cell, x)  #! 1
cell = Model.kind(4)  #! 1
""",
    "tuples": """
import tensorflow as tf
cells, functions = tf.nn.rnn_cell, tf.nn
a = cells.GRUCell(3)  #! 1
b = functions.raw_rnn(a, f)  #! 1
""",
    "loops and defaults": """
import tensorflow as tf
def make(n=4, kind=tf.nn.rnn_cell.GRUCell):  #! 1
    return kind(n)  #! 1
kinds = (tf.nn.rnn_cell.GRUCell, tf.nn.rnn_cell.LSTMCell)  #! 2
cells = [kind(3) for kind in kinds]  #! 2
for kind in kinds:  #! 1
    cells.append(kind(3))  #! 1
""",
    "another module's names": """
import torch.nn as nn
from tensorflow.keras.layers import LSTM, GRUCell
class tf:
    class nn:
        dynamic_rnn = 1
cells = nn.GRUCell(3, 4), GRUCell(3), LSTM(3), tf.nn.dynamic_rnn
text = "tf.nn.dynamic_rnn"  # tf.nn.dynamic_rnn
""",
    "names of TensorFlow 0": """
import tensorflow as tf
from tensorflow.models.rnn import rnn, rnn_cell, seq2seq
outputs, _ = rnn.rnn(rnn_cell.GRUCell(3), inputs)  #! 2
outputs, _ = seq2seq.rnn_decoder(inputs, state, cell)  #! 1
loss = tf.nn.seq2seq.sequence_loss_by_example([a], [b], [c])  #! 1
outputs = tf.nn.state_saving_rnn(cell, inputs, saver, name)  #! 1
cell = tf.contrib.crf.CrfForwardRnnCell(transitions)  #! 1
""",
}


@pytest.mark.parametrize("name", SOURCES)
def test_each_use_is_reported_and_nothing_else(name):
    source = SOURCES[name]
    marks = [(i, re.search(r"#! (\d)", line)) for i, line in enumerate(source.split("\n"), 1)]
    wanted = {i: int(mark[1]) for i, mark in marks if mark}
    found = scanner.scan_source(source, "script.py")
    assert Counter(use.line for use in found) == wanted


NOTEBOOK = [
    "%matplotlib inline\n!pip install tensorflow==1.4\nimport tensorflow as tf",
    "%%time\nfiles = !ls\ncell = tf.contrib.rnn.GRUCell(3)  #! 1\ncell?",
    "for i in range(3):\n    %time run(i)\n    !echo $i\n    tf.nn.dynamic_rnn(cell, x)  #! 1",
    "%timeit tf.nn.dynamic_rnn(cell, x)  #! 1\n?tf.nn.dynamic_rnn",
    "%%bash\ngrep tf.nn.dynamic_rnn *.py | awk '{print $1}'",
]


def test_a_notebooks_commands_are_no_python(tmp_path):
    cells = [{"cell_type": "code", "source": code.splitlines(True)} for code in NOTEBOOK]
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}))
    wanted = [
        f"{path}:cell {number}:{line}"
        for number, code in enumerate(NOTEBOOK, 1)
        for line, text in enumerate(code.split("\n"), 1)
        if "#! 1" in text
    ]
    found = scanner.scan(path)
    assert [f"{use.file}:{use.line}" for use in found] == wanted
    assert not any("cannot be parsed" in use.replacement for use in found)
    assert found[-1].column == 9
