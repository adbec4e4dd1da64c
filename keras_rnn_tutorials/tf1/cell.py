"""What every cell has: sizes, a zero state, and TensorFlow 1's way of being called."""

import keras

from keras_rnn_tutorials.tf1 import checks, states


class RNNCell(keras.layers.Layer):
    """One step of a recurrent network: `output, new_state = cell(inputs, state)`.

    A subclass has `state_size`, `output_size`, `build(input_shape)` for its weights and
    `call(inputs, state)`. Answers to `tf.nn.rnn_cell.RNNCell` of TensorFlow 1.15
    (`python/ops/rnn_cell_impl.py`).

    As there, a cell without a dtype of its own takes that of what it is first called with: of the
    state, to which floating-point inputs are cast.
    """

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        """Takes what any Keras layer takes.

        Args:
            trainable: whether the weights are trained.
            name: of the layer.
            dtype: of weights and arithmetic; None for that of the first state.
            **kwargs: `_reuse`, ignored, and what `keras.layers.Layer` takes.
        """
        kwargs.pop("_reuse", None)
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._dtype_is_settled = dtype is not None

    @property
    def state_size(self):
        """A number, or nested tuples of numbers: the widths of the state's parts."""
        raise NotImplementedError(f"{type(self).__name__} has no state_size")

    @property
    def output_size(self):
        """The width of the output."""
        raise NotImplementedError(f"{type(self).__name__} has no output_size")

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

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """A state of zeros, for a batch like `inputs` or for a number of rows.

        Args:
            inputs: a tensor `(batch, ...)`, or None.
            batch_size: if there are no `inputs`.
            dtype: if there are no `inputs`.

        Returns:
            What `zero_state` returns.
        """
        if inputs is not None:
            inputs = keras.ops.convert_to_tensor(inputs)
            batch_size, dtype = keras.ops.shape(inputs)[0], inputs.dtype
        return self.zero_state(batch_size, dtype)

    def __call__(self, inputs, state, scope=None, training=None):
        """Takes one step.

        Args:
            inputs: `(batch, features)`.
            state: in the structure of `state_size`, each part `(batch, size)`.
            scope: ignored.
            training: ignored; a Keras model passes it to every layer that it holds.

        Returns:
            The output, `(batch, output_size)`, and the new state, structured as the old one.

        Raises:
            ValueError: if an argument has another rank, width, number of rows or structure.
        """
        del scope, training
        checks.step_inputs(inputs)
        checks.state("state", self, state, checks.rows(inputs))
        self.settle_dtype(states.dtype_of(state))
        return super().__call__(inputs, states.pack(self.state_size, state))

    def settle_dtype(self, dtype):
        """Gives a cell its dtype if it was made without one and has no weights yet.

        Args:
            dtype: the name of a floating-point dtype.
        """
        if not self._dtype_is_settled and not self.built:
            self.dtype_policy = dtype
            self._dtype_is_settled = True

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
        raise ValueError(
            f"inputs: the number of features must be known, got shape {tuple(input_shape)}"
        )
    return input_shape[-1]
