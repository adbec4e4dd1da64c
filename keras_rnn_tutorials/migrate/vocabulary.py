"""TensorFlow 1's recurrent names, what replaces each, and what changes with it."""

import dataclasses
import re

from keras_rnn_tutorials.migrate.old_scripts.replacements import NOTHING, replacement


@dataclasses.dataclass(frozen=True)
class Entry:
    """What to write for a name.

    Attributes:
        advice: the Keras form and, where it differs, the `tf1` form.
        tf1: the name in `keras_rnn_tutorials.tf1`, or None.
    """

    advice: str
    tf1: str | None = None


_LENGTHS = "sequence_length becomes mask=tf.sequence_mask(lengths)"
_LSTM = "keras.layers.LSTM (states h, c; forget bias in the bias)"
# By the names of tf1: the Keras form.
_TF1 = {
    "AttentionCellWrapper": "keras.layers.RNN over a cell of your own",
    "BasicLSTMCell": _LSTM,
    "BasicRNNCell": "keras.layers.SimpleRNN",
    "DeviceWrapper": "the layer in a `with tf.device(...)` block",
    "DropoutWrapper": "a Keras layer's dropout and recurrent_dropout (training only)",
    "GRUCell": "keras.layers.GRU(reset_after=False)",
    "CudnnCompatibleGRUCell": "keras.layers.GRU (reset_after=True)",
    "CudnnCompatibleLSTMCell": f"{_LSTM} with unit_forget_bias=False",
    "EmbeddingWrapper": "keras.layers.Embedding before the layer",
    "GRUBlockCell": "keras.layers.GRU(reset_after=False)",
    "GRUBlockCellV2": "keras.layers.GRU(reset_after=False)",
    "InputProjectionWrapper": "keras.layers.Dense before the layer",
    "LSTMBlockCell": _LSTM,
    "LSTMBlockFusedCell": f"{_LSTM}; it takes (batch, time, features)",
    "LayerNormBasicLSTMCell": "keras.layers.RNN over a cell of your own",
    "LSTMCell": f"{_LSTM}; it has no peepholes, clipping or projection",
    "LSTMStateTuple": "the list [h, c] of Keras' LSTM",
    "MultiRNNCell": "one Keras layer after the other, with return_sequences=True",
    "NASCell": "keras.layers.RNN over a cell of your own",
    "RNNCell": "keras.layers.Layer with state_size and call(inputs, states)",
    "OutputProjectionWrapper": "keras.layers.Dense after the layer",
    "ResidualWrapper": "keras.layers.Add of a layer's inputs and outputs",
    "TimeReversedFusedRNN": "keras.layers.LSTM(go_backwards=True)",
    "UGRNNCell": "keras.layers.RNN over a cell of your own",
    "bidirectional_dynamic_rnn": f"keras.layers.Bidirectional; {_LENGTHS}",
    "dynamic_rnn": f"calling the Keras layer; {_LENGTHS}; time_major needs a transpose",
    "raw_rnn": "a loop over a Keras cell",
    "stack_bidirectional_dynamic_rnn": f"keras.layers.Bidirectional, repeated; {_LENGTHS}",
    "stack_bidirectional_rnn": f"keras.layers.Bidirectional, repeated; {_LENGTHS}",
    "static_bidirectional_rnn": "keras.layers.Bidirectional on one tensor instead of a list",
    "static_rnn": "calling the Keras layer with one tensor instead of a list",
}
_MODULES = (
    "tensorflow.nn.rnn_cell",
    "tensorflow.contrib.rnn",
    "tensorflow.contrib.cudnn_rnn",
    "tensorflow.contrib.grid_rnn",
    "tensorflow.contrib.legacy_seq2seq",
    "tensorflow.contrib.seq2seq",
)
# Of tensorflow.nn, what else is recurrent.
_OF_NN = ("raw_rnn", "static_state_saving_rnn", "state_saving_rnn", "rnn", "bidirectional_rnn")
# Of tensorflow.contrib.crf, what is a cell.
_OF_CRF = ("CrfForwardRnnCell", "CrfDecodeForwardRnnCell", "CrfDecodeBackwardRnnCell")
_OTHER_PLACES = (
    (re.compile(r"^tensorflow\.compat\.v1\b"), "tensorflow"),
    (re.compile(r"^tensorflow\.contrib\.rnn\.python\.ops\.\w+"), "tensorflow.contrib.rnn"),
    (re.compile(r"^tensorflow\.contrib\.crf\.python\.ops\.crf\b"), "tensorflow.contrib.crf"),
    (
        re.compile(r"^tensorflow\.contrib\.(legacy_seq2seq|seq2seq|cudnn_rnn)\.python\.ops\.\w+"),
        r"tensorflow.contrib.\1",
    ),
    (re.compile(r"^tensorflow\.python\.ops\.rnn_cell(_impl)?\b"), "tensorflow.nn.rnn_cell"),
    (re.compile(r"^tensorflow\.models\.rnn\.rnn_cell\b"), "tensorflow.nn.rnn_cell"),
    (re.compile(r"^tensorflow\.python\.ops\.rnn\b"), "tensorflow.nn"),
    (re.compile(r"^tensorflow\.models\.rnn\.rnn\b"), "tensorflow.nn"),
    (
        re.compile(r"^tensorflow\.(nn|python\.ops|models\.rnn)\.seq2seq\b"),
        "tensorflow.contrib.legacy_seq2seq",
    ),
)


def canonical(name: str) -> str:
    """A name in full, as it is written today whatever module it was taken from."""
    for pattern, place in _OTHER_PLACES:
        name = pattern.sub(place, name)
    return name


def shown(name: str) -> str:
    """A name as scripts write it."""
    return re.sub(r"^tensorflow\b", "tf", name)


def names_in(module: str) -> list[str]:
    """The names that `from module import *` brings, of those in tf1."""
    if module in ("tensorflow.nn.rnn_cell", "tensorflow.contrib.rnn"):
        return [name for name in _TF1 if name[0].isupper() or module.endswith("contrib.rnn")]
    return []


def entry(name: str) -> Entry | None:
    """What to write for a name.

    Args:
        name: in full and canonical.

    Returns:
        The entry; None if the name is not of TensorFlow 1's recurrent API.
    """
    module, _, last = name.rpartition(".")
    if module == "tensorflow.nn" and last in (*_TF1, *_OF_NN) and not last[0].isupper():
        pass
    elif module == "tensorflow.contrib.crf" and last in _OF_CRF:
        pass
    elif module not in _MODULES:
        return None
    if last in _TF1 and not module.endswith("seq2seq"):
        return Entry(f"{_TF1[last]}; or tf1.{last}", last)
    advice = replacement(shown(name))
    return Entry("no replacement here" if advice == NOTHING else f"no replacement here: {advice}")
