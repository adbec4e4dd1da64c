# A sequence classifier that is trained through contrib.layers.optimize_loss, in several ways.
import numpy as np
import tensorflow as tf

data = np.random.RandomState(0).randn(8, 5, 3)
labels = (data.sum(axis=(1, 2)) > 0).astype(np.int64)


def decay(learning_rate, global_step):
    return tf.train.exponential_decay(learning_rate, global_step, 2, 0.5)


for optimizer, options in (
        ('Adam', dict(clip_gradients=0.5)),
        ('Momentum', dict(learning_rate_decay_fn=decay)),
        (tf.train.AdagradOptimizer, dict(name='training')),
        (lambda rate: tf.train.RMSPropOptimizer(rate, momentum=0.5), {})):
    with tf.Graph().as_default(), tf.Session() as sess:
        with tf.variable_scope('model', initializer=tf.constant_initializer(0.1)):
            cell = tf.nn.rnn_cell.GRUCell(4)
            _, state = tf.nn.dynamic_rnn(cell, tf.constant(data, tf.float32), dtype=tf.float32)
            w = tf.get_variable('w', [4, 2], initializer=tf.constant_initializer(np.arange(8.) / 8))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tf.constant(labels), logits=tf.matmul(state, w))
        step = tf.train.get_or_create_global_step()
        train = tf.contrib.layers.optimize_loss(
            tf.reduce_mean(losses), step, learning_rate=0.1, optimizer=optimizer, **options)
        sess.run(tf.global_variables_initializer())
        print(' '.join('%.5f' % sess.run(train) for _ in range(6)), sess.run(step),
              sorted(op.name for op in tf.get_collection(tf.GraphKeys.SUMMARIES)))
        print(' '.join(v.op.name for v in tf.global_variables()[6:]))
