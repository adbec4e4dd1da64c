"""A random example: a layer, its arguments, the model around it, the input and the operation."""

import dataclasses

import numpy as np

HALF = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}
RECURRENT = ("LSTM", "GRU", "SimpleRNN")
DERIVATIVES = ("gradient", "second", "penalty", "jvp", "jacobian", "jacobian_in_a_loop")
TRAINING = ("fit", "train_on_batch")
# Modes in which a whole model is used; the others call it, or the layers themselves.
OF_A_MODEL = (
    *TRAINING,
    "predict",
    "predict_on_batch",
    "test_on_batch",
    "clone",
    "save",
    "export",
    "with_kernels",
)


@dataclasses.dataclass(frozen=True)
class Example:
    """Defaults are what an example is simplified to.

    Attributes:
        options: of the recurrent layer, pairs of name and value.
        wrapper: "none", "Bidirectional", "keras.Bidirectional" (Keras' own class around our layer)
            or "TimeDistributed".
        backward: the backward layer of a Bidirectional: "copy" (none is given), "given", "other"
            (of other arguments) or "keras" (given, of Keras' own class).
        front: "none", "Masking" or "Embedding".
        ids: those of an Embedding: "inside", "outside" or "negative".
        rows: of an Embedding's table.
        second: a recurrent layer behind the first: "none", a class, or "Bidirectional".
        model: "none" (layers are called), "functional", "sequential", "nested" or "two_inputs".
        behind: a layer that needs a static shape.
        unknown: the dimensions that are not known while tracing: "none", "batch", "time" or "both".
        mode: "eager", "function", "jit", or of OF_A_MODEL.
        measure: in eager, function and jit: "outputs" or a derivative.
        second_consumer: whether the loss reads what is in front of the recurrent layer, too.
        jit: of `compile`.
        values: seed of weights and inputs.
    """

    layer: str = "SimpleRNN"
    units: int = 3
    options: tuple = ()
    dtype: str = "float32"
    wrapper: str = "none"
    merge_mode: str | None = "concat"
    backward: str = "copy"
    front: str = "none"
    mask_zero: bool = False
    ids: str = "inside"
    rows: int = 9
    frozen_table: bool = False
    second: str = "none"
    model: str = "none"
    behind: str = "none"
    input_dtype: str = "float32"
    batch: int = 4
    time: int = 5
    features: int = 3
    unknown: str = "none"
    mask: str = "none"
    state: str = "none"
    training: bool = False
    mode: str = "eager"
    measure: str = "outputs"
    second_consumer: bool = False
    optimizer: str = "sgd"
    jit: bool = False
    values: int = 0

    def option(self, name, default=None):
        """An argument of the recurrent layer."""
        return dict(self.options).get(name, default)

    def without(self, *names):
        """This example without some of the layer's arguments."""
        options = tuple(pair for pair in self.options if pair[0] not in names)
        return dataclasses.replace(self, options=options)

    def returns_sequences(self):
        """Whether the recurrent layer returns every step."""
        return bool(self.option("return_sequences"))

    def __str__(self):
        changed = [
            f"{field.name}={dict(value) if field.name == 'options' else value}"
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default
        ]
        return " ".join(changed) or "defaults"


def draw(seed, number):
    """Example `number` of a seed.

    What needs static shapes, and what Keras refuses in most modes, is drawn where it can be.
    """
    choose = _Choice(np.random.default_rng((seed, number)))
    mode, measure, model = _what_is_done(choose)
    wrapper = choose.mostly(
        "none",
        "Bidirectional",
        "Bidirectional",
        "keras.Bidirectional",
        "TimeDistributed",
        probability=0.4,
    )
    example = Example(
        layer=choose.one_of(*RECURRENT),
        units=choose.number(1, 5),
        dtype=choose.mostly(
            "float32", "float64", "float64", "mixed_bfloat16", "mixed_float16", probability=0.3
        ),
        wrapper=wrapper,
        model=model,
        batch=choose.mostly(choose.number(1, 6), 0, probability=0.02),
        time=choose.mostly(choose.number(1, 7), 0, probability=0.02),
        features=choose.number(1, 4),
        training=choose.often(0.5),
        mode=mode,
        measure=measure,
        second_consumer=choose.often(0.25),
        optimizer=choose.mostly("sgd", "adam", probability=0.3),
        jit=choose.often(0.5),
        values=choose.number(0, 2**31 - 1),
    )
    for change in (_with_options, _with_a_front, _with_layers_behind, _with_states, _with_sizes):
        example = change(example, choose)
    return example


class _Choice:
    def __init__(self, rng):
        self.rng = rng

    def often(self, probability):
        return bool(self.rng.random() < probability)

    def one_of(self, *values):
        return values[self.rng.integers(len(values))]

    def mostly(self, default, *others, probability=0.2):
        return self.one_of(*others) if self.often(probability) else default

    def number(self, least, most):
        return int(self.rng.integers(least, most + 1))


def _what_is_done(choose):
    mode = choose.mostly(choose.one_of("eager", "function", "jit"), *OF_A_MODEL, probability=0.35)
    model = choose.one_of("functional", "sequential", "nested", "two_inputs")
    if mode in OF_A_MODEL:
        return mode, "outputs", model
    measure = choose.mostly("outputs", *DERIVATIVES, probability=0.7)
    if measure == "jvp":
        mode = choose.mostly("eager", "function", "jit", probability=0.1)
    if measure.startswith("jacobian"):
        mode = choose.mostly(choose.one_of("eager", "function"), "jit", probability=0.1)
    return mode, measure, choose.mostly("none", model, probability=0.35)


# Arguments by their name, each with its probability and its values.
_OPTIONS = {
    "return_sequences": (0.5, [True]),
    "return_state": (0.2, [True]),
    "use_bias": (0.15, [False]),
    "go_backwards": (0.2, [True]),
    "stateful": (0.12, [True]),
    "unroll": (0.1, [True]),
    "dropout": (0.2, [0.3, 0.3, 0.3, 1.0]),
    "recurrent_dropout": (0.08, [0.3, 0.3, 0.3, 1.0]),
    "seed": (0.3, [7]),
    "activation": (0.1, ["relu", "linear", "sigmoid"]),
    "zero_output_for_mask": (0.2, [True]),
    "kernel_regularizer": (0.06, ["l1", "l2"]),
    "recurrent_regularizer": (0.06, ["l1", "l2"]),
    "bias_regularizer": (0.06, ["l1", "l2"]),
    "activity_regularizer": (0.06, ["l1", "l2"]),
    "trainable": (0.05, [False]),
}
_OPTIONS_IN_TRAINING = {
    "kernel_constraint": (0.15, ["max_norm", "non_neg"]),
    "recurrent_constraint": (0.15, ["max_norm", "non_neg"]),
    "bias_constraint": (0.15, ["max_norm", "non_neg"]),
}
_OPTIONS_OF_GATES = {
    "recurrent_activation": (0.1, ["hard_sigmoid", "tanh"]),
    "use_cudnn": (0.15, ["auto", False, "auto", False, True]),
    "implementation": (0.05, [1]),
}
_OPTIONS_OF = {
    "SimpleRNN": {},
    "LSTM": {**_OPTIONS_OF_GATES, "unit_forget_bias": (0.05, [False])},
    "GRU": {**_OPTIONS_OF_GATES, "reset_after": (0.3, [False])},
}


def _with_options(example, choose):
    table = {**_OPTIONS, **_OPTIONS_OF[example.layer]}
    if example.mode in TRAINING:
        table.update(_OPTIONS_IN_TRAINING)
    # In the middle of a model a layer has one output, and its wrapper may set its direction.
    if example.model not in ("none", "functional") or example.wrapper == "TimeDistributed":
        del table["return_state"]
    if example.wrapper.endswith("Bidirectional"):
        del table["go_backwards"]
    options = {
        name: choose.one_of(*values)
        for name, (probability, values) in table.items()
        if choose.often(probability)
    }
    return dataclasses.replace(example, options=tuple(options.items()))


def _with_a_front(example, choose):
    front = choose.mostly("none", "Masking", "Embedding", "Embedding", probability=0.5)
    if front != "Embedding":
        dtypes = "float64", "int32", "int64", "bool", "uint8"
        dtype = choose.mostly("float32", *dtypes, probability=0.25)
        return dataclasses.replace(example, front=front, input_dtype=dtype)
    return dataclasses.replace(
        example,
        front=front,
        mask_zero=choose.often(0.5),
        ids=choose.mostly("inside", "outside", "negative"),
        rows=choose.mostly(9, 300, probability=0.3),
        frozen_table=choose.often(0.15),
        input_dtype=choose.one_of("int32", "int64", "uint8", "float32"),
    )


def _with_layers_behind(example, choose):
    plain = example.model in ("none", "functional")
    if example.wrapper.endswith("Bidirectional"):
        merge_modes = ("sum", "mul", "ave", *((None,) if plain else ()))
        example = dataclasses.replace(
            example,
            merge_mode=choose.mostly("concat", *merge_modes),
            backward=choose.mostly("copy", "given", "other", "keras"),
        )
    several = example.option("return_state") or example.merge_mode is None
    if several or example.wrapper == "TimeDistributed":
        return example
    sequences = example.returns_sequences()
    if sequences and choose.often(0.3):
        sequences = False
        second = choose.one_of(*RECURRENT, "Bidirectional")
        example = dataclasses.replace(example, second=second)
    behind = ("Dense", "Flatten", "Reshape")
    if sequences:
        behind = ("TimeDistributed", "Permute", "LayerNormalization", "Unstack", *behind[1:])
    return dataclasses.replace(example, behind=choose.mostly("none", *behind, probability=0.35))


def _with_states(example, choose):
    if example.model not in ("none", "functional") or example.wrapper == "TimeDistributed":
        return example
    masks = "some", "first", "last", "a row", "all", "int", "rank 3"
    mask = choose.mostly("none", *masks, probability=0.35)
    return dataclasses.replace(
        example,
        mask="none" if example.front == "Masking" else mask,
        state=choose.mostly("none", "given", "one row", probability=0.3),
    )


def _with_sizes(example, choose):
    fixed = "none" if example.option("stateful") else "batch"
    any_time = example.behind in ("none", "TimeDistributed", "Dense")
    unknown = choose.one_of("none", fixed)
    if any_time and not example.option("unroll"):
        unknown = choose.mostly(unknown, "time", "both" if fixed == "batch" else "time")
    example = dataclasses.replace(example, unknown=unknown)
    # In graphs and in half precisions oneDNN ends the process where there are no features.
    if example.mode == "eager" and example.dtype not in HALF and choose.often(0.06):
        return dataclasses.replace(example, features=0)
    if choose.often(0.04) and not example.measure.startswith("j"):
        # Of more bytes than a kernel's backward pass takes at a time.
        return dataclasses.replace(example, batch=33, units=100, time=17)
    return example


def simpler(example, size):
    """Examples in which `size` things in a row have their defaults again, or one is simpler.

    Args:
        example: the example.
        size: a number, halved until it is 1.
    """
    fields = [field for field in dataclasses.fields(example) if field.name != "options"]
    things = [("option", name) for name, _ in example.options]
    things += [(field.name, field.default) for field in fields]
    things = [(n, v) for n, v in things if n == "option" or getattr(example, n) != v]
    for start in range(0, len(things), size):
        some = things[start : start + size]
        options = [value for name, value in some if name == "option"]
        changes = {name: value for name, value in some if name != "option"}
        yield dataclasses.replace(example.without(*options), **changes)
    if size > 1:
        return
    less = [
        ("model", ("nested", "two_inputs", "sequential"), "functional"),
        ("mode", [mode for mode in OF_A_MODEL if mode != "predict"], "predict"),
        ("mode", ("jit",), "function"),
        ("wrapper", ("keras.Bidirectional",), "Bidirectional"),
        ("unknown", ("both",), "batch"),
        ("measure", DERIVATIVES[1:], "gradient"),
        ("mask", ("first", "last", "a row", "all", "int", "rank 3"), "some"),
    ]
    for name, values, value in less:
        if getattr(example, name) in values:
            yield dataclasses.replace(example, **{name: value})
