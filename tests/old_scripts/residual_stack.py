# Residual connections above the first layer, gradients clipped by their norm, a learning rate fed.
import numpy as np
import tensorflow as tf

cells = [tf.nn.rnn_cell.GRUCell(4)]
cells += [tf.nn.rnn_cell.ResidualWrapper(tf.nn.rnn_cell.GRUCell(4)) for _ in range(2)]
x = tf.placeholder(tf.float32, [None, 5, 3])
lr = tf.placeholder(tf.float32, [], name='lr')
outputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), x, dtype=tf.float32)
cost = tf.reduce_mean(tf.square(outputs[:, -1, :] - 0.5))
tvars = tf.trainable_variables()
grads, norm = tf.clip_by_global_norm(tf.gradients(cost, tvars), 0.1)
train_op = tf.train.RMSPropOptimizer(lr).apply_gradients(zip(grads, tvars))
data = np.random.RandomState(2).randn(6, 5, 3)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    losses = [sess.run([cost, train_op], {x: data, lr: 0.01})[0] for _ in range(30)]
print('loss fell:', losses[-1] < losses[0], len(tvars))
