"""Adam with the arithmetic of TensorFlow 1, and with the methods that TensorFlow 1 scripts call."""

import types

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks


def AdamOptimizer(  # a function that makes one, under TensorFlow 1's name
    learning_rate=0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    use_locking: bool = False,
    name: str | None = "Adam",
) -> keras.optimizers.Adam:
    """Keras' own Adam, with TensorFlow 1's defaults and its betas rounded to single precision.

        m = m + (1 - beta1) * (gradient - m)
        v = v + (1 - beta2) * (gradient² - v)
        alpha = learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t)
        variable = variable - alpha * m / (sqrt(v) + epsilon)

    TensorFlow 1 computes `1 - beta2` in single precision, 0.0010000467; Keras in double, 0.001.
    With the betas rounded first, both give TensorFlow 1's number; otherwise the two differ by
    more than all other rounding errors. Corresponds to `tf.train.AdamOptimizer` of TensorFlow 1.15
    (`python/training/adam.py`, and `ApplyAdam` in `core/kernels/training_ops.cc`).

    It returns an instance of Keras' class, so that a model compiled with it can be loaded without
    this package. The instance has three additional methods, in TensorFlow 1's form: `minimize`,
    `compute_gradients` and `apply_gradients`. They work as in TensorFlow 1's eager mode, where the
    loss is a function, also inside a `tf.function`. The gradients of repeated rows are summed row
    by row, as in TensorFlow 1. An optimizer that was loaded with a model has only Keras' methods.

    Examples:
        >>> variable = tf.Variable([1.0, 2.0])
        >>> optimizer = AdamOptimizer(0.5)
        >>> step = optimizer.minimize(lambda: tf.reduce_sum(variable**2), var_list=[variable])
        >>> print(variable.numpy().round(3))
        [0.5 1.5]

    Args:
        learning_rate: a number, a Keras schedule, a function without arguments, or a variable.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        epsilon: added to the root; Keras' own default is 1e-7.
        use_locking: ignored; it guarded updates from several threads.
        name: of the optimizer.

    Returns:
        The optimizer, which is saved and loaded as any of Keras' own.
    """
    del use_locking
    if isinstance(learning_rate, (np.number, np.ndarray)):
        learning_rate = float(learning_rate)
    elif tf.is_tensor(learning_rate) and tf.get_static_value(learning_rate) is not None:
        learning_rate = float(tf.get_static_value(learning_rate))
    elif isinstance(learning_rate, (tf.Variable, keras.Variable)):
        variable = learning_rate
        learning_rate = lambda: tf.convert_to_tensor(variable)  # noqa: E731  read at every step
    elif isinstance(learning_rate, int):
        learning_rate = float(learning_rate)
    optimizer = keras.optimizers.Adam(
        learning_rate, float(np.float32(beta1)), float(np.float32(beta2)), epsilon, name=name
    )
    for method in (minimize, compute_gradients, apply_gradients):
        # Keras would take a plain attribute for something to save.
        object.__setattr__(optimizer, method.__name__, types.MethodType(method, optimizer))
    return optimizer


def minimize(
    optimizer,
    loss,
    global_step=None,
    var_list=None,
    gate_gradients=1,
    aggregation_method=None,
    colocate_gradients_with_ops=False,
    name=None,
    grad_loss=None,
):
    """Runs one step: `compute_gradients`, then `apply_gradients`.

    Args:
        optimizer: of `AdamOptimizer`, whose method this is.
        loss: a function without arguments that returns the loss.
        global_step: a variable that is increased by 1, or None.
        var_list: the variables to train; None for all trainable ones that the loss reads.
        gate_gradients: ignored, as are all arguments that shaped TensorFlow 1's graph.
        aggregation_method: ignored.
        colocate_gradients_with_ops: ignored.
        name: ignored.
        grad_loss: the gradient with respect to the loss; None for ones.

    Returns:
        None, as in TensorFlow 1's eager mode.

    Raises:
        ValueError: if the loss is not a function, or depends on none of the variables.
    """
    del name
    pairs = optimizer.compute_gradients(
        loss, var_list, gate_gradients, aggregation_method, colocate_gradients_with_ops, grad_loss
    )
    if all(gradient is None for gradient, _ in pairs):
        raise _no_gradients([variable for _, variable in pairs])
    optimizer.apply_gradients(pairs, global_step)


def compute_gradients(
    optimizer,
    loss,
    var_list=None,
    gate_gradients=1,
    aggregation_method=None,
    colocate_gradients_with_ops=False,
    grad_loss=None,
) -> list:
    """The gradients of a loss.

    Args:
        optimizer: of `AdamOptimizer`, whose method this is.
        loss: a function without arguments that returns the loss.
        var_list: the variables; None for all trainable ones that the loss reads.
        gate_gradients: ignored.
        aggregation_method: ignored.
        colocate_gradients_with_ops: ignored.
        grad_loss: the gradient with respect to the loss; None for ones.

    Returns:
        Pairs of gradient, None where the loss does not depend on it, and variable.

    Raises:
        ValueError: if the loss is not a function.
    """
    del optimizer, gate_gradients, aggregation_method, colocate_gradients_with_ops
    if not callable(loss):
        raise checks.error(
            f"loss: expected a function without arguments, got {type(loss).__name__}",
            "`loss` passed to Optimizer.compute_gradients should be a function when eager "
            "execution is enabled.",
            NotAFunctionError,
        )
    with tf.GradientTape() as tape:
        value = loss()
    variables = tape.watched_variables() if var_list is None else tf.nest.flatten(var_list)
    gradients = tape.gradient(value, [_inside(variable) for variable in variables], grad_loss)
    return list(zip(gradients, variables, strict=True))


class NotAFunctionError(ValueError, RuntimeError):
    """The loss is a tensor: TensorFlow 1 raised RuntimeError in eager mode."""


def apply_gradients(optimizer, grads_and_vars, global_step=None, name=None):
    """Applies gradients: one step.

    Args:
        optimizer: of `AdamOptimizer`, whose method this is.
        grads_and_vars: pairs of gradient and variable; a variable without a gradient is unchanged.
        global_step: a variable that is increased by 1, or None.
        name: ignored.

    Raises:
        ValueError: if no variable has a gradient.
    """
    del name
    pairs = [(gradient, variable) for gradient, variable in grads_and_vars]
    kept = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
    if not kept:
        raise _no_gradients([variable for _, variable in pairs])
    # Summed, because Keras would apply two steps to a row that is looked up twice.
    gradients = [tf.convert_to_tensor(gradient) for gradient, _ in kept]
    variables = [variable for _, variable in kept]
    if not optimizer.built:
        optimizer.build([variable for _, variable in pairs])
    optimizer.apply(gradients, variables)
    if global_step is not None:
        global_step.assign_add(tf.ones_like(global_step))


def _inside(variable):
    """TensorFlow's variable in one of Keras'."""
    return variable.value if isinstance(variable, keras.Variable) else variable


def _no_gradients(variables):
    names = [getattr(variable, "path", variable.name) for variable in variables]
    return checks.error(
        f"loss: no variable has a gradient, of {names}",
        "No gradients provided for any variable, check your graph for ops that do not support "
        f"gradients, between variables {names} and loss.",
    )
