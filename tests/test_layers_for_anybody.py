"""Other uses of recurrent layers than fitting a plain model: as with Keras' own layers."""

import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import layers

NAMES = ["SimpleRNN", "LSTM", "GRU"]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)


def _twins(name, *arguments, **options):
    """A layer of ours and Keras', with the same random weights."""
    pair = [getattr(module, name)(*arguments, **options) for module in (layers, keras.layers)]
    for layer in pair:
        layer.build((None, 5, 3))
    weights = [RNG.normal(size=weight.shape) / 2 for weight in pair[1].weights]
    for layer in pair:
        layer.set_weights(weights)
    return pair


def _assert_same(ours, theirs, bar=1e-6):
    """`bar`: of the largest entry of each array."""
    for mine, wanted in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
        mine, wanted = np.asarray(mine, "float64"), np.asarray(wanted, "float64")
        assert mine.shape == wanted.shape
        assert np.max(np.abs(mine - wanted), initial=0) <= bar * np.max(np.abs(wanted), initial=0)


MODES = {
    "eager": lambda function: function,
    "function": lambda function: tf.function(function, autograph=False),
    "XLA": lambda function: tf.function(function, autograph=False, jit_compile=True),
}


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "mode"), [("SimpleRNN", "eager"), ("GRU", "function"), ("LSTM", "XLA")]
)
def test_a_gradient_can_be_differentiated_again(name, mode):
    def penalty(x, layer):
        sources = [x, *(weight.value for weight in layer.weights)]
        with tf.GradientTape() as outer:
            outer.watch(sources)
            with tf.GradientTape() as inner:
                inner.watch(sources)
                loss = tf.reduce_sum(tf.sin(layer(x, mask=MASK)))
            gradients = inner.gradient(loss, sources)
            square = tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients])
        return gradients, outer.gradient(square, sources)

    x = tf.constant(X, "float64")
    ours, theirs = _twins(name, 4, dtype="float64", return_sequences=True, go_backwards=True)
    result = MODES[mode](lambda x: penalty(x, ours))(x)
    _assert_same(result, penalty(x, theirs), 1e-12)


@pytest.mark.long
def test_forward_mode_and_vectorised_jacobians():
    x, direction = tf.constant(X, "float64"), tf.ones(X.shape, "float64")
    results = []
    for layer in _twins("LSTM", 3, dtype="float64", return_sequences=True):
        with tf.autodiff.ForwardAccumulator(x, direction) as eager:
            y = layer(x, mask=MASK)
        function = tf.function(lambda x, layer=layer: layer(x, mask=MASK), autograph=False)
        with tf.autodiff.ForwardAccumulator(x, direction) as around_a_function:
            z = function(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, mask=MASK)
        results.append((eager.jvp(y), around_a_function.jvp(z), tape.jacobian(outputs, x)))
    _assert_same(*results, 1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_the_final_states_beside_the_sequence(name):
    results = []
    for layer in _twins(name, 4, return_sequences=True, return_state=True):
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            _, *states = layer(x)
            loss = sum(tf.reduce_sum(tf.sin(state)) for state in states)
        results.append(tape.gradient(loss, [x, *(w.value for w in layer.weights)]))
    _assert_same(*results)
    assert all(np.any(gradient) for gradient in results[0])


@pytest.mark.parametrize("name", NAMES)
def test_dropout_draws_what_keras_draws(name):
    ours, theirs = _twins(name, 4, dropout=0.5, seed=7)
    assert ours.kernel_in_use == "fused"
    for training in (True, False, True):
        _assert_same(ours(X, training=training), theirs(X, training=training))
    assert np.abs(ours(X, training=True) - ours(X, training=False)).max() > 1e-3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("x", "call", "reason"),
    [
        (X > 0, {}, "fused"),
        ((X * 3).astype("int64"), {}, "fused"),
        ((abs(X) * 9).astype("uint8"), {}, "fused"),
        (X, {"mask": MASK[..., None]}, "fused"),
        (X[:, :, :0], {}, "keras: inputs of shape (4, 5, 0)"),
    ],
)
def test_inputs_and_masks_of_other_kinds(name, x, call, reason):
    layers_ = [getattr(module, name)(4) for module in (layers, keras.layers)]
    for layer in layers_:
        layer.build((None, *x.shape[1:]))
    layers_[0].set_weights(layers_[1].get_weights())
    _assert_same(*(layer(x, **call) for layer in layers_))
    assert layers_[0].kernel_in_use == reason


@pytest.mark.parametrize("name", NAMES)
def test_a_state_of_one_row_serves_every_row(name):
    ours, theirs = _twins(name, 4)
    state = [RNG.normal(size=(1, 4)).astype("float32")] * (2 if name == "LSTM" else 1)
    _assert_same(ours(X, initial_state=state), theirs(X, initial_state=state))
    assert ours.kernel_in_use == "keras: initial_state (1, 4)"
    ours(X)
    assert ours.kernel_in_use == "fused"

    @tf.function(
        input_signature=[tf.TensorSpec((None, 5, 3)), [tf.TensorSpec((None, 4))] * len(state)]
    )
    def known_late(x, state):
        return ours(x, initial_state=state)

    _assert_same(known_late(X, state), theirs(X, initial_state=state))


def test_lengths_that_are_known_late_are_checked():
    layer = layers.LSTM(4)
    layer.build((None, None, 3))
    unknown = [tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, None), "bool")]
    masked = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=unknown)
    _assert_same(masked(X, MASK), layer(X, mask=MASK))
    with pytest.raises(tf.errors.InvalidArgumentError, match="different numbers of timesteps"):
        masked(X, MASK[:, :4])
    with pytest.raises(tf.errors.InvalidArgumentError, match="There is no timestep to read"):
        masked(X[:, :0], MASK[:, :0])


@pytest.mark.parametrize("unknown", [(None, 5, 3), (4, None, 3), (None, None, 3), (4, 5, 3)])
def test_shapes_that_are_known_stay_known_while_a_model_is_traced(unknown):
    layer = layers.GRU(2, return_sequences=True, return_state=True)
    traced = []

    @tf.function(input_signature=[tf.TensorSpec(unknown)])
    def trace(x):
        traced.extend(output.shape.as_list() for output in layer(x))

    trace.get_concrete_function()
    assert traced[-2:] == [[*unknown[:2], 2], [unknown[0], 2]]


def _embedding_and_lstm(module, ids_type="int32", **options):
    ids = keras.Input((6,), dtype=ids_type)
    rows = module.Embedding(20, 4, **options)(ids)
    return keras.Model(ids, [module.LSTM(3)(rows), rows])


@pytest.mark.parametrize("mode", MODES)
def test_the_rows_that_a_layer_reads_are_those_that_a_user_sees(mode):
    ids = tf.constant(RNG.integers(0, 20, (4, 6)), "int32")
    results = []
    for module in (layers, keras.layers):
        keras.utils.set_random_seed(1)
        model = _embedding_and_lstm(module)
        embedding, lstm = model.layers[1:3]

        def gradients(ids, embedding=embedding, lstm=lstm):
            with tf.GradientTape() as tape:
                rows = embedding(ids)
                tape.watch(rows)
                # The second consumer of the rows makes its own part of the table's gradient.
                loss = tf.reduce_sum(tf.sin(lstm(rows))) + tf.reduce_sum(rows**3)
            sources = [rows, embedding.embeddings.value, *(w.value for w in lstm.weights)]
            return [tf.convert_to_tensor(g) for g in tape.gradient(loss, sources)]

        results.append(MODES[mode if module is layers else "eager"](gradients)(ids))
    _assert_same(*results)


def test_ids_that_are_no_rows_do_what_they_do_in_keras():
    negative = RNG.integers(-20, 20, (5, 6))
    ours, theirs = _embedding_and_lstm(layers), _embedding_and_lstm(keras.layers)
    ours.set_weights(theirs.get_weights())
    _assert_same(*(model.predict(negative, verbose=0) for model in (ours, theirs)))
    zeros = [np.zeros((1, 3)), np.zeros((1, 6, 4))]
    for model in (ours, theirs):
        model.compile("sgd", "mse", jit_compile=False)
        function = tf.function(lambda x, model=model: model(x)[0], autograph=False)
        for call in (
            lambda x, model=model: model.predict(x, verbose=0),
            lambda x, function=function: function(tf.constant(x)),
            lambda x, model=model: model.train_on_batch(x, zeros),
        ):
            for bad in (np.full((1, 6), 20), np.full((1, 6), -21), np.full((1, 6), 10**6)):
                with pytest.raises(tf.errors.InvalidArgumentError):
                    call(bad)


def test_xla_reads_the_nearest_row_for_an_id_that_is_none_and_leaves_it_as_it_is():
    results = []
    for module in (layers, keras.layers):
        keras.utils.set_random_seed(1)
        model = _embedding_and_lstm(module)
        model.compile(keras.optimizers.SGD(0.5), ["mse", None], jit_compile=True)
        loss = model.train_on_batch(np.array([[3, 25, -30, 3, 19, 0]]), np.ones((1, 3)))
        results.append((loss, model.get_weights()))
    _assert_same(*results)


@pytest.mark.parametrize("mode", ["function", "XLA"])
def test_a_row_that_no_id_names_may_be_nan(mode):
    ids = tf.constant(RNG.integers(1, 19, (4, 6)))
    results = []
    for module in (layers, keras.layers):
        keras.utils.set_random_seed(1)
        model = _embedding_and_lstm(module)
        table = model.layers[1].embeddings.numpy()
        table[0], table[19] = np.inf, np.nan
        model.layers[1].embeddings.assign(table)

        def gradients(ids, model=model):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.sin(model(ids)[0]))
            return [tf.convert_to_tensor(g) for g in tape.gradient(loss, model.trainable_weights)]

        results.append(MODES[mode if module is layers else "eager"](gradients)(ids))
    _assert_same(*results)
    assert all(np.isfinite(gradient).all() for gradient in results[0])


def test_what_cannot_be_compiled_is_left_to_keras():
    ours, theirs = _twins("GRU", 4)
    variable = keras.Variable(X)
    _assert_same(ours(variable), theirs(variable))
    tf.config.run_functions_eagerly(True)
    try:
        _assert_same(ours(X), theirs(X))
        assert ours.kernel_in_use == "keras: functions run eagerly"
    finally:
        tf.config.run_functions_eagerly(False)
    tf.debugging.enable_check_numerics()
    try:
        _assert_same(ours(X), theirs(X))
        assert ours.kernel_in_use == "keras: a debugging tool watches operations"
    finally:
        tf.debugging.disable_check_numerics()
    for module in (layers, keras.layers):
        with pytest.raises(IndexError):
            module.LSTM(4)(X, initial_state=[X[:, 0, :1]])


def test_under_xla_no_row_takes_the_gradient_of_an_id_that_is_none():
    ids, results = tf.constant([[3, 25, -30, 3, 19, 0]]), []
    for module in (layers, keras.layers):
        keras.utils.set_random_seed(1)
        model = _embedding_and_lstm(module)

        @tf.function(jit_compile=True, autograph=False)
        def gradient(ids, model=model):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(model(ids)[0])
            return layers.dense_gradient(tape.gradient(loss, model.layers[1].embeddings.value))

        results.append(gradient(ids))
    _assert_same(*results)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_fit_updates_repeated_rows_as_keras_does_and_the_experiments_step_adds_them_up(optimizer):
    ids, y = RNG.integers(0, 5, (8, 6)), RNG.normal(size=(8, 3))
    results = []
    for module in (layers, keras.layers):
        keras.utils.set_random_seed(1)
        model = keras.Sequential(
            [keras.Input((6,), dtype="int32"), module.Embedding(20, 4), module.LSTM(3)]
        )
        model.compile(optimizer, "mse", jit_compile=False)
        model.fit(ids, y, batch_size=8, verbose=0)
        with tf.GradientTape() as tape:
            loss = model.compute_loss(ids, y, model(tf.constant(ids)))
        slices = tape.gradient(loss, model.layers[0].embeddings.value)
        results.append(([*model.get_weights()], layers.dense_gradient(slices)))
    _assert_same(*results, 2e-6)


@pytest.mark.parametrize(
    ("table", "timesteps", "projected"), [(192, 6, True), (193, 6, False), (20, None, False)]
)
def test_only_a_table_that_is_small_beside_its_rows_is_projected(table, timesteps, projected):
    embedding = layers.Embedding(table, 4)
    lookups = []

    @tf.function(input_signature=[tf.TensorSpec((None, timesteps), "int32")])
    def trace(ids):
        lookups.append(getattr(embedding(ids), layers._LOOKUP, None))

    trace.get_concrete_function()
    assert (lookups[0] is not None) == projected


def test_rows_that_are_rounded_are_read_rounded():
    ids = RNG.integers(0, 20, (5, 6))
    pair = [_embedding_and_lstm(module, dtype="mixed_float16") for module in (layers, keras.layers)]
    pair[0].set_weights(pair[1].get_weights())
    _assert_same(*(model.predict(ids, verbose=0) for model in pair))
    # No layer is offered a table that the rows are not exact copies of.
    assert not hasattr(pair[0].layers[1](tf.constant(ids)), layers._LOOKUP)


def test_cudnn_that_was_asked_for_is_missed_as_in_keras():
    for module in (layers, keras.layers):
        with pytest.raises(ValueError, match="use_cudnn=True was specified"):
            module.LSTM(4, use_cudnn=True)(X)


def _nested_model():
    inner = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(4, name="gru")], name="inner")
    x = keras.Input((2, 5, 3))
    each = keras.layers.TimeDistributed(inner, name="each", dtype="float32")(x)
    both = keras.layers.Bidirectional(keras.layers.LSTM(3), name="both")(each)
    y = keras.layers.Dropout(0.5, seed=3, name="dropout")(both)
    flat = keras.layers.Reshape((10, 3))(x)
    wide = keras.layers.TimeDistributed(keras.layers.Dense(2), name="wide", dtype="mixed_bfloat16")(
        flat
    )
    return keras.Model(x, [y, keras.layers.SimpleRNN(2, name="last")(wide)])


def test_with_kernels_reaches_into_nested_models_and_keeps_dtypes_and_random_states():
    model = _nested_model()
    x = RNG.normal(size=(4, 2, 5, 3)).astype("float32")
    model(x, training=True)
    copy = layers.with_kernels(model)
    assert type(copy.get_layer("each").layer.get_layer("gru")) is layers.GRU
    assert type(copy.get_layer("both")) is layers.Bidirectional
    assert type(copy.get_layer("both").backward_layer) is layers.LSTM
    assert copy.get_layer("wide").compute_dtype == "bfloat16"
    assert type(model.get_layer("both").forward_layer) is keras.layers.LSTM
    _assert_same(copy(x, training=True), model(x, training=True))
    _assert_same(copy.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_callers_own_backward_layer_stays_what_it_is():
    backward = keras.layers.LSTM(4, go_backwards=True)
    ours = layers.Bidirectional(keras.layers.LSTM(4), backward_layer=backward)
    assert ours.backward_layer is backward and type(backward) is keras.layers.LSTM
    assert type(ours.forward_layer) is layers.LSTM
    copy = layers.Bidirectional.from_config(ours.get_config())
    assert type(copy.backward_layer) is layers.LSTM


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match="the backend is jax: set KERAS_BACKEND=tensorflow"):
        importlib.reload(layers)
