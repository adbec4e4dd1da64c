# Trains, saves, builds the same graph again with Saver, and goes on from the checkpoint.
import os
import sys

import numpy as np
import tensorflow as tf


class Model(object):
    def __init__(self):
        self.x = tf.placeholder(tf.float32, [3, 5, 2], name='x')
        with tf.variable_scope('model'):
            cell = tf.nn.rnn_cell.BasicLSTMCell(4)
            self.outputs, _ = tf.nn.dynamic_rnn(cell, self.x, dtype=tf.float32)
        self.global_step = tf.Variable(0, name='global_step', trainable=False)
        self.loss = tf.reduce_sum(tf.square(self.outputs))
        self.train = tf.train.AdamOptimizer().minimize(self.loss, global_step=self.global_step)
        self.saver = tf.train.Saver(tf.global_variables(), max_to_keep=2)


folder, data = sys.argv[1], np.ones([3, 5, 2])
with tf.Graph().as_default(), tf.Session() as sess:
    model = Model()
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        sess.run(model.train, {model.x: data})
    loss = sess.run(model.loss, {model.x: data})
    model.saver.save(sess, os.path.join(folder, 'model'), global_step=model.global_step)
with tf.Graph().as_default(), tf.Session() as sess:
    model = Model()
    ckpt = tf.train.get_checkpoint_state(folder)
    model.saver.restore(sess, ckpt.model_checkpoint_path)
    print(os.path.basename(ckpt.model_checkpoint_path), sess.run(model.global_step))
    print('the same loss:', abs(sess.run(model.loss, {model.x: data}) - loss) < 1e-6)
