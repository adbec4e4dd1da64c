import keras
import numpy as np
import pytest

from experiments import tf1_parity
from experiments.tf1_parity import trajectories
from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.data import mnist
from keras_rnn_tutorials.tf1.saving import keras_lstm_weights

TRAJECTORIES = trajectories.load(tf1_parity.GOLDEN / "trajectories.npz")


@pytest.mark.parametrize("forget_bias", [0.0, 1.0, 2.5])
def test_tensorflow_1_weights_give_the_same_numbers_in_keras_lstm(forget_bias):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 6, 4)).astype(np.float32)
    kernel = rng.normal(size=(4 + 5, 20)).astype(np.float32)
    bias = rng.normal(size=20).astype(np.float32)
    cell = tf1.BasicLSTMCell(5, forget_bias)
    cell.settle_dtype("float32")
    cell.build((None, 4))
    cell.set_weights([kernel, bias])
    expected, _ = tf1.dynamic_rnn(cell, x, dtype="float32")
    lstm = keras.layers.LSTM(5, return_sequences=True)
    lstm.build(x.shape)
    lstm.set_weights(keras_lstm_weights(kernel, bias, forget_bias))
    np.testing.assert_allclose(lstm(x), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(cell.get_weights()[1], bias)  # not changed in place


def test_there_is_an_epoch_of_every_model():
    steps = {name: len(one.losses) for name, one in TRAJECTORIES.items()}
    assert steps == {
        "a1-as_published": 1_100,
        "a1-corrected": 1_100,
        "b8-static": 430,
        "b8-dynamic": 430,
        "multilayer-lengths": 430,
    }


@pytest.mark.few(1)
@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("a1-as_published", 1e-6),
        ("a1-corrected", 1e-6),
        ("b8-static", 5e-5),
        ("b8-dynamic", 5e-5),
        ("multilayer-lengths", 5e-5),
    ],
)
def test_the_experiments_models_follow_tensorflow_1_for_100_steps(name, bound, real_data_dir):
    train = mnist.load("tfds", str(real_data_dir)).train
    one = TRAJECTORIES[name]
    losses = trajectories.follow(one, tf1_parity.build_model(name, one.initial), train, 100)
    gaps = np.abs(losses - one.losses[:100])
    assert gaps.max() < bound
    assert one.losses[:100].std() > 1e-3  # it is a course to follow, not a constant
