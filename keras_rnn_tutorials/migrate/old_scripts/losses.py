"""Losses over time: those of `tf.contrib.legacy_seq2seq` and of `tf.contrib.seq2seq`.

Answers to TensorFlow 1.15's `contrib/legacy_seq2seq/python/ops/seq2seq.py` and
`contrib/seq2seq/python/ops/loss.py`.
"""

import tensorflow.compat.v1 as tf

_TINY = 1e-12  # keeps a sum of weights of 0 from dividing by 0


def sequence_loss_by_example(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    softmax_loss_function=None,
    name=None,
):
    """Weighted cross-entropy of every row, summed over the steps or averaged by weight.

    Args:
        logits: a list of `(batch, classes)`, one a step.
        targets: a list of integers `(batch,)`.
        weights: a list of floats `(batch,)`.
        average_across_timesteps: whether the sum is divided by the sum of the weights.
        softmax_loss_function: of `labels` and `logits`; None for softmax cross-entropy.
        name: of the operations.

    Returns:
        `(batch,)`.

    Raises:
        ValueError: if the lists differ in length.
    """
    if not len(targets) == len(weights) == len(logits):
        raise ValueError(
            "Lengths of logits, weights, and targets must be the same "
            f"{len(logits)}, {len(weights)}, {len(targets)}."
        )
    with tf.name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels=tf.reshape(target, [-1]), logits=logit
                )
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total = tf.add_n(losses)
        return total / (tf.add_n(weights) + _TINY) if average_across_timesteps else total


def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    softmax_loss_function=None,
    name=None,
):
    """The sum of `sequence_loss_by_example` over the batch, or its mean; a scalar."""
    with tf.name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        cost = tf.reduce_sum(
            sequence_loss_by_example(
                logits, targets, weights, average_across_timesteps, softmax_loss_function
            )
        )
        if average_across_batch:
            cost /= tf.cast(tf.shape(targets[0])[0], cost.dtype)
        return cost


def sequence_loss_of_tensors(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    sum_over_timesteps=False,
    sum_over_batch=False,
    softmax_loss_function=None,
    name=None,
):
    """`tf.contrib.seq2seq.sequence_loss`: weighted cross-entropy of whole tensors.

    Args:
        logits: `(batch, time, classes)`.
        targets: integers `(batch, time)`.
        weights: floats `(batch, time)`.
        average_across_timesteps: whether the time axis is averaged, by weight.
        average_across_batch: whether the batch is averaged, by weight.
        sum_over_timesteps: not here.
        sum_over_batch: not here.
        softmax_loss_function: of `labels` and `logits`; None for softmax cross-entropy.
        name: of the operations.

    Returns:
        A scalar, `(batch,)`, `(time,)` or `(batch, time)`, by what is averaged.

    Raises:
        ValueError: if sums are asked for.
    """
    if sum_over_timesteps or sum_over_batch:
        raise ValueError("sum_over_timesteps, sum_over_batch: not here, sum the result yourself")
    with tf.name_scope(name, "sequence_loss", [logits, targets, weights]):
        flat_logits = tf.reshape(logits, [-1, tf.shape(logits)[2]])
        flat_targets = tf.reshape(targets, [-1])
        if softmax_loss_function is None:
            softmax_loss_function = tf.nn.sparse_softmax_cross_entropy_with_logits
        losses = softmax_loss_function(labels=flat_targets, logits=flat_logits)
        losses = tf.reshape(losses * tf.reshape(weights, [-1]), tf.shape(logits)[:2])
        averaged = [
            axis
            for axis, chosen in enumerate((average_across_batch, average_across_timesteps))
            if chosen
        ]
        if not averaged:
            return losses
        return tf.reduce_sum(losses, averaged) / (tf.reduce_sum(weights, averaged) + _TINY)


SEQ2SEQ = {"sequence_loss": sequence_loss_of_tensors}
