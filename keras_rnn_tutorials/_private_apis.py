"""What this package uses of Keras and TensorFlow beyond their public interfaces, in one place.

`tests/test_private_apis.py` holds each of these to what is expected of it, and says what to do
when a new version has lost it.
"""

from keras.src import api_export
from keras.src.random.seed_generator import global_seed_generator
from tensorflow.python.framework.config import disable_op_determinism, is_op_determinism_enabled
from tensorflow.python.framework.ops import get_default_graph
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

__all__ = [
    "disable_op_determinism",
    "global_seed_generator",
    "is_op_determinism_enabled",
    "is_under_xla",
    "save_as",
]


def is_under_xla() -> bool:
    """Whether what is traced here goes into an XLA program."""
    return GraphOrParentsInXlaContext(get_default_graph())


def save_as(layer_class: type, name_of: type):
    """Has Keras write the name of another class of its own into saved models for this one."""
    name = api_export.get_name_from_symbol(name_of)
    api_export.REGISTERED_OBJS_TO_NAMES[layer_class] = name
