"""Writes checkpoints with TensorFlow 1.15.5, and the outputs of their networks.

    tf1/bin/python write_checkpoints.py --out=../golden/checkpoints

Each network of checkpoints.py gets random weights; its checkpoint is written by TensorFlow 1's
Saver. `outputs.npz` has, by the network's name, its outputs for the `inputs`, in float32 and in
float64, and the losses of trained networks.
"""

import argparse
import os
import shutil
import types

import checkpoints
import numpy as np
import tensorflow as tf

rnn = types.SimpleNamespace(
    **{name: getattr(tf.nn.rnn_cell, name) for name in dir(tf.nn.rnn_cell) if name[0] != "_"},
    **{
        name: getattr(tf.nn, name)
        for name in (
            "bidirectional_dynamic_rnn",
            "dynamic_rnn",
            "static_bidirectional_rnn",
            "static_rnn",
        )
    },
    CudnnCompatibleGRUCell=tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell,
    CudnnCompatibleLSTMCell=tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell,
    **{
        name: getattr(tf.contrib.rnn, name)
        for name in (
            "GRUBlockCell",
            "GRUBlockCellV2",
            "InputProjectionWrapper",
            "LSTMBlockCell",
            "LayerNormBasicLSTMCell",
            "OutputProjectionWrapper",
            "stack_bidirectional_dynamic_rnn",
            "stack_bidirectional_rnn",
        )
    },
)


def write(name, network, out, inputs, changes=None, optimizer=None, dtype=tf.float32, values=None):
    """Runs a network; writes its checkpoint if `out` is given; returns outputs and weights."""
    tf.reset_default_graph()
    x = tf.constant(inputs, dtype)
    outputs = checkpoints.NETWORKS[network](tf, rnn, x)
    weights = tf.trainable_variables()
    extra, losses = [], []
    if optimizer:
        step = tf.train.get_or_create_global_step()
        options = {"MomentumOptimizer": {"momentum": 0.9}, "AdamOptimizer": {}}.get(optimizer, {})
        loss = tf.reduce_sum(tf.square(outputs - 0.3))
        train = getattr(tf.train, optimizer)(0.01, **options).minimize(loss, step)
        extra = [v for v in tf.global_variables() if v not in weights]
    if values is None:
        random = np.random.RandomState(len(name))
        values = [random.randn(*v.shape.as_list()) * 0.5 for v in weights]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for variable, value in zip(weights, values):  # noqa: B905 (Python 3.7)
            variable.load(value.astype(dtype.as_numpy_dtype), session)
        if optimizer:
            for _ in range(5):
                session.run(train)
        if out:
            names = {checkpoints.renamed(v.op.name, changes or {}): v for v in weights + extra}
            folder = os.path.join(out, name)
            os.makedirs(folder)
            tf.train.Saver(names).save(session, os.path.join(folder, "model.ckpt"))
            if name != "basic_lstm":  # a graph takes 30 kB
                os.remove(os.path.join(folder, "model.ckpt.meta"))
                os.remove(os.path.join(folder, "checkpoint"))
        values = session.run(weights)
        result = session.run(outputs)
        if optimizer:
            losses = [session.run([loss, train])[0] for _ in range(50)]
    return result, values, losses


def main():
    """Writes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    shape = (checkpoints.BATCH, checkpoints.TIME, checkpoints.FEATURES)
    inputs = np.random.RandomState(0).randn(*shape)
    cases = {name: (name, None, None) for name in checkpoints.NETWORKS}
    cases.update({name: (of, changes, None) for name, (of, changes) in checkpoints.ERAS.items()})
    cases.update(
        {name: (of, None, optimizer) for name, (of, optimizer) in checkpoints.TRAINED.items()}
    )
    results = {"inputs": inputs}
    for name, (network, changes, optimizer) in cases.items():
        outputs, values, losses = write(name, network, out, inputs, changes, optimizer)
        results[name] = outputs
        try:
            exact, _, _ = write(name, network, None, inputs, dtype=tf.float64, values=values)
        except TypeError:  # the block cells know no float64
            exact = outputs
        results[name + "/float64"] = exact
        if losses:
            results[name + "/losses"] = np.array(losses)
    np.savez_compressed(os.path.join(out, "outputs.npz"), **results)
    print(len(cases), "checkpoints")


if __name__ == "__main__":
    main()
