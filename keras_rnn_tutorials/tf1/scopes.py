"""TensorFlow 1's variable scopes, in a graph that has them.

In a `tf.compat.v1` graph, the kind that a `Session` runs, a cell takes its weights from
`tf.compat.v1.get_variable`, as in TensorFlow 1. So their names are TensorFlow 1's, a scope's
initializer, regularizer, partitioner and `reuse` apply, and `tf.compat.v1.train.Saver` restores a
checkpoint of that time by name:

    dynamic_rnn(BasicLSTMCell(5), ...)             rnn/basic_lstm_cell/kernel
    a MultiRNNCell of two                          rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel
    bidirectional_dynamic_rnn(GRUCell(5), ...)     bidirectional_rnn/fw/gru_cell/gates/kernel

Everywhere else (eagerly, in a `tf.function`, in a Keras model) there are no scopes: everything here
does nothing, and a cell has Keras' weights. Corresponds to the scopes of TensorFlow 1.15's
`python/layers/base.py` and `python/ops/rnn.py`.
"""

import contextlib
import inspect
import re

import keras
import tensorflow as tf

_INITIALIZERS = {
    "zeros": tf.compat.v1.zeros_initializer,
    "ones": tf.compat.v1.ones_initializer,
    "glorot_uniform": tf.compat.v1.glorot_uniform_initializer,
}


def in_use() -> bool:
    """Whether operations created here go into a `tf.compat.v1` graph."""
    return not tf.compat.v1.executing_eagerly_outside_functions()


def opened(scope, name: str):
    """The variable scope of an RNN function, or of a place in a stack.

    Args:
        scope: a name or a `VariableScope` that the caller gave, or None.
        name: of the scope if none was given.

    Returns:
        A context manager, which yields the `VariableScope`; None where there are no scopes.
    """
    return tf.compat.v1.variable_scope(scope or name) if in_use() else contextlib.nullcontext()


def entered(cell, scope=None, building: bool = False):
    """The variable scope of a cell, made when it is first entered and kept.

    After the cell's first step, its variables are found there again and none can be added.

    Args:
        cell: of this package, or derived from one that is. One whose `adds_scope` is False, and any
            other object, makes its variables in the scope around.
        scope: the argument `scope` of the cell's call.
        building: whether only `build` is called here, and no step is taken.

    Returns:
        A context manager.
    """
    if not in_use() or not getattr(cell, "adds_scope", False):
        return contextlib.nullcontext()
    return _entered(cell, scope, building)


@contextlib.contextmanager
def _entered(cell, scope, building):
    v1 = tf.compat.v1
    if cell.scope_of_variables is None:
        if cell.reuse:
            around = v1.variable_scope(scope or cell.scope_name)
        else:
            around = v1.variable_scope(scope, default_name=cell.scope_name)
        with around as captured:
            object.__setattr__(cell, "scope_of_variables", captured)
    captured = cell.scope_of_variables
    reuse = True if cell.has_variables else cell.reuse
    with v1.variable_scope(captured, reuse=reuse, auxiliary_name_scope=False) as current:
        with tf.name_scope(current.original_name_scope):
            yield
    if not building:
        object.__setattr__(cell, "has_variables", True)


def reuse_variables():
    """Makes the current scope reuse its variables instead of creating new ones, until it ends."""
    if in_use():
        tf.compat.v1.get_variable_scope().reuse_variables()


def initializer_given() -> bool:
    """Whether the current variable scope has an initializer."""
    return in_use() and tf.compat.v1.get_variable_scope().initializer is not None


def get_variable(
    name: str,
    shape,
    dtype,
    initializer=None,
    regularizer=None,
    trainable: bool = True,
    constraint=None,
    **kwargs,
):
    """A variable of the current scope, as `tf.compat.v1.get_variable` makes it.

    Args:
        name: below the scope; it may have parts, as in `gates/kernel`.
        shape: a tuple, list or `tf.TensorShape`.
        dtype: of the variable.
        initializer: TensorFlow 1's or Keras', or one of Keras' names; None for the scope's.
        regularizer: a function of the variable, or None for the scope's.
        trainable: whether the variable is trained.
        constraint: a function of the variable, or None.
        **kwargs: `partitioner`; Keras' other arguments of `add_weight` are ignored.

    Returns:
        The variable.
    """
    return tf.compat.v1.get_variable(
        name,
        tf.TensorShape(shape).as_list(),
        dtype,
        _initializer(initializer),
        regularizer,
        trainable,
        constraint=constraint,
        partitioner=kwargs.get("partitioner"),
    )


def _initializer(given):
    """What `get_variable` can call; a Keras initializer does not take its `partition_info`."""
    if isinstance(given, str) and given in _INITIALIZERS:
        return _INITIALIZERS[given]()
    if isinstance(given, (str, dict)) or inspect.isclass(given):
        given = keras.initializers.get(given)
    if not isinstance(given, keras.initializers.Initializer):
        return given
    return lambda shape, dtype=None, partition_info=None: given(tuple(shape), dtype=dtype)


def snake_case(class_name: str) -> str:
    """The scope of a class without a name of its own: `basic_lstm_cell` for `BasicLSTMCell`."""
    name = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name)
    name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    return f"private{name}" if name.startswith("_") else name
