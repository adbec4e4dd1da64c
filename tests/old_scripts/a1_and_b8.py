# Trains the tutorials' networks for some steps, by the script that trained them under TensorFlow
# 1.15.5, which stands unmodified in tests/tf1_oracle.
import os
import sys

import numpy as np
import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

flags = tf.app.flags
flags.DEFINE_string('start', None, 'the .npz with the initial weights')
flags.DEFINE_string('losses', None, 'the .npz to write')
flags.DEFINE_string('models', 'a1-as_published,b8-static', 'of the script, by name')
flags.DEFINE_integer('steps', 20, 'number of batches')
FLAGS = flags.FLAGS

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tf1_oracle'))
import write_trajectories as oracle

SEED = 1


def main(_):
    mnist = input_data.read_data_sets('/tmp/data')
    images = mnist.train.images.reshape(-1, oracle.STEPS, oracle.PIXELS)
    order = np.random.RandomState(SEED).permutation(len(images))
    start = np.load(FLAGS.start)
    losses = {}
    for name in FLAGS.models.split(','):
        model = oracle.MODELS[name]
        # The first batches of the epoch, where the script's own order of so many examples puts them.
        count = FLAGS.steps * model['batch_size']
        rows = np.empty(count, np.int)
        rows[np.random.RandomState(SEED).permutation(count)] = order[:count]
        source = model.get('initial', name)
        keys = sorted(key for key in start.files if key.startswith(source + '/initial/'))
        names, _, losses[name] = oracle.train(
            model, images[rows], mnist.train.labels[rows], SEED, [start[key] for key in keys])
        print(name, names, losses[name][-1])
    np.savez(FLAGS.losses, **losses)


if __name__ == '__main__':
    tf.app.run()
