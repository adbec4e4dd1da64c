"""The cases that TensorFlow 1.15.5 computed, and how far `keras_rnn_tutorials.tf1` is from them.

A fixture file holds the cases of one construct: inputs, weights and initial states; TensorFlow 1's
outputs and final states; and the gradients of a random projection of both. `tests/tf1_oracle`
writes such files and explains their parts. `replay` computes the same with this package.

`is_close` is the bar: the largest difference, divided by the largest entry, is at most 1e-6, or at
most 4 times the distance of TensorFlow 1's own single-precision result from the double-precision
one, as a network may amplify TensorFlow 1's own rounding.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.storage import sealed

_BAR = 1e-6
_OWN_ERRORS = 4


@dataclass(frozen=True)
class Case:
    """One case of a fixture file.

    Attributes:
        name: unique in its file.
        spec: construct, cells, options, and the weights' names in TensorFlow 1.
        parts: the arrays, by name.
    """

    name: str
    spec: dict
    parts: dict[str, np.ndarray]

    @property
    def construct(self) -> str:
        """What is called: "cell", or the name of a function of `keras_rnn_tutorials.tf1`."""
        return self.spec["construct"]

    @property
    def dtype(self) -> str:
        """Of every number: float32 as recorded."""
        return self.parts["inputs"].dtype.name

    def arrays(self, kind: str) -> list[np.ndarray]:
        """The arrays `kind/0`, `kind/1` and so on."""
        arrays = []
        while f"{kind}/{len(arrays)}" in self.parts:
            arrays.append(self.parts[f"{kind}/{len(arrays)}"])
        return arrays


class Results(NamedTuple):
    """The results of TensorFlow 1, or of this package, for a case.

    Outputs and final states, both flattened, and the gradients of the projection with respect to
    inputs, weights and initial states, in that order.
    """

    outputs: list[np.ndarray]
    states: list[np.ndarray]
    gradients: list[np.ndarray]


class Difference(NamedTuple):
    """The largest difference of two entries: absolute, and relative to TensorFlow 1's largest."""

    absolute: float
    relative: float


class Differences(NamedTuple):
    """The three differences of a case."""

    outputs: Difference
    states: Difference
    gradients: Difference


def load(path: str | Path) -> list[Case]:
    """Reads a fixture file.

    Args:
        path: an .npz file.

    Returns:
        Its cases, in the file's order.

    Raises:
        UserError: the file is damaged.
    """
    cases = {}
    for key, array in sealed.read_listed(Path(path)).items():
        name, part = key.split("/", 1)
        cases.setdefault(name, {})[part] = array
    return [Case(name, json.loads(str(parts.pop("spec"))), parts) for name, parts in cases.items()]


def make_cell(spec: dict) -> tf1.RNNCell:
    """The cell that a cell spec describes."""
    cell_class = getattr(tf1, spec["class"])
    if "cells" in spec:
        return cell_class([make_cell(cell) for cell in spec["cells"]], **spec["args"])
    if "cell" in spec:
        return cell_class(make_cell(spec["cell"]), **spec["args"])
    return cell_class(**spec["args"])


def make_cells(case: Case) -> list[tf1.RNNCell]:
    """The cells of a case, with its weights.

    Returns:
        One cell, or forward and backward, layer by layer: TensorFlow 1's order of creation.
    """
    cells = case.spec["cells"]
    if isinstance(cells, dict):
        pairs = zip(cells["cells_fw"], cells["cells_bw"], strict=True)
        cells = [cell for pair in pairs for cell in pair]
    cells = [make_cell(spec) for spec in cells]
    features, values = case.parts["inputs"].shape[-1], case.arrays("weight")
    for i, cell in enumerate(cells):
        if i and not i % 2:
            features = cells[i - 2].output_size + cells[i - 1].output_size
        cell.settle_dtype(case.dtype)
        cell.build((None, features))
        count = len(cell.weights)
        cell.set_weights(values[:count])
        values = values[count:]
    if values:
        raise ValueError(f"{case.name}: {len(values)} weights of TensorFlow 1 are left over")
    return cells


def call(case: Case, cells: list[tf1.RNNCell], inputs, lengths, initial):
    """Calls the cell or the function of a case.

    Args:
        case: names the function and its options.
        cells: as `make_cells` returns them.
        inputs: one tensor; for the static functions it is unstacked along the time axis.
        lengths: `(batch,)`, or None.
        initial: the parts of the initial states, from first to last; empty for none.

    Returns:
        The outputs and the final states, two lists of tensors.
    """
    # TensorFlow 1 numbers all forward states before all backward ones.
    states = [None] * len(cells)
    order = [*range(0, len(cells), 2), *range(1, len(cells), 2)]
    if initial:
        sizes = tuple(cells[i].state_size for i in order)
        for i, state in zip(order, tf.nest.pack_sequence_as(sizes, list(initial)), strict=True):
            states[i] = state
    if case.construct == "cell":
        results = cells[0](inputs, states[0])
    else:
        function = getattr(tf1, case.construct)
        options = {"sequence_length": lengths, "dtype": None if initial else case.dtype}
        if case.construct.startswith("static"):
            inputs = keras.ops.unstack(inputs, axis=1)
        else:
            options["time_major"] = case.spec["options"]["time_major"]
        if case.construct.startswith("stack"):
            names = ("initial_states_fw", "initial_states_bw")
            given = (states[::2], states[1::2]) if initial else (None, None)
            results = function(
                cells[::2], cells[1::2], inputs, **dict(zip(names, given, strict=True)), **options
            )
        elif len(cells) == 2:
            names = ("initial_state_fw", "initial_state_bw")
            results = function(*cells, inputs, **dict(zip(names, states, strict=True)), **options)
        else:
            results = function(*cells, inputs, initial_state=states[0], **options)
    outputs, *states = results
    return tf.nest.flatten(outputs), tf.nest.flatten(states)


def make_model(case: Case) -> keras.Model:
    """A functional model of a case: inputs, lengths and initial states in; lists of tensors out.

    It has the case's weights. The batch may have any size, and so may the time of a loop.
    """
    array = case.parts["inputs"]
    shape = [None] * (array.ndim - 1) + [array.shape[-1]]
    if case.construct.startswith("static"):
        shape[1] = array.shape[1]
    inputs = keras.Input(batch_shape=shape, name="inputs")
    lengths = None
    if "sequence_length" in case.parts:
        lengths = keras.Input(batch_shape=(None,), dtype="int32", name="sequence_length")
    initial = [
        keras.Input(batch_shape=(None, state.shape[-1]), name=f"initial_state_{i}")
        for i, state in enumerate(case.arrays("initial_state"))
    ]
    outputs, states = call(case, make_cells(case), inputs, lengths, initial)
    given = [x for x in (inputs, lengths, *initial) if x is not None]
    return keras.Model(given, {"outputs": outputs, "states": states})


def expected(case: Case) -> Results:
    """TensorFlow 1.15.5's results for a case."""
    gradients = [
        case.parts["gradient/inputs"],
        *case.arrays("gradient/weight"),
        *case.arrays("gradient/initial_state"),
    ]
    return Results(case.arrays("outputs"), case.arrays("states"), gradients)


def results(case: Case, function, weights: list, wrap=None) -> Results:
    """The results of a function of inputs, lengths and initial states for a case.

    Args:
        case: has the inputs, the initial states and the projections.
        function: takes three arguments as `call` does; returns outputs and states.
        weights: the variables to differentiate by, in TensorFlow 1's order.
        wrap: a decorator of function and gradient, such as `tf.function`; None for none.
    """
    projections = case.arrays("output_projection") + case.arrays("state_projection")

    def compute(inputs, lengths, initial):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *initial])
            outputs, states = function(inputs, lengths, initial)
            loss = sum(
                tf.reduce_sum(tensor * projection)
                for tensor, projection in zip([*outputs, *states], projections, strict=True)
            )
        sources = [inputs, *weights, *initial]
        return outputs, states, tape.gradient(loss, sources, unconnected_gradients="zero")

    inputs = tf.constant(case.parts["inputs"])
    lengths = case.parts.get("sequence_length")
    lengths = None if lengths is None else tf.constant(lengths)
    initial = [tf.constant(state) for state in case.arrays("initial_state")]
    computed = (wrap(compute) if wrap else compute)(inputs, lengths, initial)
    return Results(*([tensor.numpy() for tensor in tensors] for tensors in computed))


def differences(case: Case, ours: Results) -> Differences:
    """The largest differences of this package's results from TensorFlow 1's.

    Raises:
        ValueError: the number of arrays, or a shape, is another.
    """
    return Differences(*map(_difference, expected(case), ours))


def replay(case: Case, wrap=None) -> Differences:
    """Computes a case with this package, and returns the differences from TensorFlow 1.

    `wrap` decorates function and gradient, for example `tf.function`.
    """
    return differences(case, _replayed(case, wrap))


def is_close(case: Case, differences: Differences) -> bool:
    """Whether outputs, states and gradients are all within the bar; see the module's docstring."""
    if all(difference.relative <= _BAR for difference in differences):
        return True
    limits = [max(_BAR, _OWN_ERRORS * own.relative) for own in own_error(case)]
    return all(
        difference.relative <= limit for difference, limit in zip(differences, limits, strict=True)
    )


def own_error(case: Case) -> Differences:
    """The differences of TensorFlow 1's single-precision results from double-precision ones.

    This package computes the latter: in double precision it and TensorFlow 1 differ by 1e-15.
    """
    parts = {
        name: array.astype("float64") if array.dtype == np.float32 else array
        for name, array in case.parts.items()
    }
    return differences(case, _replayed(Case(case.name, case.spec, parts), None))


def _replayed(case, wrap):
    cells = make_cells(case)
    weights = [weight.value for cell in cells for weight in cell.weights]

    def function(inputs, lengths, initial):
        return call(case, cells, inputs, lengths, initial)

    return results(case, function, weights, wrap)


def replay_model(case: Case, model: keras.Model) -> Differences:
    """Computes a case with a model of `make_model`, and returns the differences."""

    def function(inputs, lengths, initial):
        results = model([x for x in (inputs, lengths, *initial) if x is not None])
        return results["outputs"], results["states"]

    return differences(case, results(case, function, [weight.value for weight in model.weights]))


def _difference(theirs: list[np.ndarray], ours: list[np.ndarray]) -> Difference:
    if [x.shape for x in theirs] != [x.shape for x in ours]:
        raise ValueError(f"shapes {[x.shape for x in ours]}, but {[x.shape for x in theirs]}")
    theirs, ours = (np.concatenate([np.float64(x).ravel() for x in xs]) for xs in (theirs, ours))
    gap = np.max(np.abs(theirs - ours), initial=0.0)
    largest = np.max(np.abs(theirs), initial=0.0)
    if not gap:
        return Difference(0.0, 0.0)
    return Difference(float(gap), float(gap / largest) if largest else np.inf)
