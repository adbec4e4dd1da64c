"""TensorFlow 1's recurrent vocabulary on Keras 3: `import keras_rnn_tutorials.tf1 as tf1`.

Names, arguments, defaults, weights, state structures and results are those of TensorFlow 1.15's
`tf.nn.rnn_cell`, `tf.nn` and `tf.contrib.rnn`; its weights drop in unchanged. Cells and functions
take eager tensors, tensors inside `tf.function`, and Keras' symbolic inputs.

As there, a cell is anything that behaves as one: the classes here, what is derived from them (with
a `call`, a `__call__`, a `zero_state` or a `get_initial_state` of its own), Keras' cells, and any
object with `state_size`, `output_size`, a call and a way to begin. Inputs, outputs and states may
be nested and have any number of dimensions. `keras.layers.RNN` runs the cells of this package.

"The same result" means: the largest difference, divided by the largest entry, is at most 1e-6 in
float32, or 4 times the distance of TensorFlow 1's own float32 result from the float64 one. Of 188
behaviours that `tests/tf1_oracle/behaviours.py` runs under TensorFlow 1.15.5 and here, all agree.

What stays different from TensorFlow 1, and why:

- Weights live in the cell, not in a variable scope, as Keras 3 has no scopes: a cell used twice
  shares them, two cells never do. `reuse` and `scope` are accepted and ignored. In a
  `tf.compat.v1` graph they are TensorFlow 1's variables, names and scopes; see `tf1.scopes`.
- A wrong argument gives a ValueError of one line that begins with the argument's name and ends with
  TensorFlow 1's words. Where TensorFlow 1 raised TypeError (RuntimeError for a loss that is no
  function) it is one of these too. Some errors come earlier than in TensorFlow 1, where they came
  when the graph was run.
- A known `sequence_length` beyond the input, or below 0, is refused: TensorFlow 1 took it for the
  whole row, or for none, in one direction, and failed in the other. A length that is known only
  when the graph runs does what it did there; under XLA, which cannot fail, it is the whole row, or
  none, in the backward direction too.
- A keep probability of 0 is refused when the wrapper is made; TensorFlow 1 refused it at the call.
- A state that is a list or a plain tuple is taken for an `LSTMStateTuple`, as a saved Keras model
  has lost the name; `dynamic_rnn` of TensorFlow 1 refused it.
- Floating-point inputs are cast to the state's dtype, as Keras' layers do; TensorFlow 1 refused
  another dtype.
- `get_initial_state` needs no dtype: `keras.layers.RNN` gives none.
- Keras' cells may stand in wrappers and stacks without an initial state; TensorFlow 1 asked them
  for a `zero_state` that they do not have. Their defaults are Keras 3's (`reset_after`,
  `recurrent_activation`), and a dtype other than the cell's own is refused.
- Nested outputs of `bidirectional_dynamic_rnn` are reversed one by one; TensorFlow 1 joined them
  into one tensor first, and reversed the wrong axis.
- A cell that is no Keras layer is refused in a model of symbolic tensors, which could not find its
  weights. Keras' symbolic tensors are unstacked by `keras.ops.unstack`, not by `tf.unstack`.
- `static_rnn` in a graph computes the steps past the longest row and discards them; TensorFlow 1
  left them out. A NaN in that padding reaches the gradients.
- No steps at all under XLA need a number of steps that is known when the function is traced.
- The random numbers of `DropoutWrapper` are other ones, and a derived wrapper's own `call` is used.
- `AdamOptimizer` works as in TensorFlow 1's eager mode: the loss is a function.
- In single precision sigmoid and tanh are computed as TensorFlow 1 did; see `tf1.activations`.
- With `jit_compile=True` the functions run `BasicRNNCell`, `GRUCell`, `BasicLSTMCell` and plain
  `LSTMCell`s as whole-sequence kernels, which are faster and round elsewhere; see `tf1.kernels`.
- `raw_rnn` needs tensors: no symbolic inputs of Keras, and no XLA, as it may take any number of
  steps. `LSTMBlockFusedCell` reads nothing past a row's length; in TensorFlow 1 a NaN there
  reached the outputs.
- Not here: `static_state_saving_rnn`, and what is not in `tf1.contrib` of `tf.contrib.rnn`'s
  cells and wrappers, such as `GridLSTMCell` and `PhasedLSTMCell`.
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
