# LSTMCell with peepholes, a projection and clipped cells, unrolled by hand over a list of steps.
import tensorflow as tf

STEPS, BATCH, INPUTS = 3, 2, 4
cell = tf.nn.rnn_cell.LSTMCell(6, use_peepholes=True, num_proj=3, cell_clip=1.0,
                               initializer=tf.random_uniform_initializer(-0.1, 0.1),
                               state_is_tuple=True)
xs = [tf.random_normal([BATCH, INPUTS]) for _ in range(STEPS)]
state = cell.zero_state(BATCH, tf.float32)
outputs = []
with tf.variable_scope('unrolled') as scope:
    for t, x in enumerate(xs):
        if t > 0:
            scope.reuse_variables()
        out, state = cell(x, state)
        outputs.append(out)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    c, h = sess.run(state)
    print(c.shape, h.shape, sess.run(tf.stack(outputs)).shape)
for v in tf.trainable_variables():
    print(v.name, v.get_shape().as_list())
