# Two layers of which each reads both directions of the layer below, and summaries.
import glob
import os
import sys

import numpy as np
import tensorflow as tf

sequence = tf.placeholder(tf.float32, [2, 6, 3])
length = tf.placeholder(tf.int32, [2])
cells = [[tf.contrib.rnn.GRUCell(4) for _ in range(2)] for _ in range(2)]
outputs, fw, bw = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
    cells[0], cells[1], sequence, sequence_length=length, dtype=tf.float32)
joined = tf.concat([fw[-1], bw[-1]], axis=1)
tf.summary.scalar('mean', tf.reduce_mean(joined))
tf.summary.histogram('outputs', outputs)
merged = tf.summary.merge_all()
with tf.Session() as sess:
    writer = tf.summary.FileWriter(sys.argv[1], sess.graph)
    sess.run(tf.global_variables_initializer())
    feed = {sequence: np.ones([2, 6, 3]), length: [6, 2]}
    text, out = sess.run([merged, outputs], feed)
    writer.add_summary(text, 0)
    writer.close()
print(out.shape, 'zero past the length:', not out[1, 2:].any())
print(len(glob.glob(os.path.join(sys.argv[1], 'events.out.tfevents.*'))))
