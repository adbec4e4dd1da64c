"""The optimizer of a checkpoint as Keras', with what it remembers, so that training goes on.

TensorFlow 1 keeps slots beside each weight; a Keras optimizer keeps lists of variables. Both
compute the same updates:

    Adam      m, v: equal; epsilon is added to the root of v in both ("epsilon hat")
    Momentum  Keras' momentum is -learning_rate times TensorFlow 1's accumulator
    RMSProp   mean square, mean gradient, momentum: equal; epsilon is added under the root in both
    Adagrad   the sum of squares: equal, with an epsilon of 0, as TensorFlow 1's has none

The number of steps is in the powers of Adam's betas. TensorFlow 1 computes in float32, and so
Keras' betas and rho are given the float32 values. Learning rates and the like are in no variable:
they are given, constants of the graph in the `.meta` file, or TensorFlow 1's defaults.

The optimizers of TensorFlow 1's tf.keras store their steps and hyperparameters as variables, but
for epsilon. Of these, Adam (with amsgrad or not), SGD with momentum and RMSprop with momentum
compute what Keras 3's do. RMSprop without momentum and Adagrad do not: they add epsilon to the
root, and Keras 3 adds it under the root.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate.checkpoint import Checkpoint
from keras_rnn_tutorials.migrate.graph import Graph
from keras_rnn_tutorials.migrate.unstored import ASSUMED, GIVEN, SHOWN

# Below this, a float32 power has lost digits; it ends up as 0.
_SMALLEST = 1e-30
_FLOAT32 = ("beta_1", "beta_2", "rho")
_POWERS = {"beta_1": "beta1_power", "beta_2": "beta2_power"}


@dataclasses.dataclass(frozen=True)
class _Kind:
    """An optimizer of TensorFlow 1.

    Attributes:
        name: as TensorFlow 1 has it.
        keras: Keras' class.
        defaults: TensorFlow 1's, by Keras' name; None if the optimizer had to be given it.
        slots: the names of its slots, by the attribute of Keras' optimizer that holds them.
        fixed: what else Keras' optimizer is given.
        of_keras: whether it is one of tf.keras, which stores its hyperparameters.
    """

    name: str
    keras: Callable
    defaults: dict[str, Any]
    slots: dict[str, str]
    fixed: dict[str, Any] = dataclasses.field(default_factory=dict)
    of_keras: bool = False

    def __str__(self) -> str:
        """What it is called in a sentence."""
        return f"tf.keras' {self.name}" if self.of_keras else f"TensorFlow 1's {self.name}"


def _of_keras(name: str, make: Callable, defaults: dict, slots: dict, **fixed) -> _Kind:
    return _Kind(name, make, {"learning_rate": None, **defaults}, slots, fixed, of_keras=True)


_ADAM = {"beta_1": 0.9, "beta_2": 0.999}
_RMSPROP = {"learning_rate": None, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-10}
_KERAS_RMSPROP = {"rho": None, "momentum": None, "epsilon": 1e-7}
_optimizers = keras.optimizers
_KINDS = (
    _Kind(
        "Adam",
        _optimizers.Adam,
        {"learning_rate": None, **_ADAM, "epsilon": 1e-8},
        {"_momentums": "Adam", "_velocities": "Adam_1"},
    ),
    _Kind(
        "Momentum",
        _optimizers.SGD,
        {"learning_rate": None, "momentum": None, "nesterov": False},
        {"momentums": "Momentum"},
    ),
    _Kind(
        "RMSProp",
        _optimizers.RMSprop,
        _RMSPROP,
        {"_velocities": "RMSProp", "_momentums": "RMSProp_1"},
    ),
    _Kind(
        "centered RMSProp",
        _optimizers.RMSprop,
        _RMSPROP,
        {"_velocities": "RMSProp", "_average_gradients": "RMSProp_1", "_momentums": "RMSProp_2"},
        {"centered": True},
    ),
    _Kind(
        "Adagrad",
        _optimizers.Adagrad,
        {"learning_rate": None},
        {"_accumulators": "Adagrad"},
        {"epsilon": 0.0},
    ),
    _of_keras(
        "Adam",
        _optimizers.Adam,
        {**_ADAM, "epsilon": 1e-7},
        {"_momentums": "m", "_velocities": "v"},
    ),
    _of_keras(
        "Adam with amsgrad",
        _optimizers.Adam,
        {**_ADAM, "epsilon": 1e-7},
        {"_momentums": "m", "_velocities": "v", "_velocity_hats": "vhat"},
        amsgrad=True,
    ),
    _of_keras(
        "SGD",
        _optimizers.SGD,
        {"momentum": None, "nesterov": False},
        {"momentums": "momentum"},
    ),
    _of_keras(
        "RMSprop",
        _optimizers.RMSprop,
        _KERAS_RMSPROP,
        {"_velocities": "rms", "_momentums": "momentum"},
    ),
    _of_keras(
        "centered RMSprop",
        _optimizers.RMSprop,
        _KERAS_RMSPROP,
        {"_velocities": "rms", "_average_gradients": "mg", "_momentums": "momentum"},
        centered=True,
    ),
)
_OUTSIDE = "adds its epsilon to a root under which Keras 3 adds it"
# Of tf.keras, by their slots: the name, and why it cannot go on.
_REFUSED = {
    ("rms",): ("RMSprop without momentum", _OUTSIDE),
    ("mg", "rms"): ("centered RMSprop without momentum", _OUTSIDE),
    ("accumulator",): ("Adagrad", _OUTSIDE),
    ("accum_grad", "accum_var"): ("Adadelta", "is not converted"),
}
_KERAS_CLASS = re.compile(r"(?:^|/)(Adam|RMSprop|SGD|Adagrad|Adadelta|Adamax|Nadam)(?:_\d+)?$")
_OBJECT_SLOT = re.compile(r"/\.OPTIMIZER_SLOT/(.+)/[^/]+/\.ATTRIBUTES/VARIABLE_VALUE$")
_AVERAGE = "ExponentialMovingAverage"
_STORED = "stored"


@dataclasses.dataclass(frozen=True)
class Part:
    """Weights of a model, and where they are from.

    Attributes:
        variables: Keras' variables.
        arranged: given a function that reads what belongs to a name, returns one array per
            variable.
    """

    variables: list
    arranged: Callable[[Callable[[str], np.ndarray]], list[np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Stopped:
    """An optimizer as it stopped.

    Attributes:
        kind: the optimizer.
        values: its hyperparameters, by Keras' names.
        sources: where these are from.
        steps: how many it has taken.
        note: what there is to say about that number.
    """

    kind: _Kind
    values: dict[str, Any]
    sources: dict[str, str]
    steps: int
    note: str

    def lines(self) -> list[str]:
        """What to print of it."""
        texts = [f"{name} {value} ({self.sources[name]})" for name, value in self.values.items()]
        return [
            f"optimizer: {self.kind}, {self.steps} steps taken{self.note}",
            f"  {', '.join(texts)}",
            "  go on with model.compile(optimizer=model.optimizer, loss=...)",
        ]


def read(
    checkpoint: Checkpoint,
    graph: Graph | None,
    names: list[str],
    given: Mapping[str, float | bool],
) -> Stopped:
    """Finds the optimizer of some weights.

    Args:
        checkpoint: the checkpoint.
        graph: that beside it, or None.
        names: of the weights.
        given: hyperparameters by Keras' names; they win over the graph.

    Raises:
        UserError: there are no slots, or they are another optimizer's; or a hyperparameter or the
            number of steps is not known.
    """
    kind = _kind(checkpoint, names)
    scope = _scope(checkpoint, names, kind) if kind.of_keras else None
    values, sources = _hyperparameters(kind, checkpoint, graph, names, given, scope)
    if scope is None:
        return Stopped(kind, values, sources, *_steps(kind, checkpoint, graph, names, values))
    if kind.name == "Adam" and not _KERAS_CLASS.search(scope):
        _refuse_adamax(checkpoint, names, values)
    return Stopped(kind, values, sources, int(checkpoint.read(f"{scope}/iter")), "")


def restore(model: keras.Model, parts: list[Part], checkpoint: Checkpoint, stopped: Stopped):
    """Compiles a model with the checkpoint's optimizer, which goes on where it stopped.

    Args:
        model: the model.
        parts: where its weights are from, each of them.
        checkpoint: the checkpoint.
        stopped: its optimizer.
    """
    kind = stopped.kind
    settings = {
        name: float(np.float32(value)) if name in _FLOAT32 else value
        for name, value in stopped.values.items()
    }
    optimizer = kind.keras(**settings, **kind.fixed)
    model.compile(optimizer=optimizer)
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(stopped.steps)
    for attribute, slot in kind.slots.items():
        kept = getattr(optimizer, attribute)
        if not kept:  # RMSprop without momentum has none
            continue
        by_variable = dict(zip(map(id, model.trainable_variables), kept, strict=True))
        for part in parts:
            arrays = part.arranged(partial(_read_slot, checkpoint, slot))
            for variable, array in zip(part.variables, arrays, strict=True):
                if kind.name == "Momentum":
                    array = np.float32(-stopped.values["learning_rate"]) * array
                by_variable[id(variable)].assign(array)


def _read_slot(checkpoint: Checkpoint, slot: str, name: str) -> np.ndarray:
    return checkpoint.read_slot(name, slot)


def _kind(checkpoint: Checkpoint, names: list[str]) -> _Kind:
    """The optimizer whose slots all weights have."""
    slots = {name: set(checkpoint.slots.get(name, {})) - {_AVERAGE} for name in names}
    for name, of_name in slots.items():
        if not of_name:
            raise UserError(f"{checkpoint.prefix}: no optimizer's slots are stored for {name}.")
    (of_first, *others) = slots.values()
    if any(other != of_first for other in others):
        raise UserError(f"{checkpoint.prefix}: the weights have slots of different optimizers.")
    for kind in _KINDS:
        if of_first == set(kind.slots.values()):
            return kind
    if refused := _REFUSED.get(tuple(sorted(of_first))):
        name, reason = refused
        raise UserError(f"{checkpoint.prefix}: tf.keras' {name} {reason}: there is no --slots.")
    raise UserError(
        f"{checkpoint.prefix}: the slots {', '.join(sorted(of_first))} are none of one Adam, "
        "Momentum, RMSProp or Adagrad optimizer, which are what can go on."
    )


def _scope(checkpoint: Checkpoint, names: list[str], kind: _Kind) -> str:
    """The scope in which an optimizer of tf.keras has its hyperparameters."""
    slot = next(iter(kind.slots.values()))
    scopes = {_scope_of(checkpoint.slots[name][slot], name) for name in names}
    scope = scopes.pop()
    if scopes:
        raise UserError(f"{checkpoint.prefix}: the weights have slots of different optimizers.")
    found = _KERAS_CLASS.search(scope)
    name = found[1] if found else "Nadam" if f"{scope}/momentum_cache" in checkpoint.shapes else ""
    if name in ("Adamax", "Nadam"):
        raise UserError(f"{checkpoint.prefix}: tf.keras' {name} is not converted by --slots.")
    if f"{scope}/iter" not in checkpoint.shapes:
        raise UserError(
            f"{checkpoint.prefix}: {scope}/iter is not stored: its slots are not those of one of "
            "tf.keras' own optimizers, which are what can go on in a checkpoint of objects."
        )
    decay = float(checkpoint.read(f"{scope}/decay")) if f"{scope}/decay" in checkpoint.shapes else 0
    if decay:
        raise UserError(
            f"{checkpoint.prefix}: the learning rate has a decay of {decay:g}, which "
            "the optimizers of Keras 3 do not have: there is no --slots."
        )
    return scope


def _refuse_adamax(checkpoint: Checkpoint, names: list[str], values: Mapping[str, Any]):
    """Tells Adam from Adamax, whose slots have the same names in a checkpoint of objects.

    Adamax' v is the largest |gradient|, each decayed by beta_2, and m the average gradient, each
    decayed by beta_1. So |m| is at most v * (1 - beta_1) / (1 - beta_1 / beta_2) in Adamax, and
    larger in Adam, whose v is made of squares, wherever gradients are small.

    Raises:
        UserError: no weight's |m| is larger.
    """
    beta_1, beta_2 = values["beta_1"], values["beta_2"]
    if beta_1 < beta_2:
        limit = 1.01 * (1 - beta_1) / (1 - beta_1 / beta_2)
        for name in names:
            m, v = (checkpoint.read_slot(name, slot) for slot in ("m", "v"))
            if np.any(np.abs(m) > limit * np.abs(v) + 1e-30):
                return
    raise UserError(
        f"{checkpoint.prefix}: the slots may be those of tf.keras' Adam or Adamax, and a "
        "checkpoint of objects does not say which: there is no --slots."
    )


def _scope_of(stored: str, name: str) -> str:
    if found := _OBJECT_SLOT.search(stored):
        return found[1]
    return stored.rpartition(f"/{name}/")[0]


def _hyperparameters(kind: _Kind, checkpoint, graph, names, given, scope) -> tuple[dict, dict]:
    """The values, and where they are from."""
    for name in given:
        if name not in kind.defaults:
            known = ", ".join(kind.defaults)
            raise UserError(f"{name} is no hyperparameter of {kind.name}: it has {known}.")
    shown = _shown(checkpoint, graph, names)
    values, sources = {}, {}
    for name, default in kind.defaults.items():
        value, source = given.get(name), GIVEN
        if value is None and scope and f"{scope}/{name}" in checkpoint.shapes:
            # As one wrote it: 0.01, not what float32 makes of it.
            value, source = float(str(np.float32(checkpoint.read(f"{scope}/{name}")))), _STORED
        if value is None:
            value, source = shown.get(name), SHOWN
        if value is None:
            value, source = default, ASSUMED
        if value is None:
            raise UserError(
                f"{checkpoint.prefix}: the {name} of {kind.name} is in no variable and no constant "
                f"of a graph: give it with --hyperparameters={name}=..."
            )
        values[name], sources[name] = value, source
    return values, sources


def _shown(checkpoint, graph, names) -> dict[str, Any]:
    """What the graph shows of the updates of all weights."""
    if graph is None:
        return {}
    updates = [graph.update_of(checkpoint.stored[name]) for name in names]
    for update in updates:
        if update.pop("nadam", False):
            raise UserError(f"{checkpoint.prefix}: Adam with use_nesterov has no Keras form here.")
        for name, value in update.items():
            if name not in _POWERS.values() and value != updates[0].get(name):
                raise UserError(f"{checkpoint.prefix}: {name} is not the same for all weights.")
    return updates[0]


def _steps(kind: _Kind, checkpoint, graph, names, values) -> tuple[int, str]:
    """How many steps the optimizer has taken, and what there is to say about it."""
    counted = [name for name in checkpoint.shapes if re.search(r"(^|/)global_step$", name)]
    global_step = int(checkpoint.read(counted[0])) if len(counted) == 1 else None
    if kind.name != "Adam":
        unknown = ", of which the checkpoint has no count" if global_step is None else ""
        return global_step or 0, unknown
    shown = _shown(checkpoint, graph, names)
    powers = {beta: _power(beta, checkpoint, shown) for beta in _POWERS}
    known = {beta: power for beta, power in powers.items() if power is not None}
    if not known and global_step is None:
        raise UserError(
            f"{checkpoint.prefix}: Adam's number of steps is not known: neither beta1_power nor "
            "global_step is stored."
        )
    counts = [
        math.log(power) / math.log(np.float32(values[beta])) - 1
        for beta, power in known.items()
        if power > _SMALLEST
    ]
    if not counts and global_step is not None:
        return global_step, " (global_step)"
    if not counts:
        largest = max(np.float32(values[beta]) for beta in _POWERS)
        steps = math.ceil(math.log(1e-46) / math.log(largest))
        return steps, " or more: the powers of its betas have become 0, and no longer matter"
    # Each product in float32 moves the count by up to 6e-5 steps.
    allowed = max(0.05, 1e-4 * max(counts))
    if max(counts) - min(counts) > allowed or abs(counts[0] - round(counts[0])) > allowed:
        raise UserError(
            f"{checkpoint.prefix}: the powers of Adam's betas are not those of beta_1="
            f"{values['beta_1']:g} and beta_2={values['beta_2']:g}: give them with "
            "--hyperparameters=beta_1=...,beta_2=..."
        )
    if global_step is not None and abs(global_step - counts[0]) <= allowed:
        return global_step, ""
    return round(counts[0]), ""


def _power(beta: str, checkpoint: Checkpoint, shown) -> float | None:
    """The stored power of a beta, or None."""
    name = shown.get(_POWERS[beta])
    if name is None or name not in checkpoint.shapes:
        pattern = re.compile(rf"(^|/){_POWERS[beta]}(_\d+)?$")
        names = sorted(name for name in checkpoint.shapes if pattern.search(name))
        if len(names) > 1:
            raise UserError(
                f"{checkpoint.prefix}: {', '.join(names)} are of several Adam optimizers, and no "
                "graph in a .meta file says which is whose."
            )
        name = names[0] if names else None
    return None if name is None else float(checkpoint.read(name))
