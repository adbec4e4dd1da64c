"""`tf.contrib.layers.optimize_loss`: an optimizer, its learning rate and its step in one call.

Answers to TensorFlow 1.15's `contrib/layers/python/layers/optimizers.py`.
"""

from functools import partial

import tensorflow.compat.v1 as tf

_OPTIMIZERS = {
    "Adagrad": tf.train.AdagradOptimizer,
    "Adam": tf.train.AdamOptimizer,
    "Ftrl": tf.train.FtrlOptimizer,
    "Momentum": partial(tf.train.MomentumOptimizer, momentum=0.9),
    "RMSProp": tf.train.RMSPropOptimizer,
    "SGD": tf.train.GradientDescentOptimizer,
}
_NORM = "global_norm"
_SUMMARIES = ("loss", "learning_rate", "global_gradient_norm")


def optimize_loss(
    loss,
    global_step,
    learning_rate,
    optimizer,
    gradient_noise_scale=None,
    gradient_multipliers=None,
    clip_gradients=None,
    learning_rate_decay_fn=None,
    update_ops=None,
    variables=None,
    name=None,
    summaries=None,
    colocate_gradients_with_ops=False,
    increment_global_step=True,
):
    """Makes an optimizer and its step; variables are below the scope `OptimizeLoss`.

    Args:
        loss: a scalar tensor.
        global_step: counts the steps; None for the graph's own, if it has one.
        learning_rate: a float, which becomes a variable, a scalar tensor, or None.
        optimizer: a name such as "Adam", a class of `tf.train`, an optimizer, or a function of the
            learning rate that makes one.
        gradient_noise_scale: not here.
        gradient_multipliers: not here.
        clip_gradients: a float, for their global norm, or a function of pairs of gradient and
            variable.
        learning_rate_decay_fn: of the learning rate and the global step; None for no decay.
        update_ops: what is run before the loss is computed; None for the graph's collection.
        variables: to train; None for all trainable ones.
        name: of the scope.
        summaries: names among "loss", "learning_rate" and "global_gradient_norm"; None for all.
        colocate_gradients_with_ops: as of `compute_gradients`.
        increment_global_step: whether a step counts.

    Returns:
        The loss; to evaluate it takes the step.

    Raises:
        ValueError: if an argument is not what it may be.
    """
    if gradient_noise_scale is not None or gradient_multipliers is not None:
        raise ValueError(
            "gradient_noise_scale, gradient_multipliers: not here, use clip_gradients=a function"
        )
    summaries = _SUMMARIES if summaries is None else summaries
    if not set(summaries) <= set(_SUMMARIES):
        raise ValueError(f"summaries: only {', '.join(_SUMMARIES)} are here, got {summaries}")
    loss = tf.convert_to_tensor(loss)
    global_step = tf.train.get_global_step() if global_step is None else global_step
    with tf.variable_scope(name, "OptimizeLoss", [loss, global_step]):
        if update_ops is None:
            update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        with tf.control_dependencies(list(update_ops)):
            loss = tf.identity(loss)
        rate = _learning_rate(learning_rate)
        if rate is not None and learning_rate_decay_fn is not None:
            rate = _decayed(rate, global_step, learning_rate_decay_fn, summaries)
        optimizer = _optimizer(optimizer, rate)
        pairs = optimizer.compute_gradients(
            loss,
            tf.trainable_variables() if variables is None else variables,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        has_norm = "global_gradient_norm" in summaries
        if has_norm:
            tf.summary.scalar(f"{_NORM}/gradient_norm", _norm(pairs))
        pairs = _clipped(pairs, clip_gradients)
        if "loss" in summaries:
            tf.summary.scalar("loss", loss)
        if has_norm and clip_gradients is not None:
            tf.summary.scalar(f"{_NORM}/clipped_gradient_norm", _norm(pairs))
        counter = global_step if increment_global_step else None
        step = optimizer.apply_gradients(pairs, global_step=counter, name="train")
        with tf.control_dependencies([step]):
            return tf.identity(loss)


def _learning_rate(given):
    if given is None or (tf.is_tensor(given) and given.shape.rank == 0):
        return given
    if not isinstance(given, float):
        raise ValueError(
            f"Learning rate should be 0d Tensor or float. Got {given} of type {type(given)}"
        )
    if given < 0:
        raise ValueError(f"Invalid learning_rate {given}.")
    start = tf.constant_initializer(given)
    return tf.get_variable("learning_rate", [], trainable=False, initializer=start)


def _decayed(rate, global_step, decay, summaries):
    if global_step is None:
        raise ValueError("global_step is required for learning_rate_decay_fn.")
    rate = decay(rate, global_step)
    if "learning_rate" in summaries:
        tf.summary.scalar("learning_rate", rate)
    return rate


def _optimizer(given, rate):
    if isinstance(given, tf.train.Optimizer):
        return given
    if isinstance(given, str):
        if given not in _OPTIMIZERS:
            names = ", ".join(_OPTIMIZERS)
            raise ValueError(f"Optimizer name should be one of [{names}], you provided {given}.")
        given, is_class = _OPTIMIZERS[given], True
    else:
        is_class = isinstance(given, type) and issubclass(given, tf.train.Optimizer)
    if is_class and rate is None:
        raise ValueError(f"Learning rate is None, but should be specified for {given}.")
    made = None
    if is_class:
        made = given(learning_rate=rate)
    elif callable(given):
        made = given() if rate is None else given(rate)
    if not isinstance(made, tf.train.Optimizer):
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass "
            f"of Optimizer or function with one argument. Got {given}."
        )
    return made


def _clipped(pairs, how):
    if how is None:
        return pairs
    if isinstance(how, float):
        gradients, variables = zip(*pairs, strict=True)
        return list(zip(tf.clip_by_global_norm(gradients, how)[0], variables, strict=True))
    if callable(how):
        return how(pairs)
    raise ValueError(f"Unknown type {type(how)} for clip_gradients")


def _norm(pairs):
    return tf.global_norm([gradient for gradient, _ in pairs])
