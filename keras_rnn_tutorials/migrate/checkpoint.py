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
# Of TensorFlow 0's format: model.ckpt-00000-of-00002, and what its Saver returns and writes into
# the file `checkpoint`.
_V1_SHARD = re.compile(r"-(?:\d{5}|\?{5})-of-(\d{5})$")
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
        prefix: the path without `.index` or the number of a shard; the path itself of a single
            file of TensorFlow 0.
        shapes: the shapes of all but slots, by name.
        dtypes: the names of their dtypes.
        slots: the optimizer's slots and moving averages by kind, by the weight's name.
        stored: the names in the file, by the names above.
        missing: the names of the data files that are not beside the index.
        read: of a name, returns its value.
        read_slot: of a weight's name and the kind of a slot, returns the slot's value.
    """

    prefix: str
    shapes: dict[str, tuple[int, ...]]
    dtypes: dict[str, str]
    slots: dict[str, dict[str, str]]
    stored: dict[str, str]
    missing: tuple[str, ...]
    read: Callable[[str], np.ndarray]
    read_slot: Callable[[str, str], np.ndarray]

    def is_averaged(self, name: str) -> bool:
        """Whether a moving average of a weight is stored."""
        return SHADOW in self.slots.get(name, {})

    def has_raw(self, name: str) -> bool:
        """Whether a weight itself is stored, and not its moving average alone."""
        return not self.stored[name].endswith(f"/{SHADOW}")

    def averaged(self) -> "Checkpoint":
        """The same with the moving averages for weights, where there are any.

        That is what TensorFlow 1's `ExponentialMovingAverage.variables_to_restore` restores.
        """

        def read(name):
            return self.read_slot(name, SHADOW) if self.is_averaged(name) else self.read(name)

        return dataclasses.replace(self, read=read)

    def verify(self):
        """Reads every value once, so that a damaged file is refused whatever is wanted of it.

        Raises:
            UserError: one cannot be read. TensorFlow compares each with its checksum.
        """
        for name in self.shapes:
            self.read(name)
        for name, kinds in self.slots.items():
            for kind in kinds:
                self.read_slot(name, kind)


@dataclasses.dataclass(frozen=True)
class _Files:
    """Where a checkpoint's files are.

    Attributes:
        prefix: as of `Checkpoint`.
        pattern: what TensorFlow's readers are given: the prefix, or a pattern of the single files
            of TensorFlow 0.
        is_v1: whether they are files of TensorFlow 0, of which each has its own index.
    """

    prefix: Path
    pattern: str
    is_v1: bool = False


def read(path: str | Path) -> Checkpoint:
    """Reads a checkpoint's list of variables.

    Args:
        path: a prefix, one of its files (`.index`, `.meta`, `.data-*`), a single file or a shard
            of TensorFlow 0, or a directory that holds one checkpoint.

    Returns:
        The checkpoint. Its index may be there without its data; then only `read` fails.

    Raises:
        UserError: there is none, there are several, its index is damaged, or a shard of TensorFlow
            0 is missing, without which nobody knows the variables in it.
    """
    files = _files(Path(path))
    prefix = files.prefix
    try:
        reader = tf.train.load_checkpoint(files.pattern)
        shapes = reader.get_variable_to_shape_map()
        kinds = reader.get_variable_to_dtype_map()
    except _UNREADABLE as error:
        raise UserError(f"{prefix}: not a readable checkpoint ({_first_line(error)}).") from None
    if not shapes:
        raise UserError(f"{prefix}: the checkpoint holds no variables.")
    names = {_plain(name): name for name in shapes if name != "_CHECKPOINTABLE_OBJECT_GRAPH"}
    slots, weights = _sorted(names, shapes)

    def value(name):
        stored = weights.get(name, name)
        try:
            if files.is_v1:  # the reader refuses its partitioned variables
                return _restored(files.pattern, stored, kinds[stored])
            return np.asarray(reader.get_tensor(stored))
        except _UNREADABLE as error:
            raise UserError(f"{prefix}: {name} cannot be read ({_first_line(error)}).") from None

    return Checkpoint(
        prefix=str(prefix),
        shapes={name: tuple(shapes[stored]) for name, stored in weights.items()},
        dtypes={name: kinds[stored].name for name, stored in weights.items()},
        slots=slots,
        stored=weights,
        missing=() if files.is_v1 else _missing(prefix, "{}.data"),
        read=value,
        read_slot=lambda name, kind: value(slots[name][kind]),
    )


def _sorted(names: dict[str, str], shapes) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Tells slots from weights.

    Args:
        names: the stored names, by the plain ones.
        shapes: the shapes, by the stored names.

    Returns:
        The slots' stored names by weight and kind, and the weights' by name. A weight that is
        stored as its moving average alone has that one's name.
    """
    slots: dict[str, dict[str, str]] = {}
    weights = {}
    for name in sorted(names, key=len):  # a slot in a scope of its own has the longer name
        stored = names[name]
        match = _SLOT.match(name) or _OBJECT_SLOT.match(name) or _KERAS_SLOT.match(name)
        owner = _owner(match[1], names, shapes, shapes[stored]) if match else None
        if match and owner is None and match[2] == SHADOW:
            owner = match[1]
        if match and owner is not None and match[2] not in slots.get(owner, {}):
            slots.setdefault(owner, {})[match[2]] = stored
        else:
            weights[name] = stored
    for name, of_name in slots.items():
        if name not in names:
            weights[name] = of_name[SHADOW]
    return slots, weights


def _owner(name: str, names: dict[str, str], shapes, shape) -> str | None:
    """The weight that a slot belongs to, or None.

    An optimizer that was made in a variable scope puts that before the weight's name:
    `Model/Model/rnn/kernel/Adam`, `OptimizeLoss/rnn/kernel/Adam`.
    """
    if name in names:
        return name
    parts = name.split("/")
    for i in range(1, len(parts)):
        inner = "/".join(parts[i:])
        if inner in names and shapes[names[inner]] == shape:
            return inner
    return None


def _restored(pattern: str, name: str, dtype) -> np.ndarray:
    with tf.init_scope():
        return tf.raw_ops.Restore(file_pattern=pattern, tensor_name=name, dt=dtype).numpy()


def _files(path: Path) -> _Files:
    if path.is_dir():
        return _in_directory(path)
    prefix = path.with_name(_SUFFIX.sub("", path.name))
    if prefix.with_name(prefix.name + ".index").is_file():
        return _Files(prefix, str(prefix))
    if path.is_file() and prefix == path and not _V1_SHARD.search(path.name):
        return _Files(path, _escaped(str(path)), is_v1=True)
    shards = prefix.with_name(_V1_SHARD.sub("", prefix.name))
    if counts := _counts(shards, "{}"):
        return _v1_shards(shards, counts)
    if path.is_file():
        raise UserError(
            f"{path}: {prefix.name}.index is not beside it, which lists the variables. Copy it."
        )
    raise UserError(f"{path}: there is no checkpoint. Give its prefix, such as model.ckpt-1000.")


def _v1_shards(prefix: Path, counts: list[str]) -> _Files:
    if len(counts) > 1:
        names = ", ".join(f"{prefix.name}-*-of-{count}" for count in counts)
        raise UserError(f"{prefix}: there are several sets of shards, keep one of {names}.")
    if missing := _missing(prefix, "{}"):
        raise UserError(f"{prefix}: {', '.join(missing)} is missing. Copy it.")
    return _Files(prefix, f"{_escaped(str(prefix))}-?????-of-{counts[0]}", is_v1=True)


def _counts(prefix: Path, form: str) -> list[str]:
    """The numbers of shards that files' names state, as they are written."""
    beginning = form.format(prefix.name)
    found = prefix.parent.glob(f"{_escaped(beginning)}-?????-of-?????")
    return sorted({path.name[-5:] for path in found if _V1_SHARD.search(path.name)})


def _missing(prefix: Path, form: str) -> tuple[str, ...]:
    """The names of the data files that are missing; of several sets, of the most complete one.

    Args:
        prefix: of the checkpoint.
        form: what comes before the number of a shard, with the prefix's name for `{}`.
    """
    beginning = form.format(prefix.name)
    sets = []
    for count in _counts(prefix, form):
        names = [f"{beginning}-{i:05}-of-{count}" for i in range(int(count))]
        sets.append(tuple(name for name in names if not prefix.with_name(name).is_file()))
    return min(sets, key=len, default=(f"{beginning}-*",))


def _in_directory(directory: Path) -> _Files:
    """The one checkpoint in a directory, or the one that its `checkpoint` file names."""
    prefixes = {path.with_suffix("") for path in directory.glob("*.index")}
    prefixes |= {
        path.with_name(_V1_SHARD.sub("", path.name))
        for path in directory.glob("*-?????-of-?????")
        if _V1_SHARD.search(path.name) and not _SUFFIX.search(path.name)
    }
    found = sorted(prefixes)
    if len(found) == 1:
        return _files(found[0])
    state = directory / "checkpoint"
    if state.is_file():
        text = state.read_text(encoding="utf-8", errors="replace")
        named = re.search(r'^model_checkpoint_path:\s*"([^"]*)"', text, re.MULTILINE)
        # The path may be another machine's.
        name = re.split(r"[/\\]", named[1])[-1] if named else ""
        path = directory / _V1_SHARD.sub("", name)
        if path in found or (name and path.is_file()):
            return _files(path)
    if not found:
        raise UserError(f"{directory}: no .index file is in this directory.")
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
