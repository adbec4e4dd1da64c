"""Limits XLA's effects on the rest of the process: its threads and its memory."""

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
    """Makes XLA not use YNNPACK for matrix products, for the rest of this process.

    YNNPACK splits a product among all of TensorFlow's threads. If each core already runs its own
    program, the threads only compete for the cores. Large products are still faster with YNNPACK
    (benchmarks/NOTES.md has the sizes), so this is for programs with small products. XLA reads its
    flags once, when it first compiles. So this function compiles something, and then restores the
    environment for subprocesses. If XLA has compiled before, or `XLA_FLAGS` contains this flag,
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
    """Returns freed memory to the system every few moments while XLA compiles in the block.

    XLA's compiler frees much memory in small pieces, and so does the tracing before it. Otherwise
    the memory freed after compiling one program would still be held while the next one is compiled
    or runs. Only glibc has a function to return it.

    Args:
        compiles: whether XLA compiles; if False, nothing happens.
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
