import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials.data import batches
from keras_rnn_tutorials.data.dataset import Split

X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10)


def _orders(seed, epochs, batch_size=4):
    """The order of the examples in each epoch, and the batches' sizes."""
    seen = list(batches.shuffled(Split(X, Y), batch_size, seed, epochs).as_numpy_iterator())
    for x, y in seen:
        np.testing.assert_array_equal(x, X[y])
    order = np.concatenate([y for _, y in seen]).reshape(epochs, 10).tolist()
    return order, [len(y) for _, y in seen]


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (10, [10]), (1, [1] * 10)])
def test_every_epoch_visits_every_example_once(batch_size, sizes):
    orders, seen_sizes = _orders(0, 3, batch_size)
    assert [sorted(order) for order in orders] == [list(range(10))] * 3
    assert seen_sizes == sizes * 3


def test_the_order_depends_on_the_seed_and_the_epoch_and_on_nothing_else():
    orders, _ = _orders(0, 5)
    assert len({tuple(order) for order in orders}) == 5
    assert _orders(0, 2)[0] == orders[:2]
    assert _orders(0, 2, batch_size=3)[0] == orders[:2]
    assert _orders(1, 5)[0] != orders


@pytest.mark.parametrize(("left_out", "sizes"), [(0, [4, 4, 2]), (3, [4, 3]), (8, [2]), (10, [])])
def test_what_is_left_out_at_the_start_changes_nothing_else(left_out, sizes):
    whole, _ = _orders(0, 3)
    seen = batches.shuffled(Split(X, Y), 4, 0, 3, start=(1, left_out)).as_numpy_iterator()
    batches_seen = [y.tolist() for _, y in seen]
    assert [len(y) for y in batches_seen] == [*sizes, 4, 4, 2]
    assert sum(batches_seen, []) == whole[1][left_out:] + whole[2]


def test_a_million_epochs_take_no_time_before_the_first():
    numbers = batches.shuffled(Split(X, Y), 4, 0, 1_000_000, start=(999_999, 0))
    assert len(list(numbers)) == 3
    first = next(batches.shuffled(Split(X, Y), 4, 0, 1_000_000_000).as_numpy_iterator())
    assert first[1].tolist() == _orders(0, 1)[0][0][:4]


def test_examples_are_read_by_their_numbers():
    numbers = [7, 0, 7], [3]
    data = batches.read(Split(X, Y), lambda batch: numbers[batch], 2)
    assert data.cardinality() == tf.data.UNKNOWN_CARDINALITY
    read = list(data.as_numpy_iterator())
    for (x, y), wanted in zip(read, numbers, strict=True):
        np.testing.assert_array_equal(x, X[wanted])
        np.testing.assert_array_equal(y, wanted)
        assert (x.dtype, y.dtype) == (X.dtype, Y.dtype)
