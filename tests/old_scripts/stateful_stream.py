# Reads a stream in pieces: the state of two layers goes out of one run and into the next.
import numpy as np
import tensorflow as tf

LAYERS, BATCH, SIZE = 2, 1, 4
placed = tf.placeholder(tf.float32, [LAYERS, 2, BATCH, SIZE])
per_layer = tf.unstack(placed, axis=0)
state_in = tuple(tf.nn.rnn_cell.LSTMStateTuple(p[0], p[1]) for p in per_layer)
piece = tf.placeholder(tf.float32, [BATCH, None, 1])
cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(SIZE) for _ in range(LAYERS)])
outputs, state_out = tf.nn.dynamic_rnn(cell, piece, initial_state=state_in)
stream = np.sin(np.arange(12.0)).reshape(1, 12, 1)
zeros = np.zeros([LAYERS, 2, BATCH, SIZE])
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    whole = sess.run(outputs, feed_dict={piece: stream, placed: zeros})
    state, parts = zeros, []
    for at in range(0, 12, 4):
        out, state = sess.run([outputs, state_out], {piece: stream[:, at:at + 4], placed: state})
        parts.append(out)
print('the same in pieces:', np.allclose(np.concatenate(parts, 1), whole, atol=1e-6))
