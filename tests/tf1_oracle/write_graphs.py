"""Writes checkpoints with their graphs with TensorFlow 1.15.5, and the networks' outputs.

    tf1/bin/python write_graphs.py --out=../golden/checkpoints_with_graphs

A graph takes 30 kB or more, and much of it is the same in all, so `files.tar.xz` has the files of
each network in a folder of its name. `outputs.npz` has, by the network's name, its outputs for the
`inputs`, in float32 and in float64. Only a graph, not the variables, shows forget biases,
activations, limits, wrappers, and layers that share their weights. Dropout is random: for networks
with dropout, the outputs are those of the same network without it.
"""

import argparse
import os
import shutil

import checkpoints
import numpy as np
import packing
import tensorflow as tf
from write_checkpoints import rnn

UNITS = checkpoints.UNITS


def _dynamic(cell, x, **options):
    return rnn.dynamic_rnn(cell, x, dtype=x.dtype, **options)[0]


def _stack(cells):
    return rnn.MultiRNNCell(cells)


def forget_biases(x, drop):
    return _dynamic(
        _stack([rnn.BasicLSTMCell(UNITS, forget_bias=0.3), rnn.LSTMCell(4, forget_bias=2.0)]), x
    )


def relu_lstm(x, drop):
    return _dynamic(rnn.BasicLSTMCell(UNITS, activation=tf.nn.relu), x)


def linear_lstm(x, drop):
    return _dynamic(rnn.LSTMCell(UNITS, activation=lambda value: value), x)


def swish_lstm(x, drop):
    return _dynamic(rnn.LSTMCell(UNITS, activation=lambda value: value * tf.sigmoid(value)), x)


def sigmoid_gru(x, drop):
    return _dynamic(rnn.GRUCell(UNITS, activation=tf.sigmoid), x)


def relu_rnn(x, drop):
    return _dynamic(rnn.BasicRNNCell(UNITS, activation=tf.nn.relu), x)


def linear_rnn(x, drop):
    return _dynamic(rnn.BasicRNNCell(UNITS, activation=tf.identity), x)


def clipped_lstm(x, drop):
    cell = rnn.LSTMCell(
        5, use_peepholes=True, cell_clip=0.3, num_proj=UNITS, proj_clip=0.2, forget_bias=0.5
    )
    return _dynamic(cell, x)


def clipped_plain_lstm(x, drop):
    return _dynamic(rnn.LSTMCell(UNITS, cell_clip=0.3), x)


def dropout(x, drop):
    if not drop:
        return _dynamic(_stack([rnn.BasicLSTMCell(UNITS), rnn.GRUCell(4)]), x)
    kept = tf.placeholder_with_default(tf.constant(0.5, x.dtype), [])
    cells = [
        rnn.DropoutWrapper(rnn.BasicLSTMCell(UNITS), input_keep_prob=0.8, output_keep_prob=0.4),
        rnn.DropoutWrapper(rnn.GRUCell(4), output_keep_prob=kept),
    ]
    return _dynamic(_stack(cells), x)


def residual(x, drop):
    cells = [rnn.BasicLSTMCell(UNITS)]
    for _ in range(2):
        cell = rnn.BasicLSTMCell(UNITS, forget_bias=0.5)
        if drop:
            cell = rnn.DropoutWrapper(cell, output_keep_prob=0.9)
        cells.append(rnn.ResidualWrapper(cell))
    return _dynamic(_stack(cells), x, sequence_length=[4, 4])


def static_residual_gru(x, drop):
    cells = [rnn.GRUCell(UNITS), rnn.ResidualWrapper(rnn.GRUCell(UNITS))]
    outputs, _ = rnn.static_rnn(_stack(cells), tf.unstack(x, axis=1), dtype=x.dtype)
    return tf.stack(outputs, axis=1)


def shared_three(x, drop):
    cell = rnn.BasicLSTMCell(checkpoints.FEATURES)
    if drop:
        cell = rnn.DropoutWrapper(cell, output_keep_prob=0.9)
    return _dynamic(_stack([cell] * 3), x)


def static_shared(x, drop):
    cell = rnn.GRUCell(checkpoints.FEATURES)
    outputs, _ = rnn.static_rnn(_stack([cell] * 2), tf.unstack(x, axis=1), dtype=x.dtype)
    return tf.stack(outputs, axis=1)


def not_shared(x, drop):
    """One layer in a stack, as wide as its inputs: without the graph its depth is asked for."""
    return _dynamic(_stack([rnn.BasicLSTMCell(checkpoints.FEATURES)]), x)


def trained_and_tested(x, drop):
    """Two copies of a model on one set of weights; only the first one drops."""

    def model(drop):
        cell = rnn.BasicLSTMCell(UNITS, forget_bias=0.0)
        if drop:
            cell = rnn.DropoutWrapper(cell, output_keep_prob=0.5)
        with tf.variable_scope("model", reuse=tf.AUTO_REUSE):
            outputs, _ = rnn.static_rnn(cell, tf.unstack(x, axis=1), dtype=x.dtype)
        return tf.stack(outputs, axis=1)

    first = model(drop)
    return first if not drop else [first, model(False)][1]


def resource_variables(x, drop):
    with tf.variable_scope("net", use_resource=True):
        return _dynamic(rnn.BasicLSTMCell(UNITS, forget_bias=0.6), x, sequence_length=[4, 4])


def fused_block(x, drop):
    cell = tf.contrib.rnn.LSTMBlockFusedCell(UNITS, forget_bias=0.4)
    return tf.transpose(cell(tf.transpose(x, [1, 0, 2]), dtype=x.dtype)[0], [1, 0, 2])


def bidirectional_relu(x, drop):
    cells = [rnn.LSTMCell(UNITS, activation=tf.nn.relu, forget_bias=0.1) for _ in range(2)]
    return tf.concat(rnn.bidirectional_dynamic_rnn(*cells, inputs=x, dtype=x.dtype)[0], 2)


def different_directions(x, drop):
    cells = [rnn.LSTMCell(UNITS, forget_bias=0.1), rnn.LSTMCell(UNITS, activation=tf.nn.softsign)]
    return tf.concat(rnn.bidirectional_dynamic_rnn(*cells, inputs=x, dtype=x.dtype)[0], 2)


NETWORKS = (
    forget_biases,
    relu_lstm,
    linear_lstm,
    swish_lstm,
    sigmoid_gru,
    relu_rnn,
    linear_rnn,
    clipped_lstm,
    clipped_plain_lstm,
    dropout,
    residual,
    static_residual_gru,
    shared_three,
    static_shared,
    not_shared,
    trained_and_tested,
    resource_variables,
    fused_block,
    bidirectional_relu,
    different_directions,
)


def run(network, inputs, dtype, values=None, out=None):
    """Runs a network; writes its checkpoint if `out` is given; returns outputs and weights."""
    tf.reset_default_graph()
    outputs = network(tf.constant(inputs, dtype), out is not None)
    weights = tf.trainable_variables()
    if values is None:
        random = np.random.RandomState(len(network.__name__))
        values = [random.randn(*v.shape.as_list()) * 0.5 for v in weights]
    if out is not None:  # as a script that trains has it
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(outputs))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for variable, value in zip(weights, values):  # noqa: B905 (Python 3.7)
            variable.load(value.astype(dtype.as_numpy_dtype), session)
        if out is not None:
            tf.train.Saver().save(session, out)
        return session.run(outputs), session.run(weights)


def main():
    """Writes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    shape = (checkpoints.BATCH, checkpoints.TIME, checkpoints.FEATURES)
    inputs = np.random.RandomState(0).randn(*shape)
    kept = {"inputs": inputs}
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    with packing.packed(out) as folder:
        for network in NETWORKS:
            name = network.__name__
            os.mkdir(os.path.join(folder, name))
            prefix = os.path.join(folder, name, "model.ckpt")
            _, values = run(network, inputs, tf.float32, out=prefix)
            os.remove(os.path.join(folder, name, "checkpoint"))
            kept[name], _ = run(network, inputs, tf.float32, values)
            try:
                kept[name + "/float64"], _ = run(network, inputs, tf.float64, values)
            except TypeError:  # the block cells know no float64
                kept[name + "/float64"] = kept[name]
    np.savez_compressed(os.path.join(out, "outputs.npz"), **kept)
    print(len(NETWORKS), "checkpoints with graphs")


if __name__ == "__main__":
    main()
