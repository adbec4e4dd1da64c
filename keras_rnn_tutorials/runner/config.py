"""What every run can be told, and how a value that makes no sense is answered."""

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

P, C, R = ParamSpec("P"), TypeVar("C", bound="RunConfig"), TypeVar("R")


class Option(NamedTuple):
    """One field of a configuration, as a command line and a check need it.

    Attributes:
        name: the field's name, which is the flag's name too.
        type: int, float, bool or str.
        choices: the only values allowed, or None.
        optional: whether None is a value.
        default: the field's default.
        help: one line.
    """

    name: str
    type: type
    choices: tuple[str, ...] | None
    optional: bool
    default: Any
    help: str


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The options of every experiment; each adds its own numbers in a subclass named Config.

    A field is annotated with its type and its line of help. The check below and the command's
    flags are both made from that annotation, so that neither can say something else.

    Raises:
        UserError: a value is of the wrong type, not among its choices, or not positive.
    """

    seed: Annotated[int, "fixes the initial weights and the order of the examples"] = 0
    out_dir: Annotated[str | None, "where to write (else runs/EXPERIMENT/NAME-seedSEED)"] = None

    def __post_init__(self):
        """Checks every field against its annotation."""
        for option in options(type(self)):
            _check(option, getattr(self, option.name))


@dataclass(frozen=True, kw_only=True)
class DataConfig(RunConfig):
    """The options of every experiment that reads data."""

    data: Annotated[
        Literal["auto", "tfds", "sample"],
        "real data, else the generated sample; real data or nothing; the sample",
    ] = "auto"
    data_dir: Annotated[str | None, "where TFDS keeps its data sets (else TFDS_DATA_DIR)"] = None


@dataclass(frozen=True, kw_only=True)
class TrainConfig(DataConfig):
    """The options of every experiment that trains one model, which can be stopped and resumed.

    `callbacks` are Keras callbacks and no flag. A resumed run calls them for what is left of its
    training; their own state is not saved.
    """

    resume: Annotated[
        Literal["no", "yes", "force"],
        "go on from the last saved state; force: from another version's too",
    ] = "no"
    save_every: Annotated[
        int | None, "save the state after so many steps, not only after every epoch"
    ] = None
    deterministic: Annotated[
        bool, "hold TensorFlow to one order of operations: the same bits every time"
    ] = True
    callbacks: Sequence["keras.callbacks.Callback"] = dataclasses.field(
        default=(), compare=False, metadata={"flag": False}
    )


def options(config_class: type[RunConfig]) -> list[Option]:
    """Reads the fields of a configuration class, the experiment's own first.

    Args:
        config_class: `RunConfig` or a subclass.

    Returns:
        One `Option` a field.
    """
    fields = [f for f in dataclasses.fields(config_class) if f.metadata.get("flag", True)]
    return [_option(field) for field in sorted(fields, key=lambda f: f.name in _common())]


def takes(config_class: Callable[P, C]) -> Callable[[Callable[[C], R]], Callable[P, R]]:
    """Has a function of a configuration take the fields of the configuration instead.

    Args:
        config_class: `RunConfig` or a subclass.

    Returns:
        A decorator. What it returns takes the fields as keyword arguments, as its signature says;
        another keyword, or a value that makes no sense, is a `UserError`.
    """
    signature = inspect.signature(config_class)

    def decorate(function: Callable[[C], R]) -> Callable[P, R]:
        @functools.wraps(function)
        def main(**keywords):
            for name in keywords:
                if name not in signature.parameters:
                    near = difflib.get_close_matches(name, signature.parameters, n=1)
                    known = f"{near[0]}?" if near else f"one of {', '.join(signature.parameters)}?"
                    raise UserError(f"{name!r} is no option of this experiment: is it {known}")
            return function(config_class(**keywords))

        returned = inspect.signature(function).return_annotation
        main.__signature__ = signature.replace(return_annotation=returned)
        return main

    return decorate


def own_values(config: RunConfig) -> dict:
    """The experiment's own numbers: what a record keeps, with no path of anybody's machine."""
    names = [option.name for option in options(type(config)) if option.name not in _common()]
    return {name: getattr(config, name) for name in names}


def flags(config: RunConfig, without: Container[str] = ("resume",)) -> list[str]:
    """The flags that give a configuration; defaults are left out."""
    return [
        f"--{option.name}={str(value).lower() if option.type is bool else value}"
        for option in options(type(config))
        if (value := getattr(config, option.name)) != option.default and option.name not in without
    ]


def run_name(config: RunConfig) -> str:
    """What the runs and the plots of a configuration are called.

    The name joins the experiment's own choices that differ from their defaults, in the order of the
    Config: "padding-post", "full"; "default" where none does.
    """
    chosen = [
        option.name if option.type is bool else f"{option.name}-{value}"
        for option in options(type(config))
        if (option.choices or option.type is bool)
        and option.name not in _common()
        and (value := getattr(config, option.name)) != option.default
    ]
    return "-".join(chosen) or "default"


def _common() -> set[str]:
    return {field.name for field in dataclasses.fields(TrainConfig)}


def _option(field: dataclasses.Field) -> Option:
    annotated, help_line = get_args(field.type)
    choices = get_args(annotated) if get_origin(annotated) is Literal else None
    optional = type(None) in get_args(annotated)
    kinds = [kind for kind in get_args(annotated) if kind is not type(None)]
    kind = str if choices else kinds[0] if optional else annotated
    return Option(field.name, kind, choices, optional, field.default, help_line)


def _is_unicode(text: str) -> bool:
    """Whether TensorFlow and JSON take a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(option: Option, value):
    if value is None and option.optional:
        return
    if type(value) is str and not _is_unicode(value):
        raise UserError(f"--{option.name}={value}: rename that path, which is not in UTF-8.")
    if option.type is float and type(value) is int:
        value = float(value)
    least = 0 if option.name == "seed" else 1
    good = (
        type(value) is option.type
        and {
            int: lambda: least <= value < 2**31,
            float: lambda: math.isfinite(value) and value > 0,
            bool: lambda: True,
            str: lambda: value in option.choices if option.choices else value,
        }[option.type]()
    )
    if not good:
        wanted = {
            int: f"a whole number from {least} to 2147483647",
            float: "a positive number",
            bool: "true or false",
            str: f"one of {', '.join(option.choices)}" if option.choices else "a path",
        }[option.type]
        raise UserError(f"--{option.name}={value}: give {wanted}.")
