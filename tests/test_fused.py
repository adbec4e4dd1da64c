"""The whole-sequence kernels compared with Keras' layers, which run step by step."""

import contextlib
import functools
import itertools
from typing import NamedTuple
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import layers
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


class Form(NamedTuple):
    """A way in which a kernel is run; what differs in its data alone is compiled once.

    Attributes:
        masks: kinds of masks, see `_mask`.
        training: values of the argument of this name.
        parts: that the batch is split into.
        chunk: bytes of gates that gradients are worked out for at a time.
        late: whether the numbers of rows and steps are known late.
    """

    batch: int
    time: int
    features: int
    units: int
    masks: tuple[str | None, ...]
    go_backwards: bool
    return_sequences: bool
    training: tuple[bool, ...]
    parts: int
    chunk: int
    late: bool = False


FORMS = {
    "one of everything": Form(1, 1, 1, 1, (None,), False, True, (True,), 1, chunks.CHUNK),
    "masked": Form(4, 6, 3, 5, ("front", "back", "anywhere"), True, False, (True, False), 2, 200),
    "of late shapes": Form(5, 7, 3, 4, (None, "anywhere"), True, True, (True,), 2, 200, late=True),
}


def _in_parts(count):
    """The batch is split into so many parts."""
    return mock.patch.object(parts, "CORES", count)


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


def _runs(name, form, dtype):
    """Outputs and gradients of a kernel and those of Keras' layer, for each mask of a form."""
    rng = np.random.default_rng(0)
    kernel, layer_class = KERNELS[name]
    options = {key: getattr(form, key) for key in ("go_backwards", "return_sequences")}
    layer = layer_class(form.units, return_state=True, dtype=dtype, **options)
    layer.build((form.batch, form.time, form.features))
    layer.set_weights([rng.normal(size=w.shape) / 2 for w in layer.weights])
    weights = [w.value for w in layer.weights]

    def run_kernel(training, x, states, mask):
        final, sequence = kernel(
            x, *map(tf.convert_to_tensor, weights), states, mask=mask, training=training, **options
        )
        output = sequence if form.return_sequences else final[0][:, None]
        if mask is not None:
            # Before its first real step Keras outputs zero, and the kernel the state as it is.
            read = tf.reverse(mask, [1]) if form.go_backwards else mask
            shown = tf.cast(tf.cumsum(tf.cast(read, "int32"), 1) > 0, dtype)[..., None]
            output *= shown if form.return_sequences else shown[:, -1:]
        return output if form.return_sequences else output[:, 0], *final

    def run_layer(x, states, mask):
        return layer(x, initial_state=states, mask=mask)

    kernels = [
        tf.function(
            functools.partial(_differentiated, functools.partial(run_kernel, training), weights),
            autograph=False,
        )
        for training in form.training
    ]
    for kind in form.masks:
        x = tf.constant(rng.normal(size=(form.batch, form.time, form.features)), dtype)
        states = [
            tf.constant(rng.normal(size=(form.batch, form.units)), dtype)
            for _ in range(2 if name == "LSTM" else 1)
        ]
        mask = _mask(kind, form.batch, form.time, rng)
        wanted = _differentiated(run_layer, weights, x, states, mask)
        for run in kernels:
            called = _known_late(run, (x, states, mask)) if form.late else run
            yield called(x, states, mask), wanted


def _known_late(function, arguments):
    """A function traced without the first two sizes, or the first of a matrix of numbers."""

    def unknown(tensor):
        if tensor is None:
            return None
        sizes = (
            tensor.shape[2:] if tensor.dtype.is_bool or tensor.shape.rank == 3 else tensor.shape[1:]
        )
        return tf.TensorSpec((None,) * (tensor.shape.rank - len(sizes)) + sizes, tensor.dtype)

    return function.get_concrete_function(*tf.nest.map_structure(unknown, arguments))


def _differentiated(run, weights, x, states, mask):
    sources = [x, *weights, *states]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = run(x, states, mask)
        loss = sum(tf.reduce_sum(tf.sin(o * (i + 1.0))) for i, o in enumerate(outputs))
    return outputs, tape.gradient(loss, sources)


def _relative(got, wanted):
    return max(
        np.max(np.abs(np.subtract(g, w))) / max(np.max(np.abs(w)), 1e-3)
        for g, w in zip(tf.nest.flatten(got), tf.nest.flatten(wanted), strict=True)
    )


@pytest.mark.few(8)
@pytest.mark.parametrize(
    ("dtype", "value_error", "gradient_error"), [("float64", 1e-12, 1e-12), ("float32", 1e-6, 1e-5)]
)
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_kernel_does_as_keras_does_step_by_step(form, name, dtype, value_error, gradient_error):
    with _in_parts(form.parts), _in_chunks_of(form.chunk):
        for (outputs, gradients), (wanted, wanted_gradients) in _runs(name, form, dtype):
            assert _relative(outputs, wanted) < value_error
            assert _relative(gradients, wanted_gradients) < gradient_error


@pytest.mark.parametrize("eager", [True, False])
def test_shapes_known_late_share_a_program(monkeypatch, eager):
    program_of, shapes = programs._forward_program, set()

    def watched(*key):
        def program(source, *others):
            tf.py_function(lambda x: shapes.add(tuple(x.shape)), [source], [])
            return program_of(*key)(source, *others)

        return program

    monkeypatch.setattr(programs, "_forward_program", watched)
    layer = layers.LSTM(3)
    layer.build((None, None, 2))
    call = layer if eager else tf.function(layer, input_signature=[tf.TensorSpec((None, None, 2))])
    with _in_parts(2):
        for rows, length in itertools.product((5, 6, 8), (5, 7, 8)):
            assert call(tf.ones((rows, length, 2))).shape == (rows, 3)
    assert shapes == {(4, 8, 2)}


def test_one_part_under_xla_which_would_run_them_one_by_one():
    found = []
    with _in_parts(2):
        for compiled in (True, False):
            tf.function(lambda: found.append(parts.count_for(8)), jit_compile=compiled)()
    assert found == [1, 2]


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


@pytest.mark.few(2)
@pytest.mark.parametrize("name", KERNELS)
def test_a_projected_table_gives_the_rows_numbers_and_its_own_gradient(name):
    kernel, layer_class = KERNELS[name]
    layer = layer_class(4, dtype="float64")
    layer.build((None, 6, 3))
    weights = [tf.convert_to_tensor(w) for w in layer.weights]
    rng = np.random.default_rng(0)
    table, ids = tf.constant(rng.normal(size=(7, 3))), tf.constant(rng.integers(0, 7, (4, 6)))
    states = [tf.zeros((4, 4), "float64")] * (2 if name == "LSTM" else 1)

    def results(ids, lookup, go_backwards):
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
        return h, d_x, *gradients, added_up if d_table is None else d_table

    for go_backwards in (False, True):
        found = results(ids, programs.Lookup(table, ids), go_backwards)
        # Read forwards from its other end, with the program of the first reference.
        h, d_x, *gradients = results(tf.reverse(ids, [1]) if go_backwards else ids, None, False)
        wanted = h, tf.reverse(d_x, [1]) if go_backwards else d_x, *gradients
        assert _relative(found, wanted) < 1e-12


@pytest.mark.few(2)
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
    whole = 8 * 8 * layer.cell.kernel.shape[1] * 8  # 7 steps of 5 rows, rounded up
    results = []
    for count in (1, 3, 8):  # three: the first of 2 steps, the others of 3
        with _in_chunks_of(whole // count), _in_parts(1), tf.GradientTape() as tape:
            tape.watch([x, *weights, *states])
            finals, sequence = kernel(
                x, *weights, states, mask=mask, return_sequences=sequences, training=True
            )
            outputs = (*finals, sequence) if sequences else finals
            loss = sum(tf.reduce_sum(tf.sin(each)) for each in outputs)
            results.append(tape.gradient(loss, [x, *weights, *states]))
    assert _relative(results[1], results[0]) < 1e-14
    assert _relative(results[2], results[0]) < 1e-14


@pytest.mark.few(1)
@pytest.mark.parametrize("name", KERNELS)
def test_the_gradients_of_an_early_step_are_those_of_a_sequence_that_ends_there(name):
    kernel, layer_class = KERNELS[name]
    layer = layer_class(4, dtype="float64")
    layer.build((None, 6, 3))
    rng = np.random.default_rng(0)
    weights = [tf.constant(rng.normal(size=w.shape)) for w in layer.weights]
    x = tf.constant(rng.normal(size=(5, 6, 3)))
    states = [tf.constant(rng.normal(size=(5, 4)))] * (2 if name == "LSTM" else 1)

    def gradients(last, ends):
        with tf.GradientTape() as tape:
            tape.watch([x, *weights])
            read = x[:, : last + 1] if ends else x
            (h, *_), sequence = kernel(
                read, *weights, states, return_sequences=not ends, training=True
            )
            loss = tf.reduce_sum(tf.sin(h if ends else sequence[:, last]))
        return tape.gradient(loss, [x, *weights])

    two_steps = 2 * 8 * layer.cell.kernel.shape[1] * 8
    with _in_chunks_of(two_steps), _in_parts(1):
        for last in (0, 2) if name in ("SimpleRNN", "LSTM") else (0,):
            assert _relative(gradients(last, ends=False), gradients(last, ends=True)) < 1e-12
