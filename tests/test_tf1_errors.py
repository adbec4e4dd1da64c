"""Errors name the wrong argument as the caller wrote it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import tf1

INPUTS = np.ones((2, 4, 3), "float32")
STEPS = [INPUTS[:, t] for t in range(4)]
DTYPE = {"dtype": tf.float32}


def lstm():
    return tf1.BasicLSTMCell(5)


def zeros(*shape):
    return np.zeros(shape, "float32")


STATE = tf1.LSTMStateTuple(zeros(2, 5), zeros(2, 5))


def dynamic(inputs=INPUTS, cell=None, **options):
    return tf1.dynamic_rnn(
        cell or lstm(), inputs, **({} if "dtype" in options else DTYPE), **options
    )


def static(inputs, **options):
    return tf1.static_rnn(lstm(), inputs, **DTYPE, **options)


def both(**options):
    return tf1.bidirectional_dynamic_rnn(lstm(), lstm(), INPUTS, **options)


def stack(cells_fw, cells_bw, **options):
    return tf1.stack_bidirectional_dynamic_rnn(cells_fw, cells_bw, INPUTS, **options)


STRUCTURE = "expected the structure of the cell's state_size, LSTMStateTuple(c=5, h=5), got "
ERRORS = {
    # cells
    "cell: expected a cell, such as tf1.LSTMCell(64), got None": lambda: tf1.dynamic_rnn(
        None, INPUTS, **DTYPE
    ),
    "cell_bw: expected a cell, such as tf1.LSTMCell(64), got 5": lambda: (
        tf1.bidirectional_dynamic_rnn(lstm(), 5, INPUTS, **DTYPE)
    ),
    "cells_fw: expected a list of at least one cell, got []": lambda: stack([], [lstm()], **DTYPE),
    "cells_bw[0]: expected a cell, such as tf1.LSTMCell(64), got 1": lambda: stack(
        [lstm()], [1], **DTYPE
    ),
    "cells_bw: expected as many cells as cells_fw, 2, got 1": lambda: stack(
        [lstm(), lstm()], [lstm()], **DTYPE
    ),
    "cells: expected a list of at least one cell, got []": lambda: tf1.MultiRNNCell([]),
    "cell: expected a cell, such as tf1.LSTMCell(64), got 3": lambda: tf1.DropoutWrapper(3),
    "state_is_tuple: must be True, as a cell's state is a tuple: [LSTMStateTuple(c=5, h=5)]": (
        lambda: tf1.MultiRNNCell([lstm()], state_is_tuple=False)
    ),
    "num_units: expected a positive integer, got 0": lambda: tf1.GRUCell(0),
    "num_units: expected a positive integer, got 2.5": lambda: tf1.BasicRNNCell(2.5),
    "num_proj: expected a positive integer, got 0": lambda: tf1.LSTMCell(3, num_proj=0),
    "activation: no activation has the name 'tan'": lambda: tf1.GRUCell(3, "tan"),
    "input_keep_prob: expected a probability above 0 and at most 1, got 1.5": lambda: (
        tf1.DropoutWrapper(lstm(), 1.5)
    ),
    "state_keep_prob: expected a probability above 0 and at most 1, got 0.0": lambda: (
        tf1.DropoutWrapper(lstm(), state_keep_prob=0.0)
    ),
    "output_keep_prob: a symbolic input cannot be one, use a tf.Variable": lambda: (
        tf1.DropoutWrapper(lstm(), output_keep_prob=keras.Input(()))
    ),
    "dtype: needed, as variational_recurrent is True": lambda: tf1.DropoutWrapper(
        lstm(), variational_recurrent=True
    ),
    "input_size: needed, as variational_recurrent is True and inputs are dropped": lambda: (
        tf1.DropoutWrapper(lstm(), 0.5, variational_recurrent=True, **DTYPE)
    ),
    # inputs
    "inputs: expected shape (batch, time, features), got (2, 3)": lambda: dynamic(STEPS[0]),
    "inputs: expected shape (time, batch, features), got (2, 3)": lambda: dynamic(
        STEPS[0], time_major=True
    ),
    "inputs: expected a tensor (batch, time, features), got None": lambda: tf1.dynamic_rnn(
        lstm(), None, **DTYPE
    ),
    "inputs: expected floating-point numbers, got int64": lambda: dynamic(INPUTS.astype("int64")),
    "inputs: the number of features must be known, got shape (None, 4, None)": lambda: dynamic(
        keras.Input((4, None))
    ),
    "inputs: expected at least one step, got an empty list": lambda: static([]),
    "inputs: expected a list of tensors (batch, features), one a step, got 7": lambda: static(7),
    "inputs[1]: expected the shape of inputs[0], (2, 3), got (2, 4)": lambda: static(
        [zeros(2, 3), zeros(2, 4)]
    ),
    "inputs[0]: expected shape (batch, features), got (2,)": lambda: static([zeros(2)]),
    # lengths
    "sequence_length: expected shape (batch,), got (2, 1)": lambda: dynamic(
        sequence_length=[[1], [2]]
    ),
    "sequence_length: expected shape (batch,), got ()": lambda: dynamic(sequence_length=3),
    "sequence_length: expected one length for each of the 2 rows of inputs, got 3": lambda: dynamic(
        sequence_length=tf.constant([1, 2, 3])
    ),
    "sequence_length: expected at most the 4 steps of inputs, got 5": lambda: dynamic(
        sequence_length=[1, 5]
    ),
    "sequence_length: expected at most the 4 steps of inputs, got 9": lambda: static(
        STEPS, sequence_length=np.array([9, 0])
    ),
    "sequence_length: expected no negative length, got -1": lambda: dynamic(
        sequence_length=[1, -1]
    ),
    "sequence_length: expected integers, got <U1": lambda: dynamic(sequence_length=["1", "2"]),
    # states and dtypes
    "dtype: needed, as initial_state is not given": lambda: tf1.dynamic_rnn(lstm(), INPUTS),
    "dtype: needed, as initial_state_bw is not given": lambda: both(initial_state_fw=STATE),
    "dtype: needed, as initial_states_fw is not given": lambda: stack([lstm()], [lstm()]),
    "dtype: expected a floating-point dtype, got int32": lambda: dynamic(dtype=tf.int32),
    "dtype: 'floot' is no dtype": lambda: dynamic(dtype="floot"),
    "cell: it computes in float64, but dtype is float32": lambda: dynamic(
        cell=tf1.GRUCell(3, dtype="float64")
    ),
    f"initial_state: {STRUCTURE}(2, 5)": lambda: dynamic(initial_state=zeros(2, 5)),
    f"initial_state: {STRUCTURE}((2, 5), (2, 5), (2, 5))": lambda: dynamic(
        initial_state=3 * (zeros(2, 5),)
    ),
    f"initial_state_bw: {STRUCTURE}((2, 5),)": lambda: both(
        initial_state_fw=STATE, initial_state_bw=(zeros(2, 5),)
    ),
    "initial_state: expected a part of shape (2, 5), got (3, 5)": lambda: dynamic(
        initial_state=(zeros(3, 5), zeros(3, 5))
    ),
    "initial_state: expected a part of shape (2, 5), got (2, 4)": lambda: dynamic(
        initial_state=(zeros(2, 5), zeros(2, 4))
    ),
    "initial_states_fw: expected a list of 1 states, one a layer": lambda: stack(
        [lstm()], [lstm()], initial_states_fw=[STATE, STATE], **DTYPE
    ),
    "batch_size: missing": lambda: lstm().zero_state(None, tf.float32),
    "dtype: missing": lambda: lstm().zero_state(2, None),
    # one step
    "inputs: expected shape (batch, features), got (2, 4, 3)": lambda: lstm()(INPUTS, STATE),
    f"state: {STRUCTURE}(2, 10)": lambda: lstm()(STEPS[0], zeros(2, 10)),
    "state: expected a part of shape (2, 5), got (1, 5)": lambda: lstm()(
        STEPS[0], (zeros(1, 5), zeros(1, 5))
    ),
}


@pytest.mark.parametrize("message", ERRORS)
def test_a_wrong_argument_is_named(message):
    with pytest.raises(ValueError) as error:
        ERRORS[message]()
    ours, _, theirs = str(error.value).partition(" (TensorFlow 1: ")
    assert ours == message
    assert "\n" not in theirs
    assert not theirs or theirs.endswith(")")


def test_residual_widths_must_agree():
    cell = tf1.ResidualWrapper(tf1.GRUCell(5))
    expected = "inputs: ResidualWrapper adds them to outputs of 5 features, got shape"
    with pytest.raises(ValueError, match=expected):
        tf1.dynamic_rnn(cell, INPUTS, **DTYPE)


def test_symbolic_arguments_are_checked_as_far_as_they_are_known():
    inputs, cell = keras.Input((4, 3)), lstm()
    with pytest.raises(ValueError, match=r"^sequence_length: expected shape \(batch,\)"):
        tf1.dynamic_rnn(cell, inputs, keras.Input((1,), dtype="int32"), **DTYPE)
    with pytest.raises(ValueError, match="^initial_state: expected the structure"):
        tf1.dynamic_rnn(cell, inputs, initial_state=keras.Input((5,)))
    with pytest.raises(ValueError, match=r"^initial_state: expected a part of shape \(batch, 5\)"):
        tf1.dynamic_rnn(cell, inputs, initial_state=(keras.Input((5,)), keras.Input((6,))))
    with pytest.raises(ValueError, match="^sequence_length: expected at most the 4 steps"):
        tf1.dynamic_rnn(cell, inputs, [9], **DTYPE)


def test_inside_a_tf_function_they_are_checked_as_far_as_they_are_known():
    @tf.function
    def run(lengths):
        return tf1.dynamic_rnn(lstm(), INPUTS, lengths, **DTYPE)

    with pytest.raises(ValueError, match="sequence_length: expected one length"):
        run(tf.constant([1, 2, 3]))
