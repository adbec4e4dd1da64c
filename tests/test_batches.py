import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.data.dataset import Split

X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10)


def _order(seed, epoch, batch_size=4, skip=0):
    """The order of the examples in an epoch, and the batches' sizes."""
    seen = list(batches.shuffled(Split(X, Y), batch_size, seed, epoch, skip).as_numpy_iterator())
    for x, y in seen:
        np.testing.assert_array_equal(x, X[y])
    return [int(i) for _, y in seen for i in y], [len(y) for _, y in seen]


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (10, [10]), (1, [1] * 10)])
def test_every_epoch_visits_every_example_once(batch_size, sizes):
    for epoch in range(3):
        order, seen_sizes = _order(0, epoch, batch_size)
        assert sorted(order) == list(range(10)) and seen_sizes == sizes


def test_the_order_depends_on_the_seed_and_the_epoch_and_on_nothing_else():
    orders = [_order(0, epoch)[0] for epoch in range(5)]
    assert len({tuple(order) for order in orders}) == 5
    assert [_order(0, epoch)[0] for epoch in range(5)] == orders
    assert [_order(0, epoch, batch_size=3)[0] for epoch in range(2)] == orders[:2]
    assert [_order(1, epoch)[0] for epoch in range(5)] != orders
    shuffle = tf.random.experimental.stateless_shuffle
    assert shuffle(tf.range(10), seed=(0, 3)).numpy().tolist() == orders[3]


@pytest.mark.parametrize(("skip", "sizes"), [(0, [4, 4, 2]), (3, [4, 3]), (8, [2]), (10, [])])
def test_what_is_skipped_at_the_start_changes_nothing_else(skip, sizes):
    whole, _ = _order(0, 1)
    assert _order(0, 1, skip=skip) == (whole[skip:], sizes)


def test_the_millionth_epoch_takes_no_time_before_its_first_batch():
    first = next(batches.shuffled(Split(X, Y), 4, 0, 1_000_000_000).as_numpy_iterator())
    assert len(first[1]) == 4


def test_examples_are_read_by_their_numbers():
    numbers = [7, 0, 7], [3]
    data = batches.read(Split(X, Y), lambda batch: numbers[batch], 2)
    assert len(data) == 2
    read = list(data.as_numpy_iterator())
    for (x, y), wanted in zip(read, numbers, strict=True):
        np.testing.assert_array_equal(x, X[wanted])
        np.testing.assert_array_equal(y, wanted)
        assert (x.dtype, y.dtype) == (X.dtype, Y.dtype)
