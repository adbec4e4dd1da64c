# Attention written out over an encoder's outputs, and a decoder cell that is called step by step.
import numpy as np
import tensorflow as tf

BATCH, SRC, DST, DIM = 3, 5, 4, 6
source = tf.placeholder(tf.float32, [BATCH, SRC, 2])
with tf.variable_scope('encoder'):
    memory, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(DIM), source, dtype=tf.float32)
with tf.variable_scope('decoder'):
    cell = tf.nn.rnn_cell.GRUCell(DIM)
    v = tf.get_variable('v', [DIM], initializer=tf.truncated_normal_initializer(stddev=0.1))
    keys = tf.layers.dense(memory, DIM, use_bias=False, name='keys')
    context, weights = tf.zeros([BATCH, DIM]), []
    for step in range(DST):
        if step:
            tf.get_variable_scope().reuse_variables()
        output, state = cell(context, state)
        query = tf.layers.dense(output, DIM, use_bias=False, name='query')
        scores = tf.reduce_sum(v * tf.tanh(keys + tf.expand_dims(query, 1)), 2)
        alpha = tf.nn.softmax(scores)
        context = tf.reduce_sum(tf.expand_dims(alpha, 2) * memory, 1)
        weights.append(alpha)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    a = sess.run(tf.stack(weights, 1), {source: np.random.randn(BATCH, SRC, 2)})
print(a.shape, 'sums to 1:', np.allclose(a.sum(2), 1, atol=1e-5))
print(len(tf.trainable_variables()))
