"""This package's layers compared with Keras', in examples of every kind and in random ones.

The long form is `python -m tests.differential`, which also says what an example is.
"""

import functools

import keras
import pytest
import tensorflow as tf

from keras_rnn_tutorials import layers
from tests.differential import compare, networks
from tests.differential.examples import Example, draw

SEQUENCES = ("return_sequences", True)
STATES = ("return_state", True)
# Of the first random examples those that take no second to compile.
QUICK = [
    number
    for number in range(40)
    if draw(0, number).mode == "eager" and draw(0, number).measure in ("outputs", "gradient")
]

# One of each kind in which layers that are not Keras' own easily differ from Keras'.
EXAMPLES = [
    Example(layer="LSTM", measure="second", options=(SEQUENCES,)),
    Example(layer="SimpleRNN", measure="penalty", mode="jit"),
    Example(measure="jvp", options=(STATES,)),
    Example(measure="jacobian", time=2, units=2),
    Example(layer="GRU", measure="gradient", options=(SEQUENCES, STATES), state="given"),
    Example(measure="gradient", mode="function", front="Embedding", second_consumer=True),
    Example(measure="gradient", front="Embedding", mask_zero=True, ids="negative"),
    Example(mode="function", front="Embedding", ids="outside"),
    Example(mode="jit", front="Embedding", ids="outside"),
    Example(model="functional", mode="fit", front="Embedding", optimizer="adam"),
    Example(model="functional", mode="predict", front="Embedding", frozen_table=True),
    Example(mode="function", options=(SEQUENCES,), unknown="batch", behind="TimeDistributed"),
    Example(mode="function", options=(SEQUENCES,), unknown="both", wrapper="TimeDistributed"),
    Example(model="nested", mode="predict", options=(SEQUENCES,), behind="LayerNormalization"),
    Example(layer="LSTM", input_dtype="int64", wrapper="Bidirectional"),
    Example(layer="GRU", input_dtype="bool"),
    Example(batch=0),
    Example(time=0),
    Example(layer="LSTM", state="one row", measure="gradient"),
    Example(mask="rank 3", options=(SEQUENCES,), measure="gradient"),
    Example(layer="LSTM", mask="all", options=(SEQUENCES, STATES), state="given"),
    Example(layer="GRU", mask="int", options=(("go_backwards", True), ("stateful", True))),
    Example(layer="LSTM", options=(("dropout", 1.0), ("seed", 7)), training=True),
    Example(options=(("dropout", 0.3),), training=True, measure="gradient"),
    Example(layer="LSTM", options=(("use_cudnn", True),)),
    Example(layer="LSTM", wrapper="Bidirectional", backward="keras", merge_mode=None),
    Example(layer="GRU", wrapper="Bidirectional", backward="other", options=(SEQUENCES, STATES)),
    Example(layer="LSTM", model="nested", mode="with_kernels", wrapper="TimeDistributed"),
    Example(layer="GRU", model="functional", mode="clone", dtype="mixed_bfloat16"),
    Example(model="two_inputs", mode="train_on_batch", front="Masking"),
]


@pytest.fixture(autouse=True)
def _what_keras_knows_by_name():
    yield
    compare.clear()


@pytest.mark.few(12)
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_of_each_kind_is_as_with_keras_layers(example):
    assert compare.compare(example).difference is None


@pytest.mark.parametrize("number", QUICK)
def test_a_random_example_is_as_with_keras_layers(number):
    example = draw(0, number)
    assert compare.compare(example).difference is None, example


@pytest.mark.parametrize("measure", ["outputs", "gradient"])
def test_a_small_difference_is_found(measure, monkeypatch):
    call = layers.LSTM.call

    @functools.wraps(call)
    def wrong(self, *args, **kwargs):
        return call(self, *args, **kwargs) * (1 + 1e-5)

    monkeypatch.setattr(layers.LSTM, "call", wrong)
    example = Example(layer="LSTM", measure=measure)
    assert compare.compare(example).difference.kind == "values"


def test_a_lost_static_shape_is_found(monkeypatch):
    call = layers.GRU.call

    @functools.wraps(call)
    def wrong(self, *args, **kwargs):
        outputs = call(self, *args, **kwargs)
        return tf.compat.v1.placeholder_with_default(outputs, (None, None))

    monkeypatch.setattr(layers.GRU, "call", wrong)
    example = Example(layer="GRU", mode="function")
    assert compare.compare(example).difference.kind == "static"


def test_our_layers_are_what_is_compared():
    example = Example(wrapper="Bidirectional", front="Embedding")
    ours = networks.Network(example, networks.OURS)
    assert [type(layer) for layer in ours.layers()] == [layers.Embedding, layers.Bidirectional]
    assert type(ours.rnn.forward_layer) is type(ours.rnn.backward_layer) is layers.SimpleRNN
    stock = networks.Network(example, networks.STOCK)
    assert type(stock.rnn) is keras.layers.Bidirectional
