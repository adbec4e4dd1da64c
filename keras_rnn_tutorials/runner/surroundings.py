"""Settings of the process that a run must not depend on; all are restored afterwards."""

import contextlib
import json
import os
import sys
import tempfile
import threading
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage import interrupts
from keras_rnn_tutorials.storage.printable import escaped

_BACKEND = "tensorflow"
_runs = threading.RLock()


@contextlib.contextmanager
def fixed():
    """Gives a run the same settings for every user.

    Keras computes in float32, whatever keras.json or the caller has chosen; TensorFlow is imported
    without its messages about missing GPUs; SIGTERM is handled. Only one run may be in progress at
    a time, because the states of the random generators belong to the whole process.

    Raises:
        UserError: a run is in progress in another thread of this process, or Keras does not use
            TensorFlow.
    """
    if not _runs.acquire(blocking=False):
        raise UserError(
            "Another run is in progress in a thread of this process, and the two would share their "
            "random numbers: wait for it to finish, or start a second process."
        )
    try:
        check_backend()
        _import_tensorflow()
        with _numbers_of_keras(), interrupts.terminations():
            yield
    finally:
        _runs.release()


def check_backend():
    """Refuses to start if Keras is set to a backend other than TensorFlow.

    Raises:
        UserError: it is.
    """
    if (named := _backend_named()) != _BACKEND:
        raise UserError(
            f"Keras is set to the backend {escaped(str(named))[:50]}, by KERAS_BACKEND or "
            f"keras.json, but this package needs TensorFlow: set KERAS_BACKEND={_BACKEND}."
        )


def import_tensorflow_quietly():
    """Imports TensorFlow without its messages about missing GPUs, which no setting hides."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_logical_devices()  # looks for GPUs here, not in the middle of a run
        except Exception:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _import_tensorflow():
    """Imports TensorFlow, and restores the environment."""
    if "tensorflow" in sys.modules:
        return
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
    try:
        import_tensorflow_quietly()
    finally:
        if level is None:  # it has been read; the caller's subprocesses should not inherit it
            os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)


def _backend_named() -> str:
    """Keras' backend, determined before Keras is imported: the import fails if it is missing.

    Keras reads KERAS_BACKEND, then its own file.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"].config.backend()
    if backend := os.environ.get("KERAS_BACKEND"):
        return backend
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        return json.loads(Path(home, "keras.json").read_text())["backend"]
    except (OSError, LookupError, RecursionError, TypeError, ValueError):
        return _BACKEND  # Keras' own default, which it uses in these cases


@contextlib.contextmanager
def _numbers_of_keras():
    """Resets to Keras' defaults what keras.json can change about a model's numbers."""
    import keras

    floatx, epsilon = keras.config.floatx(), keras.config.epsilon()
    policy, image_format = keras.config.dtype_policy(), keras.config.image_data_format()
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_epsilon(epsilon)
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(image_format)
