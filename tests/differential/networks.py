"""The layers and the model of an example, from Keras' classes or this package's."""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import layers
from tests.differential.examples import Example


@keras.saving.register_keras_serializable("differential")
class Recorder(keras.layers.Layer):
    """Passes its input on, and notes its static shape and dtype each time it is traced."""

    seen: list = []

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def call(self, inputs):
        self.seen.append(f"{tuple(inputs.shape)} {keras.backend.standardize_dtype(inputs.dtype)}")
        return inputs

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, inputs.dtype)


@keras.saving.register_keras_serializable("differential")
class Unstack(keras.layers.Layer):
    """Adds the steps up, which have to be of a known number."""

    def call(self, inputs):
        return sum(keras.ops.unstack(inputs, axis=1))


class Network:
    """Layers of an example, and where it has one, a model of them.

    Attributes:
        outputs: the names of the outputs, in their order.
        symbolic: shapes and dtypes of the outputs of a call on symbolic tensors.
        model: or None.
    """

    def __init__(self, example: Example, module, dtype: str | None = None):
        """Builds them.

        Args:
            example: of the network.
            module: `keras.layers`, or this package's `layers`.
            dtype: in the place of the example's.
        """
        keras.backend.clear_session()
        keras.utils.set_random_seed(example.values % 2**32)
        self.example, self.module = example, module
        self.dtype = dtype or example.dtype
        self.front = self._front()
        self.rnn = self._wrapped()
        self.second = self._second()
        self.behind = self._behind()
        self.recorder = Recorder(dtype=self.dtype)
        symbolic = self.inputs()
        outputs, seen = self.apply(symbolic, example.training or None)
        self.symbolic = [f"{x.shape} {x.dtype}" for x in [*outputs, *seen.values()]]
        self.model = self.probe = None
        if example.model != "none":
            self.probe = keras.Model(symbolic, [*outputs, *seen.values()])
            self.model = keras.Model(symbolic, outputs if len(outputs) > 1 else outputs[0])
            if example.model == "sequential":
                self.model = keras.Sequential(
                    [
                        symbolic["x"],
                        *self.front,
                        self.rnn,
                        self.recorder,
                        *self.second,
                        *self.behind,
                    ]
                )
        self.seen = list(seen)
        self._set_weights(np.random.default_rng(example.values))

    def layers(self):
        """Every layer, in order."""
        return [*self.front, self.rnn, *self.second, *self.behind]

    def weights(self):
        """The weights by their paths."""
        found = {}
        for layer in self.layers():
            for weight in layer.weights:
                found[weight.path] = weight
        return found

    def trainable(self):
        """The trainable ones."""
        return [weight for layer in self.layers() for weight in layer.trainable_weights]

    def variables(self):
        """Everything that a call may have changed, the states of seeds too, in order."""
        return [variable for layer in self.layers() for variable in layer.variables]

    def losses(self):
        """Those of regularizers."""
        return [loss for layer in self.layers() for loss in layer.losses]

    def inputs(self):
        """Symbolic inputs by name."""
        example = self.example
        batch, time = example.batch, example.time
        if example.unknown in ("batch", "both"):
            batch = None
        if example.unknown in ("time", "both"):
            time = None
        return {
            name: keras.Input(
                batch_shape=tuple(
                    {"batch": batch, "time": time}.get(n, n) for n in self.dimensions(name)
                ),
                dtype="float64"
                if self._is_float(value) and self.dtype == "float64"
                else value.dtype,
                name=name,
            )
            for name, value in inputs_of(example).items()
        }

    def _is_float(self, value):
        return np.issubdtype(value.dtype, np.floating) and self.example.dtype != self.dtype

    def dimensions(self, name):
        """The names and sizes of an input's dimensions."""
        example = self.example
        if name.startswith("state"):
            return (1 if example.state == "one row" else "batch", example.units)
        if name == "mask":
            return ("batch", "time", *((1,) if example.mask == "rank 3" else ()))
        middle = (2,) if example.wrapper == "TimeDistributed" else ()
        last = () if example.front == "Embedding" else (example.features,)
        return ("batch", *middle, "time", *last)

    def __call__(self, inputs, training):
        """Calls the layers, or the model.

        Args:
            inputs: tensors by name.
            training: a bool.

        Returns:
            A list of outputs, and what the recurrent layer reads and returns, by name.
        """
        if self.probe is None:
            return self.apply(inputs, training)
        tensors = self.probe(inputs, training=training)
        tensors = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
        count = len(tensors) - len(self.seen)
        return tensors[:count], dict(zip(self.seen, tensors[count:], strict=True))

    def apply(self, inputs, training):
        """Calls the layers one by one."""
        if self.example.model == "nested":
            return self._apply_nested(inputs, training)
        outputs, seen = self._apply(inputs["x"], inputs, training)
        if "x2" in inputs:
            others, _ = self._apply(inputs["x2"], inputs, training)
            outputs = [keras.layers.Concatenate(dtype=self.dtype)([outputs[0], others[0]])]
        return outputs, seen

    def _apply(self, x, inputs, training):
        seen, keywords = {}, {} if training is None else {"training": training}
        for layer in self.front:
            x = layer(x)
            seen["front"] = x
        if "mask" in inputs:
            keywords["mask"] = inputs["mask"]
        states = [inputs[name] for name in inputs if name.startswith("state")]
        if states:
            keywords["initial_state"] = states
        outputs = self.rnn(x, **keywords)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        seen["rnn"] = outputs[0]
        outputs[0] = self.recorder(outputs[0])
        for layer in [*self.second, *self.behind]:
            outputs[0] = layer(outputs[0])
        return outputs, seen

    def _apply_nested(self, inputs, training):
        x, seen = inputs["x"], {}
        for layer in self.front:
            x = layer(x)
            seen["front"] = x
        inner = keras.Sequential([self.rnn, self.recorder, *self.second])
        x = inner(x)
        seen["rnn"] = x
        for layer in self.behind:
            x = layer(x)
        return [x], seen

    def _front(self):
        example = self.example
        if example.front == "Masking":
            return [keras.layers.Masking(mask_value=0.0, dtype=self.dtype)]
        if example.front == "Embedding":
            embedding = self.module.Embedding(
                example.rows,
                max(example.features, 1),
                mask_zero=example.mask_zero,
                trainable=not example.frozen_table,
                dtype=self.dtype,
            )
            return [embedding]
        return []

    def _layer(self, module=None, **changes):
        options = {**dict(self.example.options), **changes}
        return getattr(module or self.module, self.example.layer)(
            self.example.units, dtype=self.dtype, **options
        )

    def _wrapped(self):
        example, layer = self.example, self._layer()
        if example.wrapper == "TimeDistributed":
            return keras.layers.TimeDistributed(layer, dtype=self.dtype)
        if not example.wrapper.endswith("Bidirectional"):
            return layer
        backward = None
        if example.backward == "given":
            backward = self._layer(go_backwards=True)
        if example.backward == "other":
            backward = self._layer(go_backwards=True, activation="relu", use_bias=False)
        if example.backward == "keras":
            backward = self._layer(keras.layers, go_backwards=True)
        module = keras.layers if example.wrapper == "keras.Bidirectional" else self.module
        made = module.Bidirectional(
            layer, merge_mode=example.merge_mode, backward_layer=backward, dtype=self.dtype
        )
        if example.backward == "keras":
            kept = type(made.backward_layer) is getattr(keras.layers, example.layer)
            assert kept and made.backward_layer is backward, "the caller's layer was changed"
        return made

    def _second(self):
        if self.example.second == "none":
            return []
        if self.example.second == "Bidirectional":
            inner = self.module.GRU(2, dtype=self.dtype)
            return [self.module.Bidirectional(inner, dtype=self.dtype)]
        return [getattr(self.module, self.example.second)(2, dtype=self.dtype)]

    def _behind(self):
        make, example = keras.layers, self.example
        made = {
            "none": lambda: [],
            "Dense": lambda: [make.Dense(2, dtype=self.dtype)],
            "TimeDistributed": lambda: [
                make.TimeDistributed(make.Dense(2, dtype=self.dtype), dtype=self.dtype)
            ],
            "Permute": lambda: [
                make.Permute((2, 1), dtype=self.dtype),
                make.Dense(2, dtype=self.dtype),
            ],
            "Flatten": lambda: [make.Flatten(dtype=self.dtype), make.Dense(2, dtype=self.dtype)],
            "Reshape": lambda: [make.Reshape((-1, 1), dtype=self.dtype)],
            "LayerNormalization": lambda: [make.LayerNormalization(axis=[1, 2], dtype=self.dtype)],
            "Unstack": lambda: [Unstack(dtype=self.dtype)],
        }
        return made[example.behind]()

    def _set_weights(self, rng):
        for weight in self.weights().values():
            # So that a large recurrent kernel does not blow up what the last digits differ by.
            scale = min(0.5, max(weight.shape[0], 1) ** -0.5) if len(weight.shape) else 0.5
            weight.assign(rng.normal(size=weight.shape) * scale)


def inputs_of(example: Example) -> dict[str, np.ndarray]:
    """The inputs of an example by name."""
    rng = np.random.default_rng(example.values + 1)
    middle = (2,) if example.wrapper == "TimeDistributed" else ()
    steps = (example.batch, *middle, example.time)
    inputs = {"x": _sequences(example, steps, rng)}
    if example.model == "two_inputs":
        inputs["x2"] = _sequences(example, steps, rng)
    if example.mask != "none":
        inputs["mask"] = _mask(example, steps, rng)
    count = 2 if example.layer == "LSTM" else 1
    if example.wrapper.endswith("Bidirectional"):
        count *= 2
    for index in range(count if example.state != "none" else 0):
        rows = 1 if example.state == "one row" else example.batch
        inputs[f"state{index}"] = rng.normal(size=(rows, example.units)).astype("float32")
    return inputs


def _sequences(example, steps, rng):
    if example.front == "Embedding":
        ids = rng.integers(0, example.rows, steps)
        if example.ids != "inside" and ids.size:
            ids.flat[0] = example.rows + 3 if example.ids == "outside" else -2
        return ids.astype(example.input_dtype)
    shape = (*steps, example.features)
    if example.input_dtype.startswith("float"):
        x = rng.normal(size=shape)
    else:
        x = rng.integers(0, 2 if example.input_dtype == "bool" else 4, shape)
    if example.front == "Masking":
        x = np.where(rng.random(steps)[..., None] < 0.4, 0, x)
    return x.astype(example.input_dtype)


def _mask(example, steps, rng):
    mask = rng.random(steps) < 0.6
    masked = {
        "first": np.s_[:, :1],
        "last": np.s_[:, -1:],
        "a row": np.s_[:1],
        "all": np.s_[:],
    }
    if example.mask in masked:
        mask[masked[example.mask]] = False
    if example.mask == "rank 3":
        mask = mask[..., None]
    return mask.astype("int32") if example.mask == "int" else mask


@contextlib.contextmanager
def quiet():
    """Keeps TensorFlow's warnings of retracing to itself."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


OURS, STOCK = layers, keras.layers
