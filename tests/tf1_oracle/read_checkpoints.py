"""Restores in TensorFlow 1.15.5 what the package wrote; prints how much the outputs differ.

python -m pytest tests/test_tf1_checkpoints.py --basetemp=/tmp/written -n0
tf1/bin/python read_checkpoints.py --written=/tmp/written --golden=../golden/checkpoints
"""

import argparse
import glob
import os

import checkpoints
import numpy as np
import tensorflow as tf
from write_checkpoints import rnn


def main():
    """Restores every network of checkpoints.py."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--written", required=True)
    parser.add_argument("--golden", required=True)
    flags = parser.parse_args()
    golden = np.load(os.path.join(flags.golden, "outputs.npz"))
    unequal = 0
    for name, network in checkpoints.NETWORKS.items():
        tf.reset_default_graph()
        path, *_ = glob.glob(os.path.join(flags.written, "*", name, "model.ckpt.index"))
        outputs = network(tf, rnn, tf.constant(golden["inputs"], tf.float32))
        with tf.Session() as session:
            tf.train.Saver().restore(session, path[: -len(".index")])
            unequal += not np.array_equal(session.run(outputs), golden[name])
    print(len(checkpoints.NETWORKS), "restored,", unequal, "put out something else")


if __name__ == "__main__":
    main()
