"""`migrate convert`: a network of a checkpoint as a Keras model in a file, checked first."""

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import keras

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import convert as converting
from keras_rnn_tutorials.migrate import readout, slots
from keras_rnn_tutorials.migrate import unstored as unstored_facts
from keras_rnn_tutorials.migrate.unstored import Unstored
from keras_rnn_tutorials.storage.files import write_whole

# A right conversion differs in float64 by rounding alone.
_TOLERANCE = 1e-12


def convert(
    path,
    out: Path,
    choice: converting.Choice | None = None,
    include: Sequence[str] = (),
    with_slots: bool = False,
    hyperparameters: Mapping[str, float | bool] | None = None,
) -> list[str]:
    """Writes a network as a Keras model, whole or not at all.

    Args:
        path: of the checkpoint.
        out: the model's file, which ends in `.keras`.
        choice: which network, and what no variable says of it; None for the only one.
        include: scopes of matrices with a bias that become Dense layers, from first to last.
        with_slots: whether the model is compiled with the checkpoint's optimizer, as it stopped.
        hyperparameters: of that optimizer, by Keras' names; what is not given is read from the
            graph, or assumed.

    Returns:
        Lines that say what was written, how far it is from TensorFlow 1's equations, and how the
        model takes lengths.

    Raises:
        UserError: the network cannot be converted, or the file cannot be written.
    """
    choice = choice or converting.Choice()
    checkpoint, stack, unstored = converting.choose(path, choice)
    readouts = _readouts(checkpoint, stack, include)
    names = stack.weights + [name for found in readouts for name in (found.kernel, found.bias)]
    stopped = None
    if with_slots:
        if len({cell.scope for cell in stack.cells}) < len(stack.cells):
            raise UserError(
                f"{checkpoint.prefix}: layers that share their weights become layers of their own, "
                "which training would part: there are no slots for these."
            )
        for cell in stack.cells:
            if cell.reset_after and not cell.keras:
                raise UserError(
                    f"{cell.scope}: its biases are added up on the way, with which training would "
                    "not go on as it did: there are no slots for these."
                )
        unstored = dataclasses.replace(unstored, keeps_weights=True)
        if choice.weights == "averaged":
            raise UserError(
                f"{checkpoint.prefix}: the optimizer goes on with the raw weights, not with their "
                "averages: give either --slots or --weights=averaged."
            )
        stopped = slots.read(checkpoint, unstored.graph, names, hyperparameters or {})
    of_keras = any(cell.keras for cell in stack.cells)
    differences = {} if of_keras else converting.differences(checkpoint, stack, unstored)
    if differences and not differences["float64"] <= _TOLERANCE:
        raise RuntimeError(f"the converted layers are off by {differences['float64']:.1e}")
    made = converting.built(checkpoint, stack, unstored, "float32")
    inputs = outputs = keras.Input((None, stack.layers[0][0].input_size))
    for layer in made:
        outputs = layer(outputs)
    parts = _parts(made, stack, unstored)
    lines = [f"wrote {out}", *_cell_lines(stack, unstored)]
    lines += _weights_lines(checkpoint, names, choice.weights)
    for found in readouts:
        layer, outputs = _dense(found, checkpoint, unstored, outputs)
        parts.append(slots.Part(layer.weights, partial(_in_order, [found.kernel, found.bias])))
        lines.append(
            f"  Dense, {found.units} units, activation "
            f"{keras.activations.serialize(layer.activation)}, at every time step "
            f"({found.kernel}, {found.bias})"
        )
    model = keras.Model(inputs, outputs)
    if stopped is not None:
        slots.restore(model, parts, checkpoint, stopped)
    _write(model, out)
    lines += _check_lines(stack, unstored, differences)
    return lines + (stopped.lines() if stopped is not None else [])


def _readouts(checkpoint, stack, scopes: Sequence[str]) -> list[readout.Dense]:
    """The Dense layers on top of a network, each of which reads the one below."""
    width = sum(cell.output_size for cell in stack.layers[-1] if cell is not None)
    found = []
    for scope in scopes:
        dense = readout.find(checkpoint, scope)
        if dense.features != width:
            raise UserError(
                f"{dense.kernel}: it reads {dense.features} features, but what comes before it "
                f"puts out {width}."
            )
        found.append(dense)
        width = dense.units
    return found


def _parts(layers, stack, unstored: Unstored) -> list[slots.Part]:
    """Where the weights of the layers are from; a forget bias is no part of a slot."""
    none_added = dataclasses.replace(unstored, forget_bias=0.0)
    return [
        slots.Part(
            target.weights,
            partial(converting.arranged, target, cell, unstored=none_added),
        )
        for layer, cells in zip(layers, converting.cells_of(stack, len(layers)), strict=True)
        for target, cell in zip(converting.targets_of(layer), cells, strict=True)
    ]


def _in_order(names, read) -> list:
    return [read(name) for name in names]


def _dense(found: readout.Dense, checkpoint, unstored: Unstored, inputs):
    """A Dense layer with its weights, and what it makes of its inputs."""
    stored = checkpoint.stored[found.kernel]
    activation = unstored.graph.dense_activation(stored) if unstored.graph else "linear"
    layer = keras.layers.Dense(found.units, activation=activation)
    outputs = layer(inputs)
    layer.set_weights([checkpoint.read(found.kernel), checkpoint.read(found.bias)])
    return layer, outputs


def _write(model: keras.Model, out: Path):
    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory, "model.keras"))
        content = Path(directory, "model.keras").read_bytes()
    try:
        write_whole(out, content)
    except OSError as error:
        raise UserError(f"{out}: {error.strerror}.") from None


def _cell_lines(stack, unstored: Unstored) -> list[str]:
    lines = []
    for cell in {cell.scope: cell for cell in stack.cells}.values():
        lines.append(f"  {cell.kind}, {cell.units} units ({cell.scope})")
        lines += [f"    {text}" for text in unstored_facts.lines(cell, unstored)]
    return lines


def _weights_lines(checkpoint, names: Sequence[str], weights: str) -> list[str]:
    """Which weights were taken, where there are moving averages of them."""
    averaged = [name for name in names if checkpoint.is_averaged(name)]
    if not averaged:
        return []
    if not all(map(checkpoint.has_raw, averaged)):
        return ["  weights: the moving averages, which are stored alone"]
    if weights == "raw":
        return ["  weights: raw; moving averages are stored too, --weights=averaged takes those"]
    others = [name for name in names if name not in averaged]
    rest = f"; raw, as there are none of them: {', '.join(others)}" if others else ""
    return [f"  weights: the moving averages{rest}"]


def _check_lines(stack, unstored: Unstored, differences) -> list[str]:
    lines = []
    if differences:
        lines.append(
            f"differs from TensorFlow 1's equations by {differences['float64']:.1e} in float64, "
            f"{differences['float32']:.1e} in float32"
        )
    else:
        lines.append("not compared with TensorFlow 1's equations: the weights are Keras' own")
    if unstored.keeps_weights and any(
        converting.has_old_hard_sigmoid(cell, unstored) for cell in stack.cells
    ):
        lines.append(
            "the gates keep TensorFlow 1's hard sigmoid, which Keras 3 does not have: "
            "import keras_rnn_tutorials.migrate.gates before you load the model"
        )
    if any(unstored.of(cell, "dropout") for cell in stack.cells):
        lines.append("the model has no dropout: add it before you train it")
    lines.append(
        "lengths: model(x, mask=tf.sequence_mask(lengths, x.shape[1])); outputs past a row's "
        "length are 0, as with sequence_length (Keras warns that it passes the mask no further)"
    )
    return lines
