# A character model with legacy_seq2seq's decoder, argparse and sampling, in the manner of 2016.
from __future__ import print_function
import argparse

import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn
from tensorflow.contrib import legacy_seq2seq

TEXT = "hello world, this is a small text. " * 20


class Model():
    def __init__(self, args, training=True):
        if not training:
            args.batch_size = args.seq_length = 1
        cell_fn = {'rnn': rnn.BasicRNNCell, 'gru': rnn.GRUCell, 'lstm': rnn.BasicLSTMCell}[args.model]
        cells = []
        for _ in range(args.num_layers):
            cell = cell_fn(args.rnn_size)
            if training:
                cell = rnn.DropoutWrapper(cell, input_keep_prob=0.9, output_keep_prob=0.9)
            cells.append(cell)
        self.cell = cell = rnn.MultiRNNCell(cells, state_is_tuple=True)
        self.input_data = tf.placeholder(tf.int32, [args.batch_size, args.seq_length])
        self.targets = tf.placeholder(tf.int32, [args.batch_size, args.seq_length])
        self.initial_state = cell.zero_state(args.batch_size, tf.float32)
        with tf.variable_scope('rnnlm'):
            softmax_w = tf.get_variable("softmax_w", [args.rnn_size, args.vocab_size])
            softmax_b = tf.get_variable("softmax_b", [args.vocab_size])
        embedding = tf.get_variable("embedding", [args.vocab_size, args.rnn_size])
        inputs = tf.nn.embedding_lookup(embedding, self.input_data)
        inputs = tf.split(inputs, args.seq_length, 1)
        inputs = [tf.squeeze(input_, [1]) for input_ in inputs]

        def loop(prev, _):
            prev = tf.matmul(prev, softmax_w) + softmax_b
            prev_symbol = tf.stop_gradient(tf.argmax(prev, 1))
            return tf.nn.embedding_lookup(embedding, prev_symbol)

        outputs, last_state = legacy_seq2seq.rnn_decoder(
            inputs, self.initial_state, cell,
            loop_function=loop if not training else None, scope='rnnlm')
        output = tf.reshape(tf.concat(outputs, 1), [-1, args.rnn_size])
        self.logits = tf.matmul(output, softmax_w) + softmax_b
        self.probs = tf.nn.softmax(self.logits)
        loss = legacy_seq2seq.sequence_loss_by_example(
            [self.logits], [tf.reshape(self.targets, [-1])],
            [tf.ones([args.batch_size * args.seq_length])])
        with tf.name_scope('cost'):
            self.cost = tf.reduce_sum(loss) / args.batch_size / args.seq_length
        self.final_state = last_state
        self.lr = tf.Variable(0.0, trainable=False)
        tvars = tf.trainable_variables()
        grads, _ = tf.clip_by_global_norm(tf.gradients(self.cost, tvars), 5.)
        with tf.name_scope('optimizer'):
            optimizer = tf.train.AdamOptimizer(self.lr)
        self.train_op = optimizer.apply_gradients(zip(grads, tvars))
        tf.summary.histogram('logits', self.logits)

    def sample(self, sess, chars, vocab, num):
        state = sess.run(self.cell.zero_state(1, tf.float32))
        char, ret = 'h', 'h'
        for _ in range(num):
            x = np.zeros((1, 1))
            x[0, 0] = vocab[char]
            probs, state = sess.run([self.probs, self.final_state],
                                    {self.input_data: x, self.initial_state: state})
            char = chars[int(np.argmax(probs[0]))]
            ret += char
        return ret


parser = argparse.ArgumentParser()
parser.add_argument('--model', default='lstm')
parser.add_argument('--save_dir', default='/tmp/char')
parser.add_argument('--num_steps', type=int, default=30)
args = parser.parse_args()
chars = sorted(set(TEXT))
vocab = {c: i for i, c in enumerate(chars)}
args.vocab_size, args.rnn_size, args.num_layers = len(chars), 24, 2
args.batch_size, args.seq_length = 20, 5
data = np.array([vocab[c] for c in TEXT])
model = Model(args)
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    saver = tf.train.Saver(tf.global_variables())
    sess.run(tf.assign(model.lr, 0.02))
    state = sess.run(model.initial_state)
    for b in range(args.num_steps):
        start = (b * 7) % (len(data) - 102)
        x = data[start:start + 100].reshape(20, 5)
        y = data[start + 1:start + 101].reshape(20, 5)
        feed = {model.input_data: x, model.targets: y}
        loss, state, _ = sess.run([model.cost, model.final_state, model.train_op], feed)
    print('loss', loss)
    saver.save(sess, args.save_dir + '/model.ckpt', global_step=args.num_steps)

tf.reset_default_graph()
model = Model(args, training=False)
with tf.Session() as sess:
    tf.global_variables_initializer().run()
    saver = tf.train.Saver(tf.global_variables())
    ckpt = tf.train.get_checkpoint_state(args.save_dir)
    saver.restore(sess, ckpt.model_checkpoint_path)
    print('sample:', model.sample(sess, chars, vocab, 20))
