"""Adam with the arithmetic of TensorFlow 1."""

import keras
import numpy as np


def AdamOptimizer(  # a function that makes one, under TensorFlow 1's name
    learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
) -> keras.optimizers.Adam:
    """Keras' own Adam, with TensorFlow 1's defaults and its betas rounded to single precision.

        m = m + (1 - beta1) * (gradient - m)
        v = v + (1 - beta2) * (gradient² - v)
        alpha = learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t)
        variable = variable - alpha * m / (sqrt(v) + epsilon)

    TensorFlow 1 computes `1 - beta2` in single precision, 0.0010000467; Keras in double, 0.001.
    With the betas rounded first, both give TensorFlow 1's number; otherwise the two part by more
    than all other rounding. Answers to `tf.train.AdamOptimizer` of TensorFlow 1.15
    (`python/training/adam.py`, and `ApplyAdam` in `core/kernels/training_ops.cc`).

    Args:
        learning_rate: a number, or a Keras schedule.
        beta1: decay of the mean of gradients.
        beta2: decay of the mean of squared gradients.
        epsilon: added to the root; Keras' own default is 1e-7.

    Returns:
        The optimizer, which is saved and loaded as any of Keras' own.
    """
    return keras.optimizers.Adam(
        learning_rate, float(np.float32(beta1)), float(np.float32(beta2)), epsilon
    )
