"""`raw_rnn` and parts of `tf.contrib`, in small networks that both TensorFlows build.

A network is a pair: a function of the recurrent names that makes its cells, and a function of `tf`,
these names, the cells and the `given` tensors that runs them and returns a nested structure of
outputs and final states. `given` has `x` `(batch, time, features)`, `ids` `(batch, time)`, `c` and
`h` `(batch, units)` to begin with, and the `lengths` of the rows. Python 3.7 reads this too.
"""

BATCH, TIME, FEATURES, UNITS = 3, 4, 2, 3
CLASSES = 7
LENGTHS = [2, 4, 0]
NETWORKS = {}


def network(*make):
    """Registers a network; `make` are functions that make its cells."""

    def register(function):
        NETWORKS[function.__name__] = (lambda rnn: [one(rnn) for one in make], function)
        return function

    return register


def initial(rnn, cell, given):
    """The state to begin with: an LSTM's, or one tensor."""
    if isinstance(cell.state_size, tuple):
        return rnn.LSTMStateTuple(given["c"], given["h"])
    return given["h"]


def with_lengths(name, make):
    """A cell through `dynamic_rnn`, with rows of different lengths and a state to begin with."""

    def run(tf, rnn, cells, given):
        return rnn.dynamic_rnn(
            cells[0],
            given["x"],
            sequence_length=given["lengths"],
            initial_state=initial(rnn, cells[0], given),
        )

    run.__name__ = name
    network(make)(run)


with_lengths("lstm_block", lambda rnn: rnn.LSTMBlockCell(UNITS, forget_bias=0.5))
with_lengths(
    "lstm_block_peepholes_clip",
    lambda rnn: rnn.LSTMBlockCell(UNITS, cell_clip=0.4, use_peephole=True),
)
with_lengths("gru_block", lambda rnn: rnn.GRUBlockCell(UNITS))
with_lengths("gru_block_v2", lambda rnn: rnn.GRUBlockCellV2(UNITS))
with_lengths("cudnn_lstm", lambda rnn: rnn.CudnnCompatibleLSTMCell(UNITS))
with_lengths("cudnn_gru", lambda rnn: rnn.CudnnCompatibleGRUCell(UNITS))
with_lengths("layer_norm_lstm", lambda rnn: rnn.LayerNormBasicLSTMCell(UNITS, forget_bias=0.5))
with_lengths(
    "layer_norm_lstm_without", lambda rnn: rnn.LayerNormBasicLSTMCell(UNITS, layer_norm=False)
)
with_lengths(
    "output_projection",
    lambda rnn: rnn.OutputProjectionWrapper(
        rnn.BasicLSTMCell(UNITS), 2, activation=lambda y: y * y + y
    ),
)
with_lengths("nas", lambda rnn: rnn.NASCell(UNITS))
with_lengths("nas_projection", lambda rnn: rnn.NASCell(UNITS, num_proj=UNITS, use_bias=True))
with_lengths("ugrnn", lambda rnn: rnn.UGRNNCell(UNITS, forget_bias=0.5))
with_lengths("input_projection", lambda rnn: rnn.InputProjectionWrapper(rnn.GRUCell(UNITS), 5))


@network(
    lambda rnn: rnn.LSTMBlockCell(UNITS),
    lambda rnn: rnn.GRUCell(4),
    lambda rnn: rnn.GRUBlockCellV2(2),
    lambda rnn: rnn.BasicLSTMCell(UNITS),
)
def stack_bidirectional_static(tf, rnn, cells, given):
    return rnn.stack_bidirectional_rnn(
        cells[::2],
        cells[1::2],
        tf.unstack(given["x"], axis=1),
        dtype=given["x"].dtype,
        sequence_length=given["lengths"],
    )


@network(
    lambda rnn: rnn.LSTMBlockCell(UNITS),
    lambda rnn: rnn.GRUCell(4),
    lambda rnn: rnn.GRUBlockCellV2(2),
    lambda rnn: rnn.BasicLSTMCell(UNITS),
)
def stack_bidirectional_dynamic(tf, rnn, cells, given):
    return rnn.stack_bidirectional_dynamic_rnn(
        cells[::2],
        cells[1::2],
        given["x"],
        dtype=given["x"].dtype,
        sequence_length=given["lengths"],
    )


@network(lambda rnn: rnn.EmbeddingWrapper(rnn.BasicLSTMCell(UNITS), CLASSES, 2))
def embedding_static(tf, rnn, cells, given):
    return rnn.static_rnn(
        cells[0],
        tf.unstack(given["ids"], axis=1),
        initial_state=initial(rnn, cells[0], given),
        sequence_length=given["lengths"],
    )


@network(lambda rnn: rnn.EmbeddingWrapper(rnn.GRUCell(UNITS), CLASSES, 2))
def embedding_dynamic(tf, rnn, cells, given):
    return rnn.dynamic_rnn(
        cells[0], tf.expand_dims(given["ids"], 2), initial_state=initial(rnn, cells[0], given)
    )


@network(
    lambda rnn: rnn.AttentionCellWrapper(rnn.BasicLSTMCell(UNITS), 3, attn_vec_size=2),
    lambda rnn: rnn.AttentionCellWrapper(
        rnn.GRUCell(UNITS), 2, attn_size=4, input_size=5, state_is_tuple=False
    ),
)
def attention_window(tf, rnn, cells, given):
    """Two in a row: the second state is one tensor."""
    stack = rnn.MultiRNNCell(cells[:1])
    state = (rnn.LSTMStateTuple(given["c"], given["h"]), given["h"], tf.tile(given["c"], [1, 3]))
    options = {"sequence_length": given["lengths"], "dtype": given["x"].dtype}
    outputs, first = rnn.dynamic_rnn(stack, given["x"], initial_state=(state,), **options)
    return rnn.dynamic_rnn(cells[1], outputs, scope="second", **options), first


def fused(name, has_lengths, has_state, **options):
    """An `LSTMBlockFusedCell`, which reads the time first."""

    def run(tf, rnn, cells, given):
        return cells[0](
            tf.transpose(given["x"], [1, 0, 2]),
            initial_state=(given["c"], given["h"]) if has_state else None,
            dtype=None if has_state else given["x"].dtype,
            sequence_length=given["lengths"] if has_lengths else None,
        )

    run.__name__ = name
    network(lambda rnn: rnn.LSTMBlockFusedCell(UNITS, **options))(run)


fused("fused_lstm", False, False)
fused("fused_lstm_lengths", True, True, forget_bias=0.5)
fused("fused_lstm_peepholes_clip", True, True, cell_clip=0.4, use_peephole=True)


@network(
    lambda rnn: rnn.LSTMBlockFusedCell(UNITS),
    lambda rnn: rnn.LSTMBlockFusedCell(4, use_peephole=True),
)
def fused_both_directions(tf, rnn, cells, given):
    x, options = tf.transpose(given["x"], [1, 0, 2]), {"sequence_length": given["lengths"]}
    forward = cells[0](x, (given["c"], given["h"]), **options)
    return forward, rnn.TimeReversedFusedRNN(cells[1])(x, dtype=x.dtype, **options)


@network(lambda rnn: rnn.LSTMCell(UNITS, use_peepholes=True))
def raw_lengths(tf, rnn, cells, given):
    """`dynamic_rnn` written out: each row ends by itself."""
    x, lengths = tf.transpose(given["x"], [1, 0, 2]), given["lengths"]
    steps = tf.TensorArray(x.dtype, size=TIME).unstack(x)

    def loop_fn(time, cell_output, cell_state, loop_state):
        if cell_output is None:
            cell_state = initial(rnn, cells[0], given)
        finished = time >= lengths
        next_input = tf.cond(
            tf.reduce_all(finished),
            lambda: tf.zeros([BATCH, FEATURES], x.dtype),
            lambda: steps.read(time),
        )
        return finished, next_input, cell_state, cell_output, None

    outputs, state, loop_state = rnn.raw_rnn(cells[0], loop_fn)
    assert loop_state is None
    return outputs.stack(), state


@network(lambda rnn: rnn.MultiRNNCell([rnn.GRUCell(UNITS), rnn.BasicLSTMCell(FEATURES)]))
def raw_feedback(tf, rnn, cells, given):
    """A decoder that reads its own outputs, and whose loop state sums them up."""
    x = given["x"]

    def loop_fn(time, cell_output, cell_state, loop_state):
        finished = tf.stack([time >= 3, time >= 2, time >= TIME])
        if cell_output is None:
            start = (given["h"], rnn.LSTMStateTuple(given["c"][:, 1:], given["h"][:, 1:]))
            return finished, x[:, 0], start, None, tf.zeros([BATCH, FEATURES], x.dtype)
        return finished, tf.tanh(cell_output), cell_state, cell_output, loop_state + cell_output

    outputs, state, total = rnn.raw_rnn(cells[0], loop_fn)
    return outputs.stack(), state, total


@network(lambda rnn: rnn.GRUCell(UNITS))
def raw_emits(tf, rnn, cells, given):
    """What is emitted is not the cell's output; the loop state is a counter and an array."""
    x = given["x"]

    def loop_fn(time, cell_output, cell_state, loop_state):
        finished = time >= given["lengths"]
        next_input = x[:, 0] * tf.cast(time + 1, x.dtype)
        if cell_output is None:
            emit = (tf.zeros([2], x.dtype), tf.zeros([], tf.int32))
            kept = tf.TensorArray(x.dtype, size=0, dynamic_size=True, clear_after_read=False)
            return finished, next_input, given["h"], emit, (tf.constant(0), kept)
        count, kept = loop_state
        kept = kept.write(time - 1, tf.reduce_sum(cell_output))
        emit = (cell_output[:, :2], time * tf.ones([BATCH], tf.int32))
        # The next state may be any: here it is the cell's, turned around.
        return finished, next_input, -cell_state, emit, (count + 2, kept)

    emitted, state, (count, kept) = rnn.raw_rnn(cells[0], loop_fn, scope="decoder")
    return emitted[0].stack(), emitted[1].stack(), state, count, kept.stack()


@network(lambda rnn: rnn.DropoutWrapper(rnn.ResidualWrapper(rnn.BasicRNNCell(FEATURES))))
def raw_without_loop_state_after_the_first(tf, rnn, cells, given):
    """A loop state that is returned once is kept; one finished row ends with the others."""
    x = given["x"]

    def loop_fn(time, cell_output, cell_state, loop_state):
        if cell_output is None:
            start = given["h"][:, 1:]
            return tf.zeros([BATCH], tf.bool), x[:, 1], start, None, given["c"]
        finished = tf.fill([BATCH], time >= 2)
        return finished, x[:, 2] + loop_state[:, 1:], cell_state, cell_output * 2.0, None

    outputs, state, kept = rnn.raw_rnn(cells[0], loop_fn)
    return outputs.stack(), state, kept
