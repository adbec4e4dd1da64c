"""XLA's effects on the rest of the process, and what limits them."""

import contextlib
import os
import platform
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import fast, models
from keras_rnn_tutorials.fused import xla

FLAG_SET = """
import os
import keras
import tensorflow as tf
from keras_rnn_tutorials import fast
given = os.environ["XLA_FLAGS"]
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse", jit_compile=True)
fast.train_function(model, 4)
tf.function(tf.identity, jit_compile=True)(0.0)
assert os.environ["XLA_FLAGS"] == given
"""


FREED = """
import ctypes, re, threading, time
from keras_rnn_tutorials.fused import xla

def megabytes():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\\s*(\\d+)", status.read())[1]) / 1024

c = ctypes.CDLL(None)
c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
pieces = [c.malloc(8000) for _ in range(10_000)]
for piece in pieces:
    ctypes.memset(ctypes.c_void_p(piece), 1, 8000)
for piece in pieces[:-1]:  # the last stays, above all the others
    c.free(piece)
held = megabytes()
with xla.returning_memory(True):
    time.sleep(20 * xla.MOMENT)
    within = megabytes()
assert within < held - 60, (held, within)
assert megabytes() < held - 60, (held, megabytes())
assert threading.active_count() == 1
"""


@pytest.mark.parametrize(
    ("given", "without_products"),
    [("", True), ("--xla_cpu_experimental_ynn_fusion_type=individual_dot", False)],
)
def test_products_are_not_given_to_ynnpack_unless_the_user_says_so(
    tmp_path, given, without_products
):
    flags = f"--xla_dump_to={tmp_path} --xla_dump_hlo_as_text {given}".strip()
    environment = {**os.environ, "XLA_FLAGS": flags}
    subprocess.run(
        [sys.executable, "-c", FLAG_SET], env=environment, check=True, capture_output=True
    )
    options = [path.read_text() for path in tmp_path.glob("*.debug_options")]
    assert options
    assert all(("INDIVIDUAL_DOT" not in text) == without_products for text in options)


@pytest.mark.parametrize(
    ("units", "both", "kept"),
    [(100, False, True), (128, False, False), (128, True, True), (256, True, False)],
)
def test_products_of_large_layers_are_left_to_ynnpack(monkeypatch, units, both, kept):
    calls = []
    monkeypatch.setattr(xla, "keep_products_on_their_core", lambda: calls.append(True))
    lstm = keras.layers.LSTM(units)
    lstm = keras.layers.Bidirectional(lstm) if both else lstm
    model = keras.Sequential([keras.Input((2, 2)), lstm, keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    fast.train_function(model, 4)
    assert bool(calls) == kept


@pytest.mark.long
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries cannot do it")
def test_freed_memory_goes_back_to_the_system():
    subprocess.run([sys.executable, "-c", FREED], check=True)


def test_memory_goes_back_once_for_a_model(monkeypatch):
    calls = []

    def returning_memory(compiles):
        calls.append(compiles)
        return contextlib.nullcontext()

    monkeypatch.setattr(xla, "returning_memory", returning_memory)
    x, y = np.zeros((8, 2), "float32"), np.zeros(8, "float32")
    data = tf.data.Dataset.from_tensors((x, y)).repeat(2)
    for jit_compile in (True, False):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", jit_compile=jit_compile)
        model.train_function = fast.train_function(model, 4)
        for _ in range(2):
            model.fit(data, shuffle=False, verbose=0)
        assert calls.pop(0) == jit_compile
        assert calls and not any(calls)
        calls.clear()
        for _ in range(2):
            models.predict(model, x)
        assert calls.pop(0) == jit_compile
        assert calls and not any(calls)
        calls.clear()
