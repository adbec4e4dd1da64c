"""Writes checkpoints of trainings by TensorFlow 1.15.5's tf.keras, and the losses that came next.

    tf1/bin/python write_keras_trainings.py --out=../golden/keras_trainings

Each training stops after some steps. `files.tar.xz` holds in a folder of its name what a Saver
writes of it, with the graph (`saver.ckpt`), and what `save_weights` writes (`objects.ckpt`).
`losses.npz` holds the `inputs` and the `targets`, which are the same at each step, and by the
training's name the next 50 losses, each before its update, in float32 and, from the same values on,
in float64.
"""

import argparse
import os
import shutil

import numpy as np
import packing
import tensorflow as tf

BATCH, TIME, FEATURES, CLASSES, STEPS, LOSSES = 3, 5, 2, 3, 20, 50
keras = tf.keras
layers, optimizers = keras.layers, keras.optimizers

# By name: the layer, the optimizer and its arguments.
TRAININGS = {
    "adam": (lambda: layers.GRU(4, return_sequences=True), optimizers.Adam, {"lr": 0.01}),
    "adam_own": (
        lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        optimizers.Adam,
        {"lr": 0.02, "beta_1": 0.5, "beta_2": 0.95, "epsilon": 1e-4},
    ),
    "amsgrad": (
        lambda: layers.LSTM(4, recurrent_activation="sigmoid", return_sequences=True),
        optimizers.Adam,
        {"lr": 0.01, "amsgrad": True},
    ),
    "sgd": (
        lambda: layers.SimpleRNN(4, return_sequences=True),
        optimizers.SGD,
        {"lr": 0.05, "momentum": 0.9},
    ),
    "nesterov": (
        lambda: layers.LSTM(4, return_sequences=True),
        optimizers.SGD,
        {"lr": 0.05, "momentum": 0.8, "nesterov": True},
    ),
    "rmsprop_momentum": (
        lambda: layers.LSTM(4, return_sequences=True),
        optimizers.RMSprop,
        {"lr": 0.002, "momentum": 0.7},
    ),
    "rmsprop_centered": (
        lambda: layers.GRU(4, reset_after=True, return_sequences=True),
        optimizers.RMSprop,
        {"lr": 0.002, "rho": 0.8, "momentum": 0.5, "centered": True, "epsilon": 1e-3},
    ),
}
# What no optimizer of Keras 3 does, or what leaves no slots.
SIMPLE = lambda: layers.SimpleRNN(2, return_sequences=True)  # noqa: E731
TRAININGS.update(
    {
        "rmsprop": (SIMPLE, optimizers.RMSprop, {"lr": 0.002}),
        "adagrad": (SIMPLE, optimizers.Adagrad, {"lr": 0.01}),
        "adamax": (SIMPLE, optimizers.Adamax, {"lr": 0.01}),
        "nadam": (SIMPLE, optimizers.Nadam, {"lr": 0.01}),
        "decay": (SIMPLE, optimizers.Adam, {"lr": 0.01, "decay": 0.1}),
        "sgd_plain": (SIMPLE, optimizers.SGD, {"lr": 0.01}),
        "adam_of_tf_train": (SIMPLE, lambda lr: tf.train.AdamOptimizer(lr), {"lr": 0.01}),
    }
)


def compiled(training, dtype):
    """A model, with random weights that are the same at each call."""
    make, optimizer, arguments = training
    keras.backend.clear_session()
    tf.reset_default_graph()
    keras.backend.set_floatx(dtype)
    inputs = keras.Input((TIME, FEATURES))
    model = keras.Model(inputs, layers.Dense(CLASSES)(make()(inputs)))
    model.compile(optimizer(**arguments), "mse")
    random = np.random.RandomState(1)
    model.set_weights([0.5 * random.randn(*w.shape) for w in model.get_weights()])
    return model


def losses(model, inputs, targets, steps):
    return [float(model.train_on_batch(inputs, targets)) for _ in range(steps)]


def train(training, inputs, targets, folder):
    """Trains, writes the checkpoints, and returns the next losses in float32 and float64."""
    model = compiled(training, "float32")
    losses(model, inputs, targets, STEPS)
    session, prefix = keras.backend.get_session(), os.path.join(folder, "saver.ckpt")
    tf.train.Saver().save(session, prefix, write_state=False)
    model.save_weights(os.path.join(folder, "objects.ckpt"))
    os.remove(os.path.join(folder, "checkpoint"))
    values = model.get_weights()
    native = isinstance(model.optimizer, optimizers.Optimizer)
    state = model.optimizer.get_weights() if native else None
    found = losses(model, inputs, targets, LOSSES)
    if state is None:
        return found, found
    exact = compiled(training, "float64")
    losses(exact, inputs, targets, 1)
    exact.set_weights(values)
    exact.optimizer.set_weights(state)
    return found, losses(exact, inputs, targets, LOSSES)


def main():
    """Writes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    random = np.random.RandomState(0)
    inputs, targets = random.randn(BATCH, TIME, FEATURES), random.randn(BATCH, TIME, CLASSES)
    kept = {"inputs": inputs, "targets": targets}
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    with packing.packed(out) as folder:
        for name, training in TRAININGS.items():
            os.mkdir(os.path.join(folder, name))
            inside = os.path.join(folder, name)
            kept[name], kept[name + "/float64"] = train(training, inputs, targets, inside)
    np.savez_compressed(os.path.join(out, "losses.npz"), **kept)
    print(len(TRAININGS), "trainings")


if __name__ == "__main__":
    main()
