"""Genuine TensorFlow 1.15.5 checkpoints, restored by name into Sessions and written back."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow.compat.v1 as v1

from keras_rnn_tutorials import tf1
from tests.tf1_oracle import checkpoints

GOLDEN = Path(__file__).parent / "golden" / "checkpoints"
OUTPUTS = np.load(GOLDEN / "outputs.npz")


def stored(prefix):
    reader = tf.train.load_checkpoint(str(prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


@pytest.mark.parametrize("name", checkpoints.NETWORKS)
def test_a_session_restores_by_name_and_writes_back(name, tmp_path):
    golden = stored(GOLDEN / name / "model.ckpt")
    with tf.Graph().as_default(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = checkpoints.NETWORKS[name](v1, tf1, tf.constant(OUTPUTS["inputs"], tf.float32))
        saver = v1.train.Saver()
        assert {variable.op.name for variable in v1.global_variables()} == set(golden)
        with v1.Session() as session:
            saver.restore(session, str(GOLDEN / name / "model.ckpt"))
            got = session.run(outputs)
            saver.save(session, str(tmp_path / name / "model.ckpt"))
    wanted, exact = OUTPUTS[name], OUTPUTS[f"{name}/float64"]
    allowed = max(1e-6, 4 * np.abs(wanted - exact).max() / np.abs(exact).max())
    assert np.abs(got - wanted).max() <= allowed * np.abs(wanted).max()
    written = stored(tmp_path / name / "model.ckpt")
    assert {n: (v.dtype, v.tobytes()) for n, v in written.items()} == {
        n: (v.dtype, v.tobytes()) for n, v in golden.items()
    }


def test_a_number_of_steps_may_be_unknown_until_the_graph_is_run():
    """With TensorFlow 1's control flow, whose arrays take one write per element."""
    v1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [None, None, 2])
            outputs = checkpoints.NETWORKS["gru"](v1, tf1, x)
            with v1.Session() as session:
                v1.train.Saver().restore(session, str(GOLDEN / "gru" / "model.ckpt"))
                got = session.run(outputs, {x: OUTPUTS["inputs"]})
    finally:
        v1.enable_control_flow_v2()
    assert np.abs(got - OUTPUTS["gru"]).max() <= 1e-6 * np.abs(OUTPUTS["gru"]).max()


def test_training_goes_on_with_the_stored_slots():
    """BasicLSTMCell, Adam: 50 losses after 5 steps under TensorFlow 1.15.5."""
    with tf.Graph().as_default():
        x = tf.constant(OUTPUTS["inputs"], tf.float32)
        outputs = checkpoints.NETWORKS["basic_lstm"](v1, tf1, x)
        loss = v1.reduce_sum(v1.square(outputs - 0.3))
        step = v1.train.get_or_create_global_step()
        train = v1.train.AdamOptimizer(0.01).minimize(loss, step)
        with v1.Session() as session:
            path = str(GOLDEN / "basic_lstm_adam" / "model.ckpt")
            v1.train.Saver().restore(session, path)
            losses = [session.run([loss, train])[0] for _ in range(50)]
    assert losses == pytest.approx(OUTPUTS["basic_lstm_adam/losses"], rel=1e-6)
