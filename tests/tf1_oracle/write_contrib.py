"""Writes TensorFlow 1.15.5's results for the networks of two modules.

    tf1/bin/python write_contrib.py --out=../golden/contrib
    cd ../golden/contrib && sha256sum *.npz > SHA256SUMS

`contrib.npz` is of contrib_networks.py, `decoders.npz` of decoder_networks.py. Either holds, by
`<network>/<part>`: `weights`, the variables' names in their order of creation, in JSON;
`weight/<i>`; the `given` tensors, float32; `outputs/<i>`, flattened; `projection/<i>`, random; and
of loss = Σ outputs · projection `gradient/<given>` and `gradient/weight/<i>`.
`float64/outputs/<i>` and `float64/gradient/...` are the same in double
precision, from the same numbers, where TensorFlow 1 has the operations for it.
"""

import argparse
import json
import os
import types
import zlib

import contrib_networks
import decoder_networks
import numpy as np
import tensorflow as tf

nest = tf.contrib.framework.nest
# One thread, so that the same numbers come out again.
SESSION = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
GIVEN = ("x", "c", "h", "ids", "lengths")

_PLACES = (
    tf.contrib.cudnn_rnn,
    tf.contrib.rnn,
    tf.nn.rnn_cell,
    tf.nn,
    tf.contrib.legacy_seq2seq,
    tf.contrib.crf,
)
rnn = types.SimpleNamespace(
    **{name: getattr(place, name) for place in _PLACES for name in dir(place) if name[0] != "_"}
)


def draw(name):
    """The random numbers of a network's givens."""
    n = contrib_networks
    random = np.random.RandomState(zlib.crc32(name.encode()))
    given = {
        "x": random.standard_normal([n.BATCH, n.TIME, n.FEATURES]),
        "c": random.standard_normal([n.BATCH, n.UNITS]),
        "h": random.standard_normal([n.BATCH, n.UNITS]),
    }
    given = {part: array.astype(np.float32) for part, array in given.items()}
    given["ids"] = random.randint(0, n.CLASSES, [n.BATCH, n.TIME]).astype(np.int32)
    given["lengths"] = np.array(n.LENGTHS, np.int32)
    return random, given


def build(name, tensors):
    """The outputs of a network, flat."""
    if name in decoder_networks.NETWORKS:
        return nest.flatten(decoder_networks.NETWORKS[name](tf, rnn, tensors))
    make, run = contrib_networks.NETWORKS[name]
    return nest.flatten(run(tf, rnn, make(rnn), tensors))


def compute(name, dtype, given, random, weights=None, projections=None):
    """Runs a network.

    Returns:
        The variables' names, their values, the projections, the outputs and the gradients by name.
    """
    with tf.Graph().as_default(), tf.Session(config=SESSION) as session:
        tensors = {
            part: tf.constant(array, dtype if array.dtype == np.float32 else tf.int32)
            for part, array in given.items()
        }
        outputs = build(name, tensors)
        variables = tf.trainable_variables()
        shapes = [variable.shape.as_list() for variable in variables]
        if weights is None:
            weights = [(0.5 * random.standard_normal(s)).astype(np.float32) for s in shapes]
        for variable, value in zip(variables, weights):  # noqa: B905 (Python 3.7)
            variable.load(value.astype(dtype.as_numpy_dtype), session)
        values = session.run(outputs)
        if projections is None:
            projections = [random.standard_normal(v.shape).astype(np.float32) for v in values]
        loss = tf.add_n(
            [
                tf.reduce_sum(output * tf.constant(projection, dtype))
                for output, projection in zip(outputs, projections)  # noqa: B905
                if output.dtype.is_floating
            ]
        )
        sources = {part: tensors[part] for part in given if tensors[part].dtype.is_floating}
        sources.update((f"weight/{i}", variable) for i, variable in enumerate(variables))
        gradients = tf.gradients(
            loss, list(sources.values()), unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        gradients = session.run([tf.convert_to_tensor(gradient) for gradient in gradients])
    names = [variable.op.name for variable in variables]
    return names, weights, projections, values, dict(zip(sources, gradients))  # noqa: B905


def fixture(name):
    """The arrays of one network, by part."""
    random, given = draw(name)
    names, weights, projections, values, gradients = compute(name, tf.float32, given, random)
    parts = {"weights": np.array(json.dumps(names)), **given}
    parts.update((f"weight/{i}", weight) for i, weight in enumerate(weights))
    parts.update((f"projection/{i}", projection) for i, projection in enumerate(projections))
    parts.update((f"outputs/{i}", value) for i, value in enumerate(values))
    parts.update((f"gradient/{source}", gradient) for source, gradient in gradients.items())
    try:
        *_, values, gradients = compute(name, tf.float64, given, None, weights, projections)
    except (TypeError, ValueError):  # the block operations know no float64
        return parts
    parts.update((f"float64/outputs/{i}", value) for i, value in enumerate(values))
    parts.update((f"float64/gradient/{source}", value) for source, value in gradients.items())
    return parts


def main():
    """Writes every network's arrays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, help="directory to write to")
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    for file, module in (("contrib", contrib_networks), ("decoders", decoder_networks)):
        arrays = {}
        for name in module.NETWORKS:
            parts = fixture(name)
            print(name, json.loads(str(parts["weights"])), "float64/outputs/0" in parts)
            arrays.update((f"{name}/{part}", array) for part, array in parts.items())
        np.savez_compressed(os.path.join(out, f"{file}.npz"), **arrays)


if __name__ == "__main__":
    main()
