"""What the graph in a checkpoint's `.meta` file shows of the cells: it is parsed, never run.

A cell's kernel leads to its products `[x, h] · kernel`, and these to the operations that the cell
is made of: the constant added to the forget gate, the activations, what limits the cell state, and
what a wrapper does with inputs and outputs. What is not shown beyond doubt is left out.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from keras_rnn_tutorials.migrate.checkpoint import Checkpoint
from keras_rnn_tutorials.migrate.structure import Cell

# Keras' names, by TensorFlow's operation.
_ACTIVATIONS = {
    "Elu": "elu",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
}
_ADD = ("Add", "AddV2")
_BIAS = ("BiasAdd", *_ADD)
_CONCAT = {"Concat": slice(1, None), "ConcatV2": slice(0, -1)}  # where the tensors are
_SAVE = {"SaveV2": 3, "SaveSlices": 3, "Save": 2}  # where they are
_LSTM_BLOCKS = ("LSTMBlockCell", "BlockLSTM", "BlockLSTMV2")
_GRU_BLOCKS = ("GRUBlockCell",)
_VARIABLES = ("Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable")
# What a value passes through unchanged, on its way from a variable or a constant to its use.
_CARRIES = ("Identity", "ReadVariableOp", "Enter", "Cast", "Switch")
# What takes a cell's output unchanged where it has no activation.
_TAKES = (
    *_CARRIES,
    *_CONCAT,
    *_ADD,
    "ConcatV2",
    "MatMul",
    "Mul",
    "NextIteration",
    "Pack",
    "RealDiv",
    "Select",
    "TensorArrayWriteV3",
)
# Of dropout and of a residual connection, between two cells.
_BETWEEN = (*_ADD, "Identity", "Mul", "RealDiv", "Div", "StopGradient")
_OF_MASKS = (*_BETWEEN, "Cast", "Floor", "GreaterEqual", "Sub", "RandomUniform")
# The last operation of a cell that is not the activation.
_OUTPUTS = (*_ADD, *_LSTM_BLOCKS, *_GRU_BLOCKS, "Mul", "MatMul", "Maximum", "BiasAdd")
# Of an optimizer's update of a weight: where its hyperparameters are, by Keras' names.
_UPDATES = {
    "ApplyAdam": {"learning_rate": 5, "beta_1": 6, "beta_2": 7, "epsilon": 8},
    "ApplyAdamWithAmsgrad": {"learning_rate": 6, "beta_1": 7, "beta_2": 8, "epsilon": 9},
    "ApplyAdagrad": {"learning_rate": 2},
    "ApplyKerasMomentum": {"learning_rate": 2, "momentum": 4},
    "ApplyMomentum": {"learning_rate": 2, "momentum": 4},
    "ApplyRMSProp": {"learning_rate": 3, "rho": 4, "momentum": 5, "epsilon": 6},
    "ApplyCenteredRMSProp": {"learning_rate": 4, "rho": 5, "momentum": 6, "epsilon": 7},
}
_GRADIENTS = re.compile(r"(^|/)gradients(_\d+)?/")
_AND = " and "  # between the operations that make up an activation
_FED = "a fed share"  # a keep probability that is no constant
_UNKNOWN = object()


class Unreadable(Exception):
    """The `.meta` file is damaged, or belongs to another checkpoint."""


def read(checkpoint: Checkpoint) -> "Graph | None":
    """Reads the `.meta` file beside a checkpoint.

    Returns:
        The graph; None if there is no such file.

    Raises:
        Unreadable: there is one that cannot be used. Its message says why.
    """
    path = Path(f"{checkpoint.prefix}.meta")
    if not path.is_file():
        return None
    try:
        content = path.read_bytes()
        meta = tf.compat.v1.MetaGraphDef.FromString(content)
    except OSError as error:
        raise Unreadable(f"{path.name}: {error.strerror}") from None
    except (DecodeError, UnicodeDecodeError):
        raise Unreadable(f"{path.name} is damaged") from None
    if not meta.graph_def.node:
        raise Unreadable(f"{path.name} holds no graph")
    graph = Graph(meta.graph_def)
    if not any(graph.has(stored) for stored in checkpoint.stored.values()):
        raise Unreadable(f"{path.name} is of another checkpoint: it has none of its variables")
    for name, shape in checkpoint.shapes.items():
        found = graph.shape_of(checkpoint.stored[name])
        if found not in (None, shape):
            raise Unreadable(
                f"{path.name} is of another checkpoint: {name} is {found} in it, not {shape}"
            )
    return graph


class Graph:
    """The operations of a graph, and who uses whose outputs.

    A tensor is `(name of the operation, number of its output)`.
    """

    def __init__(self, definition):
        """Takes a GraphDef."""
        self._nodes = {node.name: node for node in definition.node}
        self._inputs = {
            node.name: [_tensor(text) for text in node.input if not text.startswith("^")]
            for node in definition.node
        }
        self._users: dict[tuple[str, int], list[str]] = {}
        for name, inputs in self._inputs.items():
            if not _GRADIENTS.search(name):
                for tensor in dict.fromkeys(inputs):
                    self._users.setdefault(tensor, []).append(name)
        # By each part of a partitioned variable, the first one, which stands for the whole.
        self._first_part: dict[str, str] = {}
        self._saved = dict(self._saved_names())

    def _saved_names(self) -> Iterator[tuple[str, str]]:
        """The names that Savers of the graph give its variables: a name and the variable.

        A partitioned variable is saved by parts under one name, each in an operation of its shard.
        """
        first: dict[bytes, str] = {}
        own: list[tuple[str, str]] = []
        for name, node in self._nodes.items():
            if node.op not in _SAVE:
                continue
            names, slices = (self._strings(self._input(name, i)) for i in (1, 2))
            tensors = self._inputs[name][_SAVE[node.op] :]
            if node.op == "Save":  # which has no parts
                slices = []
            for i, (saved, tensor) in enumerate(zip(names, tensors, strict=False)):
                variable = self._source(tensor)
                if i < len(slices) and slices[i]:
                    self._first_part[variable] = first.setdefault(saved, variable)
                    variable = first[saved]
                text = saved.decode(errors="replace")
                if text == variable:
                    own.append((text, variable))
                else:
                    yield text, variable
        # Where a second Saver restores averages under the weights' names, the weights' own count.
        yield from own

    def _strings(self, tensor) -> list[bytes]:
        """A constant's strings, or none."""
        values = np.ravel(self._constant(tensor))
        return [value for value in values if isinstance(value, bytes)]

    def has(self, stored: str) -> bool:
        """Whether there is a variable of that name in the checkpoint."""
        return self._variable(stored) in self._nodes

    def shape_of(self, stored: str) -> tuple[int, ...] | None:
        """The shape of a variable by its name in the checkpoint, or None if it is not known."""
        node = self._nodes.get(self._variable(stored))
        if node is None or node.op not in _VARIABLES or node.attr["shape"].shape.unknown_rank:
            return None
        if node.name in self._first_part:
            return None
        return tuple(dimension.size for dimension in node.attr["shape"].shape.dim)

    def facts(self, cell: Cell, checkpoint: Checkpoint) -> dict[str, Any]:
        """What the graph shows of a cell.

        Args:
            cell: one of the checkpoint's.
            checkpoint: the checkpoint beside which the graph is.

        Returns:
            `forget_bias`, `activation` (Keras' name; an unknown one by its operations), `cell_clip`
            and `proj_clip` (None for none), `residual`, `dropout` (keep probabilities by what is
            dropped) and `layers` (how many in a row use the one set of weights). What the graph
            does not show is absent, and so is what differs from one use of the weights to another.
        """
        if cell.keras:
            return self._keras_facts(checkpoint.stored[cell.variables["recurrent_kernel"]])
        kernel = cell.variables.get("gates/kernel" if cell.kind == "GRU" else "kernel")
        if kernel is None or cell.reset_after:
            return {}
        stored = {role: checkpoint.stored[name] for role, name in cell.variables.items()}
        readers = {
            "GRU": self._gru,
            "LSTM": self._lstm,
            "LayerNormBasicLSTMCell": self._layer_norm_lstm,
            "NASCell": self._nas,
            "RNN": self._rnn,
            "UGRNNCell": self._ugrnn,
        }
        reader = readers.get(cell.kind)
        if reader is None:
            return {}
        uses = [use for use in self._uses(checkpoint.stored[kernel], reader, stored) if use]
        if not uses:
            return {}
        facts = dict(uses[0])
        for use in uses[1:]:
            facts = {
                name: value for name, value in facts.items() if use.get(name, _UNKNOWN) == value
            }
        for name in ("x", "h", "output", "candidate"):
            facts.pop(name, None)
        return facts | self._around(uses)

    def _keras_facts(self, stored: str) -> dict[str, Any]:
        """The recurrent activation of a Keras layer: what its products with the state go into."""
        gates = (*_ADD, "BiasAdd", "MatMul", "Split", "StridedSlice")
        ops = self._carried(self._variable(stored), ("Sigmoid", "Mul"), gates)
        scaled = [
            name for name in ops
            if 0.2 in [self._number(tensor) for tensor in self._inputs[name]]
        ]  # fmt: skip
        found = {"hard_sigmoid"} if scaled else set()
        found |= {"sigmoid" for name in ops if self._op(name) == "Sigmoid"}
        return {"recurrent_activation": found.pop()} if len(found) == 1 else {}

    def dense_activation(self, stored: str) -> str:
        """Keras' name of the activation after a matrix and a bias; "linear" if none is shown."""
        variable = self._variable(stored)
        found = set()
        for product in self._products(variable):
            for total in self._using((product, 0), _BIAS):
                found.add(self._activation_of((total, 0))[0])
        (activation, *others) = found or {"linear"}
        return "linear" if others or activation not in _ACTIVATIONS.values() else activation

    def update_of(self, stored: str) -> dict[str, Any]:
        """How an optimizer updates a variable.

        Args:
            stored: the variable's name in the checkpoint.

        Returns:
            Its hyperparameters by Keras' names, without those that are no constants; of Momentum
            `nesterov`; of Adam `nadam`, and the names under which `beta1_power` and `beta2_power`
            are stored. Nothing if there is no such operation, or if there are several.
        """
        users = [
            (name, self._op(name).removeprefix("Resource"))
            for name in self._using((self._variable(stored), 0))
        ]
        updates = [(name, op) for name, op in users if op in _UPDATES]
        if len(updates) != 1:
            return {}
        ((name, op),) = updates
        found: dict[str, Any] = {
            parameter: self._number(self._input(name, place))
            for parameter, place in _UPDATES[op].items()
        }
        nesterov = self._nodes[name].attr["use_nesterov"].b
        if op in ("ApplyKerasMomentum", "ApplyMomentum"):
            found["nesterov"] = nesterov
        if op == "ApplyAdam":
            found["nadam"] = nesterov
            names = {variable: saved for saved, variable in self._saved.items()}
            for place, power in ((3, "beta1_power"), (4, "beta2_power")):
                variable = self._source(self._input(name, place))
                found[power] = names.get(variable, variable)
        return {parameter: value for parameter, value in found.items() if value is not None}

    # Variables, constants, and the way along the graph's edges.

    def _variable(self, stored: str) -> str:
        return self._saved.get(stored, stored)

    def _op(self, name: str) -> str:
        node = self._nodes.get(name)
        return node.op if node is not None else ""

    def _input(self, name: str, number: int) -> tuple[str, int]:
        inputs = self._inputs.get(name, [])
        return inputs[number] if -len(inputs) <= number < len(inputs) else ("", 0)

    def _others(self, name: str, tensor) -> list[tuple[str, int]]:
        return [other for other in self._inputs[name] if other != tensor]

    def _using(self, tensor, ops=None) -> list[str]:
        users = self._users.get(tensor, [])
        return [name for name in users if ops is None or self._op(name) in ops]

    def _source(self, tensor) -> str:
        """The operation whose value a tensor carries unchanged."""
        name, seen = tensor[0], set()
        while name not in seen:
            seen.add(name)
            if self._op(name) in _CARRIES and self._inputs[name]:
                name = self._inputs[name][0][0]
            else:
                name = self._whole(name) or name
        return name

    def _whole(self, name: str) -> str | None:
        """The first part of a partitioned variable, if an operation puts its parts together."""
        if not self._first_part or self._op(name) not in _CONCAT:
            return None
        parts = self._inputs[name][_CONCAT[self._op(name)]]
        firsts = {self._first_part.get(self._source(part)) for part in parts}
        return firsts.pop() if len(firsts) == 1 else None

    def _constant(self, tensor) -> Any:
        """A constant's value as an array, or None."""
        node = self._nodes.get(self._source(tensor))
        if node is None or node.op != "Const":
            return None
        try:
            return tf.make_ndarray(node.attr["value"].tensor)
        except (TypeError, ValueError):
            return None

    def _number(self, tensor) -> float | None:
        """A constant's value as one wrote it: 0.7, not what float32 makes of it."""
        value = self._constant(tensor)
        if value is None or value.size != 1 or value.dtype.kind not in "fiu":
            return None
        return float(str(value.reshape(())[()]))

    # Cells.

    def _uses(self, stored: str, reader: Callable, roles) -> Iterator[dict]:
        """What each operation that multiplies by a kernel shows."""
        variable = self._variable(stored)
        for name in self._products(variable):
            yield self._product(name, reader, roles)
        for name in self._carried(variable, (*_LSTM_BLOCKS, *_GRU_BLOCKS)):
            yield self._block(name)

    def _products(self, variable: str) -> list[str]:
        """The products whose second factor is a variable."""
        products = self._carried(variable, ("MatMul",))
        return [name for name in products if self._source(self._input(name, 1)) == variable]

    def _carried(self, variable: str, ops, through=()) -> list[str]:
        """The operations of some kinds that use a variable's value, unchanged or by others."""
        reached, waiting, found = set(), [variable], []
        while waiting:
            name = waiting.pop(0)
            if name in reached:
                continue
            reached.add(name)
            outputs = range(4 if self._op(name) == "Split" else 1)
            for user in [user for i in outputs for user in self._using((name, i))]:
                if self._op(user) in (*_CARRIES, *through) or self._whole(user):
                    waiting.append(user)
                elif self._op(user) in ops:
                    found.append(user)
        return found

    def _block(self, name: str) -> dict:
        """A cell that is one operation, whose attributes say it all."""
        if self._op(name) in _GRU_BLOCKS:
            x, h = self._inputs[name][:2]
            return {"activation": "tanh", "x": x, "h": h, "output": (name, 3)}
        attributes = self._nodes[name].attr
        clip = float(str(np.float32(attributes["cell_clip"].f)))
        first = 0 if self._op(name) == "LSTMBlockCell" else 1
        return {
            "activation": "tanh",
            "forget_bias": float(str(np.float32(attributes["forget_bias"].f))),
            "cell_clip": clip if clip > 0 else None,
            "proj_clip": None,
            "x": self._input(name, first),
            "h": self._input(name, first + 2),
            "output": (name, 6),
        }

    def _product(self, name: str, reader: Callable, roles) -> dict:
        """A cell by its product `[x, h] · kernel`."""
        if reader == self._nas:
            return self._nas(name, roles)
        joined = self._input(name, 0)[0]
        if self._op(joined) not in _CONCAT:
            return {}
        parts = self._inputs[joined][_CONCAT[self._op(joined)]]
        sums = [name] if "input/gamma" in roles else self._using((name, 0), _BIAS)
        if len(parts) != 2 or len(sums) != 1:
            return {}
        facts = reader((sums[0], 0), roles)
        return facts and facts | {"x": parts[0], "h": parts[1]}

    def _rnn(self, gates, roles) -> dict:
        activation, output = self._activation_of(gates)
        return {"activation": activation, "output": output}

    def _gru(self, gates, roles) -> dict:
        variable = self._variable(roles["candidate/kernel"])
        # From the update gate's user `1 - u` to the sum that is the new state.
        for split in self._gate_splits(gates):
            for less in self._using((split, 1), ("Sub",)):
                for product in self._using((less, 0), ("Mul",)):
                    (candidate, *_) = self._others(product, (less, 0)) or [("", 0)]
                    activation, before = self._activation_before(candidate)
                    matmul = self._input(before[0], 0)[0]
                    if self._source(self._input(matmul, 1)) != variable:
                        continue
                    for total in self._using((product, 0), _ADD):
                        return {"activation": activation, "output": (total, 0)}
        return {}

    def _gate_splits(self, gates) -> list[str]:
        """The splits of a GRU's gates, before which their sigmoid stands."""
        sigmoids = self._using(gates, ("Sigmoid",))
        return [split for name in sigmoids for split in self._using((name, 0), ("Split",))]

    def _lstm(self, gates, roles) -> dict:
        splits = self._using(gates, ("Split",))
        if len(splits) != 1:
            return {}
        forget_bias = self._added((splits[0], 2))
        new_inputs, _ = self._activation_of((splits[0], 1))
        outputs = self._sigmoids((splits[0], 3))
        products = [name for gate in outputs for name in self._using((gate, 0), ("Mul",))]
        if len(products) != 1:
            return {}
        activation, state = self._activation_before(self._others(products[0], (outputs[0], 0))[0])
        output = (products[0], 0)
        facts: dict[str, Any] = {"proj_clip": None}
        if activation == "linear" or activation in _ACTIVATIONS.values():
            facts["cell_clip"] = self._limit(state)
        if "projection/kernel" in roles:
            projection = self._variable(roles["projection/kernel"])
            products = [
                name
                for name in self._using(output, ("MatMul",))
                if self._source(self._input(name, 1)) == projection
            ]
            if len(products) != 1:
                return {}
            output = (products[0], 0)
            (least,) = self._using(output, ("Minimum",)) or [""]
            limited = self._using((least, 0), ("Maximum",))
            if len(limited) == 1:
                output = (limited[0], 0)
                facts["proj_clip"] = self._limit(output)
        names = dict.fromkeys([*new_inputs.split(_AND), *activation.split(_AND)])
        facts |= {"activation": _AND.join(names), "output": output}
        return facts if forget_bias is None else facts | {"forget_bias": forget_bias}

    def _ugrnn(self, gates, roles) -> dict:
        (split,) = self._using(gates, ("Split",)) or [""]
        forget_bias = self._added((split, 0))
        activation, candidate = self._activation_of((split, 1))
        product = self._followed(candidate, ("Mul", _ADD))
        if forget_bias is None or product is None:
            return {}
        return {"activation": activation, "forget_bias": forget_bias, "output": product}

    def _layer_norm_lstm(self, gates, roles) -> dict:
        (split,) = self._using(gates, ("Split",)) or [""]
        tensors = [(split, number) for number in range(4)]
        if "input/gamma" in roles:  # x times the scale, plus the shift
            tensors = [self._followed(tensor, ("Mul", _ADD)) or ("", 0) for tensor in tensors]
        forget_bias = self._added(tensors[2])
        new_inputs, candidate = self._activation_of(tensors[1])
        gate = self._followed(tensors[3], ("Sigmoid",))
        output = self._followed(gate, ("Mul",)) if gate else None
        if forget_bias is None or gate is None or output is None:
            return {}
        activation, _ = self._activation_before(self._others(output[0], gate)[0])
        return {
            "activation": _AND.join(dict.fromkeys([new_inputs, activation])),
            "forget_bias": forget_bias,
            "candidate": candidate,
            "output": output,
        }

    def _nas(self, name: str, roles) -> dict:
        """A NASCell by its product `x · kernel`, which has no activation or bias of one's own."""
        (split,) = self._using((name, 0), ("Split",)) or [""]
        total = self._followed((split, 4), (_ADD,))
        output = total and self._followed(
            total, ("Tanh", "Mul", "Tanh", _ADD, "Tanh", "Mul", "Tanh")
        )
        if not total or not output:
            return {}
        if "projection_weights" in roles:
            output = self._followed(output, ("MatMul",))
        other = self._others(total[0], (split, 4))[0]
        kept = self._input(other[0], 1)[0]  # what is split
        kept = self._input(kept, 0)[0] if self._op(kept) in _BIAS else kept
        if not output or self._op(kept) != "MatMul":
            return {}
        return {"x": self._input(name, 0), "h": self._input(kept, 0), "output": output}

    def _followed(self, tensor, ops) -> tuple[str, int] | None:
        """The result of some operations after a tensor, each the only one of its kind there."""
        for op in ops:
            users = self._using(tensor, (op,) if isinstance(op, str) else op)
            if len(users) != 1:
                return None
            tensor = (users[0], 0)
        return tensor

    def _added(self, tensor) -> float | None:
        """The constant that is added to a gate before its sigmoid."""
        total = 0.0
        while users := self._using(tensor, (*_ADD, "Sigmoid")):
            if len(users) > 1:
                return None
            if self._op(users[0]) == "Sigmoid":
                return total
            for other in self._others(users[0], tensor):
                number_added = self._number(other)
                if number_added is None and self._op(other[0]) != "Mul":  # no peephole
                    return None
                total += number_added or 0.0
            tensor = (users[0], 0)
        return None

    def _sigmoids(self, gate) -> list[str]:
        """The sigmoid of a gate, to which a peephole may be added."""
        found = self._using(gate, ("Sigmoid",))
        for name in self._using(gate, _ADD):
            found += self._using((name, 0), ("Sigmoid",))
        return found

    def _activation_of(self, tensor) -> tuple[str, tuple[str, int]]:
        """The activation that is applied to a tensor, and its result."""
        users = self._using(tensor)
        ops = sorted({self._op(name) for name in users})
        if len(ops) == 1 and ops[0] in _ACTIVATIONS:
            return _ACTIVATIONS[ops[0]], (users[0], 0)
        if set(ops) <= set(_TAKES):
            return "linear", tensor
        return _AND.join(ops), tensor

    def _activation_before(self, tensor) -> tuple[str, tuple[str, int]]:
        """The activation whose result a tensor is, and what it was applied to."""
        op = self._op(tensor[0])
        if op in _ACTIVATIONS:
            return _ACTIVATIONS[op], self._input(tensor[0], 0)
        if op in (*_ADD, "BiasAdd", "Maximum"):
            return "linear", tensor
        return op, self._input(tensor[0], 0)

    def _limit(self, tensor) -> float | None:
        """The largest absolute value that `clip_by_value` leaves, or None if it is not clipped."""
        if self._op(tensor[0]) != "Maximum":
            return None
        return self._number(self._input(self._input(tensor[0], 0)[0], 1))

    # Around the cells.

    def _around(self, uses: list[dict]) -> dict[str, Any]:
        """What wrappers do, and how many layers in a row use the same weights."""
        dropout: dict[str, Any] = {}
        residual = [self._is_residual(use) for use in uses]
        dropped_outputs = [self._drop_after(use["output"]) for use in uses]
        # One of many steps is a model's dropout behind the last step.
        if sum(value is not None for value in dropped_outputs) > (len(uses) > 1):
            dropout["outputs"] = next(value for value in dropped_outputs if value is not None)
        outputs = {use["output"] for use in uses}
        for use in uses:
            if "candidate" in use and (kept := self._drop_after(use["candidate"])) is not None:
                dropout["candidate"] = kept
            kept = self._drop_before(use["x"])
            if kept is not None:
                dropout["inputs"] = kept
        facts: dict[str, Any] = {"dropout": dropout, "layers": self._chain(uses, outputs)}
        return facts | ({"residual": residual[0]} if len(set(residual)) == 1 else {})

    def _is_residual(self, use) -> bool:
        """Whether the inputs are added to the output, behind its dropout or before."""
        waiting, seen = [use["output"]], set()
        while waiting:
            tensor = waiting.pop()
            if tensor in seen:
                continue
            seen.add(tensor)
            for name in self._using(tensor, _ADD):
                if any(self._same(other, use["x"]) for other in self._others(name, tensor)):
                    return True
            waiting += [(n, 0) for n in self._using(tensor, ("Mul", "RealDiv", "Identity"))]
        return False

    def _same(self, one, other) -> bool:
        return one == other or self._source(one) == self._source(other)

    def _ancestors(self, tensor, ops, stop=frozenset()) -> Iterator[tuple[str, int]]:
        """The tensors that a tensor is made of by some operations, itself first."""
        waiting, seen = [tensor], set()
        while waiting:
            tensor = waiting.pop()
            if tensor in seen:
                continue
            seen.add(tensor)
            yield tensor
            if tensor not in stop and self._op(tensor[0]) in ops:
                waiting += self._inputs[tensor[0]]

    def _kept(self, mask) -> float | str | None:
        """The keep probability of a random mask, `_FED` if it is no constant; None for no mask."""
        for name, _ in self._ancestors(mask, _OF_MASKS):
            if self._op(name) == "GreaterEqual":
                rate = self._number(self._input(name, 1))
                return _FED if rate is None else round(1 - rate, 7)
            if self._op(name) == "Floor":
                added = self._inputs.get(self._input(name, 0)[0], [])
                random = [t for t in added if self._is_random(t)]
                if random:
                    kept = [self._number(t) for t in added if t not in random]
                    return kept[0] if kept and kept[0] is not None else _FED
        return None

    def _is_random(self, tensor) -> bool:
        ancestors = self._ancestors(tensor, _OF_MASKS)
        return any(self._op(name) == "RandomUniform" for name, _ in ancestors)

    def _drop_after(self, output) -> float | str | None:
        """The keep probability of the dropout that a cell's output goes through."""
        for scaled in self._using(output, ("Mul", "RealDiv", "Div")):
            for masked in self._using((scaled, 0), ("Mul",)):
                for mask in self._others(masked, (scaled, 0)):
                    if self._is_random(mask):
                        return self._kept(mask)
        return None

    def _drop_before(self, x) -> float | str | None:
        """The same of a cell's inputs, if these are not another cell's outputs."""
        if self._op(x[0]) != "Mul":
            return None
        scaled, mask = self._inputs[x[0]]
        if self._op(mask[0]) not in ("Cast", "Floor") or not self._is_random(mask):
            return None
        dropped = self._input(scaled[0], 0)
        return None if self._op(dropped[0]) in _OUTPUTS else self._kept(mask)

    def _chain(self, uses, outputs) -> int:
        """How many uses of the same weights read each other's outputs within a time step."""
        made_by = {use["output"]: use for use in uses}
        depth: dict[tuple[str, int], int] = {}
        for use in uses:  # a graph lists what is used before what uses it
            below = [
                tensor for tensor in self._ancestors(use["x"], _BETWEEN, outputs)
                if tensor in made_by and tensor != use["output"]
            ]  # fmt: skip
            # A decoder that reads its own last output has it as its state too.
            states = set(self._ancestors(use["h"], _BETWEEN, outputs))
            below = [tensor for tensor in below if tensor not in states]
            depth[use["output"]] = 1 + max((depth.get(t, 0) for t in below), default=0)
        return max(depth.values())


def _tensor(text: str) -> tuple[str, int]:
    name, _, number = text.partition(":")
    return name, int(number) if number.isdigit() else 0
