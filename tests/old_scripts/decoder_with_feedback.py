# legacy_seq2seq's decoder: fed with the targets for training, with its own outputs for sampling.
import numpy as np
import tensorflow as tf
from tensorflow.contrib import legacy_seq2seq, rnn

BATCH, STEPS, VOCAB, UNITS = 4, 5, 6, 10
tf.set_random_seed(3)
tokens = tf.placeholder(tf.int32, [BATCH, STEPS + 1])
embedding = tf.get_variable('embedding', [VOCAB, UNITS])
softmax_w = tf.get_variable('softmax_w', [UNITS, VOCAB])
softmax_b = tf.get_variable('softmax_b', [VOCAB])
inputs = tf.unstack(tf.nn.embedding_lookup(embedding, tokens[:, :-1]), axis=1)


def feed_back(prev, _):
    prev = tf.matmul(prev, softmax_w) + softmax_b
    return tf.nn.embedding_lookup(embedding, tf.stop_gradient(tf.argmax(prev, 1)))


cell = rnn.GRUCell(UNITS)
zero = cell.zero_state(BATCH, tf.float32)
with tf.variable_scope('decode') as scope:
    outputs, _ = legacy_seq2seq.rnn_decoder(inputs, zero, cell, scope=scope)
    scope.reuse_variables()
    samples, _ = legacy_seq2seq.rnn_decoder(inputs, zero, cell, loop_function=feed_back, scope=scope)
logits = [tf.matmul(o, softmax_w) + softmax_b for o in outputs]
losses = legacy_seq2seq.sequence_loss_by_example(
    logits, tf.unstack(tokens[:, 1:], axis=1), [tf.ones([BATCH])] * STEPS)
cost = tf.reduce_sum(losses) / BATCH
train_op = tf.train.AdamOptimizer(0.1).minimize(cost)
data = (np.arange(STEPS + 1) + np.arange(BATCH)[:, None]) % VOCAB
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(40):
        value, _ = sess.run([cost, train_op], {tokens: data})
    said = sess.run([tf.argmax(tf.matmul(o, softmax_w) + softmax_b, 1) for o in samples], {tokens: data})
print('perplexity below 1.5:', np.exp(value) < 1.5)
print('said:', np.transpose(said)[0].tolist())
