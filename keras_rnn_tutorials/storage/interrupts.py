"""Ctrl-C and SIGTERM: handled immediately, but only once, and never during a write."""

import contextlib
import os
import signal
import sys
import threading


def end_in_one_line():
    """Makes Ctrl-C end the process with one line while a command still imports its modules.

    `terminations` undoes this: from then on the command handles Ctrl-C.
    """
    if threading.current_thread() is threading.main_thread():
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _end)


def _end(number, frame):
    print("\nInterrupted. Nothing was started.", file=sys.stderr, flush=True)
    # No exception here: some modules that are being imported answer one with a traceback.
    os._exit(130)


class Terminated(KeyboardInterrupt):
    """SIGTERM, which stops a run as Ctrl-C does and ends the process with another status."""


_last: KeyboardInterrupt | None = None  # what the last signal raised in this process


@contextlib.contextmanager
def terminations():
    """Raises `Terminated` in the main thread when SIGTERM comes inside the block.

    Ctrl-C raises `KeyboardInterrupt` as usual. While either of them is being handled, further
    signals are ignored, so that saving and its messages are finished however often the keys are
    pressed. A signal that the process ignores or handles itself is not changed. The block is left
    with the interrupt, even if a library has replaced it by another exception.
    """

    def stop(number, _):
        global _last
        if not _is_stopping():
            _last = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
            raise _last

    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    ways = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    with _handling({n: stop for n, way in ways.items() if signal.getsignal(n) is way}):
        with restored():
            yield


@contextlib.contextmanager
def restored():
    """Raises an interrupt again if a library has replaced it by an error of its own.

    While TensorFlow traces a graph, C++ and Python call each other. A KeyboardInterrupt that is
    raised there becomes a RuntimeError, a SystemError or a TypeError on its way out.
    """
    before = _last
    try:
        yield
    except Exception as error:
        if _last is None or _last is before:
            raise
        raise _last from error


@contextlib.contextmanager
def held_back():
    """Delays Ctrl-C and SIGTERM until the block is finished."""
    received = []
    # A handler that was not set from Python reads as None and could not be restored.
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not None]
    with _handling(dict.fromkeys(numbers, lambda number, _: received.append(number))):
        yield
    for number in received[:1]:
        signal.raise_signal(number)


@contextlib.contextmanager
def _handling(handlers: dict):
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers
        return
    old = {}
    try:
        for number, handler in handlers.items():
            old[number] = signal.signal(number, handler)
        yield
    finally:
        for number, handler in old.items():
            if signal.getsignal(number) is handlers[number]:  # the block has set no other
                signal.signal(number, handler)


def _is_stopping() -> bool:
    """Whether a KeyboardInterrupt is being handled, or led to the current error."""
    error = sys.exception()
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None
