"""Writes checkpoints of several data shards, by TensorFlow 1.15.5, with the networks' outputs.

    tf1/bin/python write_shards.py --out=../golden/checkpoint_shards

A sharded Saver writes a file for each device that holds variables: here four, of which the last one
holds a variable that no network uses. `files.tar.xz` holds a directory for each network, format and
start (`layers-v2-0`), `outputs.npz` the `inputs` and what each makes of them.
"""

import argparse
import os

import numpy as np
import packing
import tensorflow as tf

BATCH, TIME, FEATURES, UNITS, DEVICES = 2, 4, 3, 2, 4
FORMATS = {"v1": tf.train.SaverDef.V1, "v2": tf.train.SaverDef.V2}
rnn = tf.nn.rnn_cell


def layers(x):
    cells = [rnn.BasicLSTMCell(UNITS), rnn.BasicLSTMCell(UNITS)]
    return tf.nn.dynamic_rnn(rnn.MultiRNNCell(cells), x, dtype=x.dtype)[0]


def partitioned(x):
    with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(3)):
        return tf.nn.dynamic_rnn(rnn.GRUCell(UNITS), x, dtype=x.dtype)[0]


NETWORKS = {"layers": layers, "partitioned": partitioned}


def run(network, version, seed, inputs, prefix):
    """Writes a network's checkpoint and returns its outputs."""
    tf.reset_default_graph()
    made = []

    def device(operation):
        number = 0
        if operation.type == "VariableV2":
            made.append(operation.name)
            number = DEVICES - 1 if operation.name == "unused" else len(made) % (DEVICES - 1)
        return f"/job:localhost/replica:0/task:0/device:CPU:{number}"

    with tf.device(device):
        outputs = network(tf.constant(inputs))
        tf.get_variable("unused", [5])
    config = tf.ConfigProto(device_count={"CPU": DEVICES}, allow_soft_placement=True)
    with tf.Session(config=config) as session:
        random = np.random.RandomState(seed)
        for variable in tf.global_variables():
            value = 0.5 * random.standard_normal(variable.shape.as_list())
            variable.load(value.astype(np.float32), session)
        saver = tf.train.Saver(sharded=True, write_version=FORMATS[version])
        saver.save(session, prefix, write_state=False)
        return session.run(outputs)


def main():
    """Writes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    inputs = np.random.RandomState(0).standard_normal([BATCH, TIME, FEATURES]).astype(np.float32)
    kept = {}
    os.makedirs(out, exist_ok=True)
    with packing.packed(out) as folder:
        for network in NETWORKS:
            for version in FORMATS:
                for seed in range(2):
                    name = f"{network}-{version}-{seed}"
                    os.mkdir(os.path.join(folder, name))
                    prefix = os.path.join(folder, name, "model.ckpt")
                    kept[name] = run(NETWORKS[network], version, seed, inputs, prefix)
    np.savez_compressed(os.path.join(out, "outputs.npz"), inputs=inputs, **kept)
    print(len(kept), "checkpoints")


if __name__ == "__main__":
    main()
