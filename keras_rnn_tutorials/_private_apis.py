"""All uses of private APIs of Keras and TensorFlow, in one place.

`tests/test_private_apis.py` checks each of them, and says what to do when a new version no longer
has it.
"""

import importlib

import tensorflow as tf
from keras.src import api_export
from keras.src.random.seed_generator import global_seed_generator
from keras.src.trainers.data_adapters.array_data_adapter import (
    ArrayDataAdapter,
    can_convert_arrays,
)
from keras.src.trainers.data_adapters.array_slicing import train_validation_split
from tensorflow.python.eager import context
from tensorflow.python.framework.config import disable_op_determinism, is_op_determinism_enabled
from tensorflow.python.framework.ops import get_default_graph
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

__all__ = [
    "array_dataset",
    "disable_op_determinism",
    "eager_mode",
    "internal_modules",
    "global_seed_generator",
    "is_op_determinism_enabled",
    "is_under_xla",
    "raised_as_it_is",
    "operations_are_watched",
    "save_as",
    "track",
    "train_validation_split",
]


def array_dataset(x, y, sample_weight, **options):
    """The batches that `model.fit` makes from arrays, as a `tf.data.Dataset`; None for other data.

    Args:
        x: arrays, or anything else.
        y: arrays, or None.
        sample_weight: arrays, or None.
        **options: batch_size, steps, shuffle and class_weight.
    """
    if x is None or not can_convert_arrays((x, y, sample_weight)):
        return None
    adapter = ArrayDataAdapter(x, y, sample_weight, **options)
    count = tf.data.experimental.assert_cardinality(adapter.num_batches)
    return adapter.get_tf_dataset().apply(count)


def eager_mode():
    """A context manager in which operations run eagerly, also under TensorFlow 1's behaviour."""
    return context.eager_mode()


def internal_modules() -> dict:
    """TensorFlow's internal packages by name, from which many scripts of TensorFlow 1 imported."""
    names = ("tensorflow.python", "tensorflow.python.ops", "tensorflow.core")
    return {name: importlib.import_module(name) for name in names}


def is_under_xla() -> bool:
    """Whether the operations traced here become part of an XLA program."""
    return GraphOrParentsInXlaContext(get_default_graph())


def operations_are_watched() -> bool:
    """Whether a debugging tool, such as `enable_check_numerics`, is called at every operation."""
    return bool(context.context().op_callbacks)


def save_as(layer_class: type, name_of: type):
    """Makes Keras write the name of one of its own classes into saved models for this class."""
    name = api_export.get_name_from_symbol(name_of)
    api_export.REGISTERED_OBJS_TO_NAMES[layer_class] = name


def track(holder, item, name: str):
    """Makes `tf.train.Checkpoint` find an object that a Keras layer holds in a list, or wraps.

    Args:
        holder: a Keras layer.
        item: any object; one that TensorFlow does not track is skipped.
        name: of the object in the checkpoint.
    """
    if isinstance(item, tf.__internal__.tracking.Trackable):
        holder._track_trackable(item, name=name, overwrite=True)


def raised_as_it_is(error: Exception) -> Exception:
    """Returns the error, marked so that Keras does not add lines about the layer to it."""
    error._keras_call_info_injected = True  # type: ignore[attr-defined]
    return error
