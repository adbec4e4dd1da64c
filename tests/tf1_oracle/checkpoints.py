"""Networks whose checkpoints TensorFlow 1.15.5 writes and the package reads; both build them.

Each function takes `tf`, TensorFlow 1 or `tf.compat.v1`, `rnn`, its recurrent names, and `x`,
`(batch, time, features)`; it returns the tensor of outputs.
"""

BATCH, TIME, FEATURES, UNITS = 2, 4, 2, 3
FORGET_BIAS = 0.7


def _dynamic(tf, rnn, cell, x):
    return rnn.dynamic_rnn(cell, x, dtype=x.dtype)[0]


def basic_rnn(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.BasicRNNCell(UNITS), x)


def basic_lstm(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.BasicLSTMCell(UNITS, forget_bias=FORGET_BIAS), x)


def gru(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.GRUCell(UNITS), x)


def lstm(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.LSTMCell(UNITS), x)


def lstm_peepholes(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.LSTMCell(UNITS, use_peepholes=True), x)


def lstm_projection(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.LSTMCell(5, num_proj=UNITS), x)


def lstm_peepholes_projection(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.LSTMCell(5, num_proj=UNITS, use_peepholes=True), x)


def multi_lstm(tf, rnn, x):
    cells = [rnn.BasicLSTMCell(UNITS), rnn.BasicLSTMCell(4)]
    return _dynamic(tf, rnn, rnn.MultiRNNCell(cells), x)


def multi_gru_dropout(tf, rnn, x):
    cells = [rnn.DropoutWrapper(rnn.GRUCell(UNITS), output_keep_prob=1.0) for _ in range(3)]
    return _dynamic(tf, rnn, rnn.MultiRNNCell(cells), x)


def multi_mixed(tf, rnn, x):
    cells = [rnn.LSTMCell(UNITS, use_peepholes=True), rnn.GRUCell(4), rnn.BasicRNNCell(2)]
    return _dynamic(tf, rnn, rnn.MultiRNNCell(cells), x)


def multi_residual(tf, rnn, x):
    cells = [rnn.BasicLSTMCell(UNITS), rnn.ResidualWrapper(rnn.BasicLSTMCell(UNITS))]
    return _dynamic(tf, rnn, rnn.MultiRNNCell(cells), x)


def static_named_scope(tf, rnn, x):
    with tf.variable_scope("encoder"):
        cell = rnn.BasicLSTMCell(UNITS, name="memory")
        outputs, _ = rnn.static_rnn(cell, tf.unstack(x, axis=1), dtype=x.dtype, scope="words")
    return tf.stack(outputs, axis=1)


def bidirectional_lstm(tf, rnn, x):
    cells = [rnn.LSTMCell(UNITS), rnn.LSTMCell(4)]
    return tf.concat(rnn.bidirectional_dynamic_rnn(*cells, inputs=x, dtype=x.dtype)[0], 2)


def bidirectional_gru_static(tf, rnn, x):
    cells = [rnn.GRUCell(UNITS), rnn.GRUCell(UNITS)]
    outputs, _, _ = rnn.static_bidirectional_rnn(
        *cells, inputs=tf.unstack(x, axis=1), dtype=x.dtype
    )
    return tf.stack(outputs, axis=1)


def bidirectional_of_stacks(tf, rnn, x):
    cells = [rnn.MultiRNNCell([rnn.BasicLSTMCell(UNITS) for _ in range(2)]) for _ in range(2)]
    return tf.concat(rnn.bidirectional_dynamic_rnn(*cells, inputs=x, dtype=x.dtype)[0], 2)


def stack_of_bidirectional(tf, rnn, x):
    forward, backward = ([rnn.GRUCell(UNITS), rnn.GRUCell(4)] for _ in range(2))
    return rnn.stack_bidirectional_dynamic_rnn(forward, backward, x, dtype=x.dtype)[0]


def shared_layers(tf, rnn, x):
    cell = rnn.BasicLSTMCell(FEATURES)
    return _dynamic(tf, rnn, rnn.MultiRNNCell([cell, cell]), x)


def classifier(tf, rnn, x):
    outputs = _dynamic(tf, rnn, rnn.BasicLSTMCell(UNITS), x)
    with tf.variable_scope("output"):
        weights = tf.get_variable("weights", [UNITS, 4], x.dtype)
        biases = tf.get_variable("biases", [4], x.dtype)
    return tf.matmul(outputs[:, -1], weights) + biases


def lstm_block(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.LSTMBlockCell(UNITS, cell_clip=0.4, use_peephole=True), x)


def gru_block_cell(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.GRUBlockCell(UNITS), x)


def gru_block_cell_v2(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.GRUBlockCellV2(UNITS), x)


def cudnn_lstm(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.CudnnCompatibleLSTMCell(UNITS), x)


def cudnn_gru(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.CudnnCompatibleGRUCell(UNITS), x)


def layer_norm_lstm(tf, rnn, x):
    return _dynamic(tf, rnn, rnn.LayerNormBasicLSTMCell(UNITS), x)


def projections(tf, rnn, x):
    cell = rnn.InputProjectionWrapper(rnn.GRUCell(UNITS), 4, activation=tf.nn.relu)
    return _dynamic(tf, rnn, rnn.OutputProjectionWrapper(cell, 2), x)


def static_stack_of_bidirectional(tf, rnn, x):
    forward, backward = ([rnn.BasicLSTMCell(UNITS), rnn.GRUCell(4)] for _ in range(2))
    steps = tf.unstack(x, axis=1)
    return tf.stack(rnn.stack_bidirectional_rnn(forward, backward, steps, dtype=x.dtype)[0], axis=1)


NETWORKS = {
    function.__name__: function
    for function in (
        basic_rnn,
        basic_lstm,
        gru,
        lstm,
        lstm_peepholes,
        lstm_projection,
        lstm_peepholes_projection,
        multi_lstm,
        multi_gru_dropout,
        multi_mixed,
        multi_residual,
        static_named_scope,
        bidirectional_lstm,
        bidirectional_gru_static,
        bidirectional_of_stacks,
        stack_of_bidirectional,
        shared_layers,
        classifier,
        lstm_block,
        gru_block_cell,
        gru_block_cell_v2,
        cudnn_lstm,
        cudnn_gru,
        layer_norm_lstm,
        projections,
        static_stack_of_bidirectional,
    )
}
# The same weights under the names of earlier releases: the network, and what is replaced.
ERAS = {
    "basic_lstm_0_5": (
        "basic_lstm",
        {
            "rnn/basic_lstm_cell/kernel": "RNN/BasicLSTMCell/Linear/Matrix",
            "rnn/basic_lstm_cell/bias": "RNN/BasicLSTMCell/Linear/Bias",
        },
    ),
    "basic_lstm_1_0": ("basic_lstm", {"kernel": "weights", "bias": "biases"}),
    "gru_0_5": (
        "gru",
        {
            "rnn/gru_cell/gates/kernel": "RNN/GRUCell/Gates/Linear/Matrix",
            "rnn/gru_cell/gates/bias": "RNN/GRUCell/Gates/Linear/Bias",
            "rnn/gru_cell/candidate/kernel": "RNN/GRUCell/Candidate/Linear/Matrix",
            "rnn/gru_cell/candidate/bias": "RNN/GRUCell/Candidate/Linear/Bias",
        },
    ),
    "gru_1_0": ("gru", {"kernel": "weights", "bias": "biases"}),
    "multi_lstm_0_5": (
        "multi_lstm",
        {
            "rnn/multi_rnn_cell/cell_": "RNN/MultiRNNCell/Cell",
            "basic_lstm_cell/kernel": "BasicLSTMCell/Linear/Matrix",
            "basic_lstm_cell/bias": "BasicLSTMCell/Linear/Bias",
        },
    ),
    "lstm_0_5": (
        "lstm_peepholes",
        {
            "rnn/lstm_cell/kernel": "RNN/LSTMCell/W_0",
            "rnn/lstm_cell/bias": "RNN/LSTMCell/B",
            "rnn/lstm_cell/w_f_diag": "RNN/LSTMCell/W_F_diag",
            "rnn/lstm_cell/w_i_diag": "RNN/LSTMCell/W_I_diag",
            "rnn/lstm_cell/w_o_diag": "RNN/LSTMCell/W_O_diag",
        },
    ),
    "gru_block": (
        "gru",
        {
            "gates/kernel": "w_ru",
            "gates/bias": "b_ru",
            "candidate/kernel": "w_c",
            "candidate/bias": "b_c",
        },
    ),
    "top_level": ("basic_lstm", {"rnn/basic_lstm_cell/": ""}),
    "own_name": ("basic_lstm", {"rnn/basic_lstm_cell": "my_model/memory"}),
}
# Trained for a few steps by an optimizer, whose slots are saved too.
TRAINED = {
    "basic_lstm_adam": ("basic_lstm", "AdamOptimizer"),
    "gru_rmsprop": ("gru", "RMSPropOptimizer"),
    "basic_rnn_momentum": ("basic_rnn", "MomentumOptimizer"),
}


def renamed(name: str, changes: dict) -> str:
    """A variable's name in another era."""
    for old, new in changes.items():
        name = name.replace(old, new)
    return name
