"""What this package uses of Keras and TensorFlow beyond their public interfaces, in one place.

`tests/test_private_apis.py` holds each of these to what is expected of it, and says what to do
when a new version has lost it.
"""

from keras.src.random.seed_generator import global_seed_generator
from tensorflow.python.framework.config import disable_op_determinism, is_op_determinism_enabled

__all__ = ["disable_op_determinism", "global_seed_generator", "is_op_determinism_enabled"]
