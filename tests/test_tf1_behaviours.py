"""Code as users write it, run by TensorFlow 1.15.5 and by the port, with the same results.

Both run `tests/tf1_oracle/behaviours.py`; `golden/behaviours.json` has the results of genuine
TensorFlow 1.15.5. Errors are recorded with their classes; the words that both messages contain are
listed beside the code.
"""

import importlib.util
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import tf1

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "golden" / "behaviours.json").read_text())


def _load_behaviours():
    path = HERE / "tf1_oracle" / "behaviours.py"
    spec = importlib.util.spec_from_file_location("tf1_behaviours", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


behaviours = _load_behaviours()


class Env:
    """The port: eager where shapes are known, a `tf.function` where they are not."""

    tf, nest, keras = tf, tf.nest, keras
    constant = keras.initializers.Constant

    def __getattr__(self, name):
        return getattr(tf1, name)

    def unstack(self, inputs):
        return tf.unstack(inputs, axis=1)

    def values(self, tensors):
        return [tensor.numpy() for tensor in tf.nest.flatten(tensors)]

    def run(self, build, cells, *arrays, shapes=None, weights=None):
        if shapes:
            specs = [
                tf.TensorSpec(shape, array.dtype)
                for array, shape in zip(arrays, shapes, strict=True)
            ]
            build = tf.function(build, input_signature=specs, autograph=False)
        arrays = [tf.constant(array) for array in arrays]
        results = build(*arrays)
        kept = [w for cell in cells for w in getattr(cell, "weights", ())]
        variables = list({id(weight): weight for weight in kept}.values())
        if variables:
            values = behaviours.weights([weight.shape for weight in variables], weights)
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            results = build(*arrays)
        outline = str(tf.nest.map_structure(lambda _: 0, results))
        return [outline, *self.values(results)]

    def saved_and_restored(self, wrapper, cell):
        wrapper(tf.ones((1, 1)), wrapper.zero_state(1, tf.float32))
        checkpoint = tf.train.Checkpoint(wrapper=wrapper)
        cell.bias.assign([40.0])
        path = checkpoint.save(self.directory / "checkpoint")
        cell.bias.assign([0.0])
        checkpoint.restore(path).assert_consumed()
        return cell.bias.numpy()

    def dependencies(self, wrapper):
        children = wrapper._trackable_children().items()
        return [name for name, child in children if isinstance(child, tf1.RNNCell)]

    def minimized(self, loss, arrays, steps, *arguments):
        variables = [tf.Variable(array) for array in arrays]
        optimizer = tf1.AdamOptimizer(*arguments)
        for _ in range(steps):
            optimizer.minimize(lambda: loss(*variables), var_list=variables)
        return [variable.numpy() for variable in variables]


def _assert_same(ours, theirs):
    """Words and numbers are equal, arrays within 1e-6 of their largest entry."""
    if isinstance(theirs, dict) and set(theirs) == {"shape", "values"}:
        assert ours["shape"] == theirs["shape"]
        largest = max(np.max(np.abs(theirs["values"]), initial=0), 1e-30)
        np.testing.assert_allclose(
            ours["values"], theirs["values"], rtol=0, atol=1e-6 * largest, equal_nan=False
        )
    elif isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for name in theirs:
            _assert_same(ours[name], theirs[name])
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _assert_same(one, other)
    else:
        assert ours == theirs


def test_every_behaviour_is_recorded():
    assert set(RECORDED) == {*behaviours.BEHAVIOURS, *behaviours.REFUSED}
    assert len(RECORDED) == 188  # as the module's docstring says
    assert all("result" in RECORDED[name] for name in behaviours.BEHAVIOURS)
    assert all("error" in RECORDED[name] for name in behaviours.REFUSED)


@pytest.mark.parametrize("name", behaviours.BEHAVIOURS)
def test_it_does_what_tensorflow_1_did(name, tmp_path):
    env = Env()
    env.directory = tmp_path
    ours = behaviours.plain(behaviours.BEHAVIOURS[name](env))
    _assert_same(json.loads(json.dumps(ours)), RECORDED[name]["result"])


@pytest.mark.parametrize("name", behaviours.REFUSED)
def test_it_refuses_what_tensorflow_1_refused(name):
    """With a ValueError of one line that names the argument; a TypeError too where that was one."""
    words, function = behaviours.REFUSED[name]
    with pytest.raises(ValueError) as error:
        function(Env())
    if "TypeError" in RECORDED[name]["error"]:
        assert isinstance(error.value, TypeError)
    message = str(error.value)
    assert words in message
    assert "\n" not in message
    assert message.split(":")[0].split("[")[0].isidentifier()
