"""Trains three tutorial models for one epoch of MNIST under genuine TensorFlow 1.15.5.

Writes trajectories.npz: the initial weights and the loss of every step; README.md has the command
and the keys.
"""

import argparse
import json
import os
import time

import numpy as np
import tensorflow as tf

STEPS, PIXELS, CLASSES = 28, 28, 10

# One thread, so that the same seed gives the same losses.
SESSION = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


def last_state(images, lengths):
    """A1: one layer, read out from its final h."""
    cell = tf.nn.rnn_cell.BasicLSTMCell(100)
    _, state = tf.nn.dynamic_rnn(cell, images, dtype=tf.float32)
    return state.h


def two_cells():
    return tf.nn.rnn_cell.BasicLSTMCell(128), tf.nn.rnn_cell.BasicLSTMCell(128)


def static_bidirectional(images, lengths):
    """B8: a list of outputs, already joined."""
    rows = tf.unstack(images, axis=1)
    outputs, _, _ = tf.nn.static_bidirectional_rnn(*two_cells(), inputs=rows, dtype=tf.float32)
    return outputs[-1]


def dynamic_bidirectional(images, lengths):
    """B8: a pair of outputs, still to be joined."""
    outputs, _ = tf.nn.bidirectional_dynamic_rnn(*two_cells(), inputs=images, dtype=tf.float32)
    return tf.concat(outputs, 2)[:, -1]


def two_layers_of_lengths(images, lengths):
    """Two layers, rows of different lengths, read out from the last layer's final h."""
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(64) for _ in range(2)])
    _, states = tf.nn.dynamic_rnn(cell, images, sequence_length=lengths, dtype=tf.float32)
    return states[-1].h


A1 = {"network": last_state, "batch_size": 50, "learning_rate": 1e-4}
B8 = {"batch_size": 128, "learning_rate": 1e-3, "loss": "corrected"}
MODELS = {
    "a1-as_published": dict(A1, loss="as_published"),
    "a1-corrected": dict(A1, loss="corrected", initial="a1-as_published"),
    "b8-static": dict(B8, network=static_bidirectional),
    "b8-dynamic": dict(B8, network=dynamic_bidirectional, initial="b8-static"),
    "multilayer-lengths": dict(B8, network=two_layers_of_lengths, lengths=True),
}


def build_loss(kind, logits, labels):
    """The mean loss: softmax once ("corrected"), or twice as the tutorial publishes it."""
    if kind == "as_published":
        logits = tf.nn.softmax(logits)
    labels = tf.one_hot(labels, CLASSES)
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))


def train(model, x, y, seed, initial, config=SESSION):
    """Trains for one epoch.

    Args:
        model: one of MODELS' values.
        x: images, (examples, 28, 28).
        y: labels, (examples,).
        seed: of the initial weights and of the examples' order; seed + 1 is the lengths'.
        initial: the initial weights, or None to let TensorFlow 1 draw them.
        config: the session's.

    Returns:
        The weights' names, their initial values and the loss of every step.
    """
    order = np.random.RandomState(seed).permutation(len(x))
    all_lengths = np.random.RandomState(seed + 1).randint(1, STEPS + 1, len(x)).astype(np.int32)
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        tf.set_random_seed(seed)
        images = tf.placeholder(tf.float32, [None, STEPS, PIXELS])
        labels = tf.placeholder(tf.int64, [None])
        lengths = tf.placeholder(tf.int32, [None])
        read_from = model["network"](images, lengths)
        with tf.variable_scope("readout"):
            start = tf.truncated_normal([read_from.shape[-1].value, CLASSES], stddev=0.1)
            kernel = tf.Variable(start, name="kernel")
            bias = tf.Variable(tf.constant(0.1, shape=[CLASSES]), name="bias")
        loss = build_loss(model["loss"], tf.matmul(read_from, kernel) + bias, labels)
        step = tf.train.AdamOptimizer(model["learning_rate"], epsilon=1e-8).minimize(loss)

        session.run(tf.global_variables_initializer())
        weights = tf.trainable_variables()
        for i, value in enumerate(initial or []):
            weights[i].load(value, session)
        initial = session.run(weights)

        losses = []
        for start in range(0, len(x), model["batch_size"]):
            batch = order[start : start + model["batch_size"]]
            feed = {images: x[batch], labels: y[batch], lengths: all_lengths[batch]}
            losses.append(session.run([loss, step], feed)[0])
    return [weight.op.name for weight in weights], initial, np.array(losses, np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", required=True, help="what `export_data mnist` wrote")
    parser.add_argument("--out", required=True, help="directory to write to")
    parser.add_argument("--seed", type=int, default=1)
    flags = parser.parse_args()

    data = dict(np.load(flags.mnist))
    x, y = data["x"], data["y"]
    arrays, initial_of = {}, {}
    for name, model in MODELS.items():
        source = model.get("initial", name)
        began = time.time()
        names, initial, losses = train(model, x, y, flags.seed, initial_of.get(source))
        spec = {
            "weights": names,
            "batch_size": model["batch_size"],
            "learning_rate": model["learning_rate"],
            "epsilon": 1e-8,
            "seed": flags.seed,
            "loss": model["loss"],
            "has_sequence_length": model.get("lengths", False),
            "initial": source,
            "examples": len(x),
            "fingerprint": str(data["fingerprint"]),
        }
        arrays[name + "/spec"] = np.array(json.dumps(spec))
        arrays[name + "/losses"] = losses
        if source == name:
            initial_of[name] = initial
            arrays.update((f"{name}/initial/{i}", value) for i, value in enumerate(initial))
        first, last, seconds = losses[0], losses[-1], time.time() - began
        print(f"{name}: {len(losses)} steps, loss {first} to {last}, {seconds:.0f} s", flush=True)

    os.makedirs(flags.out, exist_ok=True)
    np.savez_compressed(os.path.join(flags.out, "trajectories.npz"), **arrays)


if __name__ == "__main__":
    main()
