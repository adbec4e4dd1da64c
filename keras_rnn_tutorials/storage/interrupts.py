"""Ctrl-C and SIGTERM: heard at once, except while something is being written."""

import contextlib
import signal
import threading


class Terminated(KeyboardInterrupt):
    """SIGTERM, which stops a run as Ctrl-C does and ends the process with another status."""


@contextlib.contextmanager
def terminations():
    """Raises `Terminated` in the main thread when SIGTERM comes inside the block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return

    def stop(*_):
        raise Terminated

    old = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)


@contextlib.contextmanager
def held_back():
    """Lets the block finish before Ctrl-C or SIGTERM does what it would have done at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    old = {n: signal.signal(n, lambda number, _: received.append(number)) for n in numbers}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
    for number in received[:1]:
        signal.raise_signal(number)
