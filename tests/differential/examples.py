"""A random example: a layer, its arguments, the model around it, the input and what is done."""

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
    """Example `number` of a seed."""
    rng = np.random.default_rng((seed, number))

    def often(probability):
        return bool(rng.random() < probability)

    def one_of(*values):
        return values[rng.integers(len(values))]

    def mostly(default, *others, probability=0.2):
        return one_of(*others) if often(probability) else default

    # What needs static shapes, and what Keras refuses in most modes, is drawn where it can be.
    layer = one_of(*RECURRENT)
    mode = mostly(one_of("eager", "function", "jit"), *OF_A_MODEL, probability=0.35)
    model = one_of("functional", "sequential", "nested", "two_inputs")
    if mode not in OF_A_MODEL:
        model = mostly("none", model, probability=0.35)
    measure = "outputs" if mode in OF_A_MODEL else mostly("outputs", *DERIVATIVES, probability=0.7)
    if measure == "jvp":
        mode = mostly("eager", "function", "jit", probability=0.1)
    if measure.startswith("jacobian"):
        mode = mostly(one_of("eager", "function"), "jit", probability=0.1)
    front = mostly("none", "Masking", "Embedding", "Embedding", probability=0.5)
    wrapper = mostly(
        "none",
        "Bidirectional",
        "Bidirectional",
        "keras.Bidirectional",
        "TimeDistributed",
        probability=0.4,
    )
    dtype = mostly(
        "float32", "float64", "float64", "mixed_bfloat16", "mixed_float16", probability=0.3
    )
    bidirectional = wrapper.endswith("Bidirectional")
    time_distributed = wrapper == "TimeDistributed"
    sequences = often(0.5)
    second = mostly("none", *RECURRENT, "Bidirectional", probability=0.3) if sequences else "none"
    merge_mode = mostly("concat", "sum", "mul", "ave", None) if bidirectional else "concat"
    plain = model in ("none", "functional")
    return_state = plain and not time_distributed and second == "none" and often(0.2)
    if merge_mode is None and not plain:
        merge_mode = "sum"
    several = return_state or merge_mode is None
    if several:
        second = "none"
    options = _options(layer, mode, sequences, return_state, bidirectional, often, one_of, mostly)
    behind = "none"
    if not several and not time_distributed:
        behind = mostly(
            "none",
            *(
                (
                    "TimeDistributed",
                    "Permute",
                    "Flatten",
                    "Reshape",
                    "LayerNormalization",
                    "Unstack",
                )
                if sequences and second == "none"
                else ("Dense", "Flatten", "Reshape")
            ),
            probability=0.35,
        )
    given = plain and not time_distributed
    fixed = "none" if dict(options).get("stateful") else "batch"
    any_time = behind in ("none", "TimeDistributed", "Dense") and not dict(options).get("unroll")
    example = Example(
        layer=layer,
        units=int(rng.integers(1, 6)),
        options=options,
        dtype=dtype,
        wrapper=wrapper,
        merge_mode=merge_mode,
        backward=mostly("copy", "given", "other", "keras") if bidirectional else "copy",
        front=front,
        mask_zero=front == "Embedding" and often(0.5),
        ids=mostly("inside", "outside", "negative") if front == "Embedding" else "inside",
        frozen_table=front == "Embedding" and often(0.15),
        second=second,
        model=model,
        behind=behind,
        input_dtype=(
            one_of("int32", "int64", "uint8", "float32")
            if front == "Embedding"
            else mostly("float32", "float64", "int32", "int64", "bool", "uint8", probability=0.25)
        ),
        batch=mostly(int(rng.integers(1, 7)), 0, probability=0.02),
        time=mostly(int(rng.integers(1, 8)), 0, probability=0.02),
        # oneDNN ends the process where half precisions have no features.
        features=mostly(int(rng.integers(1, 5)), 0, probability=0.0 if dtype in HALF else 0.03),
        unknown=mostly(one_of("none", fixed), *(("time", "both") if any_time else ("none", fixed))),
        mask=(
            mostly(
                "none", "some", "first", "last", "a row", "all", "int", "rank 3", probability=0.35
            )
            if given and front != "Masking"
            else "none"
        ),
        state=mostly("none", "given", "one row", probability=0.3) if given else "none",
        training=often(0.5),
        mode=mode,
        measure=measure,
        second_consumer=often(0.25),
        optimizer=mostly("sgd", "adam", probability=0.3),
        jit=often(0.5),
        values=int(rng.integers(2**31)),
    )
    if front == "Embedding" and often(0.3):
        example = dataclasses.replace(example, rows=300)
    if often(0.04) and measure in ("outputs", "gradient", "second", "penalty"):
        # Of more bytes than a kernel's backward pass takes at a time.
        example = dataclasses.replace(example, batch=33, units=100, time=17)
    return example


def _options(layer, mode, sequences, return_state, bidirectional, often, one_of, mostly):
    options = {}
    if sequences:
        options["return_sequences"] = True
    if return_state:
        options["return_state"] = True
    if often(0.15):
        options["use_bias"] = False
    if often(0.2) and not bidirectional:
        options["go_backwards"] = True
    if often(0.12):
        options["stateful"] = True
    if often(0.1):
        options["unroll"] = True
    if often(0.2):
        options["dropout"] = mostly(0.3, 1.0)
    if often(0.08):
        options["recurrent_dropout"] = mostly(0.3, 1.0)
    if often(0.3):
        options["seed"] = 7
    if often(0.1):
        options["activation"] = one_of("relu", "linear", "sigmoid")
    if layer != "SimpleRNN":
        if often(0.1):
            options["recurrent_activation"] = one_of("hard_sigmoid", "tanh")
        if often(0.15):
            options["use_cudnn"] = mostly(one_of("auto", False), True)
        if often(0.05):
            options["implementation"] = 1
    if layer == "GRU" and often(0.3):
        options["reset_after"] = False
    if layer == "LSTM" and often(0.05):
        options["unit_forget_bias"] = False
    if often(0.2):
        options["zero_output_for_mask"] = True
    for name in ("kernel", "recurrent", "bias", "activity"):
        if often(0.06):
            options[f"{name}_regularizer"] = one_of("l1", "l2")
    for name in ("kernel", "recurrent", "bias"):
        if mode in TRAINING and often(0.15):
            options[f"{name}_constraint"] = one_of("max_norm", "non_neg")
    if often(0.05):
        options["trainable"] = False
    return tuple(options.items())


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
