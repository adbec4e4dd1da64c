"""Runs an example, and measures everything that its user can see."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import layers
from tests.differential import networks
from tests.differential.examples import OF_A_MODEL, TRAINING, Example
from tests.differential.networks import Network, Recorder


def measure(example: Example, module, dtype=None, noise=0.0) -> dict:
    """Does what the example says.

    Args:
        example: the example.
        module: whose layers.
        dtype: in the place of the example's, and of its inputs'.
        noise: by which the weights are changed before, relative.

    Returns:
        Arrays, None, and text (static shapes, dtypes), by name.
    """
    Recorder.seen.clear()
    network = Network(example, module, dtype)
    values = {"symbolic": " ".join(network.symbolic)}
    values["weights"] = " ".join(f"{p} {w.shape} {w.dtype}" for p, w in network.weights().items())
    if noise:
        for index, weight in enumerate(network.weights().values()):
            weight.assign(weight * (1 + noise * (-1) ** index))
    inputs = networks.inputs_of(example)
    if dtype is not None:
        inputs = {
            name: value.astype("float32").astype(dtype) if value.dtype.kind == "f" else value
            for name, value in inputs.items()
        }
    Recorder.seen.clear()
    if example.mode in OF_A_MODEL:
        values.update(_of_a_model(example, network, inputs))
        values["traced shapes"] = " ".join(sorted(set(Recorder.seen)))
    else:
        values.update(_of_calls(example, network, inputs))
    if example.mode != "with_kernels":
        for index, variable in enumerate(network.variables()):
            values[f"variable {index} after"] = variable.numpy()
    return values


def _of_calls(example, network, inputs):
    static, names = {}, list(inputs)
    calculate = _MEASURES[example.measure]

    def program(*tensors):
        found = calculate(example, network, dict(zip(names, tensors, strict=True)))
        found = {name: _dense(value) for name, value in found.items()}
        for name, value in found.items():
            if value is None:
                static[name] = None
            elif example.mode != "eager" and not name.startswith("d"):
                static[f"static shape of {name}"] = str(value.shape)
        return {name: value for name, value in found.items() if value is not None}

    tensors = [tf.constant(value) for value in inputs.values()]
    if example.mode != "eager":
        specs = [tf.TensorSpec(value.shape, value.dtype) for value in network.inputs().values()]
        specs = [tf.TensorSpec(s.shape, t.dtype) for s, t in zip(specs, tensors, strict=True)]
        program = tf.function(
            program,
            input_signature=specs,
            jit_compile=True if example.mode == "jit" else None,
            autograph=False,
        )
    values = {}
    for call in range(2 if example.option("stateful") else 1):
        for name, value in program(*tensors).items():
            values[f"{name}{' of the second call' if call else ''}"] = value.numpy()
    return {**values, **static}


def _of_a_model(example, network, inputs):
    model = network.model
    x = inputs["x"] if example.model == "sequential" else inputs
    if example.mode in (*TRAINING, "test_on_batch"):
        return _trained(example, model, x)
    if example.mode == "predict":
        model.compile(jit_compile=example.jit)
        return _named(model.predict(x, verbose=0, batch_size=max(example.batch, 1)))
    if example.mode == "predict_on_batch":
        model.compile(jit_compile=example.jit)
        return _named(model.predict_on_batch(x))
    if example.mode in ("save", "export"):
        return _read_back(example, model, x)
    # What Keras' own copy of a model leaves behind (`use_cudnn`), with_kernels may leave behind.
    if example.mode == "with_kernels" and network.module is layers:
        copy = layers.with_kernels(Network(example, keras.layers).model)
    else:
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
    return {**_named(copy.predict(x, verbose=0)), **_form(copy)}


def _trained(example, model, x):
    model.compile(example.optimizer, "mse", jit_compile=example.jit)
    y = []
    for output in model.outputs:
        rows, *others = output.shape
        shape = [example.batch if rows is None else rows, *(size or 1 for size in others)]
        y.append(np.full(shape, 0.3))
    y = y if len(y) > 1 else y[0]
    if example.mode == "fit":
        options = {"shuffle": False, "batch_size": max(example.batch, 1), "verbose": 0}
        history = model.fit(x, y, epochs=2, **options).history
        return {name: np.array(values) for name, values in history.items()}
    if example.mode == "train_on_batch":
        losses = [np.array(model.train_on_batch(x, y)) for _ in range(2)]
        return {f"loss {step}": loss for step, loss in enumerate(losses)}
    return {"loss": np.array(model.test_on_batch(x, y))}


def _read_back(example, model, x):
    with tempfile.TemporaryDirectory() as folder:
        if example.mode == "save":
            path = Path(folder, "model.keras")
            model.save(path)
            return _named(keras.saving.load_model(path).predict(x, verbose=0))
        model.export(folder, verbose=False)
        loaded = tf.saved_model.load(folder)
        served = loaded.serve(tf.nest.map_structure(tf.constant, x))
        return _named(tf.nest.map_structure(lambda tensor: tensor.numpy(), served))


def _form(model):
    """Names and dtype policies of the layers of a model, and of those within them."""
    flat = [layer for layer in model._flatten_layers() if layer is not model]
    return {"layers": " ".join(f"{x.name}:{type(x).__name__}:{x.dtype_policy.name}" for x in flat)}


def _named(outputs):
    return {f"output {index}": value for index, value in enumerate(tf.nest.flatten(outputs))}


def _dense(value):
    return tf.convert_to_tensor(value) if isinstance(value, tf.IndexedSlices) else value


def _pattern(tensor, phase):
    """Numbers of no symmetry, in the shape of a tensor."""
    count = tf.cast(tf.range(tf.size(tensor)), "float64")
    pattern = tf.reshape(tf.cos(count * 1.7 + phase), tf.shape(tensor))
    return tf.cast(pattern, tensor.dtype)


def _call(example, network, inputs):
    """Calls a network.

    Returns:
        Outputs and what is seen within, by name, the loss of them, and the sources by name.
    """
    outputs, seen = network(inputs, example.training)
    named = {f"output {index}": output for index, output in enumerate(outputs)}
    wide = "float64" if network.dtype == "float64" else "float32"
    terms = [tf.zeros((), wide)]
    for index, output in enumerate(outputs):
        output = tf.cast(output, wide)
        terms.append(tf.reduce_sum(output * (_pattern(output, index) + output)))
    if example.second_consumer and "front" in seen:
        front = tf.cast(seen["front"], wide)
        terms.append(tf.reduce_sum(front * (_pattern(front, 0.5) + front)))
    if network.model is not None:
        losses = network.model.losses
    else:
        losses = network.losses()
    loss = tf.add_n(terms + [tf.cast(loss, wide) for loss in losses])
    sources = {name: value for name, value in inputs.items() if value.dtype.is_floating}
    sources.update({f"w {i}": weight.value for i, weight in enumerate(network.trainable())})
    return named, seen, loss, sources


def _outputs(example, network, inputs):
    outputs, seen, loss, _ = _call(example, network, inputs)
    masks = {
        f"mask of {name}": mask
        for name, value in outputs.items()
        if (mask := getattr(value, "_keras_mask", None)) is not None
    }
    return {
        **outputs,
        **{f"the {name}": value for name, value in seen.items()},
        **masks,
        "loss": loss,
    }


def _watch(tape, inputs):
    tape.watch([value for value in inputs.values() if value.dtype.is_floating])


def _gradient(example, network, inputs):
    with tf.GradientTape() as tape:
        _watch(tape, inputs)
        _, seen, loss, sources = _call(example, network, inputs)
    sources.update({f"the {name}": value for name, value in seen.items()})
    gradients = tape.gradient(loss, sources)
    return {f"d {name}": value for name, value in gradients.items()}


def _second(example, network, inputs):
    with tf.GradientTape() as outer:
        _watch(outer, inputs)
        with tf.GradientTape() as inner:
            _watch(inner, inputs)
            _, seen, loss, sources = _call(example, network, inputs)
            of = {**sources, **{f"the {name}": value for name, value in seen.items()}}
        gradients = [_dense(value) for value in inner.gradient(loss, list(of.values()))]
        product = tf.add_n(
            [
                tf.cast(tf.reduce_sum(value * _pattern(value, index)), loss.dtype)
                for index, value in enumerate(gradients)
                if value is not None
            ]
        )
    second = outer.gradient(product, of)
    return {f"d d {name}": value for name, value in second.items()}


def _penalty(example, network, inputs):
    with tf.GradientTape() as outer:
        _watch(outer, inputs)
        with tf.GradientTape() as inner:
            _watch(inner, inputs)
            _, seen, loss, sources = _call(example, network, inputs)
            of = seen.get("front", inputs["x"])
        gradient = inner.gradient(loss, of)
        total = loss + 10 * tf.cast(tf.reduce_sum(_dense(gradient) ** 2), loss.dtype)
    gradients = outer.gradient(total, sources)
    return {"loss": total, **{f"d {name}": value for name, value in gradients.items()}}


def _jvp(example, network, inputs):
    weights = [weight.value for weight in network.trainable()]
    primals = [value for value in inputs.values() if value.dtype.is_floating] + weights
    tangents = [_pattern(primal, index) for index, primal in enumerate(primals)]
    with tf.autodiff.ForwardAccumulator(primals, tangents) as forward:
        outputs, seen, loss, _ = _call(example, network, inputs)
    wanted = {**outputs, **{f"the {name}": value for name, value in seen.items()}, "loss": loss}
    return {f"d {name}": forward.jvp(value) for name, value in wanted.items()}


def _jacobian(example, network, inputs, vectorised=True):
    with tf.GradientTape(persistent=not vectorised) as tape:
        _watch(tape, inputs)
        outputs, _, _, sources = _call(example, network, inputs)
    jacobians = tape.jacobian(
        outputs["output 0"], list(sources.values()), experimental_use_pfor=vectorised
    )
    return {f"d {name}": value for name, value in zip(sources, jacobians, strict=True)}


def _jacobian_in_a_loop(example, network, inputs):
    return _jacobian(example, network, inputs, vectorised=False)


_MEASURES = {
    "outputs": _outputs,
    "gradient": _gradient,
    "second": _second,
    "penalty": _penalty,
    "jvp": _jvp,
    "jacobian": _jacobian,
    "jacobian_in_a_loop": _jacobian_in_a_loop,
}
