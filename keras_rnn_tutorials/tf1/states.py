"""The state of a cell: nested tuples of `(batch, size)` tensors."""

import collections

import keras
import tensorflow as tf


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: `c`, what it remembers, then `h`, what it last put out.

    TensorFlow 1 puts `c` first; Keras' own layers return `h` first. Answers to
    `tf.nn.rnn_cell.LSTMStateTuple` of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    Attributes:
        c: the cell state, `(batch, num_units)`.
        h: the output, `(batch, num_units)`, or `(batch, num_proj)` behind a projection.
    """

    __slots__ = ()

    @property
    def dtype(self):
        """The dtype that both have."""
        if self.c.dtype != self.h.dtype:
            raise ValueError(f"c is {self.c.dtype}, but h is {self.h.dtype}")
        return self.c.dtype


def is_tuple(state) -> bool:
    """Whether a state, or a state size, has parts: Keras hands tuples back as lists."""
    return isinstance(state, (tuple, list))


def flatten(state) -> list:
    """The tensors of a state, or the numbers of a state size, from first to last."""
    return [leaf for part in state for leaf in flatten(part)] if is_tuple(state) else [state]


def fits(state_size, state) -> bool:
    """Whether a state has as many parts as the state size, at every level."""
    if not is_tuple(state_size):
        return not is_tuple(state)
    return is_tuple(state) and len(state) == len(state_size) and all(map(fits, state_size, state))


def pack(state_size, leaves):
    """The structure of `state_size`, filled with `leaves`.

    Args:
        state_size: a number, or nested tuples of numbers.
        leaves: a list, in the order of `flatten`, or a state whose tuples may have lost their
            names, as they do when Keras saves a model.

    Returns:
        For example `LSTMStateTuple(c, h)`.
    """
    return tf.nest.pack_sequence_as(state_size, flatten(leaves))


def zeros(state_size, batch_size, dtype):
    """A state of zeros.

    Args:
        state_size: a number, or nested tuples of numbers.
        batch_size: a number, or a scalar integer tensor.
        dtype: of the zeros.

    Returns:
        The structure of `state_size`, each part `(batch_size, size)`.
    """
    leaves = [tf.zeros((batch_size, size), dtype) for size in flatten(state_size)]
    return pack(state_size, leaves)


def dtype_of(state) -> str:
    """The dtype of a state's first tensor, by name."""
    first = flatten(state)[0]
    return keras.backend.standardize_dtype(getattr(first, "dtype", None))
