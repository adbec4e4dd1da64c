"""Networks of `tf.contrib.legacy_seq2seq` and `tf.contrib.crf` that both TensorFlows build.

A network is a function of `tf`, the names (recurrent, legacy_seq2seq's and crf's), and the `given`
tensors of contrib_networks.py, and returns a nested structure of outputs. Python 3.7 reads this
too.
"""

from contrib_networks import BATCH, CLASSES, UNITS

WIDTH = 2  # of embeddings
NETWORKS = {}


def network(function):
    """Registers a network."""
    NETWORKS[function.__name__] = function
    return function


def steps(tf, tensor):
    """The time steps of a batch, as a list."""
    return tf.unstack(tensor, axis=1)


def lstm_state(rnn, given):
    """A state that an LSTM begins with."""
    return rnn.LSTMStateTuple(given["c"], given["h"])


def two_layers(rnn):
    """A GRU over an LSTM."""
    return rnn.MultiRNNCell([rnn.BasicLSTMCell(UNITS), rnn.GRUCell(4)])


@network
def decoder_reads_itself(tf, rnn, given):
    def loop_function(previous, i):
        return tf.tanh(previous[:, :WIDTH]) * float(i)

    cell = rnn.BasicLSTMCell(UNITS)
    x = steps(tf, given["x"])
    return rnn.rnn_decoder(x, lstm_state(rnn, given), cell, loop_function)


@network
def basic(tf, rnn, given):
    x = steps(tf, given["x"])
    return rnn.basic_rnn_seq2seq(x[2:], x[:2], two_layers(rnn))


@network
def tied(tf, rnn, given):
    x = steps(tf, given["x"])
    return rnn.tied_rnn_seq2seq(
        x[2:], x[:2], rnn.BasicLSTMCell(UNITS), lambda y, i: y[:, :WIDTH] * 2.0
    )


@network
def embedding(tf, rnn, given):
    ids = steps(tf, given["ids"])
    cell = rnn.DropoutWrapper(rnn.GRUCell(UNITS), output_keep_prob=1.0)
    return rnn.embedding_rnn_seq2seq(ids[::-1], ids, cell, CLASSES, CLASSES + 1, WIDTH)


@network
def embedding_fed(tf, rnn, given):
    ids = steps(tf, given["ids"])
    projection = (
        tf.get_variable("proj_w", [UNITS, CLASSES]),
        tf.get_variable("proj_b", [CLASSES]),
    )
    return rnn.embedding_rnn_seq2seq(
        ids[::-1],
        ids,
        rnn.BasicLSTMCell(UNITS),
        CLASSES,
        CLASSES,
        WIDTH,
        output_projection=projection,
        feed_previous=True,
        scope="model",
    )


@network
def embedding_fed_or_not(tf, rnn, given):
    ids = steps(tf, given["ids"])
    feed = tf.reduce_sum(given["x"]) < 100.0
    return rnn.embedding_rnn_seq2seq(
        ids[2:], ids[:2], rnn.GRUCell(UNITS), CLASSES, CLASSES, WIDTH, feed_previous=feed
    )


@network
def embedding_tied_fed_or_not(tf, rnn, given):
    ids = steps(tf, given["ids"])
    return rnn.embedding_tied_rnn_seq2seq(
        ids[2:],
        ids[:2],
        rnn.BasicLSTMCell(UNITS),
        CLASSES,
        WIDTH,
        num_decoder_symbols=5,
        feed_previous=tf.reduce_sum(given["x"]) > 100.0,
    )


@network
def attention(tf, rnn, given):
    x = steps(tf, given["x"])
    return rnn.attention_decoder(
        x[:3],
        lstm_state(rnn, given),
        given["x"] * 0.5,
        rnn.BasicLSTMCell(UNITS),
        output_size=5,
        num_heads=2,
        loop_function=lambda y, i: y[:, :WIDTH],
        initial_state_attention=True,
    )


@network
def attention_over_embeddings(tf, rnn, given):
    return rnn.embedding_attention_decoder(
        steps(tf, given["ids"]),
        given["h"],
        given["x"],
        rnn.GRUCell(UNITS),
        CLASSES,
        WIDTH,
        output_size=CLASSES,
        feed_previous=True,
        update_embedding_for_previous=False,
    )


@network
def embedding_attention(tf, rnn, given):
    ids = steps(tf, given["ids"])
    return rnn.embedding_attention_seq2seq(
        ids[2:], ids[:2], two_layers(rnn), CLASSES, CLASSES + 2, WIDTH, num_heads=2
    )


@network
def embedding_attention_fed_or_not(tf, rnn, given):
    ids = steps(tf, given["ids"])
    return rnn.embedding_attention_seq2seq(
        ids[2:],
        ids[:2],
        rnn.BasicLSTMCell(UNITS),
        CLASSES,
        CLASSES,
        WIDTH,
        feed_previous=tf.reduce_sum(given["x"]) < 100.0,
        initial_state_attention=True,
    )


@network
def one_to_many(tf, rnn, given):
    ids = steps(tf, given["ids"])
    outputs, states = rnn.one2many_rnn_seq2seq(
        ids,
        {"words": ids[:2]},
        rnn.GRUCell(UNITS),
        {"words": rnn.GRUCell(UNITS)},
        CLASSES,
        {"words": CLASSES},
        WIDTH,
    )
    return outputs["words"], states["words"]


@network
def buckets(tf, rnn, given):
    """A translation model: two buckets, whose weights are the same.

    A cell for each: TensorFlow 1.15.5 cannot copy one that has weights, as 1.0 could.
    """
    ids = steps(tf, given["ids"])
    weights = [tf.cast(one % 3, given["x"].dtype) for one in ids]

    def seq2seq(encoder_inputs, decoder_inputs):
        cell = rnn.GRUCell(UNITS)
        return rnn.embedding_attention_seq2seq(
            encoder_inputs, decoder_inputs, cell, CLASSES, CLASSES, WIDTH
        )

    return rnn.model_with_buckets(
        ids[::-1], ids, ids[1:] + ids[:1], weights, [(1, 1), (2, 3)], seq2seq
    )


@network
def losses(tf, rnn, given):
    logits = [tf.concat([one, one * one], 1) for one in steps(tf, given["x"])]
    targets = [one % 4 for one in steps(tf, given["ids"])]
    weights = [tf.cast(one % 3, given["x"].dtype) for one in steps(tf, given["ids"])]

    def squares(labels, logits):
        return tf.reduce_sum(tf.square(logits), 1) * tf.cast(labels, logits.dtype)

    return (
        rnn.sequence_loss(logits, targets, weights),
        rnn.sequence_loss(logits, targets, weights, False, False, squares),
        rnn.sequence_loss_by_example(logits, targets, weights),
        rnn.sequence_loss_by_example(logits, targets, weights, False),
    )


def scores(tf, given):
    """Scores of tags: `(batch, time, 4)`."""
    return tf.concat([given["x"], tf.square(given["x"])], 2)


@network
def crf_likelihood(tf, rnn, given):
    tags = given["ids"] % 4
    likelihood, transitions = rnn.crf_log_likelihood(scores(tf, given), tags, given["lengths"])
    return likelihood, transitions


@network
def crf_parts(tf, rnn, given):
    transitions = tf.get_variable("transitions", [4, 4])
    inputs, tags, lengths = scores(tf, given), given["ids"] % 4, given["lengths"]
    bitmap = tf.one_hot(tags, 4) + tf.one_hot(tags // 2, 4) > 0.0
    one = inputs[:, :1], tags[:, :1], lengths - 2
    return (
        rnn.crf_sequence_score(inputs, tags, lengths, transitions),
        rnn.crf_unary_score(tags, lengths, inputs),
        rnn.crf_binary_score(tags, lengths, transitions),
        rnn.crf_log_norm(inputs, lengths, transitions),
        rnn.crf_multitag_sequence_score(inputs, bitmap, lengths, transitions),
        rnn.crf_log_likelihood(one[0], one[1], one[2], transitions)[0],
    )


@network
def crf_decoding(tf, rnn, given):
    transitions = tf.get_variable("transitions", [4, 4])
    inputs = scores(tf, given)
    tags, score = rnn.crf_decode(inputs, transitions, tf.maximum(given["lengths"], 1))
    first, best = rnn.crf_decode(inputs[:, :1], transitions, tf.ones([BATCH], tf.int32))
    return tags, score, first, best
