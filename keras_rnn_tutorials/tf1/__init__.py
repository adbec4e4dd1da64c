"""TensorFlow 1's recurrent vocabulary on Keras 3: `import keras_rnn_tutorials.tf1 as tf1`.

Names, arguments, defaults, weights, state structures and results are those of TensorFlow 1.15's
`tf.nn.rnn_cell`, `tf.nn` and `tf.contrib.rnn`; its weights drop in unchanged. Cells and functions
take eager tensors, tensors inside `tf.function`, and Keras' symbolic inputs.

What a ported script will notice:

- Weights live in the cell, not in a variable scope: a cell used twice shares them, two cells never
  do. `reuse` and `scope` are accepted and ignored.
- In single precision sigmoid and tanh are computed as TensorFlow 1 did; see `tf1.arithmetic`.
- With `jit_compile=True` the functions run `BasicRNNCell`, `GRUCell`, `BasicLSTMCell` and plain
  `LSTMCell`s as whole-sequence kernels, which are faster and round elsewhere; see `tf1.kernels`.
- A wrong argument gives a ValueError, also where TensorFlow 1 raised TypeError.
- Keras' symbolic tensors are unstacked by `keras.ops.unstack`, not by `tf.unstack`.
"""

from keras_rnn_tutorials.tf1.adam import AdamOptimizer
from keras_rnn_tutorials.tf1.basic import BasicRNNCell, GRUCell
from keras_rnn_tutorials.tf1.bidirectional import (
    bidirectional_dynamic_rnn,
    stack_bidirectional_dynamic_rnn,
    static_bidirectional_rnn,
)
from keras_rnn_tutorials.tf1.cell import RNNCell
from keras_rnn_tutorials.tf1.dropout import DropoutWrapper
from keras_rnn_tutorials.tf1.lstm import BasicLSTMCell, LSTMCell
from keras_rnn_tutorials.tf1.multi import MultiRNNCell
from keras_rnn_tutorials.tf1.residual import ResidualWrapper
from keras_rnn_tutorials.tf1.rnn import dynamic_rnn, static_rnn
from keras_rnn_tutorials.tf1.states import LSTMStateTuple

__all__ = [
    "AdamOptimizer",
    "BasicLSTMCell",
    "BasicRNNCell",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
    "bidirectional_dynamic_rnn",
    "dynamic_rnn",
    "stack_bidirectional_dynamic_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
]
