import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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


def test_an_interrupt_that_is_being_handled_is_not_interrupted():
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts.terminations():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
                with contextlib.suppress(OSError), interrupts.held_back():
                    signal.raise_signal(number)
                    done.append("saved")
            raise
    assert done == ["saved"] * 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_was_handled_does_not_keep_out_the_next():
    with interrupts.terminations():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


def test_a_signal_that_is_ignored_or_handled_otherwise_is_left_alone(monkeypatch):
    set_handlers = []
    with monkeypatch.context() as patch:  # as if a handler was set by a library in C
        patch.setattr(signal, "getsignal", lambda number: None)
        patch.setattr(signal, "signal", lambda *arguments: set_handlers.append(arguments))
        with interrupts.terminations(), interrupts.held_back():
            pass
    assert set_handlers == []
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts.terminations():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, old)


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, interrupts.Terminated)],
)
@pytest.mark.parametrize("restoring", [interrupts.restored, contextlib.nullcontext])
def test_an_interrupt_that_a_library_replaced_is_raised_again(number, raised, restoring):
    with pytest.raises(raised) as caught, interrupts.terminations(), restoring():
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            pass  # so that nothing of it is left in the error
        raise SystemError("bad argument to internal function")
    assert str(caught.value.__cause__) == "bad argument to internal function"


def test_an_error_after_an_interrupt_of_an_earlier_block_stays_what_it_is():
    with interrupts.terminations():
        with pytest.raises(KeyboardInterrupt), interrupts.restored():
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(SystemError), interrupts.restored():
            raise SystemError


STOPPED = """
import signal
from keras_rnn_tutorials.storage import interrupts
try:
    with interrupts.terminations():
        try:
            print("ready", flush=True)
            signal.pause()
        finally:
            total = sum(i % 7 for i in range(20_000_000))
            print("saved", flush=True)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def test_many_interrupts_in_a_row_lose_nothing():
    command = [sys.executable, "-c", STOPPED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        for _ in range(20):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        assert process.communicate()[0] == "saved\nstopped\n"


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "experiments.mnist_lstm"],
        ["-c", "import sys; sys.argv = ['keras-rnn-tutorials']; import keras_rnn_tutorials.runner"],
    ],
)
def test_ctrl_c_while_a_command_imports_ends_it_in_one_line(command, tmp_path):
    (tmp_path / "matplotlib.py").write_text("import signal; signal.raise_signal(signal.SIGINT)")
    done = subprocess.run(
        [sys.executable, *command],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "\nInterrupted. Nothing was started.\n"


def test_a_command_that_has_begun_handles_ctrl_c_itself():
    before = signal.getsignal(signal.SIGINT)
    try:
        interrupts.end_in_one_line()
        with pytest.raises(KeyboardInterrupt), interrupts.terminations():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
