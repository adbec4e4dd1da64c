"""`tf.contrib.legacy_seq2seq` and `tf.contrib.crf` of old scripts, against TensorFlow 1.15.5."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow.compat.v1 as v1

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials.migrate.old_scripts.crf import CRF
from keras_rnn_tutorials.migrate.old_scripts.legacy_seq2seq import LEGACY_SEQ2SEQ
from keras_rnn_tutorials.storage import sealed
from tests.tf1_oracle import contrib_networks

sys.modules.setdefault("contrib_networks", contrib_networks)  # as scripts of the oracle import it
from tests.tf1_oracle import decoder_networks  # noqa: E402

ARRAYS = sealed.read_listed(Path(__file__).parent / "golden" / "contrib" / "decoders.npz")
NETWORKS = decoder_networks.NETWORKS
# Optimizing a graph takes longer than running it once.
PLAIN = v1.ConfigProto()
PLAIN.graph_options.rewrite_options.disable_meta_optimizer = True
NAMES = types.SimpleNamespace(
    **{name: getattr(tf1, name) for name in tf1.__all__}, **LEGACY_SEQ2SEQ, **CRF
)


def parts(name, kind):
    """The arrays `kind/0`, `kind/1` and so on of a network."""
    found = []
    while (key := f"{name}/{kind}/{len(found)}") in ARRAYS:
        found.append(ARRAYS[key])
    return found


def given(name):
    arrays = {part: ARRAYS[f"{name}/{part}"] for part in ("x", "c", "h", "ids", "lengths")}
    return {part: tf.constant(array) for part, array in arrays.items()}


def loaded(name, network):
    """The outputs and gradients of a network with TensorFlow 1.15.5's weights, by name."""
    names = json.loads(str(ARRAYS[f"{name}/weights"]))
    with tf.Graph().as_default(), v1.Session(config=PLAIN) as session:
        tensors = given(name)
        outputs = tf.nest.flatten(network(v1, NAMES, tensors))
        variables = {variable.op.name: variable for variable in v1.global_variables()}
        assert list(variables) == names
        projections = zip(outputs, parts(name, "projection"), strict=True)
        loss = tf.add_n(
            [tf.reduce_sum(y * projection) for y, projection in projections if y.dtype.is_floating]
        )
        sources = [*(tensors[part] for part in ("x", "c", "h")), *variables.values()]
        gradients = tf.gradients(loss, sources, unconnected_gradients="zero")
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        values = zip(variables.values(), parts(name, "weight"), strict=True)
        feed = {variable.initializer.inputs[1]: value for variable, value in values}
        session.run([variable.initializer for variable in variables.values()], feed)
        return session.run([outputs, gradients])


def assert_as_tensorflow_1(name, ours):
    theirs = (
        parts(name, "outputs"),
        [
            *(ARRAYS[f"{name}/gradient/{part}"] for part in ("x", "c", "h")),
            *parts(name, "gradient/weight"),
        ],
    )
    for mine, wanted in zip(ours, theirs, strict=True):
        assert [array.shape for array in mine] == [array.shape for array in wanted]
        flat, flat_wanted = (np.concatenate([np.ravel(a) for a in of]) for of in (mine, wanted))
        assert np.abs(flat - flat_wanted).max() <= 1e-6 * np.abs(flat_wanted).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_as_tensorflow_1(name):
    assert_as_tensorflow_1(name, loaded(name, NETWORKS[name]))


def test_buckets_may_share_a_cell_that_has_weights():
    """TensorFlow 1.0 could copy it; so can this, with 1.15.5's names and numbers."""
    shared = NAMES.GRUCell(3)
    names = types.SimpleNamespace(**(vars(NAMES) | {"GRUCell": lambda units: shared}))

    def network(tf, rnn, tensors):
        return NETWORKS["buckets"](tf, names, tensors)

    assert_as_tensorflow_1("buckets", loaded("buckets", network))


def test_one_row_is_decoded_in_numpy():
    name = "crf_decoding"
    x, lengths = ARRAYS[f"{name}/x"], ARRAYS[f"{name}/lengths"]
    tags, best = parts(name, "outputs")[:2]
    scores = np.concatenate([x, np.square(x)], 2)
    for row, length in enumerate(np.maximum(lengths, 1)):
        found, score = CRF["viterbi_decode"](scores[row, :length], parts(name, "weight")[0])
        np.testing.assert_array_equal(found, tags[row, :length])
        np.testing.assert_allclose(score, best[row], rtol=1e-6)


def test_what_decoders_refuse():
    x = [tf.ones((2, 3))]
    with pytest.raises(ValueError, match="at least 1 input"):
        NAMES.attention_decoder([], None, tf.ones((2, 4, 3)), NAMES.GRUCell(3))
    with pytest.raises(ValueError, match="less than 1 heads"):
        NAMES.attention_decoder(x, None, tf.ones((2, 4, 3)), NAMES.GRUCell(3), num_heads=0)
    with pytest.raises(ValueError, match=r"Length of targets \(0\) must be at least"):
        NAMES.model_with_buckets(x, x, [], [], [(1, 1)], None)
