"""Starts Python again with BLAS on one thread, so that the process may fork; imports TensorFlow."""

import os
import sys

if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # BLAS reads it once
    quiet = {"OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **quiet})

import keras  # noqa: F401  what is imported here, no child imports again
import matplotlib.figure  # noqa: F401
