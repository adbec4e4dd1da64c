"""Recurrent cells and stacks, found among a checkpoint's variables by names and shapes.

A cell is a group of variables in one scope: a joint kernel `(inputs + state, gates * units)` and a
bias, and what its kind adds. What a group is called says which kinds it can be, its shapes which of
them it is. A group that could be several things is reported as such, never as one of them.
"""

import dataclasses
import re
from collections.abc import Iterable

from keras_rnn_tutorials.migrate.checkpoint import Checkpoint

# Every name that a weight has had, by what it is now called in a cell.
_ROLES = {
    "kernel": ("kernel", "weights", "Linear/Matrix", "W_0"),
    "bias": ("bias", "biases", "Linear/Bias", "B"),
    "w_f_diag": ("w_f_diag", "W_F_diag"),
    "w_i_diag": ("w_i_diag", "W_I_diag"),
    "w_o_diag": ("w_o_diag", "W_O_diag"),
    "projection/kernel": ("projection/kernel", "projection/weights", "W_P_0"),
    "gates/kernel": ("gates/kernel", "gates/weights", "Gates/Linear/Matrix", "w_ru"),
    "gates/bias": ("gates/bias", "gates/biases", "Gates/Linear/Bias", "b_ru"),
    "candidate/kernel": ("candidate/kernel", "candidate/weights", "Candidate/Linear/Matrix", "w_c"),
    "candidate/bias": ("candidate/bias", "candidate/biases", "Candidate/Linear/Bias", "b_c"),
    "recurrent_kernel": ("recurrent_kernel",),
    # Of a CudnnCompatibleGRUCell.
    "input/kernel": ("candidate/input_projection/kernel",),
    "input/bias": ("candidate/input_projection/bias",),
    "hidden/kernel": ("candidate/hidden_projection/kernel",),
    "hidden/bias": ("candidate/hidden_projection/bias",),
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names}
_GRU = {"gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"}
_CUDNN_GRU = {"gates/kernel", "gates/bias"} | {
    f"{part}/{what}" for part in ("input", "hidden") for what in ("kernel", "bias")
}
_PEEPHOLES = {"w_f_diag", "w_i_diag", "w_o_diag"}
# What a scope's last part says, without its number and in one spelling.
_CELLS = {
    "basiclstmcell": "LSTM",
    "lstmcell": "LSTM",
    "lstmblockcell": "LSTM",
    "lstmfusedcell": "LSTM",
    "lstmblockwrapper": "LSTM",
    "cudnncompatiblelstmcell": "LSTM",
    "basicrnncell": "RNN",
    "grucell": "GRU",
    "gru": "GRU",
    "lstm": "LSTM",
    "simplernn": "RNN",
}
# Kinds that no layer of Keras computes.
OTHERS = {
    "layernormbasiclstmcell": "LayerNormBasicLSTMCell",
    "nascell": "NASCell",
    "ugrnncell": "UGRNNCell",
    "intersectionrnncell": "IntersectionRNNCell",
    "timefreqlstmcell": "TimeFreqLSTMCell",
    "gridlstmcell": "GridLSTMCell",
    "coupledinputforgetgatelstmcell": "CoupledInputForgetGateLSTMCell",
    "attentioncellwrapper": "AttentionCellWrapper",
    "attentionwrapper": "AttentionWrapper",
    "cudnnlstm": "CudnnLSTM",
    "cudnngru": "CudnnGRU",
    "inputprojectionwrapper": "InputProjectionWrapper",
    "outputprojectionwrapper": "OutputProjectionWrapper",
    "highwaywrapper": "HighwayWrapper",
    "convlstmcell": "ConvLSTMCell",
    "phasedlstmcell": "PhasedLSTMCell",
    "srucell": "SRUCell",
    "indrnncell": "IndRNNCell",
    "minimalrnncell": "MinimalRNNCell",
    "glstmcell": "GLSTMCell",
    "bidirectionalgridlstmcell": "BidirectionalGridLSTMCell",
    "cfncell": "CFNCell",
    "conv1dlstmcell": "Conv1DLSTMCell",
    "conv2dlstmcell": "Conv2DLSTMCell",
    "conv3dlstmcell": "Conv3DLSTMCell",
    "indygrucell": "IndyGRUCell",
    "indylstmcell": "IndyLSTMCell",
    "layernormlstmcell": "LayerNormLSTMCell",
    "ntmcell": "NTMCell",
    "weightnormlstmcell": "WeightNormLSTMCell",
}
# Of these, what tf1 has, whose variables it restores by name.
_IN_TF1 = {"AttentionCellWrapper", "InputProjectionWrapper", "OutputProjectionWrapper"}
_NORMS = [
    f"{norm}/{what}"
    for norm in ("input", "transform", "forget", "output", "state")
    for what in ("gamma", "beta")
]
# What becomes a cell of tf1: per kind the sets of weights that it can have.
_OF_CONTRIB = {
    "LayerNormBasicLSTMCell": [{"kernel", *_NORMS}, {"kernel", "bias"}],
    "NASCell": [
        {"kernel", "recurrent_kernel", *bias, *projection}
        for bias in ((), ("bias",))
        for projection in ((), ("projection_weights",))
    ],
    "UGRNNCell": [{"kernel", "bias"}],
}
# A Saver stores a CudnnLSTM under this scope, as CudnnCompatibleLSTMCells.
_CUDNN_LAYERS = ("cudnnlstm", "cudnngru")
_HIGHWAY = {"carry_w", "carry_b"}
# Also of object-based checkpoints: cell-0 of tf.nn's MultiRNNCell, cells/0 of Keras' RNN.
_LAYER = re.compile(r"(?:cell_|Cell|cell-)(\d+)$")
# Of a direction: fw or bw, BiRNN_FW until TensorFlow 0.8, and a layer in Keras' Bidirectional.
_DIRECTION = re.compile(r"(?:fw|bw|FW|BW)$")
_OLD_DIRECTION = re.compile(r"(.+)_(FW|BW)$")
_KERAS_DIRECTION = re.compile(r"(forward|backward)_\w+$")
_RECURRENT = re.compile(
    r"(rnn|RNN|bi_?rnn|BiRNN|multi_rnn_cell|MultiRNNCell|bidirectional_rnn|(cell_|Cell)\d+|fw|bw|FW|BW)"
    r"(_\d+)?$"
)


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell.

    Attributes:
        scope: of its variables; empty at the top level.
        kind: LSTM, GRU or RNN; a name of `OTHERS`; or the kinds that it could be, joined by " or ".
        units: width of the state; 0 if it cannot be converted.
        input_size: number of features; 0 as above.
        variables: the names of its variables, by role.
        projection: width of the projected output, or None.
        keras: whether kernels are Keras': two of them, and Keras' order of the gates.
        reset_after: of a GRU, whether the reset gate is applied after the product.
        problem: why it cannot be converted, or None.
    """

    scope: str
    kind: str
    units: int
    input_size: int
    variables: dict[str, str]
    projection: int | None = None
    keras: bool = False
    reset_after: bool = False
    problem: str | None = None

    @property
    def peepholes(self) -> bool:
        """Whether the gates of an LSTM see the cell state."""
        return set(self.variables) >= _PEEPHOLES

    @property
    def forget_bias(self) -> float:
        """What the cell's constructor added to the forget gate unless it was told otherwise."""
        parts = map(_spelling, self.scope.split("/"))
        return 0.0 if "cudnncompatiblelstmcell" in parts else 1.0

    @property
    def output_size(self) -> int:
        """Width of the output."""
        return self.projection or self.units


@dataclasses.dataclass(frozen=True)
class Stack:
    """Cells that stand on top of each other, in one direction or in both.

    Attributes:
        scope: in which all of its variables are.
        layers: per layer the forward cell and the backward one, which is None in one direction.
        joined: whether each layer reads both directions of the layer below; else each direction has
            its own stack.
        slots: what an optimizer or a moving average keeps beside the weights.
    """

    scope: str
    layers: tuple[tuple[Cell, Cell | None], ...]
    joined: bool
    slots: tuple[str, ...]

    @property
    def cells(self) -> list[Cell]:
        """All cells."""
        return [cell for pair in self.layers for cell in pair if cell is not None]

    @property
    def weights(self) -> list[str]:
        """The names of all variables of its cells."""
        return [name for cell in self.cells for name in cell.variables.values()]


def find(
    checkpoint: Checkpoint, kinds: dict[str, str] | None = None
) -> tuple[list[Stack], list[str]]:
    """Finds the recurrent networks in a checkpoint.

    Args:
        checkpoint: what `checkpoint.read` returned.
        kinds: LSTM, GRU or RNN, by the scope of cells whose names do not say it.

    Returns:
        The stacks, and the names of all variables that are in none.
    """
    cells = _consistent(_cells(checkpoint, kinds or {}))
    stacks = _stacks(cells, checkpoint)
    taken = {name for cell in cells for name in cell.variables.values()}
    return stacks, sorted(name for name in checkpoint.shapes if name not in taken)


def _cells(checkpoint, said) -> list[Cell]:
    groups: dict[str, dict[str, str]] = {}
    for name in checkpoint.shapes:
        scope, role = _split(name)
        groups.setdefault(scope, {})[role or name.removeprefix(f"{scope}/")] = name
    _move_projections(groups)
    shapes = checkpoint.shapes
    cells = [_cell(scope, group, shapes, said.get(scope)) for scope, group in groups.items()]
    highways = {scope for scope, group in groups.items() if set(group) >= _HIGHWAY}
    return [
        _unconverted(cell.scope, "HighwayWrapper", cell.variables)
        if cell.scope.rpartition("/")[0] in highways
        else cell
        for cell in cells
        if cell is not None
    ]


def _split(name: str) -> tuple[str, str | None]:
    """A variable's scope, and its role in the cell; None if it has none."""
    other = _other_kind(name)
    if other is not None:
        return other, None
    parts = name.split("/")
    for count in (3, 2, 1):
        role = _ROLE_OF.get("/".join(parts[-count:])) if len(parts) >= count else None
        if role is not None:
            return "/".join(parts[:-count]), role
    return "/".join(parts[:-1]), None


def _other_kind(name: str) -> str | None:
    """The scope of a cell of a kind that is not converted."""
    parts = name.split("/")
    spelled = [_spelling(part) for part in parts]
    compatible = any(part.startswith("cudnncompatible") for part in spelled)
    for i, part in enumerate(spelled):
        if part in OTHERS and not (compatible and part in _CUDNN_LAYERS):
            return "/".join(parts[: i + 1])
    return None


def _move_projections(groups):
    """Puts `cell/projection`'s kernel, found as a scope of its own, into the cell."""
    for scope in [s for s in groups if s.endswith("/projection")]:
        around = scope.removesuffix("/projection")
        if around in groups and set(groups[scope]) == {"kernel"}:
            groups[around]["projection/kernel"] = groups.pop(scope)["kernel"]


def _spelling(part: str) -> str:
    return re.sub(r"_\d+$", "", part).replace("_", "").lower()


def _unconverted(scope: str, kind: str, group: dict[str, str]) -> Cell:
    """A cell of a kind that is recognized and not converted."""
    problem = f"{kind} has no form in Keras or tf1"
    if kind in _IN_TF1:
        problem = f"it is not converted; tf1.{kind} in a graph restores it by name"
    return Cell(scope, kind, 0, 0, group, problem=problem)


def _unknown(scope: str, group: dict[str, str], problem: str) -> Cell:
    return Cell(scope, "an unknown cell", 0, 0, group, problem=problem)


def _with_extra(scope: str, group: dict[str, str], extra: list[str]) -> Cell:
    names = ", ".join(extra)
    return _unknown(scope, group, f"its scope holds variables of an unknown kind too: {names}")


def _cell(scope: str, group: dict[str, str], shapes, given: str | None) -> Cell | None:
    """The cell that a group of variables is, or None."""
    parts = scope.split("/")
    said = _spelling(parts[-1])
    if OTHERS.get(said) in _OF_CONTRIB:
        return _contrib_cell(scope, OTHERS[said], group, shapes)
    if said in OTHERS or any("opaque_kernel" in role for role in group):
        return _unconverted(scope, OTHERS.get(said, "an opaque Cudnn layer"), group)
    roles = {role: tuple(shapes[name]) for role, name in group.items() if role in _ROLES}
    extra = sorted(set(group) - set(roles))
    if "recurrent_kernel" in roles:
        return _keras_cell(scope, group, roles, extra)
    if set(roles) >= _CUDNN_GRU:
        return _cudnn_gru(scope, group, roles, extra)
    if set(roles) >= _GRU:
        return _gru(scope, group, roles, extra)
    if not {"kernel", "bias"} <= set(roles) or len(roles["kernel"]) != 2:
        return None
    in_a_network = given or said in _CELLS or any(_RECURRENT.match(part) for part in parts)
    named = given or _CELLS.get(said)
    found = _kinds(roles, named)
    if not found or not (in_a_network or _PEEPHOLES <= set(roles) or scope == ""):
        return None
    if extra:
        return _with_extra(scope, group, extra)
    if named is None and not _PEEPHOLES <= set(roles):  # which only an LSTM has
        return _undecided(scope, group, found, shapes[group["kernel"]])
    ((kind, units, inputs, projection),) = found
    return Cell(scope, kind, units, inputs, group, projection)


def _undecided(scope, group, kinds, shape):
    texts = [f"{kind} of {units} units that reads {inputs}" for kind, units, inputs, _ in kinds]
    if not _PEEPHOLES & set(group):
        texts.append(f"dense layer of {shape[1]} units that reads {shape[0]}")
    return Cell(
        scope,
        " or ".join(kind for kind, *_ in kinds),
        0,
        0,
        group,
        problem=f"it could be: {'; '.join(texts)}. Say which with kind",
    )


def _kinds(roles, said: str | None) -> list[tuple[str, int, int, int | None]]:
    """What a kernel and a bias can be: kind, units, input size, projection."""
    (rows, columns), bias = roles["kernel"], roles["bias"]
    if bias != (columns,):
        return []
    found: list[tuple[str, int, int, int | None]] = []
    units = columns // 4
    projection = roles.get("projection/kernel")
    width = projection[1] if projection else units
    fits = projection is None or projection[0] == units
    peepholes = {roles[role] for role in _PEEPHOLES if role in roles}
    if columns % 4 == 0 and rows > width and fits and peepholes <= {(units,)}:
        found.append(("LSTM", units, rows - width, projection[1] if projection else None))
    if rows > columns and not peepholes and projection is None:
        found.append(("RNN", columns, rows - columns, None))
    return [kind for kind in found if said in (None, kind[0])]


def _gru(scope, group, roles, extra):
    rows, columns = roles["gates/kernel"]
    units = columns // 2
    if extra or roles["candidate/kernel"] != (rows, units) or rows <= units:
        return _unknown(scope, group, f"its variables are not a GRU's: {', '.join(sorted(group))}")
    return Cell(scope, "GRU", units, rows - units, group)


def _cudnn_gru(scope, group, roles, extra):
    """A CudnnCompatibleGRUCell, whose reset gate comes after the product."""
    rows, units = roles["gates/kernel"][0], roles["gates/kernel"][1] // 2
    shapes = (roles["input/kernel"], roles["hidden/kernel"])
    if extra or shapes != ((rows - units, units), (units, units)):
        return _unknown(scope, group, "its kernels do not fit")
    return Cell(scope, "GRU", units, rows - units, group, reset_after=True)


def _contrib_cell(scope, kind: str, group, shapes) -> Cell:
    """A cell that tf1 has under the same name."""
    group = {_ROLE_OF.get(role, role): name for role, name in group.items()}
    found = {role: tuple(shapes[name]) for role, name in group.items()}
    gates = {"LayerNormBasicLSTMCell": 4, "NASCell": 8, "UGRNNCell": 2}[kind]
    rows, columns = [*found.get("kernel", ()), 0, 0][:2]
    units = columns // gates
    projection = found.get("projection_weights", (units, units))[-1]
    inputs = rows if kind == "NASCell" else rows - units
    wanted = {
        "kernel": (rows, columns),
        "recurrent_kernel": (projection, columns),
        "bias": (columns,),
        "projection_weights": (units, projection),
        **dict.fromkeys(_NORMS, (units,)),
    }
    fits = columns and columns % gates == 0 and inputs > 0 and set(found) in _OF_CONTRIB[kind]
    if not fits or any(shape != wanted[role] for role, shape in found.items()):
        names = ", ".join(sorted(group))
        problem = f"its variables are not those of a {kind}: {names}"
        return Cell(scope, kind, 0, 0, group, problem=problem)
    width = projection if "projection_weights" in found else None
    return Cell(scope, kind, units, inputs, group, width)


def _keras_cell(scope, group, roles, extra):
    """A cell of tf.keras: two kernels."""
    if not {"kernel", "recurrent_kernel"} <= set(roles):
        return None
    if extra:  # RNN over several cells numbers the kernels
        return _with_extra(scope, group, extra)
    if len(roles["kernel"]) != 2 or len(roles["recurrent_kernel"]) != 2:
        return _unconverted(scope, "a ConvLSTM layer", group)
    (inputs, columns), (units, _) = roles["kernel"], roles["recurrent_kernel"]
    kind = {1: "RNN", 3: "GRU", 4: "LSTM"}.get(columns // units)
    if kind is None or columns % units or roles["recurrent_kernel"][1] != columns:
        return _unknown(scope, group, "its kernels do not fit")
    if roles.get("bias") == (2 * columns,):  # their kernels are arranged as Cudnn has them
        return _unconverted(scope, f"CuDNN{kind} of tf.keras", group)
    reset_after = len(roles.get("bias", ())) == 2 and kind == "GRU"
    return Cell(scope, kind, units, inputs, group, keras=True, reset_after=reset_after)


def _consistent(cells: list[Cell]) -> list[Cell]:
    """Decides by the layer below what a cell's own shapes leave open: it reads those outputs."""
    by_scope = {_place(cell)[:3]: cell for cell in cells}
    decided = []
    for cell in cells:
        scope, direction, layer, _ = _place(cell)
        below = by_scope.get((scope, direction, layer - 1)) if layer else None
        if below is not None and below.units and not cell.units:
            cell = _reading(cell, below)
            by_scope[scope, direction, layer] = cell
        decided.append(cell)
    return decided


def _reading(cell: Cell, below: Cell) -> Cell:
    texts = re.findall(r"(\w+) of (\d+) units that reads (\d+)", cell.problem or "")
    fitting = [text for text in texts if int(text[2]) == below.output_size]
    if len(fitting) != 1 or fitting[0][0] not in cell.kind.split(" or "):
        return cell
    kind, units, inputs = fitting[0]
    return dataclasses.replace(
        cell, kind=kind, units=int(units), input_size=int(inputs), problem=None
    )


def _place(cell: Cell) -> tuple[str, str, int, bool]:
    """A cell's stack, direction ("fw", "bw" or ""), layer, and whether layers join directions."""
    parts = _with_directions(cell)
    direction, layer, joined, end = "", 0, False, len(parts) - 1
    for i in range(len(parts) - 1, -1, -1):
        of_keras = cell.keras and parts[i].isdigit() and i > 0 and parts[i - 1] == "cells"
        if match := re.match(r"(\d+)$", parts[i]) if of_keras else _LAYER.match(parts[i]):
            layer, end = int(match[1]), i - of_keras
            joined = bool(direction)
            if i and _spelling(parts[i - 1]) == "multirnncell":
                end = i - 1
        elif _DIRECTION.match(parts[i]) and not direction:
            direction, end = parts[i].lower(), i
    return "/".join(parts[: max(end, 0)]), direction, layer, joined


def _with_directions(cell: Cell) -> list[str]:
    """The parts of a cell's scope, a direction's always as `fw` or `bw`."""
    parts: list[str] = []
    for part in cell.scope.split("/"):
        if match := _OLD_DIRECTION.match(part):
            parts += [match[1], match[2]]
        elif cell.keras and (match := _KERAS_DIRECTION.match(part)):
            parts.append({"forward": "fw", "backward": "bw"}[match[1]])
        else:
            parts.append(part)
    return parts


def _layers(found: dict[tuple[int, str], Cell]) -> list[tuple[Cell, Cell | None]]:
    """The cells by layer; what is missing among them is a problem of the first."""
    numbers = sorted({layer for layer, _ in found})
    directions = {direction for _, direction in found}
    layers: list[tuple[Cell, Cell | None]] = []
    for layer in numbers:
        cells = [found[layer, d] for d in ("", "fw", "bw") if (layer, d) in found]
        layers.append((cells[0], cells[1] if len(cells) > 1 else None))
    if numbers == list(range(len(numbers))) and len(found) == len(numbers) * len(directions):
        if len(directions) == 1 + (directions != {""}):
            return layers
    problem = "of its stack some layers or directions have no variables here"
    (first, other), *rest = layers
    return [(dataclasses.replace(first, problem=first.problem or problem), other), *rest]


def _stacks(cells: Iterable[Cell], checkpoint) -> list[Stack]:
    places: dict[str, dict[tuple[int, str], Cell]] = {}
    joined: dict[str, bool] = {}
    for cell in cells:
        scope, direction, layer, joins = _place(cell)
        if (layer, direction) in places.get(scope, {}):  # two networks in one scope
            scope = cell.scope
        places.setdefault(scope, {})[layer, direction] = cell
        joined[scope] = joins
    stacks = []
    for scope, found in places.items():
        layers = _layers(found)
        names = [name for cell in found.values() for name in cell.variables.values()]
        slots = sorted({slot for name in names for slot in checkpoint.slots.get(name, {})})
        stacks.append(Stack(scope, tuple(layers), joined[scope], tuple(slots)))
    return stacks
