"""Uses of TensorFlow 1.15's recurrent functions as in users' code, run by both TensorFlows.

Each function of `BEHAVIOURS` takes an `Env`, which stands for the TensorFlow it runs under, and
returns a dictionary of arrays, numbers, words and lists of them. `write_behaviours.py` records
TensorFlow 1.15.5's results in `tests/golden/behaviours.json`; `tests/test_tf1_behaviours.py`
compares them with the port's. `REFUSED` does the same for errors. Python 3.7 reads this too.
"""

import numpy as np

BEHAVIOURS, REFUSED = {}, {}

BATCH, TIME, FEATURES, UNITS = 2, 4, 3, 5
LENGTHS = [2, 4]


def behaviour(function):
    BEHAVIOURS[function.__name__] = function
    return function


def for_each(**choices):
    """One behaviour for each choice; `for_each(name=[values])`."""
    ((name, values),) = choices.items()

    def register(function):
        for value in values:
            BEHAVIOURS[f"{function.__name__}-{value}"] = lambda env, value=value: function(
                env, **{name: value}
            )
        return function

    return register


def refused(words):
    """An error; `words` are in TensorFlow 1's message and in the port's."""

    def register(function):
        REFUSED[function.__name__] = (words, function)
        return function

    return register


def numbers(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype("float32")


def sequences(*shape):
    return numbers(*(shape or (BATCH, TIME, FEATURES)))


def shape(tensor):
    return tensor.shape.as_list()


# Callers' cells


def plus1(env, size=FEATURES):
    class Plus1(env.RNNCell):
        output_size = state_size = size

        def __call__(self, inputs, state, scope=None):
            return inputs + 1, state + 1

    return Plus1()


def plus1_call(env, size=FEATURES):
    class Plus1(env.RNNCell):
        output_size = state_size = size

        def call(self, inputs, state):
            return inputs + 1, state + 1

    return Plus1()


def many_dimensions(env, *sizes):
    class ManyDimensions(env.RNNCell):
        def __init__(self, sizes):  # TensorFlow 1 did without super().__init__()
            self._sizes = tuple(sizes)

        @property
        def output_size(self):
            return env.tf.TensorShape(self._sizes)

        @property
        def state_size(self):
            return (env.tf.TensorShape(self._sizes),) * 2

        def __call__(self, inputs, state, scope=None):
            h, c = state
            return inputs + 1, (h + inputs, c + 1)

    return ManyDimensions(sizes)


def nested(env):
    class Nested(env.RNNCell):
        output_size, state_size = (3, 4), (3, 1)

        def __call__(self, inputs, state, scope=None):
            x, y = inputs
            return (x + 1, y + state[1]), (state[0] + x, state[1] + 1)

    return Nested()


def counter(env):
    class Counter(env.RNNCell):
        output_size = 1
        state_size = env.tf.TensorShape([])

        def zero_state(self, batch_size, dtype):
            return env.tf.zeros([], env.tf.int32)

        def call(self, inputs, state):
            return inputs, state + 1

    return Counter()


def unequal_outputs(env):
    class UnequalOutputs(env.RNNCell):
        output_size = (env.tf.TensorShape(1), env.tf.TensorShape(2))
        state_size = env.tf.TensorShape([])

        def zero_state(self, batch_size, dtype):
            return env.tf.zeros([], env.tf.int32)

        def call(self, inputs, state):
            return (inputs, env.tf.concat((inputs, inputs), axis=-1)), state + 1

    return UnequalOutputs()


def notebook(env):
    class Notebook(env.RNNCell):
        output_size = 1
        state_size = (env.tf.TensorShape([]), ())

        def zero_state(self, batch_size, dtype):
            array = env.tf.TensorArray(dtype=dtype, size=0, dynamic_size=True)
            return env.tf.zeros([], env.tf.int32), array

        def call(self, inputs, state):
            return inputs, (state[0] + 1, state[1].write(state[0], inputs))

    return Notebook()


def starting_at(env, base, value, **arguments):
    """A cell whose zero_state is not zero."""

    class Starting(base):
        def zero_state(self, batch_size, dtype):
            return env.nest.map_structure(
                lambda size: value * env.tf.ones((batch_size, size), dtype), self.state_size
            )

    return Starting(UNITS, **arguments)


class Duck:
    """No cell by class; one by what it has."""

    def __init__(self, env, zero_state=True, get_initial_state=False):
        self.env, self.output_size, self.state_size = env, FEATURES, FEATURES
        if zero_state:
            self.zero_state = lambda batch_size, dtype: env.tf.ones((batch_size, FEATURES), dtype)
        if get_initial_state:
            self.get_initial_state = lambda inputs=None, batch_size=None, dtype=None: (
                7 * env.tf.ones((batch_size, FEATURES), dtype)
            )

    def __call__(self, inputs, state, scope=None):
        return inputs + state, state + 1


# The functions over time, called alike


FUNCTIONS = ["dynamic", "static", "bidirectional_dynamic", "bidirectional_static", "stack"]
FORWARD = ["dynamic", "static"]


def run_over_time(env, function, make, inputs, lengths=None, cells=None, **options):
    """Runs cells of `make` over inputs `(batch, time, ...)`; returns outputs and states, flat."""
    made = cells or [make() for _ in range(1 if function in FORWARD else 2)]
    options.setdefault("dtype", env.tf.float32)

    def build(inputs):
        steps = function.endswith("static") and env.unstack(inputs)
        if function == "dynamic":
            return env.dynamic_rnn(made[0], inputs, lengths, **options)
        if function == "static":
            return env.static_rnn(made[0], steps, sequence_length=lengths, **options)
        if function == "bidirectional_dynamic":
            return env.bidirectional_dynamic_rnn(
                made[0], made[1], inputs, sequence_length=lengths, **options
            )
        if function == "bidirectional_static":
            return env.static_bidirectional_rnn(
                made[0], made[1], steps, sequence_length=lengths, **options
            )
        return env.stack_bidirectional_dynamic_rnn(
            [made[0]], [made[1]], inputs, sequence_length=lengths, **options
        )

    return {"all": env.run(build, made, inputs)}


@for_each(function=FUNCTIONS)
def a_call_of_its_own_is_called(env, function):
    return run_over_time(env, function, lambda: plus1(env), sequences())


@for_each(function=FUNCTIONS)
def a_call_of_its_own_with_lengths(env, function):
    return run_over_time(env, function, lambda: plus1(env), sequences(), LENGTHS)


@for_each(function=FORWARD)
def a_cell_with_call(env, function):
    return run_over_time(env, function, lambda: plus1_call(env), sequences(), LENGTHS)


@for_each(function=FUNCTIONS)
def a_zero_state_of_its_own(env, function):
    return run_over_time(
        env, function, lambda: starting_at(env, env.BasicRNNCell, 0.5), sequences()
    )


@for_each(function=FUNCTIONS)
def a_zero_state_of_its_own_with_lengths(env, function):
    return run_over_time(
        env, function, lambda: starting_at(env, env.BasicLSTMCell, 0.5), sequences(), LENGTHS
    )


@for_each(function=FUNCTIONS)
def a_zero_state_behind_wrappers(env, function):
    def make():
        inside = env.DropoutWrapper(starting_at(env, env.GRUCell, 0.5))
        return env.MultiRNNCell([inside, env.ResidualWrapper(starting_at(env, env.GRUCell, 2.0))])

    return run_over_time(env, function, make, sequences())


@for_each(function=FUNCTIONS)
def a_stack_in_a_stack_begins_with_its_cells_states(env, function):
    def make():
        inside = env.MultiRNNCell([starting_at(env, env.LSTMCell, 0.5), env.GRUCell(4)])
        return env.DropoutWrapper(env.MultiRNNCell([inside, env.BasicRNNCell(2)]))

    return run_over_time(env, function, make, sequences())


@for_each(function=FORWARD)
def a_given_state_comes_before_the_cells_own(env, function):
    return run_over_time(
        env,
        function,
        lambda: starting_at(env, env.BasicRNNCell, 0.5),
        sequences(),
        initial_state=env.tf.constant(numbers(BATCH, UNITS)),
    )


@for_each(function=FORWARD)
def get_initial_state_comes_before_zero_state(env, function):
    return run_over_time(env, function, lambda: Duck(env, True, True), sequences())


@for_each(function=FUNCTIONS)
def a_duck_with_zero_state(env, function):
    return run_over_time(env, function, lambda: Duck(env), sequences(), LENGTHS)


@for_each(function=FORWARD)
def a_duck_with_get_initial_state(env, function):
    return run_over_time(env, function, lambda: Duck(env, False, True), sequences())


@for_each(function=FORWARD)
def a_duck_in_a_stack(env, function):
    return run_over_time(
        env, function, lambda: env.MultiRNNCell([Duck(env), env.GRUCell(2)]), sequences(), LENGTHS
    )


@for_each(function=FORWARD)
def a_duck_in_wrappers(env, function):
    def make():
        return env.ResidualWrapper(env.DropoutWrapper(Duck(env)))

    return run_over_time(env, function, make, sequences())


@for_each(function=["dynamic", "static", "bidirectional_dynamic", "bidirectional_static"])
def many_dimensions_of_inputs(env, function):
    return run_over_time(
        env,
        function,
        lambda: many_dimensions(env, 3, 2, 2),
        sequences(BATCH, TIME, 3, 2, 2),
        LENGTHS,
    )


@behaviour
def many_dimensions_without_lengths(env):
    return run_over_time(
        env, "dynamic", lambda: many_dimensions(env, 3, 2), sequences(BATCH, TIME, 3, 2)
    )


def _nested_inputs():
    return sequences(BATCH, TIME, 3), sequences(BATCH, TIME, 4)


@for_each(lengths=["none", "some"])
def nested_inputs_dynamic(env, lengths):
    lengths = LENGTHS if lengths == "some" else None
    cell = nested(env)

    def build(x, y):
        return env.dynamic_rnn(cell, (x, y), lengths, dtype=env.tf.float32)

    return {"all": env.run(build, [cell], *_nested_inputs())}


@for_each(lengths=["none", "some"])
def nested_inputs_static(env, lengths):
    lengths = LENGTHS if lengths == "some" else None
    cell = nested(env)

    def build(x, y):
        steps = list(zip(env.unstack(x), env.unstack(y)))  # noqa: B905  Python 3.7 has no strict
        return env.static_rnn(cell, steps, sequence_length=lengths, dtype=env.tf.float32)

    return {"all": env.run(build, [cell], *_nested_inputs())}


@behaviour
def nested_inputs_time_major(env):
    cell = nested(env)
    inputs = [x.swapaxes(0, 1) for x in _nested_inputs()]

    def build(x, y):
        return env.dynamic_rnn(cell, (x, y), LENGTHS, dtype=env.tf.float32, time_major=True)

    return {"all": env.run(build, [cell], *inputs)}


@behaviour
def nested_inputs_static_bidirectional(env):
    cells = [nested(env), nested(env)]

    def build(x, y):
        steps = list(zip(env.unstack(x), env.unstack(y)))  # noqa: B905  Python 3.7 has no strict
        return env.static_bidirectional_rnn(
            cells[0], cells[1], steps, sequence_length=LENGTHS, dtype=env.tf.float32
        )

    return {"all": env.run(build, cells, *_nested_inputs())}


@behaviour
def nested_inputs_bidirectional_to_one_output(env):
    class Joins(env.RNNCell):
        output_size, state_size = 7, 1

        def call(self, inputs, state):
            return env.tf.concat(inputs, 1) + state, state + 1

    cells = [Joins(), Joins()]

    def build(x, y):
        return env.bidirectional_dynamic_rnn(
            cells[0], cells[1], (x, y), LENGTHS, dtype=env.tf.float32
        )

    return {"all": env.run(build, cells, *_nested_inputs())}


@behaviour
def nested_outputs_are_structured_as_output_size(env):
    cell = unequal_outputs(env)
    outputs, state = env.dynamic_rnn(cell, env.tf.ones((1, TIME, 1)), [3], dtype=env.tf.float32)
    return {
        "types": [type(outputs).__name__, len(outputs)],
        "shapes": [shape(outputs[0]), shape(outputs[1])],
        "all": env.values([outputs, state]),
    }


@for_each(longest=[0, 1, 3, 4])
def a_scalar_state_counts_the_steps_taken_dynamic(env, longest):
    return run_over_time(env, "dynamic", lambda: counter(env), sequences(2, TIME, 1), [0, longest])


@for_each(longest=[0, 1, 3, 4])
def a_scalar_state_counts_the_steps_taken_static(env, longest):
    return run_over_time(env, "static", lambda: counter(env), sequences(2, TIME, 1), [0, longest])


@behaviour
def a_tensor_array_in_the_state(env):
    cell = notebook(env)

    def build(inputs):
        outputs, state = env.dynamic_rnn(cell, inputs, [4], dtype=env.tf.float32)
        return outputs, state[0], state[1].stack()

    return {"all": env.run(build, [cell], sequences(1, TIME, 1))}


@behaviour
def a_state_of_integers(env):
    class Counts(env.RNNCell):
        output_size = state_size = 2

        def call(self, inputs, state):
            return inputs + state, state + 1

    cell = Counts()

    def build(x):
        return env.dynamic_rnn(cell, x, LENGTHS, dtype=env.tf.int32)

    return {"all": env.run(build, [cell], np.ones((BATCH, TIME, 2), "int32"))}


@behaviour
def integer_inputs_of_a_callers_cell(env):
    class Looks(env.RNNCell):
        output_size = state_size = 4

        def call(self, inputs, state):
            rows = env.tf.gather(env.tf.constant(numbers(6, 4)), inputs[:, 0])
            return rows, state + rows

    cell = Looks()

    def build(x):
        return env.dynamic_rnn(cell, x, [1, 2], dtype=env.tf.float32)

    return {"all": env.run(build, [cell], np.array([[[1], [5]], [[2], [0]]], "int32"))}


@behaviour
def one_number_a_row_and_step_static(env):
    class Sums(env.RNNCell):
        output_size = env.tf.TensorShape([])
        state_size = env.tf.TensorShape([])

        def call(self, inputs, state):
            return inputs + state, state + inputs

    cell = Sums()

    def build(x):
        return env.static_rnn(cell, env.unstack(x), dtype=env.tf.float32)

    return {"all": env.run(build, [cell], numbers(BATCH, TIME))}


# Lengths


@behaviour
def lengths_of_unknown_rank(env):
    cell = env.GRUCell(UNITS)

    def build(x, n):
        return env.dynamic_rnn(cell, x, n, dtype=env.tf.float32)

    lengths = np.array(LENGTHS, "int64")
    return {"all": env.run(build, [cell], sequences(), lengths, shapes=[(None, None, 3), None])}


@behaviour
def lengths_of_unknown_rank_static(env):
    cell = plus1(env)

    def build(x, n):
        return env.static_rnn(cell, env.unstack(x), sequence_length=n, dtype=env.tf.float32)

    lengths = np.array(LENGTHS, "int64")
    return {"all": env.run(build, [cell], sequences(), lengths, shapes=[(None, TIME, 3), None])}


@for_each(function=FORWARD)
def a_length_beyond_the_input_is_the_whole_row(env, function):
    cell = env.BasicLSTMCell(UNITS)

    def build(x, n):
        if function == "dynamic":
            return env.dynamic_rnn(cell, x, n, dtype=env.tf.float32)
        return env.static_rnn(cell, env.unstack(x), sequence_length=n, dtype=env.tf.float32)

    lengths = np.array([9, 2], "int32")
    return {"all": env.run(build, [cell], sequences(), lengths, shapes=[(2, TIME, 3), (None,)])}


@for_each(function=FORWARD)
def a_negative_length_is_none(env, function):
    cell = env.BasicLSTMCell(UNITS)

    def build(x, n):
        if function == "dynamic":
            return env.dynamic_rnn(cell, x, n, dtype=env.tf.float32)
        return env.static_rnn(cell, env.unstack(x), sequence_length=n, dtype=env.tf.float32)

    lengths = np.array([-1, 2], "int32")
    return {"all": env.run(build, [cell], sequences(), lengths, shapes=[(2, TIME, 3), (None,)])}


@behaviour
def lengths_that_are_not_whole_are_cut(env):
    return run_over_time(
        env, "dynamic", lambda: env.GRUCell(UNITS), sequences(), np.array([1.9, 3.2], "float32")
    )


@for_each(dtype=["int32", "int64"])
def lengths_of_either_dtype(env, dtype):
    return run_over_time(
        env, "dynamic", lambda: env.GRUCell(UNITS), sequences(), np.array(LENGTHS, dtype)
    )


@for_each(cell=["BasicRNNCell", "GRUCell", "LSTMCell", "Plus1"])
def no_steps_at_all(env, cell):
    cell = plus1(env) if cell == "Plus1" else getattr(env, cell)(3)

    def build(x):
        return env.dynamic_rnn(cell, x, dtype=env.tf.float32)

    x = np.zeros((BATCH, 0, 3), "float32")
    return {"all": env.run(build, [cell], x, shapes=[(BATCH, None, 3)])}


@behaviour
def no_steps_at_all_with_lengths_and_a_state(env):
    cell = env.GRUCell(3)
    state = env.tf.constant(numbers(BATCH, 3))

    def build(x):
        return env.dynamic_rnn(cell, x, [0, 0], initial_state=state)

    return {"all": env.run(build, [cell], np.zeros((BATCH, 0, 3), "float32"))}


@behaviour
def no_steps_at_all_in_both_directions(env):
    cells = [env.GRUCell(3), env.GRUCell(2)]

    def build(x):
        return env.bidirectional_dynamic_rnn(*cells, inputs=x, dtype=env.tf.float32)

    x = np.zeros((BATCH, 0, 3), "float32")
    return {"all": env.run(build, cells, x, shapes=[(BATCH, None, 3)])}


@behaviour
def static_shapes_of_a_loop_are_those_of_its_inputs(env):
    found = {}
    cell = env.LSTMCell(UNITS)

    def build(x):
        outputs, state = env.dynamic_rnn(cell, x, dtype=env.tf.float32)
        found["shapes"] = [shape(outputs), shape(state.c), shape(state.h)]
        return outputs

    env.run(build, [cell], sequences(), shapes=[(None, TIME, 3)])
    return found


# Keras' cells


def _keras_cell(env, name):
    layers = env.keras.layers
    if name == "stacked":
        return layers.StackedRNNCells([layers.LSTMCell(4, **_GATES), layers.LSTMCell(5, **_GATES)])
    if name == "stacked_mixed":
        return layers.StackedRNNCells([layers.SimpleRNNCell(4), layers.LSTMCell(5, **_GATES)])
    options = {"SimpleRNNCell": {}, "LSTMCell": _GATES, "GRUCell": dict(_GATES, reset_after=False)}
    return getattr(layers, name)(UNITS, **options[name])


# TensorFlow 1's Keras had another default.
_GATES = {"recurrent_activation": "sigmoid"}
KERAS_CELLS = ["SimpleRNNCell", "GRUCell", "LSTMCell", "stacked"]


@for_each(name=KERAS_CELLS + ["stacked_mixed"])
def keras_cells_dynamic(env, name):
    return run_over_time(env, "dynamic", lambda: _keras_cell(env, name), sequences())


@for_each(name=KERAS_CELLS)
def keras_cells_static(env, name):
    return run_over_time(env, "static", lambda: _keras_cell(env, name), sequences())


@for_each(name=["LSTMCell", "stacked"])
def keras_cells_with_lengths(env, name):
    return run_over_time(env, "dynamic", lambda: _keras_cell(env, name), sequences(), LENGTHS)


@for_each(name=["SimpleRNNCell", "LSTMCell"])
def keras_cells_in_both_directions(env, name):
    return run_over_time(env, "bidirectional_dynamic", lambda: _keras_cell(env, name), sequences())


@behaviour
def a_keras_cells_final_state(env):
    made = {}
    for name in ("SimpleRNNCell", "GRUCell", "LSTMCell"):
        _, state = env.dynamic_rnn(
            _keras_cell(env, name), env.tf.ones((2, 3, 3)), dtype=env.tf.float32, scope=name
        )
        made[name] = [isinstance(state, (list, tuple)), len(env.nest.flatten(state))]
    return made


@behaviour
def a_keras_cell_in_a_stack(env):
    cell = env.MultiRNNCell([_keras_cell(env, "LSTMCell"), env.GRUCell(2)])

    def zeros(size):
        return env.tf.zeros((BATCH, size))

    state = ([zeros(UNITS), zeros(UNITS)], zeros(2))

    def build(x):
        return env.dynamic_rnn(cell, x, initial_state=state)

    return {"all": env.run(build, [cell], sequences())}


@for_each(name=["BasicRNNCell", "GRUCell", "LSTMCell", "BasicLSTMCell"])
def keras_rnn_runs_a_cell(env, name):
    cell = getattr(env, name)(UNITS)
    layer = env.keras.layers.RNN(cell, return_sequences=True, return_state=True)
    return {"all": env.run(lambda x: list(layer(x)), [cell], sequences())}


@behaviour
def keras_rnn_runs_a_stack(env):
    cell = env.MultiRNNCell([env.LSTMCell(UNITS), env.LSTMCell(2)])
    layer = env.keras.layers.RNN(cell, return_sequences=True)
    return {"all": env.run(layer, [cell], sequences())}


# Wrappers


@behaviour
def a_wrappers_properties(env):
    cell = env.BasicRNNCell(10)
    found = {}
    for wrapper in (env.DropoutWrapper(cell), env.ResidualWrapper(cell)):
        found[type(wrapper).__name__] = [
            getattr(wrapper, "wrapped_cell", cell) is cell,
            wrapper.state_size,
            wrapper.output_size,
        ]
    return found


@for_each(wrapper=["DropoutWrapper", "ResidualWrapper"])
def a_wrappers_zero_state_is_the_cells(env, wrapper):
    class Cell(env.BasicRNNCell):
        def zero_state(self, batch_size=None, dtype=None):
            return "the cell's"

    wrapper = getattr(env, wrapper)(Cell(10))
    return {"zero_state": wrapper.zero_state(10, env.tf.float32)}


@behaviour
def a_stacks_zero_state_is_a_tuple_of_the_cells(env):
    class Cell(env.BasicRNNCell):
        def zero_state(self, batch_size=None, dtype=None):
            return "the cell's"

    state = env.MultiRNNCell([Cell(1), Cell(2)]).zero_state(10, env.tf.float32)
    return {"zero_state": list(state), "type": type(state).__name__}


@behaviour
def a_flat_stacks_zero_state_is_zero(env):
    cell = env.MultiRNNCell(
        [starting_at(env, env.GRUCell, 1.0), env.GRUCell(2)], state_is_tuple=False
    )
    return {"all": env.values([cell.zero_state(BATCH, env.tf.float32)])}


@for_each(keep=["input", "output", "state"])
def nearly_nothing_is_kept(env, keep):
    initializer = env.constant(0.5)
    cell = env.DropoutWrapper(
        env.LSTMCell(3, initializer=initializer), seed=0, **{keep + "_keep_prob": 1e-6}
    )
    state = env.LSTMStateTuple(env.tf.fill((1, 3), 0.1), env.tf.fill((1, 3), 0.1))
    x = np.array([[[2.0, 2, 2]], [[1, 1, 1]]], "float32")

    def build(x):
        return env.dynamic_rnn(cell, x, initial_state=state, time_major=True)

    return {"all": env.run(build, [], x)}


@behaviour
def a_residual_function(env):
    cell = env.ResidualWrapper(env.GRUCell(2), lambda x, y: x[:, :2] - 3 * y)
    return run_over_time(env, "dynamic", None, sequences(), cells=[cell])


@behaviour
def nested_residuals(env):
    cell = env.ResidualWrapper(nested(env))

    def build(x, y):
        return env.dynamic_rnn(cell, (x, y), LENGTHS, dtype=env.tf.float32)

    return {"all": env.run(build, [cell], *_nested_inputs())}


@behaviour
def a_residual_around_a_call_of_its_own(env):
    return run_over_time(
        env, "dynamic", lambda: env.ResidualWrapper(plus1(env)), sequences(), LENGTHS
    )


@behaviour
def a_stack_of_calls_of_their_own(env):
    return run_over_time(
        env, "dynamic", lambda: env.MultiRNNCell([plus1(env), plus1_call(env)]), sequences()
    )


@behaviour
def a_clip_of_true_is_1(env):
    cell = env.LSTMCell(UNITS, use_peepholes=True, cell_clip=True)
    return run_over_time(env, "dynamic", None, 3 * sequences(), cells=[cell])


@behaviour
def a_clip_of_0_is_a_clip(env):
    cell = env.LSTMCell(UNITS, use_peepholes=True, cell_clip=0.0, state_is_tuple=False)
    return run_over_time(env, "static", None, sequences(), cells=[cell])


# One step, and states


@for_each(name=["GRUCell", "BasicRNNCell", "BasicLSTMCell"])
def a_constant_initializer(env, name):
    """TensorFlow 1's own smoke test: all weights 0.5, biases included."""
    cell = getattr(env, name)(2)
    state = env.nest.map_structure(lambda _: env.tf.fill((1, 2), 0.1), cell.state_size)

    def build(x):
        return cell(x, state)

    return {"all": env.run(build, [cell], np.ones((1, 2), "float32"), weights=0.5)}


@for_each(name=["flat", "tuples"])
def a_stack_of_lstms_with_flat_states(env, name):
    cells = [env.BasicLSTMCell(2, state_is_tuple=False) for _ in range(2)]
    cell = env.MultiRNNCell(cells, state_is_tuple=name == "tuples")
    state = env.nest.map_structure(lambda size: env.tf.fill((1, size), 0.1), cell.state_size)

    def build(x):
        return cell(x, state)

    return {"all": env.run(build, [cell], np.ones((1, 2), "float32"), weights=0.5)}


@behaviour
def plain_tuples_become_state_tuples(env):
    cell = env.MultiRNNCell([env.BasicLSTMCell(2) for _ in range(2)])
    pair = (env.tf.zeros((1, 2)),) * 2
    _, state = cell(env.tf.ones((1, 2)), (pair, pair))
    return {"types": [type(part).__name__ for part in state], "outer": type(state).__name__}


@behaviour
def zero_states_of_every_structure(env):
    cells = [
        env.LSTMCell(5, num_proj=2),
        env.LSTMCell(5, state_is_tuple=False),
        env.MultiRNNCell([env.GRUCell(3), env.LSTMCell(2)]),
        many_dimensions(env, 3, 2),
    ]
    return {
        "all": [env.values([cell.zero_state(BATCH, env.tf.float32)]) for cell in cells],
        "batch as a tensor": env.values([cells[0].zero_state(env.tf.constant(3), env.tf.float32)]),
    }


@behaviour
def get_initial_state_takes_inputs_or_a_size(env):
    cell = env.BasicRNNCell(5)
    inputs = env.tf.constant(sequences())
    float32 = env.tf.float32
    states = [
        cell.get_initial_state(inputs),
        cell.get_initial_state(inputs, BATCH, float32),
        cell.get_initial_state(None, BATCH, float32),
        cell.get_initial_state(batch_size=env.tf.constant(3), dtype=float32),
    ]
    return {"shapes": [shape(state) for state in states]}


@behaviour
def a_state_tuple(env):
    state = env.LSTMStateTuple(1, 2)
    return {
        "fields": list(state._fields),
        "repr": repr(state),
        "replaced": list(state._replace(h=3)),
    }


@behaviour
def sizes(env):
    lstm, gru = env.LSTMCell(5, num_proj=2), env.GRUCell(4)
    multi = env.MultiRNNCell([lstm, gru])
    return {
        "lstm": [list(lstm.state_size), lstm.output_size],
        "multi": [[list(multi.state_size[0]), multi.state_size[1]], multi.output_size],
        "type": type(multi.state_size).__name__,
        "flat": env.MultiRNNCell([gru, gru], state_is_tuple=False).state_size,
    }


@behaviour
def one_cell_three_times_where_widths_agree(env):
    cell = env.GRUCell(FEATURES)
    stack = env.MultiRNNCell([cell] * 3)
    return run_over_time(env, "dynamic", None, sequences(), cells=[stack])


@for_each(cell=["BasicRNNCell", "LSTMCell", "GRUCell"])
def a_cell_used_twice_shares_its_weights(env, cell):
    cell = getattr(env, cell)(UNITS)

    def build(x):
        one = env.dynamic_rnn(cell, x, dtype=env.tf.float32, scope="one")
        other = env.dynamic_rnn(cell, x[:, ::-1], dtype=env.tf.float32, scope="other")
        return one, other

    return {"all": env.run(build, [cell], sequences())}


# Checkpoints and the optimizer


@for_each(wrapper=["DropoutWrapper", "ResidualWrapper", "MultiRNNCell", "all"])
def a_checkpoint_holds_the_weights_inside(env, wrapper):
    cell = env.BasicRNNCell(1)
    make = {
        "DropoutWrapper": env.DropoutWrapper,
        "ResidualWrapper": env.ResidualWrapper,
        "MultiRNNCell": lambda cell: env.MultiRNNCell([cell]),
        "all": lambda cell: env.MultiRNNCell([env.ResidualWrapper(env.DropoutWrapper(cell))]),
    }
    return {"bias": env.saved_and_restored(make[wrapper](cell), cell)}


@behaviour
def names_in_a_checkpoint(env):
    cell = env.BasicRNNCell(1)
    return {
        "dropout": env.dependencies(env.DropoutWrapper(cell)),
        "residual": env.dependencies(env.ResidualWrapper(cell)),
        "stack": env.dependencies(env.MultiRNNCell([cell, env.GRUCell(2)])),
    }


@for_each(options=["defaults", "positional"])
def the_optimizers_steps(env, options):
    arguments = () if options == "defaults" else (0.1, 0.8, 0.99, 1e-4)
    table, scale = numbers(4, 3), numbers(3, seed=1)

    def loss(table, scale):
        return env.tf.reduce_sum(env.tf.gather(table, [0, 0, 2]) ** 2 * scale)

    return {"all": env.minimized(loss, [table, scale], 4, *arguments)}


# What is refused, with words that stand in both messages


def _inputs(env):
    return env.tf.constant(sequences())


def _steps(env):
    return [env.tf.constant(numbers(BATCH, FEATURES)) for _ in range(TIME)]


def _f32(env):
    return {"dtype": env.tf.float32}


@refused("is not an RNNCell")
def no_cell(env):
    env.dynamic_rnn(None, _inputs(env), **_f32(env))


@refused("'state_size' property is missing")
def a_function_for_a_cell(env):
    env.dynamic_rnn(lambda x, s: (x, s), _inputs(env), **_f32(env))


@refused("either 'zero_state' or 'get_initial_state' method is required")
def a_cell_that_cannot_begin(env):
    env.dynamic_rnn(Duck(env, zero_state=False), _inputs(env), **_f32(env))


@refused("is not an RNNCell")
def no_cell_in_a_wrapper(env):
    env.DropoutWrapper("cell")


@refused("is not an RNNCell")
def no_backward_cell(env):
    env.static_bidirectional_rnn(env.GRUCell(2), 3, _steps(env), **_f32(env))


@refused("you must give a dtype")
def no_dtype(env):
    env.dynamic_rnn(env.GRUCell(2), _inputs(env))


@refused("dtype must be specified")
def no_dtype_static(env):
    env.static_rnn(env.GRUCell(2), _steps(env))


@refused("must be a vector")
def a_scalar_length(env):
    env.dynamic_rnn(plus1(env), _inputs(env), sequence_length=4, **_f32(env))


@refused("must be a vector")
def a_matrix_of_lengths(env):
    env.dynamic_rnn(plus1(env), _inputs(env), sequence_length=[[4, 4]], **_f32(env))


@refused("must be a vector")
def a_scalar_length_static(env):
    env.static_rnn(plus1(env), _steps(env), sequence_length=4, **_f32(env))


@refused("inputs must be a sequence")
def a_tensor_for_steps(env):
    env.static_rnn(env.GRUCell(2), _inputs(env), **_f32(env))


@refused("inputs must not be empty")
def no_steps(env):
    env.static_rnn(env.GRUCell(2), [], **_f32(env))


@refused("inputs must not be empty")
def no_steps_in_both_directions(env):
    env.static_bidirectional_rnn(env.GRUCell(2), env.GRUCell(2), [], **_f32(env))


@refused("must have rank at least 3")
def a_matrix_for_sequences(env):
    env.dynamic_rnn(plus1(env), env.tf.ones((4, 2)), **_f32(env))


@refused("expected ndim=2, found ndim=3")
def too_many_dimensions_for_a_gru(env):
    env.dynamic_rnn(env.GRUCell(2), env.tf.ones((2, 3, 4, 5)), **_f32(env))


@refused("RNN cell only supports floating point inputs")
def integer_inputs(env):
    inputs = env.tf.constant(np.ones((2, 3, 4), "int32"))
    env.dynamic_rnn(env.GRUCell(2), inputs, dtype=env.tf.int32)


@refused("RNN cell only supports floating point inputs")
def an_integer_cell(env):
    env.LSTMCell(2, dtype=env.tf.int32)


@refused("Time steps is not the same for all the elements in the input in a batch")
def nested_inputs_of_different_times(env):
    inputs = (env.tf.ones((2, 4, 3)), env.tf.ones((2, 5, 4)))
    env.dynamic_rnn(nested(env), inputs, **_f32(env))


@refused("Batch_size is not the same for all the elements in the input")
def nested_inputs_of_different_batches(env):
    inputs = (env.tf.ones((2, 4, 3)), env.tf.ones((3, 4, 4)))
    env.dynamic_rnn(nested(env), inputs, **_f32(env))


@refused("have the same nested structure")
def outputs_of_another_structure(env):
    class Pair(env.RNNCell):
        output_size = state_size = 3

        def call(self, inputs, state):
            return (inputs, inputs), state

    env.dynamic_rnn(Pair(), _inputs(env), LENGTHS, **_f32(env))


@refused("have the same nested structure")
def a_new_state_of_another_structure(env):
    class Pair(env.RNNCell):
        output_size = state_size = 3

        def call(self, inputs, state):
            return inputs, (state, state)

    env.dynamic_rnn(Pair(), _inputs(env), LENGTHS, **_f32(env))


@refused("but Op is trying to write dtype int32")
def outputs_of_another_dtype(env):
    class Integers(env.RNNCell):
        output_size = state_size = 3

        def call(self, inputs, state):
            return env.tf.cast(inputs, env.tf.int32), state

    cell = Integers()
    env.run(lambda x: env.dynamic_rnn(cell, x, **_f32(env)), [cell], sequences())


@refused("Must specify at least one cell for MultiRNNCell")
def an_empty_stack(env):
    env.MultiRNNCell([])


@refused("cells must be a list or tuple")
def a_cell_for_a_list_of_cells(env):
    env.MultiRNNCell(env.GRUCell(2))


@refused("Some cells return tuples of states, but the flag state_is_tuple is not set.")
def a_flat_stack_of_tuples(env):
    env.MultiRNNCell([env.LSTMCell(2)], state_is_tuple=False)


@refused("Expected state to be a tuple of length 2")
def a_tensor_for_a_stacks_state(env):
    cell = env.MultiRNNCell([env.GRUCell(2) for _ in range(2)])
    cell(env.tf.ones((1, 2)), env.tf.ones((1, 4)))


@refused("")
def a_state_of_another_batch(env):
    env.BasicLSTMCell(2, state_is_tuple=False)(env.tf.ones((3, 4)), env.tf.ones((2, 4)))


@refused("")
def a_state_of_another_width(env):
    env.BasicLSTMCell(2, state_is_tuple=False)(env.tf.ones((3, 4)), env.tf.ones((3, 6)))


@refused("")
def one_cell_in_layers_of_different_widths(env):
    stack = env.MultiRNNCell([env.BasicLSTMCell(5)] * 3)
    env.dynamic_rnn(stack, env.tf.ones((3, 6, 8)), **_f32(env))


@refused("")
def one_cell_for_inputs_of_different_widths(env):
    cell = env.GRUCell(5)
    env.dynamic_rnn(cell, env.tf.ones((3, 6, 8)), **_f32(env))
    env.dynamic_rnn(cell, env.tf.ones((3, 6, 7)), **_f32(env))


@refused("must be between 0 and 1")
def a_probability_above_1(env):
    env.DropoutWrapper(env.GRUCell(2), input_keep_prob=2.0)


@refused("When variational_recurrent=True, dtype must be provided")
def variational_without_a_dtype(env):
    env.DropoutWrapper(env.GRUCell(2), variational_recurrent=True)


@refused("input_size must be provided")
def variational_without_an_input_size(env):
    env.DropoutWrapper(env.GRUCell(2), 0.5, variational_recurrent=True, **_f32(env))


@refused("dropout_state_filter_visitor must be callable")
def no_visitor(env):
    env.DropoutWrapper(env.GRUCell(2), dropout_state_filter_visitor="c")


@refused("are incompatible")
def a_residual_of_another_width(env):
    env.dynamic_rnn(env.ResidualWrapper(env.GRUCell(2)), _inputs(env), **_f32(env))


@refused("Must specify at least one fw cell for BidirectionalRNN")
def a_stack_without_forward_cells(env):
    env.stack_bidirectional_dynamic_rnn([], [env.GRUCell(2)], _inputs(env), **_f32(env))


@refused("Forward and Backward cells must have the same depth")
def a_stack_of_different_depths(env):
    cells = [env.GRUCell(2), env.GRUCell(2)]
    env.stack_bidirectional_dynamic_rnn(cells, cells[:1], _inputs(env), **_f32(env))


@refused("initial_states_fw must be a list of state tensors (one per layer)")
def a_stacks_states_of_another_depth(env):
    env.stack_bidirectional_dynamic_rnn(
        [env.GRUCell(2)], [env.GRUCell(2)], _inputs(env), initial_states_fw=[], **_f32(env)
    )


@refused("batch_size and dtype cannot be None")
def an_initial_state_of_nothing(env):
    env.BasicRNNCell(5).get_initial_state(None, None, None)


@refused("batch size from input tensor is different from")
def an_initial_state_of_another_batch(env):
    env.BasicRNNCell(5).get_initial_state(_inputs(env), batch_size=50)


@refused("dtype from input tensor is different from")
def an_initial_state_of_another_dtype(env):
    env.BasicRNNCell(5).get_initial_state(_inputs(env), None, env.tf.float16)


@refused("State has tensors of different inferred_dtypes")
def a_state_of_two_dtypes(env):
    state = (env.tf.ones((2, 3, 2)), env.tf.ones((2, 3, 2), env.tf.float64))
    env.dynamic_rnn(many_dimensions(env, 3, 2), env.tf.ones((2, 4, 3, 2)), None, state)


@refused("Inconsistent internal state")
def a_state_tuple_of_two_dtypes(env):
    tf = env.tf
    env.LSTMStateTuple(tf.ones((1, 1)), tf.ones((1, 1), tf.float64)).dtype  # noqa: B018


@refused("nknown activation function")
def an_unknown_activation(env):
    env.GRUCell(2, activation="nope")


@refused("No gradients provided for any variable")
def no_gradients(env):
    env.minimized(lambda x: env.tf.constant(1.0), [numbers(2)], 1)


def weights(shapes, value=None):
    """Weights for variables of these shapes: all one value, or random numbers."""
    random = np.random.RandomState(1)
    return [
        np.full(shape, value, "float32") if value else 0.5 * numbers_of(random, shape)
        for shape in shapes
    ]


def numbers_of(random, shape):
    return random.normal(size=shape).astype("float32")


def plain(value):
    """A result as JSON holds it; a float32 with as many digits as it has."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "values": [plain(x) for x in value.ravel()]}
    if isinstance(value, np.floating):
        return float(str(value))
    return int(value) if isinstance(value, np.integer) else value
