"""TensorFlow 1's RNN cells and functions on Keras 3: `import keras_rnn_tutorials.tf1 as tf1`.

Names, arguments, defaults, weights, state structures and results are those of TensorFlow 1.15's
`tf.nn.rnn_cell`, `tf.nn` and `tf.contrib.rnn`; its weights can be used unchanged. Cells and
functions take eager tensors, tensors inside `tf.function`, and Keras' symbolic inputs.

As in TensorFlow 1, a cell is anything that behaves like one: the classes here, classes derived from
them (with their own `call`, `__call__`, `zero_state` or `get_initial_state`), Keras' cells, and any
object that has `state_size`, `output_size` and an initial state, and can be called. Inputs, outputs
and states may be nested and have any number of dimensions. `keras.layers.RNN` runs the cells of
this package.

"The same result" means: the largest difference, divided by the largest entry, is at most 1e-6 in
float32, or 4 times the difference between TensorFlow 1's own float32 and float64 results. All 188
behaviours that `tests/tf1_oracle/behaviours.py` runs under TensorFlow 1.15.5 and here agree.

Remaining differences from TensorFlow 1, and their reasons:

- Weights belong to the cell, not to a variable scope, because Keras 3 has no scopes: a cell that is
  used twice shares its weights, two cells never do. `reuse` and `scope` are accepted and ignored.
  In a `tf.compat.v1` graph they are TensorFlow 1's variables, names and scopes; see `tf1.scopes`.
- A wrong argument raises a one-line ValueError that begins with the argument's name and ends with
  TensorFlow 1's message. If TensorFlow 1 raised TypeError (RuntimeError for a loss that is not a
  function), the error is an instance of that class as well. Some errors are raised earlier than in
  TensorFlow 1, which raised them when the graph was run.
- A known `sequence_length` beyond the input, or below 0, is refused. TensorFlow 1 treated it as the
  whole row, or as none, in one direction, and failed in the other. A length that is known only when
  the graph runs behaves as in TensorFlow 1. Under XLA, which cannot raise errors, it means the
  whole row, or none, in the backward direction too.
- A keep probability of 0 is refused when the wrapper is made; TensorFlow 1 refused it at the call.
- A state that is a list or a plain tuple is treated as an `LSTMStateTuple`, because a saved Keras
  model loses the name; `dynamic_rnn` of TensorFlow 1 refused it.
- Floating-point inputs are cast to the state's dtype, as Keras' layers do; TensorFlow 1 refused
  another dtype.
- `get_initial_state` needs no dtype: `keras.layers.RNN` gives none.
- Keras' cells may be used in wrappers and stacks without an initial state; TensorFlow 1 called
  their `zero_state`, which they do not have. Their defaults are Keras 3's (`reset_after`,
  `recurrent_activation`), and a dtype other than the cell's own is refused.
- Nested outputs of `bidirectional_dynamic_rnn` are reversed one by one; TensorFlow 1
  concatenated them first, and reversed the wrong axis.
- A cell that is not a Keras layer is refused in a model of symbolic tensors, which could not find
  its weights. Keras' symbolic tensors are unstacked by `keras.ops.unstack`, not by `tf.unstack`.
- `static_rnn` in a graph computes the steps after the longest row and discards them; TensorFlow 1
  skipped them. A NaN in that padding reaches the gradients.
- Zero steps under XLA are possible only if the number is known when the function is traced.
- The random numbers of `DropoutWrapper` are different, and a derived wrapper's own `call` is used.
- `AdamOptimizer` works as in TensorFlow 1's eager mode: the loss is a function.
- In single precision sigmoid and tanh are computed as TensorFlow 1 did; see `tf1.activations`.
- With `jit_compile=True` the functions run `BasicRNNCell`, `GRUCell`, `BasicLSTMCell` and plain
  `LSTMCell`s as whole-sequence kernels, which are faster and round differently; see `tf1.kernels`.
- `raw_rnn` needs tensors. It supports neither Keras' symbolic inputs nor XLA, because its number of
  steps is not known. `LSTMBlockFusedCell` reads nothing after the end of a row; in TensorFlow 1 a
  NaN there reached the outputs.
- Not included: `static_state_saving_rnn`, and those cells and wrappers of `tf.contrib.rnn` that are
  not in `tf1.contrib`, such as `GridLSTMCell` and `PhasedLSTMCell`.
"""

from keras_rnn_tutorials.tf1.adam import AdamOptimizer
from keras_rnn_tutorials.tf1.contrib import (
    AttentionCellWrapper,
    CudnnCompatibleGRUCell,
    CudnnCompatibleLSTMCell,
    EmbeddingWrapper,
    GRUBlockCell,
    GRUBlockCellV2,
    InputProjectionWrapper,
    LayerNormBasicLSTMCell,
    LSTMBlockCell,
    LSTMBlockFusedCell,
    NASCell,
    OutputProjectionWrapper,
    TimeReversedFusedRNN,
    UGRNNCell,
)
from keras_rnn_tutorials.tf1.rnn import (
    bidirectional_dynamic_rnn,
    dynamic_rnn,
    raw_rnn,
    stack_bidirectional_dynamic_rnn,
    stack_bidirectional_rnn,
    static_bidirectional_rnn,
    static_rnn,
)
from keras_rnn_tutorials.tf1.rnn_cell import (
    BasicLSTMCell,
    BasicRNNCell,
    GRUCell,
    LSTMCell,
    LSTMStateTuple,
    MultiRNNCell,
    RNNCell,
)
from keras_rnn_tutorials.tf1.wrappers import DeviceWrapper, DropoutWrapper, ResidualWrapper

__all__ = [
    "AdamOptimizer",
    "AttentionCellWrapper",
    "BasicLSTMCell",
    "BasicRNNCell",
    "CudnnCompatibleGRUCell",
    "CudnnCompatibleLSTMCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "EmbeddingWrapper",
    "GRUBlockCell",
    "GRUBlockCellV2",
    "GRUCell",
    "InputProjectionWrapper",
    "LSTMBlockCell",
    "LSTMBlockFusedCell",
    "LSTMCell",
    "LSTMStateTuple",
    "LayerNormBasicLSTMCell",
    "MultiRNNCell",
    "NASCell",
    "OutputProjectionWrapper",
    "RNNCell",
    "ResidualWrapper",
    "TimeReversedFusedRNN",
    "UGRNNCell",
    "bidirectional_dynamic_rnn",
    "dynamic_rnn",
    "raw_rnn",
    "stack_bidirectional_dynamic_rnn",
    "stack_bidirectional_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
]
