"""Trains A1 as published, six epochs, under genuine TensorFlow 1.15.5: where does it land?

    tf1/bin/python score_a1.py --mnist=/tmp/mnist.npz --seeds=3

Prints the accuracy on the 10,000 test images after every epoch. README.md has the two commands that
make the environment and mnist.npz.
"""

import argparse

import numpy as np
import tensorflow as tf
from write_trajectories import CLASSES, MODELS, PIXELS, SESSION, STEPS, build_loss

EPOCHS = 6


def score(data, seed):
    """Yields the test accuracy after each epoch."""
    model = MODELS["a1-as_published"]
    shuffle = np.random.RandomState(seed)
    with tf.Graph().as_default(), tf.Session(config=SESSION) as session:
        tf.set_random_seed(seed)
        images = tf.placeholder(tf.float32, [None, STEPS, PIXELS])
        labels = tf.placeholder(tf.int64, [None])
        h = model["network"](images, None)
        start = tf.truncated_normal([h.shape[-1].value, CLASSES], stddev=0.1)
        logits = tf.matmul(h, tf.Variable(start)) + tf.Variable(tf.constant(0.1, shape=[CLASSES]))
        loss = build_loss(model["loss"], logits, labels)
        step = tf.train.AdamOptimizer(model["learning_rate"]).minimize(loss)
        right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), labels), tf.float32))
        session.run(tf.global_variables_initializer())
        for _ in range(EPOCHS):
            order = shuffle.permutation(len(data["x"]))
            for batch in np.split(order, len(order) // model["batch_size"]):
                session.run(step, {images: data["x"][batch], labels: data["y"][batch]})
            yield session.run(right, {images: data["test_x"], labels: data["test_y"]})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mnist", required=True, help="what export_mnist.py wrote")
    parser.add_argument("--seeds", type=int, default=3)
    flags = parser.parse_args()
    data = dict(np.load(flags.mnist))
    for seed in range(flags.seeds):
        print(seed, " ".join(f"{accuracy:.4f}" for accuracy in score(data, seed)), flush=True)


if __name__ == "__main__":
    main()
