"""Writes checkpoints of trainings with TensorFlow 1.15.5, and the next 50 losses.

    tf1/bin/python write_trainings.py --out=../golden/trainings

Each training stops after some steps, and its Saver writes weights, slots and graph: `files.tar.xz`
holds the files of each in a folder of its name. `losses.npz` holds the `inputs` and the `targets`,
which are the same at each step, and by the training's name the next 50 losses, each before its
update, in float32 and, from the same values on, in float64.
"""

import argparse
import os
import shutil

import checkpoints
import numpy as np
import packing
import tensorflow as tf
from write_checkpoints import rnn

CLASSES, LOSSES = 3, 50


def readout(outputs):
    """Weights and biases under names of one's own, on every time step."""
    width = outputs.shape.as_list()[-1]
    with tf.variable_scope("hidden"):
        weights = tf.get_variable("w", [width, 5], outputs.dtype)
        bias = tf.get_variable("b", [5], outputs.dtype, tf.zeros_initializer())
        hidden = tf.nn.relu(tf.matmul(tf.reshape(outputs, [-1, width]), weights) + bias)
    weights = tf.get_variable("softmax_w", [5, CLASSES], outputs.dtype)
    bias = tf.get_variable("softmax_b", [CLASSES], outputs.dtype, tf.zeros_initializer())
    logits = tf.nn.bias_add(tf.matmul(hidden, weights), bias)
    return tf.reshape(logits, [checkpoints.BATCH, checkpoints.TIME, CLASSES])


def classifier(x):
    cells = [rnn.BasicLSTMCell(4, forget_bias=0.5), rnn.GRUCell(3)]
    return readout(rnn.dynamic_rnn(rnn.MultiRNNCell(cells), x, dtype=x.dtype)[0])


def peepholes(x):
    cell = rnn.LSTMCell(5, use_peepholes=True, num_proj=CLASSES)
    return rnn.dynamic_rnn(cell, x, dtype=x.dtype)[0]


def bidirectional(x):
    cells = [rnn.BasicLSTMCell(3) for _ in range(2)]
    outputs, _ = rnn.bidirectional_dynamic_rnn(*cells, inputs=x, dtype=x.dtype)
    return readout(tf.concat(outputs, 2))


# By name: the network, the optimizer with its arguments, and the steps before the checkpoint.
TRAININGS = {
    "adam": (classifier, "AdamOptimizer", {"learning_rate": 0.01}, 20),
    "adam_own_betas": (
        bidirectional,
        "AdamOptimizer",
        {"learning_rate": 0.02, "beta1": 0.5, "beta2": 0.95, "epsilon": 1e-4},
        30,
    ),
    "adam_beta1_gone": (classifier, "AdamOptimizer", {"learning_rate": 0.001}, 1200),
    "adam_peepholes": (peepholes, "AdamOptimizer", {"learning_rate": 0.01}, 20),
    "rmsprop": (classifier, "RMSPropOptimizer", {"learning_rate": 0.005}, 20),
    "rmsprop_momentum": (
        bidirectional,
        "RMSPropOptimizer",
        {"learning_rate": 0.002, "decay": 0.8, "momentum": 0.7, "epsilon": 1e-6},
        20,
    ),
    "rmsprop_centered": (
        classifier,
        "RMSPropOptimizer",
        {"learning_rate": 0.002, "momentum": 0.5, "centered": True, "epsilon": 1e-3},
        20,
    ),
    "momentum": (classifier, "MomentumOptimizer", {"learning_rate": 0.05, "momentum": 0.9}, 20),
    "nesterov": (
        bidirectional,
        "MomentumOptimizer",
        {"learning_rate": 0.05, "momentum": 0.8, "use_nesterov": True},
        20,
    ),
    "adagrad": (classifier, "AdagradOptimizer", {"learning_rate": 0.1}, 5),
}


def train(training, inputs, targets, dtype, values=None, prefix=None):
    """Trains, writes the checkpoint if `prefix` is given, and returns the values and losses."""
    network, optimizer, arguments, steps = training
    tf.reset_default_graph()
    outputs = network(tf.constant(inputs, dtype))
    loss = tf.reduce_mean(tf.square(outputs - tf.constant(targets, dtype)))
    counter = tf.train.get_or_create_global_step()
    update = getattr(tf.train, optimizer)(**arguments).minimize(loss, counter)
    variables = tf.global_variables()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        if values is None:
            random = np.random.RandomState(1)
            for variable in tf.trainable_variables():
                start = random.randn(*variable.shape.as_list()) * 0.5
                variable.load(start.astype(dtype.as_numpy_dtype), session)
            for _ in range(steps):
                session.run(update)
        else:
            for variable, value in zip(variables, values):  # noqa: B905 (Python 3.7)
                variable.load(value.astype(variable.dtype.base_dtype.as_numpy_dtype), session)
        if prefix:
            tf.train.Saver().save(session, prefix)
        values = session.run(variables)
        return values, [session.run([loss, update])[0] for _ in range(LOSSES)]


def main():
    """Writes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    random = np.random.RandomState(0)
    inputs = random.randn(checkpoints.BATCH, checkpoints.TIME, checkpoints.FEATURES)
    targets = random.randn(checkpoints.BATCH, checkpoints.TIME, CLASSES)
    kept = {"inputs": inputs, "targets": targets}
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    with packing.packed(out) as folder:
        for name, training in TRAININGS.items():
            os.mkdir(os.path.join(folder, name))
            prefix = os.path.join(folder, name, "model.ckpt")
            values, kept[name] = train(training, inputs, targets, tf.float32, prefix=prefix)
            _, kept[name + "/float64"] = train(training, inputs, targets, tf.float64, values)
            os.remove(os.path.join(folder, name, "checkpoint"))
    np.savez_compressed(os.path.join(out, "losses.npz"), **kept)
    print(len(TRAININGS), "trainings")


if __name__ == "__main__":
    main()
