"""What XLA does to the rest of the process: the threads and the memory that it takes."""

import contextlib
import ctypes
import functools
import os
import platform
import threading

import tensorflow as tf

MOMENT = 0.05  # seconds
_FLAG = "--xla_cpu_experimental_ynn_fusion_type"


@functools.cache
def keep_products_on_their_core():
    """Tells XLA not to give matrix products to YNNPACK, for the rest of this process.

    YNNPACK splits a product over all of TensorFlow's threads. Where each core has a program of its
    own already, the threads only take the cores from each other. Large products gain all the same
    (benchmarks/NOTES.md has the sizes), so this is for programs of small ones. XLA reads its flags
    once, when it first compiles: this compiles something, and leaves the environment as it was for
    the processes that this one may start. If XLA has compiled before, or `XLA_FLAGS` has this flag,
    nothing changes.
    """
    given = os.environ.get("XLA_FLAGS")
    if given is not None and _FLAG in given:
        return
    os.environ["XLA_FLAGS"] = f"{given or ''} {_FLAG}=-individual_dot"
    try:
        with tf.init_scope():
            tf.function(tf.identity, jit_compile=True)(0.0)
    finally:
        if given is None:
            del os.environ["XLA_FLAGS"]
        else:
            os.environ["XLA_FLAGS"] = given


@contextlib.contextmanager
def returning_memory(compiles: bool):
    """Gives the system back what is freed while XLA compiles in here, every few moments.

    Its compiler leaves much behind in small pieces, and so does the tracing before it. What one
    program's compilation left would otherwise still be held while the next one is compiled, or
    runs. Only glibc has a way to give it back.

    Args:
        compiles: whether it does; nothing happens otherwise.
    """
    if not compiles or platform.libc_ver()[0] != "glibc":
        yield
        return
    done = threading.Event()
    returner = threading.Thread(target=_return_memory_until, args=[done])
    returner.start()
    try:
        yield
    finally:
        done.set()
        returner.join()


def _return_memory_until(done):
    trim = ctypes.CDLL(None).malloc_trim
    while not done.wait(MOMENT):
        trim(0)
    trim(0)
