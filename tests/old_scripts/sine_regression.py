# Regression on a sine: an input projection by tf.layers, GRUs, a state that is fed back by assign.
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
BATCH, STEPS, UNITS = 8, 10, 12
tf.reset_default_graph()
x = tf.placeholder(tf.float32, shape=(BATCH, STEPS, 1))
y = tf.placeholder(tf.float32, shape=(BATCH, STEPS, 1))
cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(UNITS, activation=tf.nn.relu) for _ in range(2)])
initial = tuple(tf.Variable(tf.zeros([BATCH, UNITS]), trainable=False) for _ in range(2))
inputs = tf.layers.dense(x, 6, activation=tf.nn.tanh)
outputs, final = tf.nn.dynamic_rnn(cell, inputs, initial_state=initial)
keep = tf.group(*[tf.assign(a, b) for a, b in zip(initial, final)])
prediction = tf.layers.dense(tf.layers.dropout(outputs, 0.1, training=True), 1)
loss = tf.losses.mean_squared_error(labels=y, predictions=prediction)
step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.01, step, 10, 0.9)
train = tf.train.AdagradOptimizer(rate).minimize(loss, global_step=step)
data = np.sin(np.linspace(0, 20, BATCH * (STEPS + 1))).reshape(BATCH, STEPS + 1, 1)
with tf.train.MonitoredTrainingSession() as sess:
    for _ in range(40):
        value, _, _ = sess.run([loss, train, keep], {x: data[:, :-1], y: data[:, 1:]})
print('mse %.4f' % value)
print(sorted(v.op.name for v in tf.trainable_variables()))
