"""The flag that training sets, in a process of its own: XLA reads its flags once."""

import os
import subprocess
import sys

import pytest

RUN = """
import os
import keras
import tensorflow as tf
from keras_rnn_tutorials import steps
given = os.environ["XLA_FLAGS"]
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse", jit_compile=True)
steps.train_function(model, 4)
tf.function(tf.identity, jit_compile=True)(0.0)
assert os.environ["XLA_FLAGS"] == given
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
    subprocess.run([sys.executable, "-c", RUN], env=environment, check=True, capture_output=True)
    options = [path.read_text() for path in tmp_path.glob("*.debug_options")]
    assert options
    assert all(("INDIVIDUAL_DOT" not in text) == without_products for text in options)
