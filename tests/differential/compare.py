"""Whether this package's layers agree with Keras', by the tolerance of DESIGN.md."""

import contextlib
import dataclasses
import re
import warnings

import keras
import ml_dtypes
import numpy as np

from tests.differential.examples import DERIVATIVES, HALF, TRAINING, Example
from tests.differential.measures import measure
from tests.differential.networks import OURS, STOCK, quiet

ULPS = 4  # of a half precision, for work that is left to Keras' own code


@dataclasses.dataclass(frozen=True)
class Raised:
    """What an example raised."""

    error: str

    @classmethod
    def of(cls, error):
        """The kind of an error and what its text says, Keras' own heading left out."""
        text = re.sub("\x1b\\[[0-9;]*m", "", str(error))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith("Exception encountered when")]
        return cls(f"{type(error).__name__}: {(lines or [''])[0][:200]}")


@dataclasses.dataclass(frozen=True)
class Difference:
    """What differs in an example.

    Attributes:
        kind: "values", "shape", "dtype", "static", "none", "missing", "raises" (ours does, Keras
            does not) or "accepts" (Keras raises, ours does not).
        what: in words.
    """

    kind: str
    what: str


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The outcome of an example.

    Attributes:
        difference: or None.
        refused: the error that Keras raised, or None.
    """

    difference: Difference | None
    refused: str | None = None


def compare(example: Example) -> Comparison:
    """Does an example with Keras' layers and with ours."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stock, ours = _attempt(example, STOCK), _attempt(example, OURS)
        if isinstance(stock, Raised):
            # A derivative that Keras does not have may be had from ours.
            free = example.measure in DERIVATIVES[1:]
            if not isinstance(ours, Raised) and not free:
                return Comparison(Difference("accepts", stock.error), stock.error)
            return Comparison(None, stock.error)
        if isinstance(ours, Raised):
            return Comparison(Difference("raises", ours.error))
        return Comparison(_difference(example, stock, ours))


def _attempt(example, module, **options):
    try:
        return measure(example, module, **options)
    except Exception as error:  # noqa: BLE001  whatever it is, both should raise
        return Raised.of(error)


def _difference(example, stock, ours):
    apart = {}
    for name in sorted(stock.keys() | ours.keys()):
        if name not in stock or name not in ours:
            return Difference("missing", f"{name}: only {'Keras' if name in stock else 'ours'}")
        found = _kind_of_difference(stock[name], ours[name])
        if found is not None:
            kind, mine, theirs = found
            return Difference(kind, f"{name}: {mine} for {theirs}")
        if isinstance(stock[name], np.ndarray | np.generic):
            theirs, mine = np.asarray(stock[name]), np.asarray(ours[name])
            far = distance(mine, theirs)
            if far > _bar(example):
                apart[name] = far
    reference = _reference(example) if apart else {}
    for name, far in apart.items():
        own = reference.get(name, 0.0)
        if far > 4 * own:
            return Difference("values", f"{name}: {far:.2g} apart (Keras itself {own:.2g})")
    return None


def _kind_of_difference(theirs, mine):
    """The kind of a difference that is not one of values, and both sides of it; or None."""
    if isinstance(theirs, str):
        return ("static", mine, theirs) if theirs != mine else None
    if theirs is None or mine is None:
        return ("none", _short(mine), _short(theirs)) if theirs is not mine else None
    theirs, mine = np.asarray(theirs), np.asarray(mine)
    if theirs.shape != mine.shape:
        return "shape", mine.shape, theirs.shape
    if theirs.dtype != mine.dtype:
        return "dtype", mine.dtype, theirs.dtype
    return None


def _short(value):
    return "None" if value is None else f"an array, at most {np.max(np.abs(value), initial=0):.3g}"


def distance(mine, theirs):
    """The largest difference over the largest entry; infinite where only one is finite."""
    if theirs.dtype.kind in "biu":
        return 0.0 if np.array_equal(mine, theirs) else np.inf
    mine, theirs = mine.astype("float64"), theirs.astype("float64")
    finite = np.isfinite(theirs)
    if not np.array_equal(mine[~finite], theirs[~finite], equal_nan=True):
        return np.inf
    if not np.isfinite(mine[finite]).all():
        return np.inf
    off = np.max(np.abs(mine[finite] - theirs[finite]), initial=0)
    largest = np.max(np.abs(theirs[finite]), initial=0)
    return 0.0 if off == 0 else np.inf if largest == 0 else off / largest


def _bar(example):
    if example.dtype in HALF:
        return ULPS * float(ml_dtypes.finfo(HALF[example.dtype]).eps)
    return 1e-12 if example.dtype == "float64" else 1e-6


def _reference(example):
    """How far Keras' own float32 result is from its float64 result, by name.

    Where the example trains, a training that starts 1e-7 off counts too.
    """
    if example.dtype != "float32":
        return {}
    single = _attempt(example, STOCK)
    with _draws_of_float32():
        others = [_attempt(example, STOCK, dtype="float64")]
    if example.mode in TRAINING:
        others.append(_attempt(example, STOCK, noise=1e-7))
    found = {}
    for other in others:
        if isinstance(single, Raised) or isinstance(other, Raised):
            continue
        for name, value in single.items():
            if isinstance(value, (np.ndarray, np.generic)) and other.get(name) is not None:
                value, wide = np.asarray(value), np.asarray(other[name])
                if value.shape == wide.shape and value.dtype.kind == "f":
                    found[name] = max(found.get(name, 0), distance(value, wide))
    return found


@contextlib.contextmanager
def _draws_of_float32():
    """Dropout in float64 draws what it draws in float32."""
    random, dropout = keras.src.backend.random, keras.src.backend.random.dropout

    def draw(inputs, rate, **options):
        mask = dropout(keras.ops.cast(inputs, "float32"), rate, **options)
        return keras.ops.cast(mask, inputs.dtype)

    random.dropout = draw
    try:
        yield
    finally:
        random.dropout = dropout


def clear():
    """Lets go of what the examples before left in the process."""
    keras.backend.clear_session()
