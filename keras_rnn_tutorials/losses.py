"""The loss of the MNIST tutorial, slip included."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
def softmax_twice(labels, probabilities):
    """Cross-entropy of the softmax of what a softmax already made.

    `loss = -log softmax(p)[label]`, where `p` is the output of a softmax. As no entry of `p` leaves
    [0, 1], the loss of ten classes cannot fall below `ln(1 + 9/e) = 1.46115`, and an untrained net
    has about `ln 10 = 2.30259`.

    Keras' own cross-entropies cannot be used: they notice that `p` came from a softmax, reach back
    for the logits and so repair the slip.

    Args:
        labels: integers, `(batch,)` or `(batch, 1)`.
        probabilities: float, `(batch, classes)`.

    Returns:
        The loss of each example, `(batch,)`.
    """
    labels = tf.reshape(tf.cast(labels, tf.int64), [-1])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=probabilities)
