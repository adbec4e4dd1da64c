"""The optimizer of a checkpoint as Keras', with what it remembers, so that training goes on.

TensorFlow 1 keeps slots beside each weight; a Keras optimizer keeps lists of variables. Both
compute the same updates:

    Adam      m, v: equal; epsilon is added to the root of v in both ("epsilon hat")
    Momentum  Keras' momentum is -learning_rate times TensorFlow 1's accumulator
    RMSProp   mean square, mean gradient, momentum: equal; epsilon is added under the root in both

The number of steps is in the powers of Adam's betas. TensorFlow 1 computes in float32, and so
Keras' betas and rho are given the float32 values. Learning rates and the like are in no variable:
they are given, constants of the graph in the `.meta` file, or TensorFlow 1's defaults.
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
        keras: Keras' class.
        defaults: TensorFlow 1's, by Keras' name; None if the optimizer had to be given it.
        slots: the names of its slots, by the attribute of Keras' optimizer that holds them.
    """

    keras: Callable
    defaults: dict[str, Any]
    slots: dict[str, str]


_RMSPROP = {"learning_rate": None, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-10}
_KINDS = {
    "Adam": _Kind(
        keras.optimizers.Adam,
        {"learning_rate": None, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8},
        {"_momentums": "Adam", "_velocities": "Adam_1"},
    ),
    "Momentum": _Kind(
        keras.optimizers.SGD,
        {"learning_rate": None, "momentum": None, "nesterov": False},
        {"momentums": "Momentum"},
    ),
    "RMSProp": _Kind(
        keras.optimizers.RMSprop,
        {**_RMSPROP, "centered": False},
        {"_velocities": "RMSProp", "_momentums": "RMSProp_1"},
    ),
    "centered RMSProp": _Kind(
        keras.optimizers.RMSprop,
        {**_RMSPROP, "centered": True},
        {"_velocities": "RMSProp", "_average_gradients": "RMSProp_1", "_momentums": "RMSProp_2"},
    ),
}
_AVERAGE = "ExponentialMovingAverage"


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
        name: of the optimizer in TensorFlow 1.
        values: its hyperparameters, by Keras' names.
        sources: where these are from.
        steps: how many it has taken.
        note: what there is to say about that number.
    """

    name: str
    values: dict[str, Any]
    sources: dict[str, str]
    steps: int
    note: str

    def lines(self) -> list[str]:
        """What to print of it."""
        texts = [f"{name} {value} ({self.sources[name]})" for name, value in self.values.items()]
        return [
            f"optimizer: TensorFlow 1's {self.name}, {self.steps} steps taken{self.note}",
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
    name = _kind(checkpoint, names)
    values, sources = _hyperparameters(name, checkpoint, graph, names, given)
    return Stopped(name, values, sources, *_steps(name, checkpoint, graph, names, values))


def restore(model: keras.Model, parts: list[Part], checkpoint: Checkpoint, stopped: Stopped):
    """Compiles a model with the checkpoint's optimizer, which goes on where it stopped.

    Args:
        model: the model.
        parts: where its weights are from, each of them.
        checkpoint: the checkpoint.
        stopped: its optimizer.
    """
    kind = _KINDS[stopped.name]
    settings = {
        name: float(np.float32(value)) if name in _FLOAT32 else value
        for name, value in stopped.values.items()
    }
    optimizer = kind.keras(**settings)
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
                if stopped.name == "Momentum":
                    array = np.float32(-stopped.values["learning_rate"]) * array
                by_variable[id(variable)].assign(array)


def _read_slot(checkpoint: Checkpoint, slot: str, name: str) -> np.ndarray:
    return checkpoint.read_slot(name, slot)


def _kind(checkpoint: Checkpoint, names: list[str]) -> str:
    """The optimizer whose slots all weights have."""
    slots = {name: set(checkpoint.slots.get(name, {})) - {_AVERAGE} for name in names}
    for name, of_name in slots.items():
        if not of_name:
            raise UserError(f"{checkpoint.prefix}: no optimizer's slots are stored for {name}.")
    kinds = {found: set(kind.slots.values()) for found, kind in _KINDS.items()}
    (of_first, *others) = slots.values()
    if any(other != of_first for other in others):
        raise UserError(f"{checkpoint.prefix}: the weights have slots of different optimizers.")
    for found, wanted in kinds.items():
        if of_first == wanted:
            return found
    raise UserError(
        f"{checkpoint.prefix}: the slots {', '.join(sorted(of_first))} are none of one Adam, "
        "Momentum or RMSProp optimizer, which are what can go on."
    )


def _hyperparameters(found, checkpoint, graph, names, given) -> tuple[dict, dict]:
    """The values, and where they are from."""
    defaults = _KINDS[found].defaults
    for name in given:
        if name not in defaults or name == "centered":
            known = ", ".join(name for name in defaults if name != "centered")
            raise UserError(f"{name} is no hyperparameter of {found}: it has {known}.")
    shown = _shown(checkpoint, graph, names)
    values, sources = {}, {}
    for name, default in defaults.items():
        value, source = given.get(name), GIVEN
        if value is None:
            value, source = shown.get(name), SHOWN
        if value is None:
            value, source = default, ASSUMED
        if value is None:
            raise UserError(
                f"{checkpoint.prefix}: the {name} of {found} is in no variable and no constant of "
                f"a graph: give it with --hyperparameters={name}=..."
            )
        values[name], sources[name] = value, source
    if found in ("RMSProp", "centered RMSProp"):
        sources["centered"] = "stored"
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


def _steps(found, checkpoint, graph, names, values) -> tuple[int, str]:
    """How many steps the optimizer has taken, and what there is to say about it."""
    counted = [name for name in checkpoint.shapes if re.search(r"(^|/)global_step$", name)]
    global_step = int(checkpoint.read(counted[0])) if len(counted) == 1 else None
    if found != "Adam":
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
