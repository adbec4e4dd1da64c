# Classifies sequences of different lengths by the last state of a GRU; contrib's fully_connected.
import numpy as np
import tensorflow as tf

MAX_LEN, HIDDEN = 6, 8
tf.set_random_seed(1)
seqs = tf.placeholder(tf.float32, [None, MAX_LEN, 1], name='seqs')
lens = tf.placeholder(tf.int32, [None], name='lens')
labels = tf.placeholder(tf.int64, [None], name='labels')

cell = tf.contrib.rnn.GRUCell(HIDDEN)
_, last = tf.nn.dynamic_rnn(cell, seqs, sequence_length=lens, dtype=tf.float32)
logits = tf.contrib.layers.fully_connected(last, 2, activation_fn=None)
cost = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
optimizer = tf.train.AdamOptimizer(0.05).minimize(cost)
correct = tf.equal(tf.argmax(logits, 1), labels)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))

rng = np.random.RandomState(0)
n = rng.randint(1, MAX_LEN + 1, 32)
s = rng.randn(32, MAX_LEN, 1)
for row, length in zip(s, n):
    row[length:] = 9  # padding that must not be read
l = np.array([row[:length].sum() > 0 for row, length in zip(s, n)]).astype(int)
feed = {seqs: s, lens: n, labels: l}
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for epoch in range(40):
    sess.run(optimizer, feed_dict=feed)
print('accuracy above 0.8:', sess.run(accuracy, feed_dict=feed) > 0.8)
sess.close()
