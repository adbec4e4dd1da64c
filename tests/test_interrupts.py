import signal

import pytest

from keras_rnn_tutorials.storage import interrupts


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, interrupts.Terminated)],
)
def test_what_is_held_back_comes_when_the_block_is_done(number, raised):
    done = []
    with pytest.raises(raised), interrupts.terminations():
        with interrupts.held_back():
            signal.raise_signal(number)
            signal.raise_signal(number)
            done.append("written")
        done.append("not reached")
    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_comes_first():
    with pytest.raises(OSError), interrupts.held_back():
        signal.raise_signal(signal.SIGINT)
        raise OSError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
