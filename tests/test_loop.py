import pytest
import tensorflow as tf

from keras_rnn_tutorials._private_apis import disable_op_determinism, is_op_determinism_enabled
from keras_rnn_tutorials.errors import CannotWrite
from keras_rnn_tutorials.runner import loop


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ("events.out.tfevents.1; No space left on device", CannotWrite),
        ("OOM when allocating tensor with shape[99999,99999]", MemoryError),
    ],
)
def test_a_full_disk_is_distinguished_from_a_full_memory(said, raised):
    with pytest.raises(raised), loop._exhausted_resources():
        raise tf.errors.ResourceExhaustedError(None, None, said)


@pytest.mark.parametrize("deterministic", [True, False])
def test_operations_are_held_to_one_order_for_the_length_of_a_fit(deterministic):
    with loop.deterministic_operations(deterministic):
        assert is_op_determinism_enabled() is deterministic
    assert not is_op_determinism_enabled()


def test_determinism_that_the_caller_switched_on_stays_on():
    tf.config.experimental.enable_op_determinism()
    try:
        for deterministic in (True, False):
            with loop.deterministic_operations(deterministic):
                assert is_op_determinism_enabled()
            assert is_op_determinism_enabled()
    finally:
        disable_op_determinism()
