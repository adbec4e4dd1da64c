"""What DropoutWrapper drops, how often, and when its masks change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import tf1


class Copy(tf1.RNNCell):
    """Puts its inputs out, and adds them to its state."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    @property
    def state_size(self):
        return tf1.LSTMStateTuple(self.size, self.size)

    @property
    def output_size(self):
        return self.size

    def call(self, inputs, state):
        return inputs, tf1.LSTMStateTuple(state.c + inputs, state.h + inputs)


ROWS, TIME, SIZE = 40, 5, 50
ONES = np.ones((ROWS, TIME, SIZE), "float32")


def run(**options):
    cell = tf1.DropoutWrapper(Copy(SIZE), **options)
    outputs, state = tf1.dynamic_rnn(cell, ONES, dtype=tf.float32)
    return outputs.numpy(), state.c.numpy(), state.h.numpy()


def _assert_dropped(values, keep_prob, kept=None):
    """Each is 0 or what was kept, scaled up, in the right shares."""
    is_kept = values != 0
    kept = 1 / keep_prob if kept is None else kept
    np.testing.assert_allclose(values[is_kept], kept, rtol=1e-6)
    deviation = np.sqrt(keep_prob * (1 - keep_prob) / values.size)
    assert abs(is_kept.mean() - keep_prob) < 5 * deviation


@pytest.mark.parametrize("keep_prob", [0.2, 0.75])
def test_outputs_are_dropped(keep_prob):
    outputs, c, h = run(output_keep_prob=keep_prob, seed=1)
    _assert_dropped(outputs, keep_prob)
    assert (c == TIME).all() and (h == TIME).all()


def test_inputs_are_dropped_before_the_cell_reads_them():
    outputs, c, h = run(input_keep_prob=0.5, seed=1)
    _assert_dropped(outputs, 0.5)
    np.testing.assert_array_equal(outputs.sum(axis=1), c)
    np.testing.assert_array_equal(c, h)


def test_the_state_is_dropped_but_for_c():
    cell = tf1.DropoutWrapper(Copy(SIZE), state_keep_prob=0.5, seed=1)
    output, state = cell(ONES[:, 0], cell.zero_state(ROWS, tf.float32))
    assert (output.numpy() == 1).all() and (state.c.numpy() == 1).all()
    _assert_dropped(state.h.numpy(), 0.5)


def test_a_visitor_chooses_what_of_the_state_is_dropped():
    def only_c(state):
        return tf1.LSTMStateTuple(c=True, h=False) if isinstance(state, tuple) else True

    for visitor, dropped_c, dropped_h in (
        (only_c, True, False),
        (lambda state: True, True, True),
        (lambda state: False, False, False),
    ):
        cell = tf1.DropoutWrapper(
            Copy(SIZE), state_keep_prob=0.5, dropout_state_filter_visitor=visitor
        )
        _, state = cell(ONES[:, 0], cell.zero_state(ROWS, tf.float32))
        assert (not state.c.numpy().all(), not state.h.numpy().all()) == (dropped_c, dropped_h)


def test_masks_change_from_step_to_step_from_row_to_row_and_from_call_to_call():
    cell = tf1.DropoutWrapper(Copy(SIZE), output_keep_prob=0.5)
    masks = tf1.dynamic_rnn(cell, ONES, dtype=tf.float32)[0].numpy() != 0
    for one, other in ((masks[:, 0], masks[:, 1]), (masks[0], masks[1])):
        assert 0.3 < (one == other).mean() < 0.7
    again = tf1.dynamic_rnn(cell, ONES, dtype=tf.float32)[0].numpy() != 0
    assert 0.4 < (masks == again).mean() < 0.6
    state = cell.zero_state(ROWS, tf.float32)
    assert not np.array_equal(cell(ONES[:, 0], state)[0], cell(ONES[:, 0], state)[0])


def test_inputs_and_outputs_have_masks_of_their_own():
    outputs, _, _ = run(input_keep_prob=0.5, output_keep_prob=0.5, seed=1)
    _assert_dropped(outputs, 0.25, kept=4)


def test_variational_masks_are_those_of_a_whole_sequence():
    options = dict(
        output_keep_prob=0.5, input_keep_prob=0.9, input_size=SIZE, dtype=tf.float32, seed=1
    )
    cell = tf1.DropoutWrapper(Copy(SIZE), variational_recurrent=True, **options)
    first, second = (tf1.dynamic_rnn(cell, ONES, dtype=tf.float32)[0].numpy() for _ in range(2))
    assert (first == first[:1, :1]).all()  # the same for every step and every row
    assert 0.2 < (first[0, 0] == second[0, 0]).mean() < 0.8
    state = cell.zero_state(ROWS, tf.float32)
    np.testing.assert_array_equal(cell(ONES[:, 0], state)[0], cell(ONES[:, 0], state)[0])


@pytest.mark.parametrize("variational_recurrent", [False, True])
def test_the_same_seed_gives_the_same_masks(variational_recurrent):
    def masks(wrap):
        cell = tf1.DropoutWrapper(
            Copy(SIZE), 1.0, 0.5, 1.0, variational_recurrent, None, tf.float32, seed=7
        )
        run = wrap(lambda: tf1.dynamic_rnn(cell, tf.constant(ONES), dtype=tf.float32)[0])
        return np.stack([run().numpy(), run().numpy()])

    eagerly = masks(lambda run: run)
    assert not np.array_equal(*eagerly)
    np.testing.assert_array_equal(masks(tf.function), eagerly)
    under_xla = [masks(lambda run: tf.function(run, jit_compile=True)) for _ in range(2)]
    np.testing.assert_array_equal(*under_xla)


def test_a_keep_probability_may_be_a_tensor():
    keep_prob = tf.Variable(0.5)
    cell = tf1.DropoutWrapper(Copy(SIZE), output_keep_prob=keep_prob, seed=1)
    run = tf.function(lambda: tf1.dynamic_rnn(cell, tf.constant(ONES), dtype=tf.float32)[0])
    _assert_dropped(run().numpy(), 0.5)
    keep_prob.assign(1.0)
    assert (run().numpy() == 1).all()
    _assert_dropped(run_with(tf.constant(0.25)), 0.25)
    _assert_dropped(run_with(keras.Variable(0.25)), 0.25)


def run_with(keep_prob):
    return run(output_keep_prob=keep_prob, seed=1)[0]


def test_kept_with_certainty_nothing_is_drawn():
    cell = tf1.DropoutWrapper(tf1.GRUCell(3))
    cell.build((None, 3))
    assert len(cell.variables) == len(cell.weights) == 4


def test_past_its_length_a_rows_state_is_not_dropped_again():
    cell = tf1.DropoutWrapper(Copy(SIZE), state_keep_prob=0.5, seed=1)
    _, state = tf1.dynamic_rnn(cell, ONES, np.full(ROWS, 1), dtype=tf.float32)
    _assert_dropped(state.h.numpy(), 0.5)
