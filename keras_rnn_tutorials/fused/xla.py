"""What XLA does to the rest of the process: the threads and the memory that it takes."""

import ctypes
import functools
import os
import platform

import tensorflow as tf

_FLAG = "--xla_cpu_experimental_ynn_fusion_type"


@functools.cache
def keep_products_on_their_core():
    """Tells XLA not to give matrix products to YNNPACK, for the rest of this process.

    YNNPACK splits a product over all of TensorFlow's threads. Where each core has a program of its
    own already, the threads only take the cores from each other. XLA reads its flags once, when it
    first compiles: this compiles something, and leaves the environment as it was for the processes
    that this one may start. If XLA has compiled before, or `XLA_FLAGS` has this flag, nothing
    changes.
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


def return_memory():
    """Gives the system back what was freed: XLA's compiler leaves much behind, in small pieces.

    Only glibc has a way to say so.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
