# A cell of one's own that makes its variables by get_variable, and static unrolling with reuse.
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn_cell
from tensorflow.python.ops import array_ops, math_ops


class LeakyCell(rnn_cell.RNNCell):
    def __init__(self, num_units, leak=0.5, reuse=None):
        super(LeakyCell, self).__init__(_reuse=reuse)
        self._num_units = num_units
        self._leak = leak

    @property
    def state_size(self):
        return self._num_units

    @property
    def output_size(self):
        return self._num_units

    def call(self, inputs, state):
        w = tf.get_variable('w', [inputs.get_shape()[-1].value + self._num_units, self._num_units])
        b = tf.get_variable('b', [self._num_units], initializer=tf.zeros_initializer())
        new = tf.tanh(math_ops.matmul(array_ops.concat([inputs, state], 1), w) + b)
        new = self._leak * state + (1 - self._leak) * new
        return new, new


class OldStyle(rnn_cell.RNNCell):
    def __init__(self, units):
        self.units = units

    state_size = property(lambda self: self.units)
    output_size = property(lambda self: self.units)

    def __call__(self, inputs, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            new = tf.contrib.layers.fully_connected(
                tf.concat([inputs, state], 1), self.units, activation_fn=tf.tanh, scope='gate')
        return new, new


x = tf.placeholder(tf.float32, [None, 5, 3])
cell = tf.nn.rnn_cell.MultiRNNCell([LeakyCell(4), tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True)])
outputs, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
with tf.variable_scope('unrolled'):
    more, _ = tf.nn.static_rnn(OldStyle(4), tf.unstack(outputs, axis=1), dtype=tf.float32)
loss = tf.reduce_mean(tf.square(more[-1] - 0.3))
train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
for v in tf.trainable_variables():
    print(v.op.name, v.get_shape())
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    data = np.ones((2, 5, 3))
    losses = [sess.run([loss, train], {x: data})[0] for _ in range(20)]
print('loss fell:', losses[-1] < losses[0])
