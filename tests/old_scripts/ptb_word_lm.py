"""A language model in the manner of the PTB tutorial: stacked LSTMs, truncated backpropagation."""
from __future__ import absolute_import, division, print_function

import time

import numpy as np
import tensorflow as tf

import ptb_reader

flags = tf.flags
flags.DEFINE_string("model", "small", "A type of model.")
flags.DEFINE_bool("use_fp16", False, "Train using 16-bit floats.")
FLAGS = flags.FLAGS


class Config(object):
    init_scale = 0.1
    learning_rate = 1.0
    max_grad_norm = 5
    num_layers = 2
    num_steps = 3
    hidden_size = 16
    keep_prob = 0.8
    batch_size = 4
    vocab_size = 20


class PTBModel(object):
    def __init__(self, is_training, config):
        self.batch_size = batch_size = config.batch_size
        self.num_steps = num_steps = config.num_steps
        size = config.hidden_size
        self._input = tf.placeholder(tf.int32, [batch_size, num_steps])
        self._targets = tf.placeholder(tf.int32, [batch_size, num_steps])

        def lstm_cell():
            return tf.contrib.rnn.BasicLSTMCell(
                size, forget_bias=0.0, state_is_tuple=True,
                reuse=tf.get_variable_scope().reuse)
        attn_cell = lstm_cell
        if is_training and config.keep_prob < 1:
            def attn_cell():
                return tf.contrib.rnn.DropoutWrapper(
                    lstm_cell(), output_keep_prob=config.keep_prob)
        cell = tf.contrib.rnn.MultiRNNCell(
            [attn_cell() for _ in range(config.num_layers)], state_is_tuple=True)
        self._initial_state = cell.zero_state(batch_size, tf.float32)
        with tf.device("/cpu:0"):
            embedding = tf.get_variable("embedding", [config.vocab_size, size], dtype=tf.float32)
            inputs = tf.nn.embedding_lookup(embedding, self._input)
        if is_training and config.keep_prob < 1:
            inputs = tf.nn.dropout(inputs, config.keep_prob)
        outputs = []
        state = self._initial_state
        with tf.variable_scope("RNN"):
            for time_step in range(num_steps):
                if time_step > 0:
                    tf.get_variable_scope().reuse_variables()
                (cell_output, state) = cell(inputs[:, time_step, :], state)
                outputs.append(cell_output)
        output = tf.reshape(tf.concat(axis=1, values=outputs), [-1, size])
        softmax_w = tf.get_variable("softmax_w", [size, config.vocab_size], dtype=tf.float32)
        softmax_b = tf.get_variable("softmax_b", [config.vocab_size], dtype=tf.float32)
        logits = tf.matmul(output, softmax_w) + softmax_b
        loss = tf.contrib.legacy_seq2seq.sequence_loss_by_example(
            [logits], [tf.reshape(self._targets, [-1])],
            [tf.ones([batch_size * num_steps], dtype=tf.float32)])
        self._cost = cost = tf.reduce_sum(loss) / batch_size
        self._final_state = state
        if not is_training:
            self._train_op = tf.no_op()
            return
        self._lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(cost, tvars), config.max_grad_norm)
        optimizer = tf.train.GradientDescentOptimizer(self._lr)
        self._train_op = optimizer.apply_gradients(
            zip(grads, tvars), global_step=tf.contrib.framework.get_or_create_global_step())
        self._new_lr = tf.placeholder(tf.float32, shape=[], name="new_learning_rate")
        self._lr_update = tf.assign(self._lr, self._new_lr)

    def assign_lr(self, session, lr_value):
        session.run(self._lr_update, feed_dict={self._new_lr: lr_value})


def run_epoch(session, m, data, eval_op):
    start_time = time.time()
    costs, iters = 0.0, 0
    state = session.run(m._initial_state)
    for x, y in ptb_reader.batches(data, m.batch_size, m.num_steps):
        fetches = {"cost": m._cost, "final_state": m._final_state, "eval_op": eval_op}
        feed_dict = {m._input: x, m._targets: y}
        for i, (c, h) in enumerate(m._initial_state):
            feed_dict[c] = state[i].c
            feed_dict[h] = state[i].h
        vals = session.run(fetches, feed_dict)
        state = vals["final_state"]
        costs += vals["cost"]
        iters += m.num_steps
    assert time.time() >= start_time
    return np.exp(costs / iters)


def main(_):
    config, eval_config = Config(), Config()
    data = ptb_reader.words(800, config.vocab_size)
    with tf.Graph().as_default():
        initializer = tf.random_uniform_initializer(-config.init_scale, config.init_scale)
        with tf.name_scope("Train"):
            with tf.variable_scope("Model", reuse=None, initializer=initializer):
                m = PTBModel(is_training=True, config=config)
            tf.summary.scalar("Training Loss", m._cost)
        with tf.name_scope("Valid"):
            with tf.variable_scope("Model", reuse=True, initializer=initializer):
                mvalid = PTBModel(is_training=False, config=eval_config)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            m.assign_lr(session, config.learning_rate)
            for i in range(3):
                print("Epoch: %d Train Perplexity: %.3f" % (
                    i + 1, run_epoch(session, m, data, m._train_op)))
            print("Valid Perplexity: %.3f" % run_epoch(session, mvalid, data, mvalid._train_op))
            print([v.op.name for v in tf.trainable_variables()])


if __name__ == "__main__":
    tf.app.run()
