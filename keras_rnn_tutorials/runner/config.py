"""The options of every run: their types, their help, and the check of their values.

An option is a field of a frozen dataclass, annotated once:

    units: Annotated[int, "units of the LSTM"] = 100
    variant: Annotated[
        Literal["as_published", "corrected"],
        "the loss",
        {"as_published": "softmax twice", "corrected": "softmax once"},
    ] = "as_published"

The command line's flags, their help and the checks of values are all derived from it.
"""

import dataclasses
import difflib
import functools
import inspect
import math
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    ParamSpec,
    TypeVar,
    get_args,
    get_origin,
)

from keras_rnn_tutorials.errors import UserError

if TYPE_CHECKING:
    import keras

ELSEWHERE = "choose another folder with --out_dir"  # what a user can do if a run cannot write
P = ParamSpec("P")
C = TypeVar("C", bound="RunConfig")
R = TypeVar("R")


class Option(NamedTuple):
    """One field of a configuration, as the command line and the check need it.

    Attributes:
        name: of the field and of the flag.
        type: int, float, bool or str.
        choices: the allowed values and their meanings ("" if the help says it); None for any.
        optional: whether None is allowed.
        default: the field's default.
        help: one line.
        question: a description of its value, if the flag asks a trained model something; empty for
            an option of the run.
    """

    name: str
    type: type
    choices: dict[str, str] | None
    optional: bool
    default: Any
    help: str
    question: str = ""


def question(value: str, default: Any = None) -> Any:
    """Makes a field a flag that asks a trained model something; a run's configuration excludes it.

        predict: Annotated[str | None, "a review to judge"] = question("some text")

    Args:
        value: a description of the value to give.
        default: the value that asks nothing, None or False.
    """
    return dataclasses.field(default=default, compare=False, metadata={"question": value})


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The options of every experiment; each adds its own in a subclass named Config.

    Raises:
        UserError: a value is of the wrong type, not among its choices, or not positive.
    """

    seed: Annotated[int, "seed of the initial weights and the order of examples"] = 0
    out_dir: Annotated[
        str | None, "folder for the files of the run (else runs/EXPERIMENT/NAME-seedSEED)"
    ] = None

    def __post_init__(self):
        """Checks every field against its annotation."""
        for option in options(type(self)):
            _check(option, getattr(self, option.name))


@dataclass(frozen=True, kw_only=True)
class DataConfig(RunConfig):
    """The options of every experiment that reads data."""

    data: Annotated[
        Literal["auto", "tfds", "sample"],
        "where the data come from",
        {
            "auto": "prepared data, else a download, else the generated sample",
            "tfds": "prepared data or a download, never the sample",
            "sample": "the generated sample: quick, needs no network, results not to be quoted",
        },
    ] = "auto"
    data_dir: Annotated[
        str | None, "folder of the prepared data (else TFDS_DATA_DIR or ~/tensorflow_datasets)"
    ] = None


@dataclass(frozen=True, kw_only=True)
class ResumableConfig(DataConfig):
    """The options of every experiment that trains. Such a run can be resumed.

    `callbacks` are Keras callbacks, and there is no flag for them. A resumed run calls them for the
    rest of its training; their own state is not saved.
    """

    resume: Annotated[
        Literal["no", "yes", "force"],
        "whether to continue an interrupted run",
        {
            "no": "start again",
            "yes": "continue from the last saved state (--resume alone means this)",
            "force": "the same, even if another library version saved the state",
        },
    ] = "no"
    callbacks: Sequence["keras.callbacks.Callback"] = dataclasses.field(
        default=(), compare=False, metadata={"flag": False}
    )


@dataclass(frozen=True, kw_only=True)
class TrainConfig(ResumableConfig):
    """The options of every experiment that trains one model."""

    if TYPE_CHECKING:  # every experiment has these, with defaults and help of its own
        epochs: int
        batch_size: int

    save_every: Annotated[
        int | None, "save the state after this many steps, not only after every epoch"
    ] = None
    deterministic: Annotated[
        bool,
        "the same seed gives bit-for-bit identical results on this machine; --nodeterministic "
        "lifts that",
    ] = True


def options(config_class: type[RunConfig]) -> list[Option]:
    """Reads the fields of a configuration class, the experiment's own first.

    Args:
        config_class: `RunConfig` or a subclass.

    Returns:
        One `Option` per field.
    """
    fields = [f for f in dataclasses.fields(config_class) if f.metadata.get("flag", True)]
    return [_option(field) for field in sorted(fields, key=lambda f: f.name in _common())]


def takes(config_class: Callable[P, C]) -> Callable[[Callable[[C], R]], Callable[P, R]]:
    """Turns a function of a configuration into a function of the configuration's fields.

    Args:
        config_class: `RunConfig` or a subclass.

    Returns:
        A decorator. The decorated function takes the fields as keyword arguments, as its signature
        says, and raises a `UserError` for an unknown keyword or a wrong value.
    """
    make: Callable[..., C] = config_class
    signature = inspect.signature(config_class)

    def decorate(function: Callable[[C], R]) -> Callable[P, R]:
        def main(**keywords: Any) -> R:
            for name in keywords:
                if name not in signature.parameters:
                    near = difflib.get_close_matches(name, signature.parameters, n=1)
                    known = ", ".join(signature.parameters)
                    advice = f"did you mean {near[0]}?" if near else f"choose from {known}."
                    raise UserError(f"{name!r} is not an option of this experiment: {advice}")
            return function(make(**keywords))

        wrapper: Any = functools.wraps(function)(main)
        returned = inspect.signature(function).return_annotation
        wrapper.__signature__ = signature.replace(return_annotation=returned)
        return wrapper

    return decorate


def own_values(config: RunConfig) -> dict:
    """The experiment's own options, without the common ones: the configuration in a record."""
    return {
        option.name: getattr(config, option.name)
        for option in options(type(config))
        if option.name not in _common() and not option.question
    }


def questions(config: RunConfig) -> list[str]:
    """The names of the given flags that ask a trained model something."""
    return [
        option.name
        for option in options(type(config))
        if option.question and getattr(config, option.name)
    ]


def flags(config: RunConfig, without: Container[str] = ("resume",)) -> list[str]:
    """The flags that produce a configuration, without those that have their default value."""
    return [
        f"--{option.name}={str(value).lower() if option.type is bool else value}"
        for option in options(type(config))
        if (value := getattr(config, option.name)) != option.default
        and option.name not in without
        and not option.question
    ]


def run_name(config: RunConfig, numbers: bool = False) -> str:
    """The name of a configuration's runs and plots: "padding-post", "full", "default".

    It joins the experiment's own choices that differ from their defaults, in the order of the
    Config; it is "default" if none does.

    Args:
        config: the configuration of the runs.
        numbers: whether numbers that differ from their defaults are named too, as in "units-50".
    """
    chosen = [
        option.name if option.type is bool else f"{option.name}-{value}"
        for option in options(type(config))
        if (numbers or option.choices or option.type is bool)
        and option.name not in _common()
        and not option.question
        and (value := getattr(config, option.name)) != option.default
    ]
    return "-".join(chosen) or "default"


def _common() -> set[str]:
    return {field.name for field in dataclasses.fields(TrainConfig)}


def _option(field: dataclasses.Field) -> Option:
    annotated, help_line, *meanings = get_args(field.type)
    choices = None
    if get_origin(annotated) is Literal:
        choices = dict.fromkeys(get_args(annotated), "") | dict(*meanings)
    optional = type(None) in get_args(annotated)
    kinds = [kind for kind in get_args(annotated) if kind is not type(None)]
    kind = str if choices else kinds[0] if optional else annotated
    question = field.metadata.get("question", "")
    return Option(field.name, kind, choices, optional, field.default, help_line, question)


def _is_unicode(text: str) -> bool:
    """Whether TensorFlow and JSON accept a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(option: Option, value: Any):
    if value is None and option.optional:
        return
    if type(value) is str and not _is_unicode(value):
        advice = "rename that path, which is not in UTF-8"
        if option.question:
            advice = f"give {option.question} in UTF-8"
        raise UserError(f"--{option.name}={value}: {advice}.")
    if option.type is float and type(value) is int:
        value = float(value)
    least = 0 if option.name == "seed" else 1
    is_of_type = type(value) is option.type
    good = (
        is_of_type
        and {
            int: lambda: least <= value < 2**31,
            float: lambda: math.isfinite(value) and value > 0,
            bool: lambda: True,
            str: lambda: value in option.choices if option.choices else value,
        }[option.type]()
    )
    if not good:
        wanted = (
            option.question
            or {
                int: f"a whole number from {least} to 2147483647",
                float: "a positive number",
                bool: "true or false",
                str: f"one of {', '.join(option.choices)}" if option.choices else "a path",
            }[option.type]
        )
        raise UserError(f"--{option.name}={value}: give {wanted}.")
