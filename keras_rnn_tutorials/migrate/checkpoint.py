"""The variables of a TensorFlow checkpoint, wherever in its files one points."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_rnn_tutorials.errors import UserError

# What TensorFlow's reader of checkpoints raises of a damaged one.
_UNREADABLE = (tf.errors.OpError, RuntimeError, ValueError, IndexError)
_SUFFIX = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})(\.tempstate\d+)?$")
_OBJECT = "/.ATTRIBUTES/VARIABLE_VALUE"
_SLOT = re.compile(
    r"^(.*)/(Adam|Adam_1|RMSProp|RMSProp_1|RMSProp_2|Momentum|Adagrad|Adadelta|Adadelta_1|Ftrl|"
    r"Ftrl_1|AdaMax|AdaMax_1|ExponentialMovingAverage)$"
)
# Of an optimizer of tf.keras, in a Saver's checkpoint: training/Adam/lstm/kernel/m.
_KERAS_SLOT = re.compile(
    r"^(?:.*/)?(?:Adam|RMSprop|SGD|Adagrad|Adadelta|Adamax|Nadam)(?:_\d+)?/"
    r"(.+)/(m|v|vhat|momentum|rms|mg|accumulator|accum_grad|accum_var)$"
)
_OBJECT_SLOT = re.compile(r"^(.*)/\.OPTIMIZER_SLOT/.+/([^/]+)$")
SHADOW = "ExponentialMovingAverage"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's variables, sorted into weights and what belongs to them.

    Attributes:
        prefix: the path without `.index`; the path itself of a single file of TensorFlow 0.
        shapes: the shapes of all but slots, by name.
        dtypes: the names of their dtypes.
        slots: the optimizer's slots and moving averages by kind, by the weight's name.
        stored: the names in the file, by the names above.
        has_data: whether the values can be read.
        read: of a name, returns its value.
        read_slot: of a weight's name and the kind of a slot, returns the slot's value.
    """

    prefix: str
    shapes: dict[str, tuple[int, ...]]
    dtypes: dict[str, str]
    slots: dict[str, dict[str, str]]
    stored: dict[str, str]
    has_data: bool
    read: Callable[[str], np.ndarray]
    read_slot: Callable[[str, str], np.ndarray]


def read(path: str | Path) -> Checkpoint:
    """Reads a checkpoint's list of variables.

    Args:
        path: a prefix, one of its files (`.index`, `.meta`, `.data-*`), a single file of
            TensorFlow 0, or a directory that holds one checkpoint.

    Returns:
        The checkpoint. Its index may be there without its data; then only `read` fails.

    Raises:
        UserError: there is none, there are several, or its index is damaged.
    """
    prefix = _prefix(Path(path))
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
        kinds = reader.get_variable_to_dtype_map()
    except _UNREADABLE as error:
        raise UserError(f"{prefix}: not a readable checkpoint ({_first_line(error)}).") from None
    if not shapes:
        raise UserError(f"{prefix}: the checkpoint holds no variables.")
    names = {_plain(name): name for name in shapes if name != "_CHECKPOINTABLE_OBJECT_GRAPH"}
    slots: dict[str, dict[str, str]] = {}
    weights = {}
    for name, stored in names.items():
        match = _SLOT.match(name) or _OBJECT_SLOT.match(name) or _KERAS_SLOT.match(name)
        if match and (match[1] in names or match[2] == SHADOW):
            slots.setdefault(match[1], {})[match[2]] = stored
        else:
            weights[name] = stored
    for name, of_name in slots.items():  # of a model that was exported with its averages alone
        if name not in names:
            weights[name] = of_name[SHADOW]

    def value(name):
        stored = weights.get(name, name)
        try:
            if prefix.is_file():  # of TensorFlow 0: the reader refuses its partitioned variables
                return _from_single_file(prefix, stored, kinds[stored])
            return np.asarray(reader.get_tensor(stored))
        except _UNREADABLE as error:
            raise UserError(f"{prefix}: {name} cannot be read ({_first_line(error)}).") from None

    return Checkpoint(
        prefix=str(prefix),
        shapes={name: tuple(shapes[stored]) for name, stored in weights.items()},
        dtypes={name: kinds[stored].name for name, stored in weights.items()},
        slots=slots,
        stored=weights,
        has_data=prefix.is_file() or any(prefix.parent.glob(f"{_escaped(prefix.name)}.data-*")),
        read=value,
        read_slot=lambda name, kind: value(slots[name][kind]),
    )


def _from_single_file(path: Path, name: str, dtype) -> np.ndarray:
    with tf.init_scope():
        return tf.raw_ops.Restore(
            file_pattern=_escaped(str(path)), tensor_name=name, dt=dtype
        ).numpy()


def _prefix(path: Path) -> Path:
    if path.is_dir():
        return _in_directory(path)
    prefix = path.with_name(_SUFFIX.sub("", path.name))
    if prefix.with_name(prefix.name + ".index").is_file():
        return prefix
    if path.is_file() and prefix == path:
        return path  # a single file, as TensorFlow 0 wrote it
    if path.is_file():
        raise UserError(
            f"{path}: {prefix.name}.index is not beside it, which lists the variables. Copy it."
        )
    raise UserError(f"{path}: there is no checkpoint. Give its prefix, such as model.ckpt-1000.")


def _in_directory(directory: Path) -> Path:
    """The one checkpoint in a directory, or the one that its `checkpoint` file names."""
    found = sorted(path.with_suffix("") for path in directory.glob("*.index"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError(f"{directory}: no .index file is in this directory.")
    state = directory / "checkpoint"
    if state.is_file():
        text = state.read_text(encoding="utf-8", errors="replace")
        named = re.search(r'^model_checkpoint_path:\s*"([^"]*)"', text, re.MULTILINE)
        # The path may be another machine's.
        name = re.split(r"[/\\]", named[1])[-1] if named else ""
        if directory / name in found:
            return directory / name
    names = ", ".join(path.name for path in found)
    raise UserError(f"{directory}: there are {len(found)} checkpoints, give one of {names}.")


def _plain(name: str) -> str:
    """A variable's name without what object-based checkpoints add: `.S` is their `/`."""
    if not name.endswith(_OBJECT):
        return name
    return re.sub(r"\.([.S])", lambda match: "/" if match[1] == "S" else ".", name[: -len(_OBJECT)])


def _escaped(name: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", name)


def _first_line(error) -> str:
    return str(getattr(error, "message", None) or error).strip().splitlines()[0][:200]
