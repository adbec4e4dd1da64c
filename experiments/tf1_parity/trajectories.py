"""The loss of every step of an epoch, from TensorFlow 1.15.5 and from a Keras model.

`tests/tf1_oracle/write_trajectories.py` trained the tutorials' models for one epoch of MNIST under
TensorFlow 1.15.5, and stored their initial weights and the loss of every step.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.storage import sealed


@dataclass(frozen=True)
class Trajectory:
    """One epoch under TensorFlow 1.15.5.

    Attributes:
        name: of the model and its loss.
        spec: batch_size, learning_rate, epsilon, seed, loss, has_sequence_length.
        initial: the weights before the first step, in TensorFlow 1's order of creation.
        losses: of every step, `(steps,)`.
    """

    name: str
    spec: dict
    initial: list[np.ndarray]
    losses: np.ndarray


def load(path: Path) -> dict[str, Trajectory]:
    """Reads trajectories.npz; the trajectories by name.

    Raises:
        UserError: the file is damaged.
    """
    parts = sealed.read_listed(path)
    trajectories = {}
    for key in parts:
        name, _, part = key.partition("/")
        if part == "spec":
            spec = json.loads(str(parts[key]))
            count = len(spec["weights"])
            initial = [parts[f"{spec['initial']}/initial/{i}"] for i in range(count)]
            trajectories[name] = Trajectory(name, spec, initial, parts[f"{name}/losses"])
    return trajectories


def follow(trajectory: Trajectory, model: keras.Model, train: Split, steps: int) -> np.ndarray:
    """Trains a compiled model on the batches that TensorFlow 1 read.

    Args:
        trajectory: names the batches.
        model: compiled, with the trajectory's initial weights. Its inputs are the images or, where
            the rows have lengths, the images and the lengths.
        train: the training examples.
        steps: to take, at most.

    Returns:
        The loss of every step, `(steps,)`.
    """
    spec = trajectory.spec
    model.optimizer.build(model.trainable_variables)
    order = np.random.RandomState(spec["seed"]).permutation(len(train.y))
    lengths = np.random.RandomState(spec["seed"] + 1).randint(1, 29, len(train.y)).astype(np.int32)

    @tf.function(reduce_retracing=True)
    def step(inputs, labels):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(inputs, labels, model(inputs, training=True))
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    losses = []
    for start in range(0, len(order), spec["batch_size"])[:steps]:
        batch = order[start : start + spec["batch_size"]]
        inputs = tf.constant(train.x[batch])
        if spec["has_sequence_length"]:
            inputs = [inputs, tf.constant(lengths[batch])]
        losses.append(float(step(inputs, tf.constant(train.y[batch]))))
    return np.array(losses)
