"""Cells and functions in the configs that Keras saves."""

import keras


def cell_config(cell) -> dict:
    """What a config holds of a cell.

    Two layers may share a cell. Keras marks a shared object when it meets it again, but only in the
    later config: it has copied the first by then. So each cell is met twice at once.

    Args:
        cell: the cell.

    Returns:
        What `cell_from_config` reads.
    """
    keras.saving.serialize_keras_object(cell)
    return keras.saving.serialize_keras_object(cell)


def cell_from_config(config, custom_objects=None):
    """The cell that `cell_config` described; one that is shared is made once."""
    return keras.saving.deserialize_keras_object(config, custom_objects=custom_objects)


def function_from_config(function):
    """A caller's function, given as such, as None or as Keras saves it."""
    if isinstance(function, dict):
        return keras.saving.deserialize_keras_object(function)
    return function
