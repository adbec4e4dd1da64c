# Labels each step by both directions over a list of steps; the parts of two lists are joined.
import numpy as np
import tensorflow as tf
from tensorflow.contrib.rnn import LSTMCell, static_bidirectional_rnn

steps, batch, size = 4, 3, 5
x = tf.placeholder('float', [batch, steps, 2])
xs = tf.unstack(tf.transpose(x, [1, 0, 2]))
fw = LSTMCell(size, initializer=tf.orthogonal_initializer())
bw = LSTMCell(size, initializer=tf.orthogonal_initializer())
outputs, state_fw, state_bw = static_bidirectional_rnn(fw, bw, xs, dtype=tf.float32)
weights = tf.Variable(tf.truncated_normal([2 * size, 2]), name='weights')
scores = tf.stack([tf.matmul(o, weights) for o in outputs], axis=1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    value, h = sess.run([scores, state_bw.h], feed_dict={x: np.zeros([batch, steps, 2])})
print(value.shape, h.shape, len(outputs))
print(*[v.op.name for v in tf.global_variables()])
