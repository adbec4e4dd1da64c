"""Random compiled models, fitted by `fast.fit` and by Keras: `python -m tests.random_fits`.

Each model is built, compiled and fitted twice from the same seed on the same batches; losses,
metrics and weights must be equal up to rounding. If `fast.fit` uses Keras' own `fit` for a model,
with a reason, there is nothing to compare; only one in ten of these is fitted. Some models diverge
and amplify every rounding error. They may differ by as much as Keras' own fit does if its initial
weights are each rounded once more. The command prints what differs and how to repeat it, and exits
with status 1 if anything differs.
"""

import argparse
import os
import random
import sys
import warnings
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_rnn_tutorials import fast, layers
from keras_rnn_tutorials.fused import parts

CLASSES, TIME, FEATURES, IDS = 3, 5, 3, 9
BAR = 1e-5  # of the largest entry of each array
AMPLIFIES = "amplifies rounding errors"


def _network(draw, ids, per_timestep, several):
    """A model of random layers, of two inputs and outputs if several; `draw` is a `Random`."""
    x = inputs = keras.Input((TIME,), dtype="int32") if ids else keras.Input((TIME, FEATURES))
    if ids:
        x = layers.Embedding(IDS, 4, mask_zero=draw.random() < 0.3)(x)
    elif draw.random() < 0.2:
        x = keras.layers.Masking()(x)
    if draw.random() < 0.2:
        x = keras.layers.TimeDistributed(keras.layers.Dense(4, activation="tanh"))(x)
    rnn = getattr(layers, draw.choice(["SimpleRNN", "LSTM", "GRU"]))
    options = {
        "return_sequences": per_timestep,
        "kernel_regularizer": draw.choice([None, None, "l2"]),
        "dropout": draw.choice([0, 0, 0, 0.3]),
        "activity_regularizer": draw.choice([None, None, None, "l2"]),
        "seed": 1,
    }
    layer = rnn(4, **options)
    x = layers.Bidirectional(layer)(x) if draw.random() < 0.3 else layer(x)
    kind = draw.choice(["none", "none", "batch", "layer", "dropout", "dense"])
    behind = {
        "batch": keras.layers.BatchNormalization(),
        "layer": keras.layers.LayerNormalization(),
        "dropout": keras.layers.Dropout(0.3, seed=2),
        "dense": keras.layers.Dense(4, activation="relu", trainable=False),
    }
    x = behind[kind](x) if kind in behind else x
    if not several:
        return keras.Model(inputs, keras.layers.Dense(CLASSES, activation="softmax")(x))
    more = keras.Input((FEATURES,))
    x = keras.layers.Concatenate()([x, keras.layers.Dense(2)(more)])
    kind = keras.layers.Dense(CLASSES, activation="softmax", name="kind")(x)
    return keras.Model([inputs, more], [kind, keras.layers.Dense(1, name="number")(x)])


def _compiled(draw, model, several):
    optimizer = draw.choice(
        [
            lambda: keras.optimizers.SGD(0.3, momentum=draw.choice([0.0, 0.9])),
            lambda: keras.optimizers.SGD(0.3, clipnorm=0.1),
            lambda: keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2),
            lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
            lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
            lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.05, weight_decay=0.01),
        ]
    )()
    reduction = draw.choice(["sum_over_batch_size"] * 3 + ["sum", "mean_with_sample_weight"])
    loss = draw.choice(
        [
            "sparse_categorical_crossentropy",
            keras.losses.SparseCategoricalCrossentropy(reduction=reduction),
            lambda y, p: keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, p)) ** 2,
        ]
    )
    metrics = draw.choice([None, ["accuracy"], ["sparse_top_k_categorical_accuracy"]])
    weighted = draw.choice([None, ["accuracy"]])
    if several:
        loss = [loss, draw.choice(["mse", keras.losses.Huber()])]
        metrics = metrics and [metrics, ["mae"]]
        weighted = weighted and [weighted, None]
    model.compile(
        optimizer,
        loss,
        loss_weights=draw.choice([None, [1.0, 0.5]]) if several else None,
        metrics=metrics,
        weighted_metrics=weighted,
        jit_compile=draw.random() < 0.5,
    )


def _made(seed):
    """A compiled model, and the arguments of its `fit`."""
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    ids, per_timestep = draw.random() < 0.4, draw.random() < 0.3
    several = not per_timestep and draw.random() < 0.2
    examples, batch_size = draw.randint(5, 14), draw.randint(1, 6)
    shape = (examples, TIME) if ids else (examples, TIME, FEATURES)
    x = rng.integers(0, IDS, shape) if ids else rng.normal(size=shape).astype("float32")
    y = rng.integers(0, CLASSES, (examples, TIME) if per_timestep else examples)
    options = {"batch_size": batch_size, "epochs": 2, "shuffle": False, "verbose": 0}
    if several:
        x = [x, rng.normal(size=(examples, FEATURES)).astype("float32")]
        y = [y, rng.normal(size=(examples, 1)).astype("float32")]
    weighting = "none" if several else draw.choice(["none", "none", "sample", "class"])
    if weighting == "sample":
        options["sample_weight"] = rng.random(examples).astype("float32")
    elif weighting == "class" and not per_timestep:
        options["class_weight"] = {0: 1.0, 1: 2.0, 2: 0.5}
    if draw.random() < 0.2:
        options["validation_split"] = 0.3
    model = _network(draw, ids, per_timestep, several)
    _compiled(draw, model, several)
    return model, (x, y), options


def _fitted(seed, shards, own, nudged=False):
    """The history and the weights, and why Keras' own steps were taken."""
    model, data, options = _made(seed)
    if nudged:
        rng = np.random.default_rng(seed)
        up = [rng.random(weight.shape) < 0.5 for weight in model.trainable_weights]
        for weight, chosen in zip(model.trainable_weights, up, strict=True):
            value = weight.numpy()
            weight.assign(np.where(chosen, np.nextafter(value, value.dtype.type(np.inf)), value))
    with warnings.catch_warnings(), mock.patch.object(parts, "CORES", shards):
        warnings.simplefilter("ignore")
        try:
            history = (fast.fit if own else keras.Model.fit)(model, *data, **options).history
        except Exception as error:
            return type(error).__name__, None, None
        return history, model.get_weights(), fast.reason_for_keras(model)


def _difference(seed, shards):
    """The largest difference, over the largest entry of its array, and the reason for Keras."""
    if seed % 10:
        reason = fast.reason_for_keras(_made(seed)[0])
        if reason:
            return 0.0, reason
    wanted, weights, _ = _fitted(seed, shards, own=False)
    found, own_weights, reason = _fitted(seed, shards, own=True)
    if weights is None or own_weights is None:
        return (0.0 if type(wanted) is type(found) else np.inf), f"{wanted} and {found}"
    difference = _largest_ratio(found, own_weights, wanted, weights)
    if difference > BAR and not reason:
        nudged, nudged_weights, _ = _fitted(seed, shards, own=False, nudged=True)
        if difference <= 10 * _largest_ratio(nudged, nudged_weights, wanted, weights):
            return 0.0, AMPLIFIES
    return difference, reason


def _largest_ratio(found, found_weights, wanted, weights):
    pairs = [(np.array(found[name]), np.array(wanted[name])) for name in wanted]
    pairs += zip(found_weights, weights, strict=True)
    return max(_ratio(*pair) for pair in pairs)


def _ratio(found, wanted):
    if not np.array_equal(np.isfinite(found), np.isfinite(wanted)):
        return np.inf
    largest = np.max(np.abs(np.nan_to_num(wanted)), initial=0)
    return np.max(np.abs(np.nan_to_num(found - wanted)), initial=0) / max(largest, 1e-3)


def main():
    """Prints a line per difference, and how many models took which steps."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first model")
    arguments = parser.parse_args()
    split, amplify, bad = 0, 0, 0
    for seed in range(arguments.first, arguments.first + arguments.models):
        difference, reason = _difference(seed, shards=1 + seed % 5)
        split += reason in ("", AMPLIFIES)
        amplify += reason == AMPLIFIES
        if not difference <= BAR:
            bad += 1
            print(f"--first={seed} --models=1: {difference:.1e} ({reason or 'split'})", flush=True)
        keras.backend.clear_session()
    print(
        f"{arguments.models} models, {split} of them split over the cores: {bad} differ; "
        f"{amplify} amplify rounding errors"
    )
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
