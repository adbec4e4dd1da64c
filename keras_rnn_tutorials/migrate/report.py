"""What `migrate inspect` prints of a checkpoint, as text and as JSON."""

from keras_rnn_tutorials.migrate import checkpoint as checkpoints
from keras_rnn_tutorials.migrate import structure
from keras_rnn_tutorials.migrate import unstored as unstored_facts
from keras_rnn_tutorials.migrate.checkpoint import Checkpoint
from keras_rnn_tutorials.migrate.graph import Unreadable
from keras_rnn_tutorials.migrate.structure import Cell, Stack
from keras_rnn_tutorials.migrate.unstored import Unstored

_STORED = ("kind", "units", "input_size", "peepholes", "projection", "kernels", "variables")


def inspect(path) -> dict:
    """Reads a checkpoint's list of variables, its graph, and finds its recurrent networks.

    Args:
        path: a prefix, one of its files, or its directory.

    Returns:
        What `--json` prints: `checkpoint`, `data` (whether the values are there), `missing` (the
        names of data files that are not), `meta` (why the
        `.meta` file cannot be read, or None), `networks` and `other_variables`. `sources` says of
        each fact of a cell whether it is "stored", "from .meta" or "assumed".
    """
    checkpoint = checkpoints.read(path)
    stacks, others = structure.find(checkpoint)
    problem = None
    try:
        unstored = unstored_facts.read(checkpoint, stacks)
    except Unreadable as error:
        unstored, problem = Unstored(), str(error)
    return {
        "checkpoint": checkpoint.prefix,
        "data": not checkpoint.missing,
        "missing": list(checkpoint.missing),
        "meta": problem,
        "networks": [_network(stack, unstored, checkpoint) for stack in stacks],
        "other_variables": [
            {"name": name, "shape": list(checkpoint.shapes[name])} | _slots(checkpoint, name)
            for name in others
        ],
    }


def _network(stack: Stack, unstored: Unstored, checkpoint: Checkpoint) -> dict:
    directions = "both" if any(backward for _, backward in stack.layers) else "forward"
    return {
        "scope": stack.scope,
        "directions": directions,
        "layers_join_directions": stack.joined,
        "layers": [
            {
                direction: _cell(cell, unstored)
                for direction, cell in zip(("forward", "backward"), pair, strict=True)
                if cell is not None
            }
            for pair in stack.layers
        ],
        "slots": list(stack.slots),
        "weights": _weights(stack, checkpoint),
    }


def _weights(stack: Stack, checkpoint: Checkpoint) -> list[str]:
    """What `convert --weights` can be given."""
    found = {
        "raw": any(map(checkpoint.has_raw, stack.weights)),
        "averaged": any(map(checkpoint.is_averaged, stack.weights)),
    }
    return [name for name, stored in found.items() if stored]


def _cell(cell: Cell, unstored: Unstored) -> dict:
    facts = unstored_facts.facts_of(cell)
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
        **{fact: unstored.of(cell, fact) for fact in facts},
        "sources": dict.fromkeys(_STORED, "stored")
        | {fact: unstored.source(cell, fact) for fact in facts},
        "unstored": unstored_facts.lines(cell, unstored),
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
        names = ", ".join(found["missing"])
        lines.append(f"  {names} is missing: names and shapes are those of the index")
    if found["meta"]:
        lines.append(f"  {found['meta']}: what only the graph shows is assumed")
    for network in found["networks"]:
        lines += _network_lines(network)
    if not found["networks"]:
        lines.append("  no recurrent network was found")
    if found["other_variables"]:
        lines.append("  other variables")
        lines += [_variable_line(variable) for variable in found["other_variables"]]
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
            lines.append(f"    layer {i}{' ' + direction if both else ''}: {_cell_text(cell)}")
            lines += [f"      {text}" for text in cell["unstored"]]
    if network["slots"]:
        lines.append(f"    stored beside the weights: {', '.join(network['slots'])}")
    if len(network["weights"]) > 1:
        lines.append("    convert takes the raw weights, or with --weights=averaged their averages")
    return lines


def _cell_text(cell) -> str:
    if cell["problem"]:
        return f"{cell['kind']}, not converted: {cell['problem']} ({cell['scope']})"
    parts = [f"stored: {cell['kind']}, {cell['units']} units, reads {cell['input_size']}"]
    if cell["peepholes"]:
        parts.append("peepholes")
    if cell["projection"]:
        parts.append(f"projection to {cell['projection']}")
    return ", ".join(parts) + f" ({cell['scope'] or 'top level'})"


def _variable_line(variable) -> str:
    slots = f", {', '.join(variable['slots'])}" if variable.get("slots") else ""
    return f"    {variable['name']} {tuple(variable['shape'])}{slots}"
