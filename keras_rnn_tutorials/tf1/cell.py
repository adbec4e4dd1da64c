"""What every cell has: sizes, a zero state, and TensorFlow 1's way of being called."""

import keras
import tensorflow as tf

from keras_rnn_tutorials.tf1 import checks, protocol, states


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
    `tf.TensorShape`; both sizes may be nested, and so may the inputs. A `zero_state` or a
    `get_initial_state` of its own is what the functions over time begin with. Answers to
    `tf.nn.rnn_cell.RNNCell` of TensorFlow 1.15 (`python/ops/rnn_cell_impl.py`).

    As there, a cell without a dtype of its own takes that of what it is first called with: of the
    state, to which floating-point inputs are cast.

    Attributes:
        reads_matrices: whether the inputs must be floating-point `(batch, features)`.
    """

    _is_tf_rnn_cell = True
    reads_matrices = False
    _is_made = False

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        """Takes what any Keras layer takes.

        Args:
            trainable: whether the weights are trained.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: `_reuse`, ignored, and what `keras.layers.Layer` takes.

        Raises:
            ValueError: if a cell that reads matrices is given a dtype that is not floating-point.
        """
        object.__setattr__(self, "_is_made", True)
        kwargs.pop("_reuse", None)
        if dtype is not None and self.reads_matrices:
            checks.float_policy(dtype)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._dtype_is_settled = dtype is not None

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
            scope: ignored.
            training: ignored; a Keras model passes it to every layer that it holds.

        Returns:
            The output, `(batch, output_size)`, and the new state, structured as the old one.

        Raises:
            ValueError: if an argument has another rank, width, number of rows or structure.
        """
        del scope, training
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
        if kwargs.get("name"):
            kwargs["name"] = kwargs["name"].replace("/", "_")  # which Keras does not allow
        return super().add_weight(*args, **kwargs)

    def add_variable(self, *args, **kwargs):
        """TensorFlow 1's older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def add_weight_in(self, scope, shape, initializer, name):
        """Creates a weight whose path ends in `scope/name`, which `add_weight` cannot.

        Args:
            scope: the last part but one of the weight's path.
            shape: of the weight.
            initializer: a Keras initializer or its name.
            name: the last part.

        Returns:
            The weight. It must be made an attribute: that is how Keras comes to know it.
        """
        with keras.name_scope(scope):
            weight = keras.Variable(
                keras.initializers.get(initializer), shape, self.variable_dtype, name=name
            )
        weight.trainable = self.trainable
        return weight

    def draw(self):
        """What is drawn at random once for a whole sequence: nothing, in most cells."""
        return None

    @_marked(takes_a_call=True)
    def step(self, inputs, state, drawn, time):
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

    def get_config(self):
        """The arguments that make such a cell again."""
        config = super().get_config()
        if not self._dtype_is_settled:
            config["dtype"] = None
        return config


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
