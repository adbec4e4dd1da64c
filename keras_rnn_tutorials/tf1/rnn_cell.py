"""The cells: their base class, the simple recurrent network, the GRU, the LSTMs, and the stack.

Corresponds to TensorFlow 1.15's `python/ops/rnn_cell_impl.py`.
"""

import collections
import contextlib
import copy
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import activations, checks, protocol, saving, scopes, states
from keras_rnn_tutorials.tf1.activations import sigmoid


class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM: `c`, what it remembers, then `h`, its last output.

    TensorFlow 1 puts `c` first; Keras' own layers return `h` first. Corresponds to
    `tf.nn.rnn_cell.LSTMStateTuple` of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    Attributes:
        c: the cell state, `(batch, num_units)`.
        h: the output, `(batch, num_units)`, or `(batch, num_proj)` with a projection.
    """

    __slots__ = ()

    @property
    def dtype(self):
        """The dtype that both have."""
        if self.c.dtype != self.h.dtype:
            raise MixedDtypesError(
                f"state: c is {_name(self.c.dtype)}, but h is {_name(self.h.dtype)} "
                f"(TensorFlow 1: Inconsistent internal state: {self.c.dtype} vs {self.h.dtype})"
            )
        return self.c.dtype


class MixedDtypesError(ValueError, TypeError):
    """The parts of a state have different dtypes; TensorFlow 1 raised TypeError."""


def _name(dtype):
    return getattr(dtype, "name", dtype)


def _marked(**marks):
    """Marks a method, for `tf1.protocol` to tell it from one that a caller put in its place."""

    def mark(function):
        vars(function).update(marks)
        return function

    return mark


# For the methods that classes of this package override themselves.
follows_state_size = _marked(follows_state_size=True)
# The order of TensorFlow 1's arguments of add_weight.
_TF1_WEIGHT = (
    "name",
    "shape",
    "dtype",
    "initializer",
    "regularizer",
    "trainable",
    "constraint",
)


class RNNCell(keras.layers.Layer):
    """One step of a recurrent network: `output, new_state = cell(inputs, state)`.

    A subclass has `state_size`, `output_size`, `build(input_shape)` for its weights and
    `call(inputs, state)`; or, as in TensorFlow 1, a `__call__` of its own. A size is a number or a
    `tf.TensorShape`; both sizes may be nested, and so may the inputs. If it has its own
    `zero_state` or `get_initial_state`, the RNN functions use it for the initial state. Corresponds
    to `tf.nn.rnn_cell.RNNCell` of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    As in TensorFlow 1, a cell without a dtype takes that of the state in its first call;
    floating-point inputs are cast to it.

    Attributes:
        reads_matrices: whether the inputs must be floating-point `(batch, features)`.
        adds_scope: whether a `tf.compat.v1` graph gets a variable scope for the cell.
        reuse: whether that scope must exist, must not, or either (None).
        scope_name: of that scope.
        scope_of_variables: the scope, once it is made.
        has_variables: whether the variables in it are made: a step was taken.
    """

    _is_tf_rnn_cell = True
    reads_matrices = False
    adds_scope = True
    reuse = None
    scope_name: str
    scope_of_variables = None
    has_variables = False
    _is_made = False
    _graph_variables: list = []  # replaced, never changed

    def __init__(self, trainable: bool = True, name: str | None = None, dtype=None, **kwargs):
        """Takes what any Keras layer takes.

        Args:
            trainable: whether the weights are trained.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: `_reuse`, for `tf.compat.v1` graphs, and what `keras.layers.Layer` takes.

        Raises:
            ValueError: if a cell that reads matrices is given a dtype that is not floating-point.
        """
        object.__setattr__(self, "_is_made", True)
        reuse = kwargs.pop("_reuse", None)
        if dtype is not None and self.reads_matrices:
            checks.float_policy(dtype)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._dtype_is_settled = dtype is not None
        self.reuse = reuse
        self.scope_name = scopes.snake_case(type(self).__name__) if name is None else name

    def __new__(cls, *args, **kwargs):
        """Keeps what a cell is made with, for `copy.deepcopy`."""
        cell = super().__new__(cls, *args, **kwargs)
        object.__setattr__(cell, "_made_with", (args, kwargs))
        return cell

    def __deepcopy__(self, memo):
        """A copy; in a `tf.compat.v1` graph one that makes variables of its own when it is used.

        There TensorFlow 1.15 copied a cell without variables and failed on one with variables,
        which TensorFlow 1.0 could copy.
        """
        if scopes.in_use():
            args, kwargs = _with_copied_cells(self._made_with, memo)
            return type(self)(*args, **kwargs)
        make, arguments = self.__reduce__()
        return make(*copy.deepcopy(arguments, memo))

    def __setattr__(self, name, value):
        """Sets an attribute, also before `super().__init__()`, which Keras refuses."""
        self._make()
        super().__setattr__(name, value)

    def _make(self):
        """TensorFlow 1's cells worked without `super().__init__()`, and many leave it out."""
        if not self._is_made:
            RNNCell.__init__(self)

    @property
    def state_size(self):
        """The sizes of the state: a number, a `tf.TensorShape`, or nested tuples of them."""
        raise NotImplementedError(f"{type(self).__name__} has no state_size")

    @property
    def output_size(self):
        """The size of the output, or nested tuples of sizes."""
        raise NotImplementedError(f"{type(self).__name__} has no output_size")

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def zero_state(self, batch_size, dtype):
        """A state of zeros.

        Args:
            batch_size: a number, or a scalar integer tensor.
            dtype: of the zeros.

        Returns:
            The structure of `state_size`, each part `(batch, size)`.

        Raises:
            ValueError: if an argument is None.
        """
        checks.given("batch_size", batch_size)
        checks.given("dtype", dtype)
        return states.zeros(self.state_size, batch_size, dtype)

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """What `zero_state` returns, for a batch like `inputs` or for a number of rows.

        Args:
            inputs: a tensor `(batch, ...)`, or None.
            batch_size: needed if there are no `inputs`.
            dtype: None for that of the inputs, or else the cell's own. TensorFlow 1 had no such
                default; `keras.layers.RNN`, which runs any cell of this package, relies on it.

        Returns:
            What `zero_state` returns.

        Raises:
            ValueError: if there is neither a batch nor a size, or the arguments disagree.
        """
        self._make()
        if inputs is not None:
            inputs = keras.ops.convert_to_tensor(inputs)
            checks.agree_with_inputs(inputs, batch_size, dtype)
            rows = keras.ops.shape(inputs)[0]
            batch_size = rows if rows is not None else batch_size
            dtype = inputs.dtype
        if batch_size is None:
            raise checks.error(
                "batch_size: missing, and so are inputs to take it from",
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}",
            )
        return self.zero_state(batch_size, self.compute_dtype if dtype is None else dtype)

    @_marked(takes_a_step=True)
    @tf.autograph.experimental.do_not_convert
    def __call__(self, inputs, state, scope=None, training=None):
        """Takes one step.

        Args:
            inputs: `(batch, features)`, or what the cell reads.
            state: in the structure of `state_size`, each part `(batch, size)`.
            scope: for the variables, in a `tf.compat.v1` graph; elsewhere ignored.
            training: ignored; a Keras model passes it to every layer that it holds.

        Returns:
            The output, `(batch, output_size)`, and the new state, structured as the old one.

        Raises:
            ValueError: if an argument has another rank, width, number of rows or structure.
        """
        del training
        self._make()
        if protocol.reads_matrices(self):
            checks.step_inputs(inputs)
            checks.features("inputs", self, checks.shape_of(inputs)[-1])
        state = states.unwrap(self.state_size, state)
        if protocol.follows_its_size(self):
            checks.state("state", self, state, checks.rows(inputs))
            state = states.pack(self.state_size, state)
        dtype = states.dtype_of(state)
        if dtype is not None and keras.backend.is_float_dtype(dtype):
            self.settle_dtype(dtype)
        if scopes.in_use():
            with scopes.entered(self, scope):
                protocol.build(self, tf.nest.map_structure(_dimensions, inputs))
                return self.call(inputs, state)
        if states.holds_arrays(state):  # Keras takes them for no tensors and refuses them
            return self.call(inputs, state)
        return super().__call__(inputs, state)

    def settle_dtype(self, dtype):
        """Gives a cell its dtype if it was made without one and has no weights yet.

        Args:
            dtype: the name of a floating-point dtype.
        """
        self._make()
        if not self._dtype_is_settled and not self.built:
            self.dtype_policy = dtype
            self._dtype_is_settled = True

    def inner_cells(self) -> list:
        """The cells inside, from the one that reads the inputs on: none, in most cells."""
        return []

    def add_weight(self, *args, **kwargs):
        """Creates a weight, with Keras' arguments or with TensorFlow 1's.

        Args:
            *args: as of `keras.layers.Layer.add_weight`; or, if the first is a name, name, shape,
                dtype, initializer, regularizer, trainable and constraint.
            **kwargs: the same by name.

        Returns:
            The weight.
        """
        if args and isinstance(args[0], str):
            kwargs |= dict(zip(_TF1_WEIGHT, args, strict=False))
            args = ()
        if scopes.in_use():
            if args:
                kwargs["shape"] = args[0]
            variable = scopes.get_variable(
                **{"dtype": self.variable_dtype, "trainable": self.trainable} | kwargs
            )
            self._graph_variables = [*self._graph_variables, variable]
            return variable
        if kwargs.get("name"):
            kwargs["name"] = kwargs["name"].replace("/", "_")  # which Keras does not allow
        kwargs.pop("partitioner", None)
        return super().add_weight(*args, **kwargs)

    @property
    def variables(self):
        """The weights; in a `tf.compat.v1` graph, its variables of this cell and of those in it."""
        if not scopes.in_use():
            return super().variables
        inside = [v for cell in self.inner_cells() for v in getattr(cell, "variables", ())]
        return [*self._graph_variables, *inside]

    @property
    def weights(self):
        """The weights; in a `tf.compat.v1` graph, what `variables` is there."""
        return self.variables if scopes.in_use() else super().weights

    def add_variable(self, *args, **kwargs):
        """TensorFlow 1's older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def add_weight_in(self, scope: str, shape, initializer, name: str):
        """Creates a weight whose path ends in `scope/name`, which `add_weight` cannot.

        Args:
            scope: the last part but one of the weight's path.
            shape: of the weight.
            initializer: a Keras initializer or its name.
            name: the last part.

        Returns:
            The weight. It must be made an attribute: that is how Keras comes to know it.
        """
        if scopes.in_use():
            return self.add_weight(shape, initializer=initializer, name=f"{scope}/{name}")
        with contextlib.ExitStack() as scopes_of_keras:
            for part in scope.split("/"):
                scopes_of_keras.enter_context(keras.name_scope(part))
            weight = keras.Variable(
                keras.initializers.get(initializer or "glorot_uniform"),
                shape,
                self.variable_dtype,
                name=name,
            )
        weight.trainable = self.trainable
        return weight

    def draw(self):
        """What is drawn at random once for a whole sequence: nothing, in most cells."""
        return None

    @_marked(takes_a_call=True)
    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes the step of number `time` of a sequence: what the loops call.

        Args:
            inputs: `(batch, features)`.
            state: in the structure of `state_size`.
            drawn: what `draw` returned at the start of the sequence.
            time: number of the step, from 0; an integer or a scalar tensor.

        Returns:
            What `call` returns.
        """
        del drawn, time
        return self.call(inputs, state)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        config = super().get_config()
        if not self._dtype_is_settled:
            config["dtype"] = None
        return config


def _with_copied_cells(arguments, memo):
    """Arguments with copies of the cells among them, and everything else as it is."""
    if isinstance(arguments, RNNCell):
        return copy.deepcopy(arguments, memo)
    if type(arguments) in (tuple, list):
        return type(arguments)(_with_copied_cells(one, memo) for one in arguments)
    if type(arguments) is dict:
        return {name: _with_copied_cells(one, memo) for name, one in arguments.items()}
    return arguments


def _dimensions(tensor) -> tuple:
    return tuple(tensor.shape.as_list())


def features_of(input_shape) -> int:
    """The last entry of a shape.

    Args:
        input_shape: `(batch, features)`, or `(batch, time, features)`.

    Returns:
        The number of features.

    Raises:
        ValueError: if it is not known.
    """
    if input_shape[-1] is None:
        raise checks.error(
            f"inputs: the number of features must be known, got shape {tuple(input_shape)}",
            f"Expected inputs.shape[-1] to be known, saw shape: {tuple(input_shape)}",
        )
    return input_shape[-1]


class _OneStateCell(RNNCell):
    """A cell whose output is its state, `(batch, num_units)`."""

    reads_matrices = True

    def __init__(
        self, num_units: int, activation: Callable | str | None, name: str | None, dtype, **kwargs
    ):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.num_units = checks.positive("num_units", num_units)
        self.activation = activations.get(activation)

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.weights[0].shape[0]) - self.num_units

    @property
    def state_size(self):
        """`num_units`."""
        return self.num_units

    @property
    def output_size(self):
        """`num_units`."""
        return self.num_units

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "activation": activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class BasicRNNCell(_OneStateCell):
    """The simple recurrent network of Elman's kind.

        h' = activation([x, h] · kernel + bias)

    The output is the new state. Weights, in order: `kernel` `(features + num_units, num_units)`,
    Glorot-uniform, and `bias` `(num_units,)`, zeros. Corresponds to `tf.nn.rnn_cell.BasicRNNCell`
    of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    Examples:
        >>> cell = BasicRNNCell(5)
        >>> output, state = cell(tf.ones((2, 3)), cell.zero_state(2, tf.float32))
        >>> [weight.shape for weight in cell.get_weights()]
        [(8, 5), (5,)]
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable | str | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            activation: a function or its name; None for tanh.
            reuse: for the variable scope of a `tf.compat.v1` graph; elsewhere weights are shared
                by using the same cell.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is not a positive integer or no activation has that name.
        """
        super().__init__(num_units, activation, name, dtype, _reuse=reuse, **kwargs)

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        rows = features_of(input_shape) + self.num_units
        self.kernel = self.add_weight((rows, self.num_units), name="kernel")
        self.bias = self.add_weight((self.num_units,), initializer="zeros", name="bias")

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `(batch, num_units)`.

        Returns:
            The new state, twice: as the output and as the state.
        """
        joined = tf.concat([inputs, state], axis=1)
        output = self.activation(tf.nn.bias_add(tf.matmul(joined, self.kernel), self.bias))
        return output, output


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class GRUCell(_OneStateCell):
    """The gated recurrent unit, with one gate to reset and one to update.

        [r, u] = sigmoid([x, h] · gates/kernel + gates/bias)
        c = activation([x, r * h] · candidate/kernel + candidate/bias)
        h' = u * h + (1 - u) * c

    The reset gate works on the state before the candidate's product; Keras' own GRU, by default,
    applies it after. The output is the new state. Weights, in order: `gates/kernel`
    `(features + num_units, 2 * num_units)`, Glorot-uniform; `gates/bias` `(2 * num_units,)`, ones;
    `candidate/kernel` `(features + num_units, num_units)`, Glorot-uniform; `candidate/bias`
    `(num_units,)`, zeros. Corresponds to `tf.nn.rnn_cell.GRUCell` of TensorFlow 1.15
    (`python/ops/rnn_cell_impl.py`).
    """

    def __init__(
        self,
        num_units: int,
        activation: Callable | str | None = None,
        reuse: bool | None = None,
        kernel_initializer=None,
        bias_initializer=None,
        name: str | None = None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            activation: a function or its name; None for tanh.
            reuse: for the variable scope of a `tf.compat.v1` graph; elsewhere weights are shared
                by using the same cell.
            kernel_initializer: of both kernels; None for Glorot-uniform.
            bias_initializer: of both biases; None for ones in the gates and zeros in the candidate.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is not a positive integer or no activation has that name.
        """
        super().__init__(num_units, activation, name, dtype, _reuse=reuse, **kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        rows = features_of(input_shape) + self.num_units
        kernel = self.kernel_initializer
        gate_bias, bias = self.bias_initializer or "ones", self.bias_initializer or "zeros"
        both, one = 2 * self.num_units, self.num_units
        self.gate_kernel = self.add_weight_in("gates", (rows, both), kernel, "kernel")
        self.gate_bias = self.add_weight_in("gates", (both,), gate_bias, "bias")
        self.candidate_kernel = self.add_weight_in("candidate", (rows, one), kernel, "kernel")
        self.candidate_bias = self.add_weight_in("candidate", (one,), bias, "bias")

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: `(batch, num_units)`.

        Returns:
            The new state, twice: as the output and as the state.
        """
        r, u = self._gates(inputs, state)
        joined = tf.concat([inputs, r * state], axis=1)
        candidate = tf.matmul(joined, self.candidate_kernel)
        c = self.activation(tf.nn.bias_add(candidate, self.candidate_bias))
        output = u * state + (1 - u) * c
        return output, output

    def _gates(self, inputs, state):
        joined = tf.concat([inputs, state], axis=1)
        gates = sigmoid(tf.nn.bias_add(tf.matmul(joined, self.gate_kernel), self.gate_bias))
        return tf.split(gates, 2, axis=1)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


class _StateOfTwo(RNNCell):
    """Common parts of the LSTM cells: a state of c and h, as a tuple or as one tensor."""

    reads_matrices = True

    def __init__(
        self,
        num_units: int,
        output_size,
        forget_bias: float,
        state_is_tuple: bool,
        activation: Callable | str | None,
        name: str | None,
        dtype,
        **kwargs,
    ):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.num_units = num_units
        self.forget_bias = forget_bias
        self.state_is_tuple = state_is_tuple
        self.activation = activations.get(activation)
        self._output_size = output_size

    @property
    def features(self):
        """The number of features that the weights are made for."""
        return int(self.kernel.shape[0]) - self._output_size

    @property
    def state_size(self):
        """`LSTMStateTuple(num_units, output_size)`, or their sum."""
        if self.state_is_tuple:
            return LSTMStateTuple(self.num_units, self._output_size)
        return self.num_units + self._output_size

    @property
    def output_size(self):
        """`num_units`, or `num_proj` behind a projection."""
        return self._output_size

    def split_state(self, state):
        """Splits a state, structured as `state_size`, into c and h."""
        if self.state_is_tuple:
            return state
        return tf.split(state, [self.num_units, self._output_size], axis=1)

    def join_state(self, c, h):
        """Joins c and h to a state, structured as `state_size`."""
        return LSTMStateTuple(c, h) if self.state_is_tuple else tf.concat([c, h], axis=1)

    def _gates(self, inputs, h):
        joined = tf.concat([inputs, h], axis=1)
        gates = tf.nn.bias_add(tf.matmul(joined, self.kernel), self.bias)
        return tf.split(gates, 4, axis=1)

    def _add_kernel_and_bias(self, input_shape, initializer):
        rows, columns = features_of(input_shape) + self._output_size, 4 * self.num_units
        self.kernel = self.add_weight((rows, columns), initializer=initializer, name="kernel")
        self.bias = self.add_weight((columns,), initializer="zeros", name="bias")

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "num_units": self.num_units,
            "forget_bias": self.forget_bias,
            "state_is_tuple": self.state_is_tuple,
            "activation": activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class BasicLSTMCell(_StateOfTwo):
    """The LSTM without peepholes, clipping or projection.

        [i, j, f, o] = [x, h] · kernel + bias
        c' = sigmoid(f + forget_bias) * c + sigmoid(i) * activation(j)
        h' = sigmoid(o) * activation(c')

    The output is h'. The gates are in the kernel's columns in the order input, candidate, forget,
    output; in Keras' own LSTM the forget gate comes second. `forget_bias` is added at every step
    and is not part of the bias. Weights, in order: `kernel`
    `(features + num_units, 4 * num_units)`, Glorot-uniform, and `bias` `(4 * num_units,)`, zeros.
    Corresponds to `tf.nn.rnn_cell.BasicLSTMCell` of TensorFlow 1.15
    (`python/ops/rnn_cell_impl.py`).

    Examples:
        >>> cell = BasicLSTMCell(5)
        >>> output, state = cell(tf.ones((2, 3)), cell.zero_state(2, tf.float32))
        >>> state.c.shape, state.h.shape
        (TensorShape([2, 5]), TensorShape([2, 5]))
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable | str | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the state and of the output.
            forget_bias: added to the forget gate before its sigmoid.
            state_is_tuple: whether the state is `LSTMStateTuple(c, h)`; if not, it is one tensor
                `(batch, 2 * num_units)`, c before h.
            activation: of the candidate and of the output; a function or its name; None for tanh.
            reuse: for the variable scope of a `tf.compat.v1` graph; elsewhere weights are shared
                by using the same cell.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` is not a positive integer or no activation has that name.
        """
        num_units = checks.positive("num_units", num_units)
        super().__init__(
            num_units,
            num_units,
            forget_bias,
            state_is_tuple,
            activation,
            name,
            dtype,
            _reuse=reuse,
            **kwargs,
        )

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        self._add_kernel_and_bias(input_shape, None)

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output h', `(batch, num_units)`, and the new state.
        """
        c, h = self.split_state(state)
        i, j, f, o = self._gates(inputs, h)
        c = c * sigmoid(f + self.forget_bias) + sigmoid(i) * self.activation(j)
        h = self.activation(c) * sigmoid(o)
        return h, self.join_state(c, h)


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class LSTMCell(_StateOfTwo):
    """The LSTM, with optional peepholes, clipping and projection.

        [i, j, f, o] = [x, h] · kernel + bias
        c' = sigmoid(f + forget_bias + w_f_diag * c) * c
             + sigmoid(i + w_i_diag * c) * activation(j)
        c' = clip(c', -cell_clip, cell_clip)
        h' = sigmoid(o + w_o_diag * c') * activation(c')
        h' = clip(h' · projection/kernel, -proj_clip, proj_clip)

    The output is h'. The three `diag` terms are the peepholes, through which the gates see the cell
    state: input and forget gate the old one, the output gate the new one. Weights, in order:
    `kernel` `(features + width of h, 4 * num_units)`; `bias` `(4 * num_units,)`, zeros; with
    peepholes `w_f_diag`, `w_i_diag`, `w_o_diag`, each `(num_units,)`; with a projection
    `projection/kernel` `(num_units, num_proj)`. Corresponds to `tf.nn.rnn_cell.LSTMCell` of
    TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer=None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable | str | None = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype=None,
        **kwargs,
    ):
        """Takes TensorFlow 1's arguments.

        Args:
            num_units: width of the cell state, and of the output without a projection.
            use_peepholes: whether the gates see the cell state.
            cell_clip: largest absolute value of the cell state; None for no limit.
            initializer: of all weights but the bias; None for Glorot-uniform.
            num_proj: width of the projected output; None for no projection.
            proj_clip: largest absolute value of the projected output; None for no limit. Without a
                projection it does nothing.
            num_unit_shards: ignored; it split the kernel among several machines.
            num_proj_shards: ignored; it split the projection among several machines.
            forget_bias: added to the forget gate before its sigmoid.
            state_is_tuple: whether the state is `LSTMStateTuple(c, h)`; if not, it is one tensor, c
                before h.
            activation: of the candidate and of the output; a function or its name; None for tanh.
            reuse: for the variable scope of a `tf.compat.v1` graph; elsewhere weights are shared
                by using the same cell.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `num_units` or `num_proj` is not a positive integer or no activation has
                that name.
        """
        del num_unit_shards, num_proj_shards
        num_units = checks.positive("num_units", num_units)
        if num_proj is not None:
            num_proj = checks.positive("num_proj", num_proj)
        width = num_proj or num_units
        super().__init__(
            num_units,
            width,
            forget_bias,
            state_is_tuple,
            activation,
            name,
            dtype,
            _reuse=reuse,
            **kwargs,
        )
        self.use_peepholes = use_peepholes
        self.cell_clip = cell_clip
        self.initializer = keras.initializers.get(initializer)
        self.num_proj = num_proj
        self.proj_clip = proj_clip

    def build(self, input_shape):
        """Creates the weights.

        Args:
            input_shape: `(batch, features)`.
        """
        initializer = self.initializer
        self._add_kernel_and_bias(input_shape, initializer)
        if self.use_peepholes:
            self.w_f_diag, self.w_i_diag, self.w_o_diag = (
                self.add_weight((self.num_units,), initializer=initializer, name=name)
                for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
        if self.num_proj is not None:
            self.projection_kernel = self.add_weight_in(
                "projection", (self.num_units, self.num_proj), initializer, "kernel"
            )

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The output h', `(batch, output_size)`, and the new state.
        """
        c, h = self.split_state(state)
        i, j, f, o = self._gates(inputs, h)
        f = f + self.forget_bias
        if self.use_peepholes:
            f, i = f + self.w_f_diag * c, i + self.w_i_diag * c
        c = sigmoid(f) * c + sigmoid(i) * self.activation(j)
        if self.cell_clip is not None:
            c = self._clipped(c)
        if self.use_peepholes:
            o = o + self.w_o_diag * c
        h = sigmoid(o) * self.activation(c)
        if self.num_proj is not None:
            h = tf.matmul(h, self.projection_kernel)
            if self.proj_clip is not None:
                limit = float(self.proj_clip)
                h = tf.clip_by_value(h, -limit, limit)
        return h, self.join_state(c, h)

    def _clipped(self, c):
        limit = float(self.cell_clip)
        return tf.clip_by_value(c, -limit, limit)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "use_peepholes": self.use_peepholes,
            "cell_clip": self.cell_clip,
            "initializer": keras.initializers.serialize(self.initializer),
            "num_proj": self.num_proj,
            "proj_clip": self.proj_clip,
        }


@keras.saving.register_keras_serializable("keras_rnn_tutorials")
class MultiRNNCell(RNNCell):
    """Cells on top of each other.

        h_1, s_1' = cells[0](x, s_1)
        h_2, s_2' = cells[1](h_1, s_2)
        ...

    The output is the last cell's. The state is a tuple of the cells' states, or, if they are
    tensors, their concatenation. The weights are the cells', from first to last; the last part but
    two of a weight's path is `cell_0`, `cell_1` and so on. Corresponds to
    `tf.nn.rnn_cell.MultiRNNCell` of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).
    """

    def __init__(self, cells: Sequence, state_is_tuple: bool = True, **kwargs):
        """Takes TensorFlow 1's arguments.

        Args:
            cells: a list of cells, from the one that reads the inputs to the one whose output is
                this cell's. The same cell twice shares its weights, and must read inputs of one
                width in both places.
            state_is_tuple: whether the state is a tuple of the cells' states; if not, it is one
                tensor, and no cell may have a tuple for a state.
            **kwargs: what `keras.layers.Layer` takes.

        Raises:
            ValueError: if `cells` is not a list of cells, or a cell's state is a tuple and
                `state_is_tuple` is False.
        """
        checks.cells("cells", cells)
        sizes = [cell.state_size for cell in cells]
        if not state_is_tuple and any(map(states.is_tuple, sizes)):
            raise checks.error(
                f"state_is_tuple: must be True, as a cell's state is a tuple: {sizes}",
                "Some cells return tuples of states, but the flag state_is_tuple is not set. "
                f"State sizes are: {sizes}",
            )
        super().__init__(**kwargs)
        self.cells = list(cells)
        for i, cell in enumerate(self.cells):
            saving.track(self, cell, f"cell-{i}")  # TensorFlow 1's name
        self.state_is_tuple = state_is_tuple

    def inner_cells(self) -> list:
        """The cells, from first to last."""
        return list(self.cells)

    @property
    def state_size(self):
        """A tuple of the cells' state sizes, or their sum."""
        sizes = tuple(cell.state_size for cell in self.cells)
        return sizes if self.state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        """That of the last cell."""
        return self.cells[-1].output_size

    @follows_state_size
    @tf.autograph.experimental.do_not_convert
    def zero_state(self, batch_size, dtype):
        """What the cells' own `zero_state` returns, in a tuple; zeros if the state is one tensor.

        Args:
            batch_size: a number, or a scalar integer tensor.
            dtype: of the state.

        Returns:
            A tuple of states, or `(batch_size, state_size)`.
        """
        if not self.state_is_tuple:
            return super().zero_state(batch_size, dtype)
        checks.given("batch_size", batch_size)
        checks.given("dtype", dtype)
        return tuple(protocol.zero_state(cell, batch_size, dtype) for cell in self.cells)

    def settle_dtype(self, dtype):
        """Sets the dtype of this cell and of those in it, if they have none yet."""
        super().settle_dtype(dtype)
        for cell in self.cells:
            protocol.settle_dtype(cell, dtype)

    def build(self, input_shape):
        """Creates the cells' weights.

        Args:
            input_shape: `(batch, features)`.

        Raises:
            ValueError: if a cell stands in two places that read inputs of different widths.
        """
        shapes, widths = [input_shape], []
        for cell in self.cells[:-1]:
            shapes.append(
                tf.nest.map_structure(
                    lambda size: (None, *states.dimensions(size).as_list()), cell.output_size
                )
            )
        for i, (cell, shape) in enumerate(zip(self.cells, shapes, strict=True)):
            with scopes.opened(None, f"cell_{i}"), keras.name_scope(f"cell_{i}"):
                protocol.build(cell, shape)
            flat = shape if not any(map(states.is_tuple, shape)) else [None]
            widths.append(flat[-1])
        checks.widths_in_a_stack("cells", self.cells, widths)

    def draw(self):
        """What each cell draws for a whole sequence."""
        return [protocol.draw(cell) for cell in self.cells]

    def call(self, inputs, state) -> tuple:
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.

        Returns:
            The last cell's output and the new state.
        """
        return self.step(inputs, state, self.draw(), 0)

    def step(self, inputs, state, drawn, time) -> tuple:
        """Takes one step in every cell.

        Args:
            inputs: `(batch, features)`.
            state: as `state_size` says.
            drawn: what `draw` returned.
            time: number of the step.

        Returns:
            What `call` returns.
        """
        if not self.state_is_tuple:
            state = tf.split(state, [cell.state_size for cell in self.cells], axis=1)
        new_state = []
        for i, (cell, cell_state, cell_drawn) in enumerate(
            zip(self.cells, state, drawn, strict=True)
        ):
            with scopes.opened(None, f"cell_{i}"):
                inputs, cell_state = protocol.step(cell, inputs, cell_state, cell_drawn, time)
            new_state.append(cell_state)
        return inputs, tuple(new_state) if self.state_is_tuple else tf.concat(new_state, axis=1)

    def get_config(self) -> dict:
        """The arguments that make such a cell again."""
        return super().get_config() | {
            "cells": [saving.cell_config(cell) for cell in self.cells],
            "state_is_tuple": self.state_is_tuple,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A cell as `get_config` describes it."""
        cells = [saving.cell_from_config(cell, custom_objects) for cell in config["cells"]]
        return cls(**(config | {"cells": cells}))
