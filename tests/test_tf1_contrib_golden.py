"""`raw_rnn` and the names of `tf.contrib` against TensorFlow 1.15.5: outputs and gradients."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow.compat.v1 as v1

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.storage import sealed
from tests.tf1_oracle import contrib_networks

ARRAYS = sealed.read_listed(Path(__file__).parent / "golden" / "contrib" / "contrib.npz")
NETWORKS = contrib_networks.NETWORKS
GIVEN = ("x", "c", "h", "ids", "lengths")
SOURCES = ("x", "c", "h")


def parts(name, kind):
    """The arrays `kind/0`, `kind/1` and so on of a network."""
    found = []
    while (key := f"{name}/{kind}/{len(found)}") in ARRAYS:
        found.append(ARRAYS[key])
    return found


def given(name, dtype):
    arrays = {part: ARRAYS[f"{name}/{part}"] for part in GIVEN}
    return {
        part: tf.constant(array, dtype if array.dtype == np.float32 else "int32")
        for part, array in arrays.items()
    }


def weights_of(cell):
    """In TensorFlow 1's order of creation; Keras lists a wrapper's own before the inner cell's."""
    if isinstance(cell, tf1.OutputProjectionWrapper):
        return [*weights_of(cell.cell), cell.kernel, cell.bias]
    if isinstance(cell, tf1.AttentionCellWrapper):
        attention = (cell.attn_w, cell.attn_v, cell.query_kernel, cell.query_bias)
        projection = (cell.output_kernel, cell.output_bias)
        return [cell.kernel, cell.bias, *weights_of(cell.cell), *attention, *projection]
    return list(cell.weights)


def loss_of(name, outputs):
    pairs = zip(outputs, parts(name, "projection"), strict=True)
    return tf.add_n(
        [tf.reduce_sum(y * tf.cast(p, y.dtype)) for y, p in pairs if y.dtype.is_floating]
    )


def eagerly(name, dtype="float32", wrap=lambda function: function):
    """Outputs and gradients: of x, c and h, then of the weights."""
    make, run = NETWORKS[name]
    cells, tensors = make(tf1), given(name, dtype)
    run(tf, tf1, cells, tensors)
    weights = [weight for cell in cells for weight in weights_of(cell)]
    for weight, value in zip(weights, parts(name, "weight"), strict=True):
        weight.assign(value)
    variables = [weight.value for weight in weights]

    @wrap
    def compute(tensors):
        sources = [tensors[part] for part in SOURCES]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            outputs = tf.nest.flatten(run(tf, tf1, cells, tensors))
            loss = loss_of(name, outputs)
        gradients = tape.gradient(loss, [*sources, *variables], unconnected_gradients="zero")
        return outputs, [tf.convert_to_tensor(gradient) for gradient in gradients]

    return tf.nest.map_structure(lambda tensor: tensor.numpy(), compute(tensors))


def in_a_session(name):
    """The same in a graph of TensorFlow 1's, its variables loaded by name."""
    make, run = NETWORKS[name]
    names = json.loads(str(ARRAYS[f"{name}/weights"]))
    with tf.Graph().as_default(), v1.Session() as session:
        tensors = given(name, "float32")
        outputs = tf.nest.flatten(run(v1, tf1, make(tf1), tensors))
        variables = {variable.op.name: variable for variable in v1.global_variables()}
        assert list(variables) == names
        sources = [*(tensors[part] for part in SOURCES), *variables.values()]
        gradients = tf.gradients(loss_of(name, outputs), sources, unconnected_gradients="zero")
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        for variable, value in zip(variables.values(), parts(name, "weight"), strict=True):
            variable.load(value, session)
        return session.run([outputs, gradients])


def expected(name, precision=""):
    names = [f"{name}/{precision}gradient/{part}" for part in SOURCES]
    gradients = [ARRAYS[key] for key in names if key in ARRAYS]
    return parts(name, f"{precision}outputs"), gradients + parts(
        name, f"{precision}gradient/weight"
    )


def distance(ours, theirs):
    """The largest difference, over the largest entry."""
    assert [array.shape for array in ours] == [array.shape for array in theirs]
    ours, theirs = (np.concatenate([np.float64(a).ravel() for a in of]) for of in (ours, theirs))
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def assert_close(name, ours):
    """Within 1e-6, or within 4 times TensorFlow 1's own distance from double precision."""
    theirs = expected(name)
    for mine, wanted, exact in zip(ours, theirs, expected(name, "float64/"), strict=True):
        own = distance(wanted, exact) if exact else 0.0
        assert distance(mine, wanted) <= max(1e-6, 4 * own)


@pytest.mark.parametrize("name", NETWORKS)
def test_eagerly(name):
    assert_close(name, eagerly(name))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name.startswith(("raw", "fused"))])
def test_inside_a_tf_function(name):
    assert_close(name, eagerly(name, wrap=tf.function(autograph=False)))


@pytest.mark.parametrize("name", [n for n in NETWORKS if f"{n}/float64/outputs/0" in ARRAYS])
def test_in_double_precision(name):
    for ours, theirs in zip(eagerly(name, "float64"), expected(name, "float64/"), strict=True):
        assert distance(ours, theirs) <= 1e-12


@pytest.mark.few(8)
@pytest.mark.parametrize("name", NETWORKS)
def test_in_a_session(name):
    assert_close(name, in_a_session(name))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name.startswith("raw")])
def test_with_tensorflow_1s_control_flow(name):
    v1.disable_control_flow_v2()
    try:
        assert_close(name, in_a_session(name))
    finally:
        v1.enable_control_flow_v2()
