"""The loss of the MNIST tutorial, including its slip."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
def softmax_twice(labels, probabilities):
    """Cross-entropy of a softmax that is applied to the output of another softmax.

    `loss = -log softmax(p)[label]`, where `p` is the output of a softmax. All entries of `p` are in
    [0, 1], so the loss with ten classes cannot fall below `ln(1 + 9/e) = 1.46115`; for an untrained
    network it is about `ln 10 = 2.30259`.

    Keras' own cross-entropy losses cannot be used: they detect that `p` comes from a softmax, use
    the logits instead, and so repair the slip.

    Args:
        labels: integers, `(batch,)` or `(batch, 1)`.
        probabilities: float, `(batch, classes)`.

    Returns:
        The loss of each example, `(batch,)`.
    """
    labels = tf.reshape(tf.cast(labels, tf.int64), [-1])
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=probabilities)
