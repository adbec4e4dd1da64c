"""Words that follow one another by a rule, for ptb_word_lm.py."""
import numpy as np
import tensorflow as tf


def words(count, vocab_size):
    return np.array([(i * i + i) % vocab_size for i in range(count)], dtype=np.int32)


def batches(raw, batch_size, num_steps):
    assert tf.__version__.startswith("1.")
    length = len(raw) // batch_size
    data = raw[:batch_size * length].reshape([batch_size, length])
    for i in range((length - 1) // num_steps):
        x = data[:, i * num_steps:(i + 1) * num_steps]
        y = data[:, i * num_steps + 1:(i + 1) * num_steps + 1]
        yield (x, y)
