# Bidirectional LSTM, static and dynamic, with sequence lengths.
import numpy as np
import tensorflow as tf

T, D, H, C = 3, 4, 5, 3
np.random.seed(0)
tf.set_random_seed(1)

x = tf.placeholder(tf.float32, [None, T, D])
lengths = tf.placeholder(tf.int32, [None])
y = tf.placeholder(tf.int32, [None])

with tf.variable_scope('static'):
    fw = tf.contrib.rnn.BasicLSTMCell(H, forget_bias=1.0)
    bw = tf.contrib.rnn.BasicLSTMCell(H, forget_bias=1.0)
    try:
        outputs, _, _ = tf.contrib.rnn.static_bidirectional_rnn(
            fw, bw, tf.unstack(x, T, 1), dtype=tf.float32)
    except Exception:  # old TensorFlow versions return only the outputs
        outputs = tf.contrib.rnn.static_bidirectional_rnn(
            fw, bw, tf.unstack(x, T, 1), dtype=tf.float32)
    static = outputs[-1]

with tf.variable_scope('dynamic', initializer=tf.random_uniform_initializer(-.1, .1)):
    fw = tf.nn.rnn_cell.GRUCell(H)
    bw = tf.nn.rnn_cell.GRUCell(H)
    (out_fw, out_bw), (state_fw, state_bw) = tf.nn.bidirectional_dynamic_rnn(
        fw, bw, x, sequence_length=lengths, dtype=tf.float32)
    dynamic = tf.concat([state_fw, state_bw], 1)

features = tf.concat([static, dynamic], axis=1)
W = tf.get_variable('W', [features.get_shape()[1].value, C],
                    initializer=tf.contrib.layers.xavier_initializer())
b = tf.get_variable('b', [C], initializer=tf.constant_initializer(0.1))
logits = tf.nn.xw_plus_b(features, W, b)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=y))
loss += 1e-4 * tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()])
optimizer = tf.train.RMSPropOptimizer(0.01)
grads_and_vars = optimizer.compute_gradients(loss)
train = optimizer.apply_gradients([(tf.clip_by_norm(g, 5.), v) for g, v in grads_and_vars])

data = np.random.randn(32, T, D)
target = (data[:, 0, 0] > 0).astype(np.int) + (data[:, 1, 1] > 0)
sizes = np.random.randint(1, T + 1, 32)
with tf.Session() as sess:
    sess.run(tf.initialize_all_variables())
    first, best = None, np.infty
    for _ in range(30):
        value, _ = sess.run([loss, train], {x: data, y: target, lengths: sizes})
        first, best = first or value, min(best, np.float_(value))
    print('loss fell:', value < first and best < np.product(data.shape))
    print([v.op.name for v in tf.trainable_variables()])
