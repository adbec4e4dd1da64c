"""Builds a case's spec as a graph of TensorFlow 1.15.5, draws random values, and runs it."""

import json
import zlib

import numpy as np
import tensorflow as tf

nest = tf.contrib.framework.nest

# One thread, so that the same seed gives the same fixture.
SESSION = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


def build_cell(spec):
    """The cell of a cell spec."""
    make = getattr(tf.nn.rnn_cell, spec["class"])
    if "cells" in spec:
        return make([build_cell(cell) for cell in spec["cells"]], **spec["args"])
    if "cell" in spec:
        return make(build_cell(spec["cell"]), **spec["args"])
    return make(**spec["args"])


def build_cells(cells):
    """The cells of a whole spec, in its order: one, forward and backward, or all fw then all bw."""
    if isinstance(cells, dict):
        cells = cells["cells_fw"] + cells["cells_bw"]
    return [build_cell(cell) for cell in cells]


def state_placeholders(cell, batch):
    """Placeholders in the structure of the cell's state."""
    return nest.map_structure(
        lambda size: tf.placeholder(tf.float32, [batch, size]), cell.state_size
    )


def apply_construct(construct, cells, inputs, lengths, states, time_major):
    """Calls TensorFlow 1's function.

    Args:
        construct: "cell" or the function's name.
        cells: as build_cells returns them.
        inputs: one tensor.
        lengths: a tensor or None.
        states: one initial state per cell, or None.
        time_major: for the functions that know it.

    Returns:
        The outputs and the states, each in the structure that TensorFlow 1 gives it.
    """
    if construct == "cell":
        return cells[0](inputs, states[0])

    options = {"sequence_length": lengths, "dtype": None if states else tf.float32}
    states = states or [None] * len(cells)
    if construct == "static_rnn":
        return tf.nn.static_rnn(
            cells[0], tf.unstack(inputs, axis=1), initial_state=states[0], **options
        )
    if construct == "dynamic_rnn":
        return tf.nn.dynamic_rnn(
            cells[0], inputs, initial_state=states[0], time_major=time_major, **options
        )
    if construct == "static_bidirectional_rnn":
        outputs, fw, bw = tf.nn.static_bidirectional_rnn(
            cells[0],
            cells[1],
            tf.unstack(inputs, axis=1),
            initial_state_fw=states[0],
            initial_state_bw=states[1],
            **options,
        )
        return outputs, (fw, bw)
    if construct == "bidirectional_dynamic_rnn":
        return tf.nn.bidirectional_dynamic_rnn(
            cells[0],
            cells[1],
            inputs,
            initial_state_fw=states[0],
            initial_state_bw=states[1],
            time_major=time_major,
            **options,
        )
    if construct == "stack_bidirectional_dynamic_rnn":
        layers = len(cells) // 2
        given = states[0] is not None
        outputs, fw, bw = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
            cells[:layers],
            cells[layers:],
            inputs,
            initial_states_fw=states[:layers] if given else None,
            initial_states_bw=states[layers:] if given else None,
            time_major=time_major,
            **options,
        )
        return outputs, (fw, bw)
    raise ValueError("unknown construct: " + construct)


def draw_lengths(kind, batch, time, random):
    """Valid steps of each row: one row of none and one of all where the batch has room for them."""
    if kind == "none":
        return None
    if kind == "short":  # no row lasts to the end, so that whole steps are padding
        return random.randint(0, max(1, time - 1), batch).astype(np.int32)
    lengths = random.randint(0 if batch > 1 else 1, time + 1, batch).astype(np.int32)
    if batch > 1:
        zero, full = random.permutation(batch)[:2]
        lengths[zero], lengths[full] = 0, time
    return lengths


def _input_shape(construct, options, shape):
    if construct == "cell":
        return [shape.batch, shape.features]
    if options["time_major"]:
        return [shape.time, shape.batch, shape.features]
    return [shape.batch, shape.time, shape.features]


def fixture(case, seed):
    """Runs one case under TensorFlow 1.

    Args:
        case: one of cases.all_cases().
        seed: with the case's name, the source of all of its random numbers.

    Returns:
        {part: array}, as README.md describes the parts.
    """
    spec, shape = case["spec"], case["shape"]
    construct, options = spec["construct"], spec["options"]
    random = np.random.RandomState(zlib.crc32(f"{seed}/{construct}/{case['name']}".encode()))

    def normal(tensor, scale=1.0):
        return (scale * random.standard_normal(tensor.shape.as_list())).astype(np.float32)

    with tf.Graph().as_default(), tf.Session(config=SESSION) as session:
        inputs = tf.placeholder(tf.float32, _input_shape(construct, options, shape))
        lengths = tf.placeholder(tf.int32, [shape.batch]) if case["lengths"] != "none" else None
        cells = build_cells(spec["cells"])
        initial = None
        if options["has_initial_state"]:
            initial = [state_placeholders(cell, shape.batch) for cell in cells]

        outputs, states = apply_construct(
            construct, cells, inputs, lengths, initial, options["time_major"]
        )
        outputs, states, initial = (nest.flatten(x or []) for x in ([outputs], [states], initial))
        weights = tf.trainable_variables()
        spec = dict(spec, weights=[weight.op.name for weight in weights])

        parts = {"spec": np.array(json.dumps(spec)), "inputs": normal(inputs)}
        feed = {inputs: parts["inputs"]}
        if lengths is not None:
            parts["sequence_length"] = draw_lengths(
                case["lengths"], shape.batch, shape.time, random
            )
            feed[lengths] = parts["sequence_length"]
        for i, state in enumerate(initial):
            parts[f"initial_state/{i}"] = feed[state] = normal(state)
        for i, weight in enumerate(weights):
            parts[f"weight/{i}"] = normal(weight, scale=0.5)
            weight.load(parts[f"weight/{i}"], session)

        loss = 0.0
        for name, tensors in (("output", outputs), ("state", states)):
            for i, tensor in enumerate(tensors):
                key = f"{name}_projection/{i}"
                parts[key] = normal(tensor)
                loss += tf.reduce_sum(tensor * parts[key])

        fetches = {f"outputs/{i}": tensor for i, tensor in enumerate(outputs)}
        fetches.update((f"states/{i}", tensor) for i, tensor in enumerate(states))
        sources = {"inputs": inputs}
        sources.update((f"initial_state/{i}", state) for i, state in enumerate(initial))
        sources.update((f"weight/{i}", weight) for i, weight in enumerate(weights))
        gradients = tf.gradients(
            loss, list(sources.values()), unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        for i, name in enumerate(sources):
            fetches["gradient/" + name] = gradients[i]
        parts.update(session.run(fetches, feed))
    return parts
