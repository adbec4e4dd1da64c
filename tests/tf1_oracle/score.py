"""Trains tutorial pieces whole, from TensorFlow 1's own start, under genuine TensorFlow 1.15.5.

    tf1/bin/python score.py --mnist=/tmp/mnist.npz --seeds=10 --piece=a1-as_published
    tf1/bin/python score.py --imdb=/tmp/imdb.npz --seeds=5 --piece=d3

Writes the accuracies after every epoch to ../golden/scores.json. A seed that stands there is not
trained again, so the same command goes on where it was stopped; several commands may run side by
side. README.md has the commands that make the environment and the files of data.
"""

import argparse
import fcntl
import json
import os

import numpy as np
import tensorflow as tf
from write_trajectories import A1, B8, CLASSES, PIXELS, SESSION, STEPS, build_loss, last_state

EPOCHS = 6
SCORES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "scores.json")


def bidirectional(function, readout):
    """B8: read out from both directions' outputs at the last step, or from their final states."""

    def network(images, lengths):
        cells = [tf.nn.rnn_cell.BasicLSTMCell(128) for _ in range(2)]
        if function == "static":
            rows = tf.unstack(images, axis=1)
            outputs, *states = tf.nn.static_bidirectional_rnn(*cells, inputs=rows, dtype=tf.float32)
            last = outputs[-1]
        else:
            outputs, states = tf.nn.bidirectional_dynamic_rnn(
                *cells, inputs=images, dtype=tf.float32
            )
            last = tf.concat(outputs, 2)[:, -1]
        return last if readout == "last_output" else tf.concat([s.h for s in states], 1)

    return network


def train_graph(piece, data, seed):
    """A1, B8: trains from the seed; returns the accuracies on both held-out sets by epoch."""
    shuffle = np.random.RandomState(seed)
    scores = {"validation": [], "test": []}
    with tf.Graph().as_default(), tf.Session(config=SESSION) as session:
        tf.set_random_seed(seed)
        images = tf.placeholder(tf.float32, [None, STEPS, PIXELS])
        labels = tf.placeholder(tf.int64, [None])
        h = piece["network"](images, None)
        start = tf.truncated_normal([h.shape[-1].value, CLASSES], stddev=0.1)
        logits = tf.matmul(h, tf.Variable(start)) + tf.Variable(tf.constant(0.1, shape=[CLASSES]))
        loss = build_loss(piece["loss"], logits, labels)
        step = tf.train.AdamOptimizer(piece["learning_rate"]).minimize(loss)
        right = tf.reduce_sum(tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32))
        session.run(tf.global_variables_initializer())
        for _ in range(EPOCHS):
            order = shuffle.permutation(len(data["x"]))
            for first in range(0, len(order), piece["batch_size"]):
                batch = order[first : first + piece["batch_size"]]
                session.run(step, {images: data["x"][batch], labels: data["y"][batch]})
            for name, prefix in (("validation", "validation_"), ("test", "test_")):
                x, y = data[prefix + "x"], data[prefix + "y"]
                found = sum(
                    session.run(right, {images: x[i : i + 500], labels: y[i : i + 500]})
                    for i in range(0, len(x), 500)
                )
                scores[name].append(round(float(found) / len(x), 6))
    return scores


# D3, as the tutorial publishes it; the reviews are cut and padded already.
D3 = {"words": 10000, "units": 32, "batch_size": 128, "epochs": 10, "padding": "pre"}


def padded(x, padding):
    """Reviews with their zeros, which stand in front, in front or behind."""
    behind = np.take_along_axis(x, np.argsort(x == 0, axis=1, kind="stable"), axis=1)
    return {"pre": x, "post": behind}[padding]


def train_keras(piece, data, seed):
    """D3: the same with TensorFlow 1.15.5's own tf.keras, its layers, defaults and fit."""
    layers = tf.keras.layers
    held_out = {
        name: (padded(data[name + "_x"], piece["padding"]), data[name + "_y"].astype(np.float32))
        for name in ("validation", "test")
    }
    scores = {name: [] for name in held_out}
    tf.keras.backend.clear_session()
    tf.keras.backend.set_session(tf.Session(config=SESSION))
    tf.set_random_seed(seed)
    np.random.seed(seed)  # fit shuffles with it
    model = tf.keras.Sequential(
        [
            layers.Embedding(piece["words"], piece["units"]),
            layers.SimpleRNN(piece["units"]),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["acc"])
    x, y = padded(data["x"], piece["padding"]), data["y"].astype(np.float32)
    for _ in range(piece["epochs"]):
        model.fit(x, y, batch_size=piece["batch_size"], epochs=1, verbose=0)
        for name, (reviews, labels) in held_out.items():
            accuracy = model.evaluate(reviews, labels, batch_size=500, verbose=0)[1]
            scores[name].append(round(float(accuracy), 6))
    return scores


# By name: the data set, the function that trains on it, and the numbers of the piece.
PIECES = {
    "a1-as_published": ("mnist", train_graph, dict(A1, network=last_state, loss="as_published")),
    "a1-corrected": ("mnist", train_graph, dict(A1, network=last_state, loss="corrected")),
    "d3": ("imdb", train_keras, D3),
    "d3-post": ("imdb", train_keras, dict(D3, padding="post")),
}
for _function in ("static", "dynamic"):
    for _readout in ("last_output", "final_states"):
        _piece = dict(B8, network=bidirectional(_function, _readout))
        PIECES[f"b8-{_function}-{_readout}"] = ("mnist", train_graph, _piece)


def read():
    """What stands in the file."""
    if not os.path.exists(SCORES):
        return {"tensorflow": tf.__version__, "pieces": {}}
    with open(SCORES) as file:
        return json.load(file)


def add(name, seed, scores, dataset, fingerprint):
    """Adds a run to the file, which other processes may be adding to."""
    with open(SCORES + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = read()
        found.setdefault("fingerprints", {})[dataset] = fingerprint
        found["pieces"].setdefault(name, {})[str(seed)] = scores
        with open(SCORES + ".new", "w") as file:
            json.dump(found, file, indent=1, sort_keys=True)
            file.write("\n")
        os.rename(SCORES + ".new", SCORES)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", help="what `export_data mnist` wrote")
    parser.add_argument("--imdb", help="what `export_data imdb` wrote")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--piece", action="append", choices=sorted(PIECES), required=True)
    flags = parser.parse_args()
    for name in flags.piece:
        dataset, train, piece = PIECES[name]
        if not getattr(flags, dataset):
            parser.error(f"{name} is trained on --{dataset}")
        data = dict(np.load(getattr(flags, dataset)))
        for seed in range(flags.seeds):
            if str(seed) not in read()["pieces"].get(name, {}):
                scores = train(piece, data, seed)
                add(name, seed, scores, dataset, str(data["fingerprint"]))
                print(name, seed, scores["test"], flush=True)


if __name__ == "__main__":
    main()
