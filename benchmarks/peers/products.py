"""Matrix products alone, through the library that the argument names: numpy, torch or xla.

    {"command": "product", "shape": [rows, inner, columns]}   -> {"seconds": ...}

Every product reads another of a few matrices, as the time steps of a sequence do.
"""

import sys
import time
from statistics import median

import numpy as np
import protocol

REPEATS = 7
LONG_ENOUGH = 0.05  # seconds for the clock
MATRICES = 8


def timed(run):
    """Times one product.

    Args:
        run: called with a number; makes that many products.

    Returns:
        Seconds a product, the median of some repeats.
    """
    count = 16
    while _seconds(run, count) < LONG_ENOUGH:
        count *= 2
    return median(_seconds(run, count) / count for _ in range(REPEATS))


def _seconds(run, count):
    start = time.perf_counter()
    run(count)
    return time.perf_counter() - start


def numpy_loop(left, right):
    """Calls of NumPy's BLAS."""
    out = np.empty((left.shape[1], right.shape[1]), np.float32)

    def run(count):
        for i in range(count):
            np.matmul(left[i % MATRICES], right, out=out)

    return run


def torch_loop(left, right):
    """Calls of PyTorch's `mm`."""
    import torch

    stack, right = list(torch.from_numpy(left)), torch.from_numpy(right)
    out = torch.empty(left.shape[1], right.shape[1])

    def run(count):
        for i in range(count):
            torch.mm(stack[i % MATRICES], right, out=out)

    return run


def xla_loop(left, right):
    """A loop inside one XLA program."""
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def loop(stack, right, count):
        def step(i, _):
            return i + 1, tf.matmul(stack[i % MATRICES], right)

        start = (0, tf.zeros((stack.shape[1], right.shape[1])))
        return tf.while_loop(lambda i, _: i < count, step, start)[1]

    stack, right = tf.constant(left), tf.constant(right)
    return lambda count: loop(stack, right, tf.constant(count)).numpy()


LIBRARIES = {"numpy": numpy_loop, "torch": torch_loop, "xla": xla_loop}


def product(shape):
    """Answers how long a product takes.

    Args:
        shape: rows, inner, columns.

    Returns:
        The answer.
    """
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    left = rng.normal(size=(MATRICES, rows, inner)).astype(np.float32)
    right = rng.normal(size=(inner, columns)).astype(np.float32)
    return {"seconds": timed(LIBRARIES[sys.argv[1]](left, right))}


if __name__ == "__main__":
    protocol.serve({"product": product})
