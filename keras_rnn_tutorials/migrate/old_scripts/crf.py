"""Linear-chain conditional random fields: `tf.contrib.crf`.

Answers to TensorFlow 1.15's `contrib/crf/python/ops/crf.py`. Throughout, `inputs` are scores of
tags `(batch, time, tags)`, `sequence_lengths` integers `(batch,)`, and `transition_params[i, j]`
is the score of tag j after tag i.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from keras_rnn_tutorials import tf1


def crf_log_likelihood(inputs, tag_indices, sequence_lengths, transition_params=None):
    """The log-likelihood of tags: their score, less that of all sequences of tags.

    Args:
        inputs: scores.
        tag_indices: integers `(batch, time)`.
        sequence_lengths: of the rows.
        transition_params: None to make the variable `transitions`.

    Returns:
        `(batch,)`, and the transitions.
    """
    tags = inputs.shape.as_list()[2]
    if transition_params is None:
        transition_params = tf.get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The unnormalized score of tags, `(batch,)`; 0 for a row without steps."""
    return crf_unary_score(tag_indices, sequence_lengths, inputs) + crf_binary_score(
        tag_indices, sequence_lengths, transition_params
    )


def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """The sum of the tags' own scores, `(batch,)`."""
    chosen = tf.gather(inputs, tag_indices, batch_dims=2)
    mask = tf.sequence_mask(sequence_lengths, tf.shape(tag_indices)[1], inputs.dtype)
    return tf.reduce_sum(chosen * mask, 1)


def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """The sum of the scores of the transitions between tags, `(batch,)`."""
    pairs = tf.stack([tag_indices[:, :-1], tag_indices[:, 1:]], axis=2)
    transition_params = tf.convert_to_tensor(transition_params)
    chosen = tf.gather_nd(transition_params, pairs)
    mask = tf.sequence_mask(sequence_lengths, tf.shape(tag_indices)[1], chosen.dtype)
    return tf.reduce_sum(chosen * mask[:, 1:], 1)


def crf_log_norm(inputs, sequence_lengths, transition_params):
    """The logarithm of the sum of all sequences' exponentiated scores, `(batch,)`."""
    cell = _Chain(transition_params, tf.reduce_logsumexp)
    _, last = _run(cell, inputs, sequence_lengths)
    norm = tf.reduce_logsumexp(last, [1])
    return tf.where(tf.less_equal(sequence_lengths, 0), tf.zeros_like(norm), norm)


def crf_multitag_sequence_score(inputs, tag_bitmap, sequence_lengths, transition_params):
    """The score of all sequences whose tags are allowed, `(batch,)`.

    Args:
        inputs: scores.
        tag_bitmap: booleans `(batch, time, tags)`: which tags are allowed.
        sequence_lengths: of the rows.
        transition_params: the transitions.

    Returns:
        `(batch,)`.
    """
    forbidden = tf.fill(tf.shape(inputs), tf.constant(-np.inf, inputs.dtype))
    return crf_log_norm(
        tf.where(tag_bitmap, inputs, forbidden), sequence_lengths, transition_params
    )


def crf_decode(potentials, transition_params, sequence_length):
    """The tags with the highest score.

    Args:
        potentials: scores.
        transition_params: the transitions.
        sequence_length: of the rows.

    Returns:
        Integers `(batch, time)`, 0 past a row's length, and their scores `(batch,)`.
    """
    cell = _Chain(transition_params, tf.reduce_max, emits_best=True)
    best_before, last = _run(cell, potentials, sequence_length, tf.int32)
    last_tag = tf.argmax(last, axis=1, output_type=tf.int32)
    steps_back = tf.maximum(tf.constant(0, sequence_length.dtype), sequence_length - 1)
    best_before = tf.reverse_sequence(best_before, steps_back, seq_axis=1)

    def step_back(tag, before):
        return tf.gather(before, tag, batch_dims=1)

    tags = tf.scan(step_back, tf.transpose(best_before, [1, 0, 2]), last_tag)
    tags = tf.transpose(tags) * tf.sequence_mask(
        steps_back, tf.shape(potentials)[1] - 1, dtype=tf.int32
    )
    tags = tf.concat([last_tag[:, None], tags], axis=1)
    return tf.reverse_sequence(tags, sequence_length, seq_axis=1), tf.reduce_max(last, axis=1)


def viterbi_decode(score, transition_params):
    """The same for one row in NumPy.

    Args:
        score: scores `(time, tags)`.
        transition_params: the transitions, an array.

    Returns:
        A list of tags, and their score.
    """
    trellis = np.zeros_like(score)
    best_before = np.zeros_like(score, dtype=np.int32)
    trellis[0] = score[0]
    for step in range(1, score.shape[0]):
        reached = trellis[step - 1][:, None] + transition_params
        trellis[step] = score[step] + reached.max(0)
        best_before[step] = reached.argmax(0)
    tags = [np.argmax(trellis[-1])]
    for before in best_before[:0:-1]:
        tags.append(before[tags[-1]])
    return tags[::-1], trellis[-1].max()


class _Chain(tf1.RNNCell):
    """A step along the chain: what a tag has collected from the tags before it.

    Attributes:
        num_tags: how many tags there are.
    """

    adds_scope = False

    def __init__(self, transition_params, collect, emits_best=False):
        super().__init__()
        self.num_tags = transition_params.shape.as_list()[0]
        self._transitions = [tf.expand_dims(tf.convert_to_tensor(transition_params), 0)]
        self._collect = collect
        self._emits_best = emits_best

    @property
    def state_size(self):
        return self.num_tags

    @property
    def output_size(self):
        return self.num_tags

    def call(self, inputs, state):
        """Emits the sums, or for each tag the best one before it."""
        reached = tf.expand_dims(state, 2) + self._transitions[0]
        new_state = inputs + self._collect(reached, [1])
        best = tf.argmax(reached, 1, output_type=tf.int32) if self._emits_best else new_state
        return best, new_state


def _run(cell, inputs, lengths, dtype=None):
    """Steps along the rows; returns what the cell emits from the second step on, and its state."""
    lengths = tf.maximum(tf.constant(0, lengths.dtype), lengths - 1)
    first, rest = inputs[:, 0], inputs[:, 1:]
    return tf1.dynamic_rnn(cell, rest, lengths, first, dtype)


CRF = {
    function.__name__: function
    for function in (
        crf_binary_score,
        crf_decode,
        crf_log_likelihood,
        crf_log_norm,
        crf_multitag_sequence_score,
        crf_sequence_score,
        crf_unary_score,
        viterbi_decode,
    )
}
