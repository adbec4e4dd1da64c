"""What `migrate inspect` prints of a checkpoint, as text and as JSON."""

from keras_rnn_tutorials.migrate import checkpoint as checkpoints
from keras_rnn_tutorials.migrate import structure
from keras_rnn_tutorials.migrate.checkpoint import Checkpoint
from keras_rnn_tutorials.migrate.structure import Cell, Stack

# A checkpoint holds none of it; a converter has to assume it or to be told.
ASSUMED = {
    "forget_bias": 1.0,
    "activation": "tanh",
    "cell_clip": None,
    "residual": False,
    "shared_layers": False,
}


def inspect(path) -> dict:
    """Reads a checkpoint's list of variables and finds its recurrent networks.

    Args:
        path: a prefix, one of its files, or its directory.

    Returns:
        What `--json` prints: `checkpoint`, `data` (whether the values are there), `networks`,
        `other_variables` and `assumed`. A network's facts are those stored.
    """
    checkpoint = checkpoints.read(path)
    stacks, others = structure.find(checkpoint)
    return {
        "checkpoint": checkpoint.prefix,
        "data": checkpoint.has_data,
        "networks": [_network(stack) for stack in stacks],
        "other_variables": [
            {"name": name, "shape": list(checkpoint.shapes[name])} | _slots(checkpoint, name)
            for name in others
        ],
        "assumed": ASSUMED,
    }


def _network(stack: Stack) -> dict:
    directions = "both" if any(backward for _, backward in stack.layers) else "forward"
    return {
        "scope": stack.scope,
        "directions": directions,
        "layers_join_directions": stack.joined,
        "layers": [
            {"forward": _cell(forward)} | ({"backward": _cell(backward)} if backward else {})
            for forward, backward in stack.layers
        ],
        "slots": list(stack.slots),
    }


def _cell(cell: Cell) -> dict:
    return {
        "scope": cell.scope,
        "kind": cell.kind,
        "units": cell.units,
        "input_size": cell.input_size,
        "peepholes": cell.peepholes,
        "projection": cell.projection,
        "kernels": "Keras'" if cell.keras else "TensorFlow 1's",
        "variables": cell.variables,
        "problem": cell.problem,
    }


def _slots(checkpoint: Checkpoint, name: str) -> dict:
    slots = sorted(checkpoint.slots.get(name, {}))
    return {"slots": slots} if slots else {}


def text(found: dict) -> str:
    """What `inspect` prints.

    Args:
        found: what `inspect` returned.
    """
    lines = [found["checkpoint"]]
    if not found["data"]:
        lines.append("  the data file is missing: names and shapes are those of the index")
    for network in found["networks"]:
        lines += _network_lines(network)
    if not found["networks"]:
        lines.append("  no recurrent network was found")
    if found["other_variables"]:
        lines.append("  other variables")
        lines += [_variable_line(variable) for variable in found["other_variables"]]
    if found["networks"]:
        lines.append("  assumed, as no checkpoint holds it: forget_bias 1.0, activation tanh, no")
        lines.append("  cell_clip, no ResidualWrapper, no layers that share one set of weights")
    return "\n".join(lines)


def _network_lines(network) -> list[str]:
    count = len(network["layers"])
    both = network["directions"] == "both"
    lines = [
        f"  {network['scope'] or '(top level)'}: {count} layer{'s' if count > 1 else ''}"
        + (", both directions" if both else ", one direction")
    ]
    if both and count > 1:
        how = "every layer reads both directions" if network["layers_join_directions"] else (
            "each direction has a stack of its own"
        )  # fmt: skip
        lines[0] += f": {how}"
    for i, layer in enumerate(network["layers"]):
        for direction, cell in layer.items():
            prefix = f"    layer {i}{' ' + direction if both else ''}: "
            lines.append(prefix + _cell_text(cell))
    if network["slots"]:
        lines.append(f"    stored beside the weights: {', '.join(network['slots'])}")
    return lines


def _cell_text(cell) -> str:
    if cell["problem"]:
        return f"{cell['kind']}, not converted: {cell['problem']} ({cell['scope']})"
    parts = [f"{cell['kind']}, {cell['units']} units, reads {cell['input_size']}"]
    if cell["peepholes"]:
        parts.append("peepholes")
    if cell["projection"]:
        parts.append(f"projection to {cell['projection']}")
    return ", ".join(parts) + f" ({cell['scope'] or 'top level'})"


def _variable_line(variable) -> str:
    slots = f", {', '.join(variable['slots'])}" if variable.get("slots") else ""
    return f"    {variable['name']} {tuple(variable['shape'])}{slots}"
