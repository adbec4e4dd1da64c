# The cells of contrib beside each other: one operation, layer normalization, Cudnn's weights.
import tensorflow as tf

x = tf.ones([2, 3, 4])
kinds = [
    ('block', tf.contrib.rnn.LSTMBlockCell(5)),
    ('gru', tf.contrib.rnn.GRUBlockCellV2(5)),
    ('norm', tf.contrib.rnn.LayerNormBasicLSTMCell(5)),
    ('cudnn', tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(5)),
]
results = {}
for scope, cell in kinds:
    results[scope], _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32, scope=scope)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for scope, _ in kinds:
        print(scope, sess.run(results[scope]).shape, len(tf.trainable_variables(scope)))
