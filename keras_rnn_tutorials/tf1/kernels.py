"""The cells that a whole-sequence kernel of `keras_rnn_tutorials.fused` computes, and when it does.

In an XLA program (`jit_compile=True`) the RNN functions hand these cells to the kernels. Elsewhere
they run a loop in TensorFlow 1's own arithmetic (`tf1.activations`), and the outputs are often
bit-for-bit TensorFlow 1's. A kernel rounds differently, which is visible in a network that
amplifies rounding errors. The same is true of the loop under XLA, so there the faster way loses
nothing. `tests/README.md` has the numbers.

A gradient through a kernel can be differentiated again, like that of the loop.
"""

import tensorflow as tf

from keras_rnn_tutorials._private_apis import is_under_xla
from keras_rnn_tutorials.fused.gru import gru
from keras_rnn_tutorials.fused.lstm import lstm
from keras_rnn_tutorials.fused.simple_rnn import simple_rnn
from keras_rnn_tutorials.tf1 import activations
from keras_rnn_tutorials.tf1.rnn_cell import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell

FUSED = "fused"


def in_use(cell) -> str:
    """Whether an RNN function, called at this place, would run a kernel.

    Args:
        cell: a cell.

    Returns:
        `"fused"`, or `"loop: "` followed by what the kernels do not support.
    """
    for value, name in _uncovered(cell):
        if value:
            return f"loop: {name}"
    return FUSED


def _uncovered(cell):
    yield type(cell) not in _KERNELS, type(cell).__name__
    yield cell.activation is not activations.tanh, "activation is not tanh"
    if type(cell) is LSTMCell:
        yield cell.use_peepholes, "use_peepholes"
        yield cell.cell_clip is not None, "cell_clip"
        yield cell.num_proj is not None, "num_proj"
    yield cell.compute_dtype not in ("float32", "float64"), f"dtype {cell.compute_dtype}"
    yield tf.config.list_physical_devices("GPU"), "a GPU is present"
    yield not is_under_xla(), "not under XLA"


def run(cell, inputs, state, lengths, go_backwards):
    """Runs a kernel instead of a cell.

    Args:
        cell: covered.
        inputs: `(time, batch, features)`, float32 or float64, as is everything below.
        state: the initial state, as `cell.state_size` says.
        lengths: int32 `(batch,)`, or None if every row lasts to the end.
        go_backwards: whether each row is read from its last valid step to its first.

    Returns:
        The outputs in the inputs' order, `(time, batch, units)`, zero past a row's length, and the
        final state.
    """
    x = tf.transpose(inputs, (1, 0, 2))
    mask = None if lengths is None else tf.sequence_mask(lengths, tf.shape(x)[1])
    outputs, state = _KERNELS[type(cell)](
        cell,
        x,
        state,
        mask=mask,
        go_backwards=go_backwards,
        return_sequences=True,
        training=True,  # XLA removes what nobody uses
    )
    if go_backwards:
        outputs = tf.reverse(outputs, [1])
    if mask is not None:
        outputs = tf.where(mask[..., None], outputs, tf.zeros_like(outputs))
    outputs = tf.transpose(outputs, (1, 0, 2))
    return tf.ensure_shape(outputs, (*inputs.shape[:2], cell.output_size)), state


def _simple_rnn(cell, x, state, **options):
    kernels = _split_rows(cell.kernel, cell.num_units)
    (h,), outputs = simple_rnn(x, *kernels, cell.bias, [state], **options)
    return outputs, h


def _lstm(cell, x, state, **options):
    i, j, f, o = tf.split(cell.kernel, 4, axis=1)
    kernels = _split_rows(tf.concat([i, f, j, o], axis=1), cell.num_units)
    i, j, f, o = tf.split(cell.bias, 4)
    bias = tf.concat([i, f + cell.forget_bias, j, o], axis=0)
    c, h = cell.split_state(state)
    (h, c), outputs = lstm(x, *kernels, bias, [h, c], **options)
    return outputs, cell.join_state(c, h)


def _gru(cell, x, state, **options):
    r, u = tf.split(cell.gate_kernel, 2, axis=1)
    joined = tf.concat([u, r, cell.candidate_kernel], axis=1)
    kernels = _split_rows(joined, cell.num_units)
    r, u = tf.split(cell.gate_bias, 2)
    bias = tf.concat([u, r, cell.candidate_bias], axis=0)
    (h,), outputs = gru(x, *kernels, bias, [state], reset_after=False, **options)
    return outputs, h


def _split_rows(joined, units):
    """Splits TensorFlow 1's joint kernel into Keras' two: for the inputs and for the state."""
    joined = tf.convert_to_tensor(joined)
    return joined[:-units], joined[-units:]


_KERNELS = {BasicRNNCell: _simple_rnn, BasicLSTMCell: _lstm, LSTMCell: _lstm, GRUCell: _gru}
