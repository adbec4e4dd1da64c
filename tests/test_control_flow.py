"""Layers within tf.cond and tf.while_loop of a tf.function: derivatives as with Keras' layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import layers

X = np.random.default_rng(0).normal(size=(2, 3, 2))
IDS = np.array([[1, 2, 0], [3, 0, 0]])
START = tf.ones((2, 2), "float64")


def _branch_of_a_branch(layer, x):
    def inner():
        return tf.cond(
            tf.reduce_sum(layer.weights[0]) > 100, lambda: START, lambda: layer(x, training=True)
        )

    return tf.cond(tf.reduce_sum(layer.weights[0]) < 100, inner, lambda: START)


def _loop(layer, x):
    return tf.while_loop(
        lambda i, _: i < 3, lambda i, total: (i + 1, layer(x) * total), (0, START)
    )[1]


def _branch_in_a_loop(layer, x):
    def body(i, total):
        return i + 1, tf.cond(i > 0, lambda: total * layer(x), lambda: 2 * total)

    return tf.while_loop(lambda i, _: i < 3, body, (0, START))[1]


def _reader_of_rows(module):
    return module.LSTM(2, dtype="float64")


def _reader_of_ids(module):
    table = module.Embedding(7, 2, mask_zero=True, dtype="float64")
    return keras.Sequential([table, module.SimpleRNN(2, dtype="float64")])


def _derivatives(layer, x, place):
    """The first ones with respect to the weights, and those of their sum of squares."""

    @tf.function(autograph=False)
    def derivatives():
        # Not with tapes, with which TensorFlow makes a function of every branch several times.
        weights = [tf.identity(weight.value) for weight in layer.trainable_variables]
        with keras.StatelessScope(zip(layer.trainable_variables, weights, strict=True)):
            loss = tf.reduce_sum(tf.square(place(layer, x)))
        first = tf.gradients(loss, weights)
        penalty = tf.add_n([tf.reduce_sum(tf.square(g)) for g in first])
        return first, tf.gradients(penalty, weights)

    return tf.nest.flatten(derivatives())


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("build", "x", "place"),
    [
        (_reader_of_rows, X, _branch_of_a_branch),
        (_reader_of_rows, X, _loop),
        (_reader_of_ids, IDS, _branch_in_a_loop),
    ],
)
def test_first_and_second_derivatives(build, x, place):
    ours, theirs = build(layers), build(keras.layers)
    ours(x), theirs(x)
    ours.set_weights(theirs.get_weights())
    pairs = zip(_derivatives(ours, x, place), _derivatives(theirs, x, place), strict=True)
    for mine, wanted in pairs:
        np.testing.assert_allclose(mine, wanted, rtol=0, atol=1e-12 * np.abs(wanted).max())
