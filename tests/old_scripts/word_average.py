# Word ids, an embedding table, a BasicRNN, and L2 on what is not a bias.
import numpy as np
import tensorflow as tf

words = tf.placeholder(tf.int32, [None, 4])
target = tf.placeholder(tf.float32, [None, 1])
with tf.variable_scope('net', initializer=tf.random_uniform_initializer(-0.5, 0.5)):
    with tf.device('/cpu:0'):
        table = tf.get_variable('table', [20, 6])
        embedded = tf.nn.embedding_lookup(table, words)
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicRNNCell(6), embedded, dtype=tf.float32)
    answer = tf.layers.dense(tf.reduce_mean(outputs, axis=1), 1, activation=tf.nn.sigmoid)
kept = [v for v in tf.trainable_variables() if 'bias' not in v.name]
cost = tf.losses.log_loss(target, answer) + 1e-4 * tf.add_n([tf.nn.l2_loss(v) for v in kept])
train = tf.train.MomentumOptimizer(0.5, 0.9).minimize(cost)
ids = np.arange(40).reshape(10, 4) % 20
truth = (ids[:, :1] < 10).astype(float)
init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer())
with tf.Session() as sess:
    sess.run(init)
    first = sess.run(cost, {words: ids, target: truth})
    for i in range(60):
        _, last = sess.run([train, cost], {words: ids, target: truth})
print('cost fell:', last < first / 2)
print([v.name for v in kept])
