"""Settings of the process do not affect a run's numbers, and are restored afterwards."""

import os
import signal
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials._private_apis import disable_op_determinism, is_op_determinism_enabled
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import loop, surroundings
from tests.faults import small

pytestmark = pytest.mark.usefixtures("blank_figures")


def _surroundings():
    """What a run could change in its process."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "policy": keras.config.dtype_policy().name,
        "image format": keras.config.image_data_format(),
        "determinism": is_op_determinism_enabled(),
        "handlers": [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)],
        "environment": dict(os.environ),
        "eager": tf.config.functions_run_eagerly(),
        "streams": (sys.stdout, sys.stderr),
    }


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """A run in the usual surroundings."""
    return small.main(out_dir=str(tmp_path_factory.mktemp("usual") / "run"), epochs=2)


@pytest.fixture
def unusual():
    """Surroundings that another project's keras.json may leave behind."""
    old = keras.config.epsilon(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(1e-2)
    keras.config.set_dtype_policy("float64")
    keras.config.set_image_data_format("channels_first")
    tf.config.experimental.enable_op_determinism()
    yield
    disable_op_determinism()
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(old[0])
    keras.config.set_dtype_policy(old[1])
    keras.config.set_image_data_format("channels_last")


def test_a_run_leaves_its_process_as_it_was(usual, unusual, tmp_path):
    before = _surroundings()
    run = small.main(out_dir=str(tmp_path / "run"), epochs=2)
    assert _surroundings() == before
    assert before["determinism"] and before["floatx"] == "float64"
    assert run.record.history == usual.record.history
    assert run.record.environment == usual.record.environment
    for a, b in zip(run.model.get_weights(), usual.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


def test_determinism_that_the_caller_has_not_asked_for_is_switched_off_again():
    for deterministic in (True, False):
        with loop.deterministic_operations(deterministic):
            assert is_op_determinism_enabled() == deterministic
        assert not is_op_determinism_enabled()


def test_a_run_in_another_thread_gives_the_same_numbers(usual, tmp_path):
    runs, before = [], _surroundings()
    thread = threading.Thread(
        target=lambda: runs.append(small.main(out_dir=str(tmp_path / "run"), epochs=2))
    )
    thread.start()
    thread.join()
    assert runs[0].record.history == usual.record.history
    assert _surroundings() == before


def test_a_second_run_at_the_same_time_is_refused_and_the_first_is_unharmed(usual, tmp_path):
    answers = []

    class Second(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            def run():
                try:
                    small.main(out_dir=str(tmp_path / "second"))
                except UserError as error:
                    answers.append(str(error))

            thread = threading.Thread(target=run)
            thread.start()
            thread.join()

    first = small.main(out_dir=str(tmp_path / "first"), epochs=2, callbacks=[Second()])
    assert len(answers) == 2 and "Another run is in progress in a thread of this" in answers[0]
    assert first.record.history == usual.record.history
    assert os.listdir(tmp_path) == ["first"]


@pytest.mark.parametrize(
    ("environment", "keras_json"),
    [
        ({"KERAS_BACKEND": "jax"}, None),
        ({"KERAS_BACKEND": "torch"}, '{"backend": "tensorflow"}'),
        ({"KERAS_BACKEND": "\x1b[2J"}, None),
        ({}, '{"backend": "jax"}'),
    ],
)
def test_another_backend_is_refused_in_a_line(environment, keras_json, tmp_path):
    if keras_json:
        (tmp_path / ".keras").mkdir()
        (tmp_path / ".keras" / "keras.json").write_text(keras_json)
    command = [sys.executable, "-m", "tests.faults.small", f"--out_dir={tmp_path / 'run'}"]
    env = {**os.environ, "HOME": str(tmp_path), **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 2 and done.stdout == "" and not (tmp_path / "run").exists()
    assert done.stderr.startswith("error: Keras is set to the backend ")
    assert done.stderr.endswith(
        "but this package needs TensorFlow: set KERAS_BACKEND=tensorflow.\n"
    )


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"floatx": "float64"}', "[" * 100_000])
def test_a_keras_json_without_a_backend_means_tensorflow(content, tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text(content)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delitem(sys.modules, "keras")
    assert surroundings._backend_named() == "tensorflow"
