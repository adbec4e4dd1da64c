# The same with dynamic_rnn, Adam, a summary writer, flags and a saver.
import os

import numpy as np
import tensorflow as tf
from tensorflow.examples.tutorials.mnist import input_data

flags = tf.app.flags
flags.DEFINE_string('data_dir', '/tmp/data', 'where MNIST is')
flags.DEFINE_string('train_dir', '/tmp/train', 'where to write')
flags.DEFINE_integer('steps', 20, 'number of batches')
flags.DEFINE_integer('hidden', 32, 'number of units')
FLAGS = flags.FLAGS


def inference(images, keep_prob):
    cell = tf.nn.rnn_cell.BasicLSTMCell(FLAGS.hidden, state_is_tuple=True)
    cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=keep_prob)
    outputs, state = tf.nn.dynamic_rnn(cell, images, dtype=tf.float32)
    hidden = tf.contrib.layers.fully_connected(
        state.h, 32, weights_initializer=tf.contrib.layers.xavier_initializer(), scope='fc1')
    return tf.layers.dense(hidden, 10, name='logits')


def main(_):
    mnist = input_data.read_data_sets(FLAGS.data_dir, one_hot=False)
    x = tf.placeholder(tf.float32, [None, 28, 28], name='x')
    y = tf.placeholder(tf.int64, [None], name='y')
    keep_prob = tf.placeholder(tf.float32)
    logits = inference(x, keep_prob)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    tf.summary.scalar('loss', loss)
    global_step = tf.Variable(0, name='global_step', trainable=False)
    optimizer = tf.train.AdamOptimizer(0.005)
    train_op = optimizer.minimize(loss, global_step=global_step)
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
    merged = tf.summary.merge_all()
    saver = tf.train.Saver(max_to_keep=1)
    if not tf.gfile.Exists(FLAGS.train_dir):
        tf.gfile.MakeDirs(FLAGS.train_dir)
    config = tf.ConfigProto()
    config.gpu_options.allow_growth = True
    with tf.Session(config=config) as sess:
        writer = tf.summary.FileWriter(FLAGS.train_dir, sess.graph)
        sess.run(tf.global_variables_initializer())
        for i in range(FLAGS.steps):
            images, labels = mnist.train.next_batch(64)
            _, summary = sess.run([train_op, merged], {
                x: images.reshape(-1, 28, 28), y: labels, keep_prob: 0.8})
            writer.add_summary(summary, i)
        print('accuracy %.3f' % sess.run(accuracy, {
            x: mnist.test.images[:500].reshape(-1, 28, 28),
            y: mnist.test.labels[:500], keep_prob: 1.0}))
        path = saver.save(sess, os.path.join(FLAGS.train_dir, 'model.ckpt'), global_step=global_step)
        writer.close()
    for v in tf.global_variables():
        print(v.name, v.get_shape().as_list(), np.prod([d.value for d in v.get_shape()] or [1]))
    print(path)


if __name__ == '__main__':
    tf.app.run()
