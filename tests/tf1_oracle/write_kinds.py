"""Writes checkpoints of less common kinds, by TensorFlow 1.15.5, with the networks' outputs.

    tf1/bin/python write_kinds.py --out=../golden/checkpoint_kinds

Partitioned variables, layers of tf.keras as a Saver and as `save_weights` store them, object-based
checkpoints of cells, what a CudnnLSTM stores, the directions of TensorFlow 0.8 in one V1 file,
cells of contrib, moving averages, and networks that are refused. `files.tar.xz` holds a directory
for each, `outputs.npz` the `inputs` and what each network makes of them, by name; with the moving
averages for weights, `name/averaged`.
"""

import argparse
import os
import zlib

import numpy as np
import packing
import tensorflow as tf

BATCH, TIME, FEATURES, UNITS = 2, 4, 3, 2
rnn, contrib, layers = tf.nn.rnn_cell, tf.contrib.rnn, tf.keras.layers
KINDS = {}


def kind(function):
    """Registers a function of the inputs that makes a network and returns its outputs."""
    KINDS[function.__name__] = function
    return function


def dynamic(cell, x):
    """The outputs of a cell."""
    return tf.nn.dynamic_rnn(cell, x, dtype=x.dtype)[0]


def both(forward, backward, x):
    """The outputs of two directions, joined."""
    return tf.concat(tf.nn.bidirectional_dynamic_rnn(forward, backward, x, dtype=x.dtype)[0], 2)


@kind
def partitioned(x):
    with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(2)):
        outputs = dynamic(rnn.BasicLSTMCell(UNITS, forget_bias=0.5), x)
    train = tf.train.AdamOptimizer(0.01).minimize(tf.reduce_sum(outputs))
    return outputs, {"train": train}


@kind
def partitioned_v1(x):
    with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(2)):
        return dynamic(rnn.GRUCell(UNITS), x), {"version": tf.train.SaverDef.V1}


@kind
def sharded(x):
    cell = rnn.LSTMCell(UNITS, num_unit_shards=2, num_proj=2, num_proj_shards=2)
    return dynamic(cell, x), {}


@kind
def directions_0_8(x):
    cells = [rnn.BasicLSTMCell(UNITS), rnn.BasicLSTMCell(UNITS)]
    outputs = both(cells[0], cells[1], x)
    names = {
        "bidirectional_rnn/fw/basic_lstm_cell": "BiRNN_FW/BasicLSTMCell",
        "bidirectional_rnn/bw/basic_lstm_cell": "BiRNN_BW/BasicLSTMCell",
        "kernel": "Linear/Matrix",
        "bias": "Linear/Bias",
    }
    return outputs, {"names": names, "version": tf.train.SaverDef.V1}


@kind
def cudnn_lstm(x):
    cells = [[contrib.BasicLSTMCell(UNITS, forget_bias=0.0) for _ in "ab"] for _ in "ab"]
    outputs = contrib.stack_bidirectional_dynamic_rnn(cells[0], cells[1], x, dtype=x.dtype)[0]
    names = {"stack_": "cudnn_lstm/stack_", "basic_lstm_cell": "cudnn_compatible_lstm_cell"}
    return outputs, {"names": names}


@kind
def cudnn_gru(x):
    cells = [tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(UNITS) for _ in "ab"]
    return dynamic(rnn.MultiRNNCell(cells), x), {"names": {"rnn/multi": "cudnn_gru/rnn/multi"}}


@kind
def object_based(x):
    cell = rnn.MultiRNNCell([rnn.GRUCell(UNITS), rnn.GRUCell(3)])
    return dynamic(cell, x), {"object": cell}


@kind
def highway(x):
    return dynamic(contrib.HighwayWrapper(rnn.GRUCell(FEATURES)), x), {}


@kind
def conv_lstm(x):
    layers.ConvLSTM2D(1, 2)(tf.zeros([1, 2, 3, 3, 1]))
    return x, {}


@kind
def nas(x):
    return dynamic(contrib.NASCell(UNITS), x), {}


@kind
def nas_projected(x):
    return dynamic(contrib.NASCell(4, num_proj=UNITS, use_bias=True), x), {}


@kind
def ugrnn(x):
    return dynamic(contrib.UGRNNCell(UNITS, forget_bias=0.3, activation=tf.nn.relu), x), {}


@kind
def ugrnn_1_1(x):
    outputs = dynamic(contrib.UGRNNCell(UNITS), x)
    return outputs, {"names": {"kernel": "weights", "bias": "biases"}}


@kind
def layer_norm(x):
    """Trained with dropout, tested without."""
    for keep in (0.8, 1.0):
        with tf.variable_scope("net", reuse=keep == 1.0):
            cell = contrib.LayerNormBasicLSTMCell(UNITS, 0.5, dropout_keep_prob=keep)
            outputs = dynamic(cell, x)
    return outputs, {}


@kind
def layer_norm_off(x):
    cell = contrib.LayerNormBasicLSTMCell(UNITS, layer_norm=False, activation=tf.nn.softsign)
    return dynamic(cell, x), {}


@kind
def contrib_stack(x):
    cells = [
        contrib.ResidualWrapper(contrib.NASCell(FEATURES)),
        contrib.ResidualWrapper(contrib.LayerNormBasicLSTMCell(FEATURES)),
        contrib.UGRNNCell(UNITS),
    ]
    return tf.stack(
        tf.nn.static_rnn(rnn.MultiRNNCell(cells), tf.unstack(x, axis=1), dtype=x.dtype)[0], 1
    ), {}


@kind
def contrib_both(x):
    return both(contrib.LayerNormBasicLSTMCell(UNITS), contrib.NASCell(UNITS), x), {}


def averaged(outputs):
    """The options of a network that is trained for a few steps, with moving averages."""
    averages = tf.train.ExponentialMovingAverage(0.7)
    with tf.control_dependencies([tf.train.AdamOptimizer(0.05).minimize(tf.reduce_sum(outputs))]):
        train = averages.apply(tf.trainable_variables())
    return {"train": train, "steps": 5, "averages": averages}


@kind
def averages_beside(x):
    outputs = dynamic(rnn.BasicLSTMCell(UNITS), x)
    return outputs, averaged(outputs)


@kind
def averages_in_a_scope(x):
    """In a scope of their own, slots and averages have it twice in their names."""
    with tf.variable_scope("Model"):
        outputs = dynamic(rnn.GRUCell(UNITS), x)
        return outputs, averaged(outputs)


@kind
def averages_alone(x):
    outputs = dynamic(rnn.BasicLSTMCell(UNITS), x)
    return outputs, {**averaged(outputs), "only": "ExponentialMovingAverage"}


def of_keras(name, make, by_saver=False):
    """A network of tf.keras layers, saved by `save_weights` or by a Saver."""

    def run(x):
        inputs = tf.keras.Input((TIME, FEATURES))
        outputs = inputs
        for layer in make():
            outputs = layer(outputs)
        model = tf.keras.Model(inputs, outputs)
        return model(x), {} if by_saver else {"model": model}

    KINDS[name] = run


of_keras("keras_lstm", lambda: [layers.LSTM(UNITS, return_sequences=True)])
of_keras("keras_lstm_saver", lambda: [layers.LSTM(UNITS, return_sequences=True)], True)
of_keras(
    "keras_sigmoid_saver",
    lambda: [layers.GRU(UNITS, recurrent_activation="sigmoid", return_sequences=True)],
    True,
)
of_keras("keras_gru", lambda: [layers.GRU(UNITS, reset_after=True, return_sequences=True)])
of_keras("keras_no_bias", lambda: [layers.GRU(UNITS, use_bias=False, return_sequences=True)])
of_keras(
    "keras_bidirectional",
    lambda: [layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))],
)
of_keras(
    "keras_bidirectional_saver",
    lambda: [layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))],
    True,
)
of_keras(
    "keras_cells",
    lambda: [layers.RNN([layers.LSTMCell(UNITS), layers.LSTMCell(2)], return_sequences=True)],
    True,
)


def save(session, prefix, options):
    """Writes a checkpoint in the way that a network's options say."""
    if "object" in options:
        tf.train.Checkpoint(net=options["object"]).write(prefix, session=session)
    elif "model" in options:
        options["model"].save_weights(prefix)
    else:
        variables = {}
        for variable in tf.global_variables():
            name = variable.op.name
            for before, after in options.get("names", {}).items():
                name = name.replace(before, after)
            variables[name] = variable
        renamed = variables if "names" in options else None
        if "only" in options:
            renamed = {n: v for n, v in variables.items() if n.endswith(options["only"])}
        saver = tf.train.Saver(renamed, write_version=options.get("version", tf.train.SaverDef.V2))
        saver.save(session, prefix, write_meta_graph=renamed is None, write_state=False)


def run(name, inputs, folder):
    """Runs a network, writes its checkpoint and returns its outputs by name."""
    tf.keras.backend.clear_session()
    tf.reset_default_graph()
    tf.set_random_seed(0)
    outputs, options = KINDS[name](tf.constant(inputs))
    session = tf.Session()
    tf.keras.backend.set_session(session)
    session.run(tf.global_variables_initializer())
    random = np.random.RandomState(zlib.crc32(name.encode()))
    for variable in tf.trainable_variables():
        value = 0.5 * random.standard_normal(variable.shape.as_list())
        variable.load(value.astype(np.float32), session)
    for _ in range(options.get("steps", 1) if "train" in options else 0):
        session.run(options["train"])
    os.mkdir(os.path.join(folder, name))
    save(session, os.path.join(folder, name, "model.ckpt"), options)
    kept = {name: session.run(outputs)}
    if "averages" in options:
        for variable in tf.trainable_variables():
            variable.load(session.run(options["averages"].average(variable)), session)
        kept[name + "/averaged"] = session.run(outputs)
    return kept


def main():
    """Writes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    inputs = np.random.RandomState(0).standard_normal([BATCH, TIME, FEATURES]).astype(np.float32)
    kept = {}
    os.makedirs(out, exist_ok=True)
    with packing.packed(out) as folder:
        for name in KINDS:
            kept.update(run(name, inputs, folder))
    np.savez_compressed(os.path.join(out, "outputs.npz"), inputs=inputs, **kept)
    print(len(KINDS), "checkpoints")


if __name__ == "__main__":
    main()
