"""Training with many steps per call; each core computes some rows of the batch.

    history = fast.fit(model, x, y, epochs=3)  # arguments and result as for model.fit

Between two steps Keras fetches a batch from Python, runs callbacks and reads the metrics. For small
models that takes longer than the step. Here one call runs several steps. XLA compiles a step into
one program per core; `fused.xla` explains what that changes in the rest of the process.
"""

import contextlib
import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from keras_rnn_tutorials import layers, losses
from keras_rnn_tutorials._private_apis import array_dataset, train_validation_split
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.fused import parts, xla
from keras_rnn_tutorials.models import reason_of_dependent_rows

STEPS = 40  # per call, at most
BYTES = 5 * 2**20  # of the examples of a call; the examples of three calls are in memory at a time

_LARGE = 128  # units from which on a step is faster if YNNPACK computes its matrix products

# Losses in which no other row takes part.
_LOSSES = (
    keras.losses.BinaryCrossentropy,
    keras.losses.BinaryFocalCrossentropy,
    keras.losses.CategoricalCrossentropy,
    keras.losses.CategoricalFocalCrossentropy,
    keras.losses.CategoricalHinge,
    keras.losses.CosineSimilarity,
    keras.losses.Hinge,
    keras.losses.Huber,
    keras.losses.KLDivergence,
    keras.losses.LogCosh,
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanAbsolutePercentageError,
    keras.losses.MeanSquaredError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.Poisson,
    keras.losses.SparseCategoricalCrossentropy,
    keras.losses.SquaredHinge,
)
_LOSS_FUNCTIONS = (losses.softmax_twice,)
# In keras.src.layers: also in training, a row does not depend on the other rows.
_ROOMS = (
    "core",
    "activations",
    "attention",
    "convolutional",
    "merging",
    "pooling",
    "reshaping",
    "rnn",
)
_NORMALIZATIONS = (
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)
_KEPT = "_keras_rnn_tutorials_kept"  # an attribute of models: a `_Kept`


def fit(
    model: keras.Model,
    x=None,
    y=None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks=None,
    validation_split: float = 0.0,
    validation_data=None,
    shuffle: bool = True,
    class_weight: dict | None = None,
    sample_weight=None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
) -> keras.callbacks.History:
    """Trains as `model.fit` does, up to rounding, and faster.

    Losses, metrics and weights are those of `model.train_step`, with one exception: if a batch
    looks up a row of an Embedding several times, the gradients of that row are added up before the
    optimizer sees them, as TensorFlow 1 did. Keras' Adam and RMSprop apply them one by one.

    Some models are trained with Keras' own steps, several per call: those whose rows depend on each
    other in training, those whose random numbers would depend on the number of cores, and those
    with several outputs. A model that runs eagerly or under a distribution strategy is trained by
    `model.fit`. A warning gives the reason in one line; `reason_for_keras` returns it in advance.
    Callbacks are called once per call.

    Example:
        >>> model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(8), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = fit(model, tf.ones((6, 28, 28)), tf.ones((6, 1)), verbose=0)
        >>> list(history.history)
        ['loss']

    Args:
        model: a compiled model. All other arguments are those of `model.fit`.
        x: arrays, a `tf.data.Dataset`, or whatever else `model.fit` takes.
        y: labels, if `x` does not contain them.
        batch_size: examples per step.
        epochs: the epoch at which training ends.
        verbose: as for `model.fit`.
        callbacks: as for `model.fit`; called once per call, not once per step.
        validation_split: the fraction of the examples to validate on, taken from the end.
        validation_data: data to validate on, instead of `validation_split`.
        shuffle: whether arrays are read in a different order in every epoch.
        class_weight: weights by class.
        sample_weight: weights by example.
        initial_epoch: the epoch at which training starts.
        steps_per_epoch: as for `model.fit`.
        validation_steps: as for `model.fit`.
        validation_batch_size: as for `model.fit`.
        validation_freq: as for `model.fit`.

    Returns:
        Keras' History.
    """
    reason = reason_for_keras(model)
    if reason:
        warnings.warn(f"fast.fit takes Keras' own training steps: {reason}", stacklevel=2)
    options = {
        "epochs": epochs,
        "verbose": verbose,
        "callbacks": callbacks,
        "initial_epoch": initial_epoch,
        "steps_per_epoch": steps_per_epoch,
        "validation_steps": validation_steps,
        "validation_batch_size": validation_batch_size or batch_size,
        "validation_freq": validation_freq,
    }
    if validation_split and validation_data is None:
        (x, y, sample_weight), validation_data = train_validation_split(
            (x, y, sample_weight), validation_split
        )
    options["validation_data"] = validation_data
    data = {
        "x": x,
        "y": y,
        "sample_weight": sample_weight,
        "batch_size": batch_size,
        "class_weight": class_weight,
        "shuffle": shuffle,
    }
    if _runs_step_by_step(model):
        return model.fit(**data, **options)
    dataset = array_dataset(**data, steps=steps_per_epoch)
    if dataset is not None:
        # With the tuning of tf.data an epoch ends on a multiple of 1.28 s.
        untuned = tf.data.Options()
        untuned.autotune.enabled = False
        data = {"x": dataset.with_options(untuned), "shuffle": False}
    with _many_steps_per_call(model, splits=not reason):
        return model.fit(**data, **options)


def reason_for_keras(model: keras.Model) -> str:
    """Why `fit` uses Keras' own training steps; empty if it does not.

    Args:
        model: compiled.

    Returns:
        One line, or an empty string.
    """
    return next((reason for applies, reason in _reasons(model) if applies), "")


def _runs_step_by_step(model) -> bool:
    return model.run_eagerly or tf.distribute.has_strategy() or not model.compiled


def _reasons(model):
    yield not model.compiled, "the model is not compiled"
    yield _runs_step_by_step(model), "the model runs eagerly, or under a distribution strategy"
    own = [
        name
        for name in ("train_step", "compute_loss", "compute_metrics", "make_train_function")
        if getattr(type(model), name) is not getattr(keras.Model, name) or name in vars(model)
    ]
    yield bool(own), f"a {' and a '.join(own)} of its own"
    yield not model.built or not hasattr(model, "inputs"), "the model is not built of known layers"
    yield not model.trainable_weights, "nothing is trained"
    yield len(model.outputs) > 1, "several outputs, whose losses Keras averages over batches"
    reason = reason_of_dependent_rows(model)
    yield bool(reason), reason
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    clips = optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue
    for layer in model._flatten_layers():
        for applies, reason in _reasons_of(layer):
            yield applies, f"{layer.name}: {reason}"
        if isinstance(layer, keras.layers.Embedding):
            yield clips and layer.trainable, f"{layer.name}: repeated rows are clipped one by one"
            direct = any(getattr(layer, "input", None) is each for each in model.inputs)
            yield not direct, f"{layer.name}: its ids are no input of the model"
    masked = any(getattr(output, "_keras_mask", None) is not None for output in model.outputs)
    yield masked, "the outputs are masked, and the mask of a row enters the mean over the others"
    for loss in tf.nest.flatten(model.loss):
        applies, reason = _reason_of_loss(loss)
        yield applies, reason


def _reasons_of(layer):
    if isinstance(layer, keras.Model):
        return
    kind = type(layer)
    room = kind.__module__.removeprefix("keras.src.layers.").partition(".")[0]
    known = (
        room in (*_ROOMS, "rnn") or kind in _NORMALIZATIONS or kind.__module__ == layers.__name__
    )
    yield not known, f"{kind.__name__} may make rows depend on each other in training"
    yield getattr(layer, "activity_regularizer", None), "an activity regularizer"
    rates = (getattr(layer, name, 0) for name in ("dropout", "recurrent_dropout", "rate"))
    yield any(rates), "random numbers would depend on the number of cores"


def _reason_of_loss(loss):
    if loss is None:
        return False, ""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    if isinstance(loss, str) or loss in _LOSS_FUNCTIONS:
        found = loss if callable(loss) else keras.losses.get(loss)
        known = found in _LOSS_FUNCTIONS or found in map(_function_of, _LOSSES)
        return not known, f"the loss {name} may make rows depend on each other"
    known = type(loss) in _LOSSES or callable(loss) and loss in map(_function_of, _LOSSES)
    reduction = getattr(loss, "reduction", "sum_over_batch_size")
    if known and reduction not in ("sum_over_batch_size", "mean"):
        return True, f"the loss is reduced by {reduction}"
    return not known, f"the loss {name} may make rows depend on each other"


@functools.cache
def _function_of(loss_class):
    return loss_class().fn


@dataclass
class _Kept:
    """What the next fit of a model reuses; compiling the model creates another `loss_tracker`."""

    loss_tracker: keras.Metric
    splits: bool
    train_function: Callable | None
    test_function: Callable | None = None


@contextlib.contextmanager
def _many_steps_per_call(model, splits):
    """Gives a model functions that run many steps per call, and restores its own afterwards."""
    kept, loss_tracker = getattr(model, _KEPT, None), model.metrics[0]
    if kept is None or kept.loss_tracker is not loss_tracker or kept.splits != splits:
        kept = _Kept(loss_tracker, splits, _train_function(model) if splits else None)
    names = ("train_function", "test_function", "steps_per_execution")
    before = {name: getattr(model, name) for name in names}
    model.train_function, model.test_function = kept.train_function, kept.test_function
    model.steps_per_execution = max(STEPS, model.steps_per_execution)
    try:
        yield
    finally:
        kept.train_function, kept.test_function = model.train_function, model.test_function
        setattr(model, _KEPT, kept)
        for name, value in before.items():
            setattr(model, name, value)


def _train_function(model) -> Callable:
    """Makes the function that `model.fit` calls with an iterator of batches for every few steps."""
    _choose_products(model)
    step, steps_per_call = _split_step(model), max(STEPS, model.steps_per_execution)

    @tf.function(autograph=False, reduce_retracing=True)
    def steps(iterator):
        def another(done, batch):
            step(batch.get_value())
            following = tf.cond(
                done + 1 < steps_per_call, iterator.get_next_as_optional, lambda: batch
            )
            return done + 1, following

        done, _ = tf.while_loop(
            lambda done, batch: (done < steps_per_call) & batch.has_value(),
            another,
            (0, iterator.get_next_as_optional()),
        )
        return done, model.get_metrics_result()

    def several(iterator):
        with xla.returning_memory(not steps.experimental_get_tracing_count()):
            done, logs = steps(iterator)
        if not done:
            raise StopIteration  # as `fit` expects at the end of an epoch
        return logs

    return several


def _choose_products(model):
    """Chooses between XLA's two ways to multiply matrices, for the whole process."""
    recurrent = [each for each in model._flatten_layers() if isinstance(each, keras.layers.RNN)]
    both = any(isinstance(each, keras.layers.Bidirectional) for each in model._flatten_layers())
    if all(getattr(layer, "units", 0) < _LARGE * (2 if both else 1) for layer in recurrent):
        xla.keep_products_on_their_core()


def _split_step(model) -> Callable:
    """One training step, each core on rows of the batch."""
    weights = model.trainable_weights
    loss_tracker = model.metrics[0]
    shards = parts.CORES

    @tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
    def gradients(x, y, sample_weight, share):
        with tf.GradientTape() as tape:
            y_pred = model(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=True)
            loss *= tf.cast(share, loss.dtype)
            scaled = model.optimizer.scale_loss(loss)
        found = tape.gradient(scaled, weights)
        return [None if g is None else layers.dense_gradient(g) for g in found], loss, y_pred

    @tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
    def apply(gradients, losses, rows):
        sums = [None if None in each else tf.add_n(each) for each in zip(*gradients, strict=True)]
        model.optimizer.apply_gradients(zip(sums, weights, strict=True))
        loss_tracker.update_state(tf.add_n(losses), sample_weight=rows)

    @tf.function(jit_compile=model.jit_compile, autograph=False, reduce_retracing=True)
    def measure(x, y, y_pred, sample_weight):
        model.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def split(x, y, sample_weight, rows):
        sizes = [(rows + part) // shards for part in range(shards)]
        of_parts = zip(
            *(_split(each, sizes) for each in (x, y, sample_weight)),
            [size / rows for size in sizes],
            strict=True,
        )
        results = [gradients(*part) for part in of_parts]
        found, losses, y_preds = zip(*results, strict=True)
        apply(found, losses, rows)
        y_pred = tf.nest.map_structure(lambda *each: tf.concat(each, 0), *y_preds)
        measure(x, y, y_pred, sample_weight)

    @tf.autograph.experimental.do_not_convert
    def step(data):
        data = tf.nest.map_structure(
            lambda each: None if isinstance(each, tf.experimental.Optional) else each, data
        )
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        tensors = all(isinstance(each, tf.Tensor | None) for each in tf.nest.flatten(data))
        if not tensors or not _belong_to_rows(model, y, sample_weight):
            model.train_step(data)
            return
        _assert_ids(model, x)
        first = tf.nest.flatten(x)[0]
        rows = first.shape[0] or tf.shape(first)[0]

        def whole():
            model.train_step(data)

        def in_parts():
            split(x, y, sample_weight, rows)

        # XLA cannot loop over no rows.
        if isinstance(rows, int):
            (in_parts if rows >= shards else whole)()
        else:
            tf.cond(rows >= shards, lambda: [in_parts(), 0][1], lambda: [whole(), 0][1])

    return step


def _belong_to_rows(model, y, sample_weight) -> bool:
    """Whether Keras reads labels and weights row by row.

    It broadcasts those of too few axes. Where a batch has as many rows as time steps, weights of
    rows are then taken for weights of time steps.
    """
    predicted = model.outputs[0].shape
    without_classes = predicted[-1] == 1 or any(map(_takes_ids, tf.nest.flatten(model.loss)))
    for labels in tf.nest.flatten(y):
        missing = 0 if labels is None else len(predicted) - labels.shape.rank
        if missing != 0 and not (missing == 1 and without_classes):
            return False
    weights = [each for each in tf.nest.flatten(sample_weight) if each is not None]
    return all(each.shape.rank > 1 or len(predicted) == 2 for each in weights)


def _takes_ids(loss) -> bool:
    """Whether a loss reads the number of a class where the prediction has an axis of classes."""
    found = keras.losses.get(loss) if isinstance(loss, str) else loss
    function = getattr(found, "fn", found)
    return function in (keras.losses.sparse_categorical_crossentropy, losses.softmax_twice)


def _split(structure, sizes):
    """Splits the rows of every tensor of a structure into parts of these sizes."""
    leaves = [
        [None] * len(sizes) if leaf is None else tf.split(leaf, sizes, num=len(sizes))
        for leaf in tf.nest.flatten(structure)
    ]
    return [
        tf.nest.pack_sequence_as(structure, list(part)) for part in zip(*leaves, strict=True)
    ] or [structure] * len(sizes)


def _assert_ids(model, x):
    """Refuses ids without a row, as Keras does outside XLA; under XLA it reads another row."""
    if model.jit_compile:
        return
    for tensor, symbol in zip(tf.nest.flatten(x), model.inputs, strict=True):
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.Embedding) and layer.input is symbol:
                ids = tf.cast(tensor, "int64")
                message = f"{layer.name}: an id is not from -{layer.input_dim} to its rows"
                tf.debugging.assert_less(ids, tf.cast(layer.input_dim, "int64"), message)
                tf.debugging.assert_greater_equal(ids, tf.cast(-layer.input_dim, "int64"), message)


def steps_per_call(split: Split, batch_size: int) -> int:
    """The number of steps that one call runs for examples like these."""
    batch = batch_size * sum(array[:1].nbytes for array in split)
    return max(1, min(STEPS, BYTES // batch))


def train_function(model: keras.Model, batch_size: int) -> Callable:
    """Makes the function that the experiments' loop calls for every few steps.

    Args:
        model: a compiled model; its loss is the mean over the examples of a batch, and the loss of
            a row does not depend on other rows.
        batch_size: examples per step.

    Returns:
        A function of an iterator, whose next element is `x` and `y` of the examples to train on,
        `steps * batch_size` or fewer. It returns the metrics so far, as Keras' own does.
    """
    compiled = model.jit_compile
    if compiled:
        _choose_products(model)
    step = _padded_step(model, batch_size)

    @tf.function
    def steps(iterator):
        x, y = next(iterator)
        for start in tf.range(0, tf.shape(y)[0], batch_size):
            batch = slice(start, start + batch_size)
            step(x[batch], y[batch])
        return model.get_metrics_result()

    program = None

    def several(iterator):
        nonlocal program
        with xla.returning_memory(compiled and program is None):
            # Traced here, not in a call: TensorFlow warns about calls that trace, once per model.
            program = program or steps.get_concrete_function(iterator)
            return program(iterator)

    return several


def _padded_step(model, batch_size) -> Callable:
    """One training step. XLA compiles it for one number of rows, to which batches are padded."""
    compiled, weights = model.jit_compile, model.trainable_weights
    shards = min(parts.CORES, batch_size) if compiled else 1
    rows = shards * -(-batch_size // shards)

    @tf.function(jit_compile=compiled, autograph=False)
    def gradients(x, y, sample_weight):
        with tf.GradientTape() as tape:
            y_pred = model(x, training=True)
            loss = model.compute_loss(x, y, y_pred, sample_weight, training=True) / shards
        # Keras' optimizers take twice as long for a sparse gradient of an Embedding this small.
        return [layers.dense_gradient(g) for g in tape.gradient(loss, weights)], loss, y_pred

    @tf.function(jit_compile=compiled, autograph=False)
    def update(results, y, present):
        gradients, losses, y_preds = zip(*results, strict=True)
        gradients = [tf.add_n(each) for each in zip(*gradients, strict=True)]
        model.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        loss_tracker, *others = model.metrics
        loss_tracker.update_state(tf.add_n(losses), sample_weight=tf.reduce_sum(present))
        _update_metrics(others, y, tf.concat(y_preds, 0), present)

    def step(x, y):
        if compiled:
            present = tf.cast(tf.range(rows) < tf.shape(y)[0], "float32")
            x, y = (parts.filled_up(array, rows) for array in (x, y))
        else:
            present = tf.ones(tf.shape(y)[:1])
        sample_weight = present / tf.reduce_mean(present)
        shares = zip(*(parts.split(each, shards) for each in (x, y, sample_weight)), strict=True)
        update([gradients(*share) for share in shares], y, present)

    return step


def _update_metrics(compiled_metrics, y, y_pred, present):
    # Keras itself would tell only the "weighted" metrics which rows are real.
    for metrics in compiled_metrics:
        if not metrics.built:
            metrics.build(y, y_pred)
        for metric in metrics.metrics:
            metric.update_state(y, y_pred, present)
