"""The whole-sequence kernels beside Keras' layers, which step cell by cell."""

import contextlib
import functools
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from keras_rnn_tutorials.fused import chunks, parts
from keras_rnn_tutorials.fused import kernel as programs
from keras_rnn_tutorials.fused.gru import gru
from keras_rnn_tutorials.fused.lstm import lstm
from keras_rnn_tutorials.fused.simple_rnn import simple_rnn

KERNELS = {
    "SimpleRNN": (simple_rnn, keras.layers.SimpleRNN),
    "LSTM": (lstm, keras.layers.LSTM),
    "GRU": (gru, keras.layers.GRU),
    "GRU, reset before": (
        functools.partial(gru, reset_after=False),
        functools.partial(keras.layers.GRU, reset_after=False),
    ),
}
FORMS = st.fixed_dictionaries(
    {
        "batch": st.integers(1, 5),
        "time": st.integers(1, 6),
        "features": st.integers(1, 4),
        "units": st.integers(1, 5),
        "mask": st.sampled_from([None, "front", "back", "anywhere"]),
        "go_backwards": st.booleans(),
        "return_sequences": st.booleans(),
        "training": st.booleans(),
        "parts": st.integers(1, 3),
        "chunk": st.sampled_from([1, 200, chunks.CHUNK]),
        "seed": st.integers(0, 2**32 - 1),
    }
)


@contextlib.contextmanager
def _in_chunks_of(size):
    """Gradients are worked out for so many bytes of gates at a time."""
    programs._backward_program.cache_clear()
    with mock.patch.object(chunks, "CHUNK", size):
        yield
    programs._backward_program.cache_clear()


def _mask(kind, batch, time, rng):
    lengths, steps = rng.integers(0, time + 1, (batch, 1)), np.arange(time)
    kinds = {
        None: None,
        "front": steps >= time - lengths,
        "back": steps < lengths,
        "anywhere": rng.random((batch, time)) < 0.6,
    }
    return None if kind is None else tf.constant(kinds[kind])


def _both(name, form, dtype):
    """Outputs and gradients of a kernel, and those of Keras' layer."""
    rng = np.random.default_rng(form["seed"])
    kernel, layer_class = KERNELS[name]
    options = {key: form[key] for key in ("go_backwards", "return_sequences")}
    layer = layer_class(form["units"], return_state=True, dtype=dtype, **options)
    x = tf.constant(rng.normal(size=(form["batch"], form["time"], form["features"])), dtype)
    layer.build(x.shape)
    weights = [tf.constant(rng.normal(size=w.shape) / 2, dtype) for w in layer.weights]
    layer.set_weights(weights)
    count = 2 if name == "LSTM" else 1
    states = [
        tf.constant(rng.normal(size=(form["batch"], form["units"])), dtype) for _ in range(count)
    ]
    mask = _mask(form["mask"], form["batch"], form["time"], rng)
    # Before its first real step Keras outputs zero, and the kernel the state as it is.
    shown = None
    if mask is not None:
        read = tf.reverse(mask, [1]) if form["go_backwards"] else mask
        shown = tf.cast(tf.cumsum(tf.cast(read, "int32"), 1) > 0, dtype)[..., None]

    def run_kernel():
        final, sequence = kernel(
            x, *weights, states, mask=mask, training=form["training"], **options
        )
        output = sequence if form["return_sequences"] else final[0][:, None]
        if shown is not None:
            output *= shown if form["return_sequences"] else shown[:, -1:]
        return output if form["return_sequences"] else output[:, 0], *final

    def run_layer():
        return layer(x, initial_state=states, mask=mask)

    return _differentiated(run_kernel, [x, *weights, *states]), _differentiated(
        run_layer, [x, *(w.value for w in layer.weights), *states]
    )


def _differentiated(run, watched):
    @tf.function(autograph=False)
    def outputs_and_gradients():
        with tf.GradientTape() as tape:
            tape.watch(watched)
            outputs = run()
            loss = sum(tf.reduce_sum(tf.sin(o * (i + 1.0))) for i, o in enumerate(outputs))
        return outputs, tape.gradient(loss, watched)

    return outputs_and_gradients()


def _relative(got, wanted):
    return max(
        np.max(np.abs(np.subtract(g, w))) / max(np.max(np.abs(w)), 1e-3)
        for g, w in zip(tf.nest.flatten(got), tf.nest.flatten(wanted), strict=True)
    )


@pytest.mark.parametrize(
    ("dtype", "value_error", "gradient_error"), [("float64", 1e-12, 1e-12), ("float32", 1e-6, 1e-5)]
)
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_does_as_keras_does_step_by_step(name, dtype, value_error, gradient_error):
    @settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(FORMS)
    def hold(form):
        with parts.split_into(form["parts"]), _in_chunks_of(form["chunk"]):
            (outputs, gradients), (wanted, wanted_gradients) = _both(name, form, dtype)
        assert _relative(outputs, wanted) < value_error
        assert _relative(gradients, wanted_gradients) < gradient_error

    hold()


@pytest.mark.parametrize("name", KERNELS)
def test_a_batch_of_unknown_size_may_be_one_or_empty(name):
    kernel, layer_class = KERNELS[name]
    layer = layer_class(4)
    layer.build((None, 6, 3))
    weights = [w.value for w in layer.weights]

    @tf.function(input_signature=[tf.TensorSpec((None, 6, 3))], autograph=False)
    def run(x):
        states = [tf.zeros((tf.shape(x)[0], 4))] * (2 if name == "LSTM" else 1)
        with tf.GradientTape() as tape:
            tape.watch(x)
            (h, *_), _ = kernel(x, *map(tf.convert_to_tensor, weights), states, training=True)
        return h, tape.gradient(h, [x, *weights])

    for batch in (0, 1, 3):
        x = tf.random.stateless_normal((batch, 6, 3), (0, batch))
        h, gradients = run(x)
        assert h.shape == (batch, 4) and gradients[0].shape == x.shape
        if batch:
            np.testing.assert_allclose(h, layer(x), atol=1e-6)
        else:
            assert all(not np.any(g) for g in gradients)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("go_backwards", [False, True])
def test_a_projected_table_gives_the_rows_numbers_and_its_own_gradient(name, go_backwards):
    kernel, layer_class = KERNELS[name]
    layer = layer_class(4, dtype="float64")
    layer.build((None, 6, 3))
    weights = [tf.convert_to_tensor(w) for w in layer.weights]
    rng = np.random.default_rng(0)
    table, ids = tf.constant(rng.normal(size=(7, 3))), tf.constant(rng.integers(0, 7, (5, 6)))
    states = [tf.zeros((5, 4), "float64")] * (2 if name == "LSTM" else 1)
    results = []
    for lookup in (programs.Lookup(table, ids), None):
        x = tf.gather(table, ids)
        with tf.GradientTape() as tape:
            tape.watch([x, *weights])
            (h, *_), _ = kernel(
                x, *weights, states, lookup=lookup, go_backwards=go_backwards, training=True
            )
            loss = tf.reduce_sum(tf.sin(h))
        d_x, *gradients = tape.gradient(loss, [x, *weights])
        added_up = tf.math.unsorted_segment_sum(tf.reshape(d_x, [-1, 3]), tf.reshape(ids, [-1]), 7)
        d_table = programs.table_gradient(d_x)
        assert (d_table is None) == (lookup is None)
        results.append((h, d_x, *gradients, added_up if d_table is None else d_table))
    assert _relative(*results) < 1e-12


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("name", KERNELS)
def test_the_gradients_are_the_same_in_however_many_chunks(name, sequences):
    kernel, layer_class = KERNELS[name]
    layer = layer_class(4, dtype="float64")
    layer.build((None, 7, 3))
    rng = np.random.default_rng(0)
    weights = [tf.constant(rng.normal(size=w.shape)) for w in layer.weights]
    x, mask = tf.constant(rng.normal(size=(5, 7, 3))), tf.constant(rng.random((5, 7)) < 0.6)
    states = [tf.constant(rng.normal(size=(5, 4)))] * (2 if name == "LSTM" else 1)
    whole = 7 * 5 * layer.cell.kernel.shape[1] * 8
    results = []
    for count in (1, 2, 7):  # two: the first of 3 steps, the other of 4
        with _in_chunks_of(whole // count), parts.split_into(1), tf.GradientTape() as tape:
            tape.watch([x, *weights, *states])
            finals, sequence = kernel(
                x, *weights, states, mask=mask, return_sequences=sequences, training=True
            )
            outputs = (*finals, sequence) if sequences else finals
            loss = sum(tf.reduce_sum(tf.sin(each)) for each in outputs)
            results.append(tape.gradient(loss, [x, *weights, *states]))
    assert _relative(results[1], results[0]) < 1e-14
    assert _relative(results[2], results[0]) < 1e-14


@pytest.mark.parametrize(
    ("name", "last"), [*((n, 0) for n in KERNELS), ("SimpleRNN", 2), ("LSTM", 2)]
)
def test_the_gradients_of_an_early_step_are_those_of_a_sequence_that_ends_there(name, last):
    kernel, layer_class = KERNELS[name]
    layer = layer_class(4, dtype="float64")
    layer.build((None, 6, 3))
    rng = np.random.default_rng(0)
    weights = [tf.constant(rng.normal(size=w.shape)) for w in layer.weights]
    x = tf.constant(rng.normal(size=(5, 6, 3)))
    states = [tf.constant(rng.normal(size=(5, 4)))] * (2 if name == "LSTM" else 1)
    results = []
    for ends in (False, True):
        with _in_chunks_of(500), tf.GradientTape() as tape:
            tape.watch([x, *weights])
            read = x[:, : last + 1] if ends else x
            (h, *_), sequence = kernel(
                read, *weights, states, return_sequences=not ends, training=True
            )
            loss = tf.reduce_sum(tf.sin(h if ends else sequence[:, last]))
        results.append(tape.gradient(loss, [x, *weights]))
    assert _relative(*results) < 1e-12
