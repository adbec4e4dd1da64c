"""Mistakes in TensorFlow 1's cells and functions, and in the kernels that they use."""

from tests.mutations.mutation import Mutation

_CELLS = "test_tf1_cells.py::test_"
_GATES = (_CELLS + "the_lstm_cells_gate_by_gate", "test_tf1_golden.py::test_eagerly")
_LSTM = (_CELLS + "lstm_cell",)
_GRU = (_CELLS + "gru_cell",)
_DROPOUT = ("test_tf1_dropout.py",)
_EQUATIONS = ("test_tf1_functions.py::test_dynamic_and_static_rnn_run_the_equations",)
_PAST_LENGTH = _EQUATIONS + (
    "test_tf1_functions.py::test_a_row_of_length_zero_keeps_its_initial_state",
    "test_tf1_functions.py::test_what_lies_past_a_rows_length_changes_nothing",
)
_BACKWARD = (
    "test_tf1_functions.py::test_the_backward_direction_reverses_each_row_within_its_own_length",
)
_GOLDEN = ("test_tf1_golden.py::test_eagerly",)
_KERNELS = ("test_tf1_kernels.py::test_the_kernels_compute_what_tensorflow_1_computed",)
_SAYS = ("test_tf1_kernels.py::test_a_kernel_says_whether_it_runs",)
_UNDER_XLA = ("test_tf1_kernels.py::test_kernels_run_under_xla_alone_and_for_covered_cells_alone",)

# The cells.
_OF_CELLS = (
    Mutation(
        "NASCell: the third part added like the others",
        "tf1/contrib.py",
        "relu(a[3] * b[3])",
        "relu(a[3] + b[3])",
        ("test_tf1_contrib_golden.py::test_eagerly",),
        "nas",
    ),
    Mutation(
        "AttentionCellWrapper: the window loses its newest row",
        "tf1/contrib.py",
        "tf.concat([window[:, 1:], output[:, None]]",
        "tf.concat([window[:, :-1], output[:, None]]",
        ("test_tf1_contrib_golden.py::test_eagerly",),
        "attention",
    ),
    Mutation(
        "BasicLSTMCell: i and j swapped",
        "tf1/rnn_cell.py",
        "        i, j, f, o = self._gates(inputs, h)\n        c = c * sigmoid(",
        "        j, i, f, o = self._gates(inputs, h)\n        c = c * sigmoid(",
        _GATES,
        "gate_by_gate or basic_lstm_cell-plain",
    ),
    Mutation(
        "BasicLSTMCell: f and o swapped",
        "tf1/rnn_cell.py",
        "        i, j, f, o = self._gates(inputs, h)\n        c = c * sigmoid(",
        "        i, j, o, f = self._gates(inputs, h)\n        c = c * sigmoid(",
        _GATES,
        "gate_by_gate or basic_lstm_cell-plain",
    ),
    Mutation(
        "LSTMCell: i and f swapped",
        "tf1/rnn_cell.py",
        "        i, j, f, o = self._gates(inputs, h)\n        f = f +",
        "        f, j, i, o = self._gates(inputs, h)\n        f = f +",
        _LSTM,
    ),
    Mutation(
        "LSTMCell: j and o swapped",
        "tf1/rnn_cell.py",
        "        i, j, f, o = self._gates(inputs, h)\n        f = f +",
        "        i, o, f, j = self._gates(inputs, h)\n        f = f +",
        _LSTM,
    ),
    Mutation(
        "BasicLSTMCell: forget bias dropped",
        "tf1/rnn_cell.py",
        "c * sigmoid(f + self.forget_bias)",
        "c * sigmoid(f)",
        (*_GATES, _CELLS + "the_forget_bias_is_1_unless_another_is_given"),
        "gate_by_gate or basic_lstm_cell-plain or forget_bias",
    ),
    Mutation(
        "BasicLSTMCell: default forget_bias 0",
        "tf1/rnn_cell.py",
        "        num_units: int,\n        forget_bias: float = 1.0,\n",
        "        num_units: int,\n        forget_bias: float = 0.0,\n",
        (_CELLS + "the_forget_bias_is_1_unless_another_is_given",),
    ),
    Mutation(
        "LSTMCell: default forget_bias 0",
        "tf1/rnn_cell.py",
        "        num_proj_shards: int | None = None,\n        forget_bias: float = 1.0,\n",
        "        num_proj_shards: int | None = None,\n        forget_bias: float = 0.0,\n",
        (_CELLS + "the_forget_bias_is_1_unless_another_is_given",),
    ),
    Mutation(
        "LSTMCell: forget bias dropped",
        "tf1/rnn_cell.py",
        "        f = f + self.forget_bias\n",
        "",
        _LSTM,
    ),
    Mutation(
        "cell_clip ignored",
        "tf1/rnn_cell.py",
        "if self.cell_clip is not None:",
        "if False:",
        _LSTM,
    ),
    Mutation(
        "proj_clip ignored",
        "tf1/rnn_cell.py",
        "if self.proj_clip is not None:",
        "if False:",
        _LSTM,
    ),
    Mutation(
        "output peephole left out",
        "tf1/rnn_cell.py",
        "            o = o + self.w_o_diag * c\n",
        "            pass\n",
        _LSTM,
    ),
    Mutation(
        "peepholes of f and i swapped",
        "tf1/rnn_cell.py",
        "f, i = f + self.w_f_diag * c, i + self.w_i_diag * c",
        "f, i = f + self.w_i_diag * c, i + self.w_f_diag * c",
        _LSTM,
    ),
    Mutation(
        "LSTMCell: output through tanh whatever the activation",
        "tf1/rnn_cell.py",
        "h = sigmoid(o) * self.activation(c)",
        "h = sigmoid(o) * tf.tanh(c)",
        _LSTM,
    ),
    Mutation(
        "flat state: h before c",
        "tf1/rnn_cell.py",
        "if self.state_is_tuple else tf.concat([c, h], axis=1)",
        "if self.state_is_tuple else tf.concat([h, c], axis=1)",
        _LSTM,
    ),
    Mutation(
        "LSTM kernels orthogonal",
        "tf1/rnn_cell.py",
        "self._add_kernel_and_bias(input_shape, initializer)",
        'self._add_kernel_and_bias(input_shape, initializer or "orthogonal")',
        (_CELLS + "a_cell_begins_with_tensorflow_1s_weights",),
    ),
    Mutation(
        "GRUCell: r and u swapped",
        "tf1/rnn_cell.py",
        "r, u = self._gates(inputs, state)",
        "u, r = self._gates(inputs, state)",
        _GRU,
    ),
    Mutation(
        "GRUCell: nothing reset",
        "tf1/rnn_cell.py",
        "joined = tf.concat([inputs, r * state], axis=1)",
        "joined = tf.concat([inputs, state], axis=1)",
        _GRU,
    ),
    Mutation(
        "GRUCell: u keeps the candidate",
        "tf1/rnn_cell.py",
        "output = u * state + (1 - u) * c",
        "output = u * c + (1 - u) * state",
        _GRU,
    ),
    Mutation(
        "GRU gate bias begins at 0",
        "tf1/rnn_cell.py",
        'self.bias_initializer or "ones"',
        'self.bias_initializer or "zeros"',
        (_CELLS + "a_cell_begins_with_tensorflow_1s_weights",),
    ),
    Mutation(
        "BasicRNNCell: bias left out",
        "tf1/rnn_cell.py",
        "self.activation(tf.nn.bias_add(tf.matmul(joined, self.kernel), self.bias))",
        "self.activation(tf.matmul(joined, self.kernel))",
        (_CELLS + "basic_rnn_cell",),
    ),
    Mutation(
        "MultiRNNCell: states reversed",
        "tf1/rnn_cell.py",
        "return inputs, tuple(new_state) if",
        "return inputs, tuple(new_state[::-1]) if",
        (_CELLS + "multi_rnn_cell", "test_tf1_functions.py::test_structures"),
    ),
    Mutation(
        "ResidualWrapper: inputs not added",
        "tf1/wrappers.py",
        "    return inputs + outputs\n",
        "    return outputs\n",
        (_CELLS + "residual_wrapper",),
    ),
    Mutation(
        "Dropout: c dropped too",
        "tf1/wrappers.py",
        "return LSTMStateTuple(c=False, h=True)",
        "return LSTMStateTuple(c=True, h=True)",
        _DROPOUT,
    ),
    Mutation(
        "Dropout: not scaled",
        "tf1/wrappers.py",
        "value / keep_prob, tf.zeros_like(value))",
        "value, tf.zeros_like(value))",
        _DROPOUT,
    ),
    Mutation(
        "Dropout: variational masks change each step",
        "tf1/wrappers.py",
        "            if not self.variational_recurrent:\n",
        "            if True:\n",
        _DROPOUT,
    ),
    Mutation(
        "Dropout: masks the same at every step",
        "tf1/wrappers.py",
        "            if not self.variational_recurrent:\n",
        "            if False:\n",
        _DROPOUT,
    ),
    Mutation(
        "a cell shared by two layers saved twice",
        "tf1/saving.py",
        "    keras.saving.serialize_keras_object(cell)\n    return",
        "    return",
        ("test_tf1_functions.py::test_a_cell_that_two_layers_share_is_shared_after_loading",),
    ),
)

# The functions over time.
_OF_FUNCTIONS = (
    Mutation(
        "sequence_length ignored",
        "tf1/sequence.py",
        "    if lengths is None:\n        return outputs, new_state\n",
        "    if True:\n        return outputs, new_state\n",
        _PAST_LENGTH,
    ),
    Mutation(
        "length one step too long",
        "tf1/sequence.py",
        "ended = t >= lengths",
        "ended = t > lengths",
        _PAST_LENGTH,
    ),
    Mutation(
        "state past the length goes on",
        "tf1/sequence.py",
        "return outputs, tf.nest.map_structure(chosen, state, new_state)",
        "return outputs, new_state",
        _PAST_LENGTH,
    ),
    Mutation(
        "outputs past the length not zeroed",
        "tf1/sequence.py",
        "    outputs = tf.nest.map_structure(lambda x: chosen(tf.zeros_like(x), x), outputs)\n",
        "",
        _PAST_LENGTH,
    ),
    Mutation(
        "backward direction reverses whole rows",
        "tf1/sequence.py",
        "    if lengths is None:\n        return tf.reverse(inputs, axis=[0])\n",
        "    if True:\n        return tf.reverse(inputs, axis=[0])\n",
        _BACKWARD,
    ),
    Mutation(
        "backward outputs not put back in order",
        "tf1/sequence.py",
        "            outputs = tf.nest.map_structure(lambda x: reverse(x, lengths), outputs)\n",
        "            pass\n",
        _BACKWARD,
    ),
    Mutation(
        "backward cell reads forwards",
        "tf1/sequence.py",
        "            inputs = tf.nest.map_structure(lambda x: reverse(x, lengths), inputs)\n",
        "            pass\n",
        _BACKWARD,
    ),
    Mutation(
        "initial_state ignored",
        "tf1/sequence.py",
        "cell, given = self.cell, initial_state is not None",
        "cell, given = self.cell, False",
        _EQUATIONS,
    ),
    Mutation(
        "time_major ignored",
        "tf1/sequence.py",
        "        self.time_major = time_major\n",
        "        self.time_major = False\n",
        _GOLDEN,
        "dynamic_rnn-gru-time-major",
    ),
    Mutation(
        "static functions: sequence_length not handed on",
        "tf1/sequence.py",
        "lengths = self._lengths(sequence_length, rows, static_rows, len(inputs))",
        "lengths = None",
        _EQUATIONS,
    ),
    Mutation(
        "stack: forward and backward states swapped",
        "tf1/rnn.py",
        "final_fw, final_bw = zip(*final_states, strict=True)",
        "final_bw, final_fw = zip(*final_states, strict=True)",
        _GOLDEN,
        "stack_bidirectional_dynamic_rnn-two-layers",
    ),
)

# The kernels under them.
_OF_KERNELS = (
    Mutation(
        "kernel of the LSTMs: gates left in TensorFlow 1's order",
        "tf1/kernels.py",
        "kernels = _split_rows(tf.concat([i, f, j, o], axis=1), cell.num_units)",
        "kernels = _split_rows(tf.concat([i, j, f, o], axis=1), cell.num_units)",
        _KERNELS,
        "basic_lstm_cell-plain",
    ),
    Mutation(
        "kernel of the LSTMs: forget bias dropped",
        "tf1/kernels.py",
        "bias = tf.concat([i, f + cell.forget_bias, j, o], axis=0)",
        "bias = tf.concat([i, f, j, o], axis=0)",
        _KERNELS,
        "basic_lstm_cell-plain",
    ),
    Mutation(
        "kernel of the LSTMs: c and h swapped in the state",
        "tf1/kernels.py",
        "lstm(x, *kernels, bias, [h, c], **options)",
        "lstm(x, *kernels, bias, [c, h], **options)",
        _KERNELS,
        "basic_lstm_cell-plain",
    ),
    Mutation(
        "kernel of the GRU: r and u left in TensorFlow 1's order",
        "tf1/kernels.py",
        "joined = tf.concat([u, r, cell.candidate_kernel], axis=1)",
        "joined = tf.concat([r, u, cell.candidate_kernel], axis=1)",
        _KERNELS,
        "gru_cell-tanh",
    ),
    Mutation(
        "kernels: lengths ignored",
        "tf1/kernels.py",
        "mask = None if lengths is None else tf.sequence_mask(lengths, tf.shape(x)[1])",
        "mask = None",
        _KERNELS,
        "dynamic_rnn-rnn-lengths or dynamic_rnn-rnn-short",
    ),
    Mutation(
        "kernels: outputs past the length not zeroed",
        "tf1/kernels.py",
        "        outputs = tf.where(mask[..., None], outputs, tf.zeros_like(outputs))\n",
        "        pass\n",
        _KERNELS,
        "dynamic_rnn-rnn-lengths or dynamic_rnn-rnn-short",
    ),
    Mutation(
        "kernels: backward outputs not put back in order",
        "tf1/kernels.py",
        "        outputs = tf.reverse(outputs, [1])\n",
        "        pass\n",
        _KERNELS,
        "bidirectional_dynamic_rnn-gru-rnn",
    ),
    Mutation(
        "kernels: backward cell reads forwards",
        "tf1/kernels.py",
        "        go_backwards=go_backwards,\n",
        "        go_backwards=False,\n",
        _KERNELS,
        "bidirectional_dynamic_rnn-gru-rnn",
    ),
    Mutation(
        "a subclass goes by its parent's kernel",
        "tf1/kernels.py",
        "yield type(cell) not in _KERNELS,",
        "yield not isinstance(cell, tuple(_KERNELS)),",
        _SAYS,
    ),
    Mutation(
        "cell_clip of 0 overlooked",
        "tf1/kernels.py",
        'yield cell.cell_clip is not None, "cell_clip"',
        'yield cell.cell_clip, "cell_clip"',
        _SAYS,
    ),
    Mutation(
        "kernels outside XLA too",
        "tf1/kernels.py",
        'yield not is_under_xla(), "not under XLA"',
        'yield False, "not under XLA"',
        _UNDER_XLA,
    ),
    Mutation(
        "kernels nowhere",
        "tf1/kernels.py",
        'yield not is_under_xla(), "not under XLA"',
        'yield True, "not under XLA"',
        _UNDER_XLA,
    ),
)

MUTATIONS = (*_OF_CELLS, *_OF_FUNCTIONS, *_OF_KERNELS)
