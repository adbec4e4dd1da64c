"""The state of a cell: one tensor, or a nested structure of tensors."""

import keras
import tensorflow as tf


def is_tuple(state) -> bool:
    """Whether a state, or a state size, has parts: Keras hands tuples back as lists."""
    return tf.nest.is_nested(state)


def flatten(state) -> list:
    """The tensors of a state, or the sizes in a state size, from first to last."""
    return tf.nest.flatten(state)


def dimensions(size) -> tf.TensorShape:
    """The shape that a size stands for, without the batch.

    Args:
        size: a number, or a `tf.TensorShape` of any rank.

    Returns:
        `(size,)` for a number.
    """
    return tf.TensorShape(size if isinstance(size, tf.TensorShape) else (size,))


def fits(state_size, state) -> bool:
    """Whether a state has as many parts as the state size, at every level."""
    if not is_tuple(state_size):
        return not is_tuple(state)
    if isinstance(state_size, dict):
        return isinstance(state, dict) and sorted(state_size) == sorted(state)
    return (
        isinstance(state, (tuple, list))
        and len(state) == len(state_size)
        and all(map(fits, state_size, state))
    )


def pack(state_size, leaves):
    """The structure of `state_size`, filled with `leaves`.

    Args:
        state_size: a size, or nested tuples of sizes.
        leaves: a list, in the order of `flatten`, or a state whose tuples may have lost their
            names, as they do when Keras saves a model.

    Returns:
        For example `LSTMStateTuple(c, h)`.
    """
    return tf.nest.pack_sequence_as(state_size, flatten(leaves))


def unwrap(state_size, state):
    """A state as `state_size` says: `keras.layers.RNN` puts a single tensor into a list."""
    alone = not is_tuple(state_size) and isinstance(state, (list, tuple)) and len(state) == 1
    return state[0] if alone else state


def zeros(state_size, batch_size, dtype):
    """A state of zeros.

    Args:
        state_size: a size, or nested tuples of sizes; a size is a number or a `tf.TensorShape`.
        batch_size: a number, or an integer tensor of one element.
        dtype: of the zeros.

    Returns:
        The structure of `state_size`, each part `(batch_size, size)`.
    """
    if tf.is_tensor(batch_size):
        batch_size = tf.reshape(batch_size, ())
    else:
        batch_size = int(batch_size)
    return pack(
        state_size,
        [
            tf.zeros((batch_size, *dimensions(size).as_list()), dtype)
            for size in flatten(state_size)
        ],
    )


def standard_dtype(dtype) -> str:
    """A dtype's name for Keras, which does not know those of TensorFlow 1's variables."""
    return keras.backend.standardize_dtype(getattr(dtype, "base_dtype", dtype))


def dtype_of(state) -> str | None:
    """The dtype of a state's first tensor, by name; None of a state without tensors."""
    parts = [part for part in flatten(state) if not isinstance(part, tf.TensorArray)]
    return standard_dtype(getattr(parts[0], "dtype", None)) if parts else None


def holds_arrays(state) -> bool:
    """Whether a part of the state is a `tf.TensorArray`, which a caller's own cell may have."""
    return any(isinstance(part, tf.TensorArray) for part in flatten(state))
