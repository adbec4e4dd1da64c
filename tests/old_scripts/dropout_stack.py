# A stack with dropout whose keep probability is fed: 0.5 for training, 1 for the test.
import numpy as np
import tensorflow as tf

flags = tf.app.flags
flags.DEFINE_integer('hidden_size', 5, 'units')
flags.DEFINE_integer('num_layers', 2, 'layers')
FLAGS = flags.FLAGS


def lstm_cell(keep):
    cell = tf.contrib.rnn.BasicLSTMCell(FLAGS.hidden_size, forget_bias=0.0)
    return tf.contrib.rnn.DropoutWrapper(cell, output_keep_prob=keep)


def main(_):
    keep_prob = tf.placeholder(tf.float32)
    x = tf.placeholder(tf.float32, [4, 7, 2])
    stack = tf.contrib.rnn.MultiRNNCell([lstm_cell(keep_prob) for _ in range(FLAGS.num_layers)])
    outputs, state = tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)
    data = np.ones([4, 7, 2])
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        dropped = sess.run(outputs, {x: data, keep_prob: 0.5})
        first, second = (sess.run(outputs, {x: data, keep_prob: 1.0}) for _ in range(2))
    print('zeros when dropped:', bool((dropped == 0).any()))
    print('the same when kept:', bool((first == second).all()), len(state))


if __name__ == '__main__':
    tf.app.run()
