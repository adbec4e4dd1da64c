"""B7, B9: what static_rnn and dynamic_rnn cost and return.

    python -m experiments.static_vs_dynamic

`static_rnn` takes a list of time steps and builds one copy of the cell for each. `dynamic_rnn`
takes one tensor and loops. Both give the same outputs (B7). The experiment also shows
`sequence_length`, `time_major`, and the states of one, two and three layers (B9): the last output
is the last layer's h.

What to look for: the time to build the static graph grows with the number of steps, while the loop
is built in less than a second. A training step then takes about the same time in both. A list has
one fixed length; the loop accepts a different length in every batch.

Cost: a minute and a half on 2 cores, most of it for building static graphs (14 s for 224 steps).

Differences from the published listing:

1. The cost. Published: "static takes longer to build", without a number. Here: measured.
"""

import time
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from matplotlib.figure import Figure

from keras_rnn_tutorials import runner
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.tables import print_table

FEATURES, CALLS = 28, 15  # timed calls, of which the median is reported


@dataclass(frozen=True, kw_only=True)
class Config(runner.RunConfig):
    """The tutorial's 128 units."""

    units: Annotated[int, "units of each LSTM"] = 128
    batch_size: Annotated[int, "sequences per batch"] = 64
    longest: Annotated[int, "steps of the longest sequence; it is halved down to 7"] = 224


def measure(config: Config, dataset) -> dict:
    """Times both, compares their outputs, and prints the state structures."""
    import keras

    keras.layers.Dense(1)(keras.ops.ones((1, 1)))  # the first layer in a process is slow to create
    lengths = [config.longest]
    while lengths[-1] // 2 >= 7:
        lengths.append(lengths[-1] // 2)
    timed = []
    for steps in reversed(lengths):
        print(f"timing sequences of {steps} steps…", flush=True)
        timed.append(_timed(config, steps))
    times = ("static_build", "dynamic_build", "static_call", "dynamic_call")
    print_table(
        "Seconds to build the graph once, and seconds per training step",
        ("steps", "build static", "dynamic", "call static", "dynamic", "outputs differ by"),
        [
            (str(row["steps"]), *(f"{row[t]:.4f}" for t in times), f"{row['difference']:.1e}")
            for row in timed
        ],
    )
    return {
        "timed": timed,
        "lengths": _lengths(config),
        "structures": [_structure(config, layers) for layers in (1, 2, 3)],
    }


def _timed(config: Config, steps: int) -> dict:
    """Builds and calls both on sequences of one length; forward and gradient, as in training."""
    import tensorflow as tf

    from keras_rnn_tutorials import tf1

    inputs = tf.random.stateless_normal((config.batch_size, steps, FEATURES), (config.seed, steps))
    cell = tf1.BasicLSTMCell(config.units)
    cell.settle_dtype("float32")
    cell.build((None, FEATURES))

    def static(x):
        outputs, _ = tf1.static_rnn(cell, tf.unstack(x, axis=1), dtype=tf.float32)
        return tf.stack(outputs, axis=1)

    def dynamic(x):
        return tf1.dynamic_rnn(cell, x, dtype=tf.float32)[0]

    row, outputs = {"steps": steps}, {}
    for name, network in (("static", static), ("dynamic", dynamic)):

        @tf.function
        def train(x, network=network):
            with tf.GradientTape() as tape:
                outputs = network(x)
                loss = tf.reduce_sum(outputs**2)
            return outputs, tape.gradient(loss, cell.trainable_weights)

        start = time.perf_counter()
        graph = train.get_concrete_function(inputs)
        row[f"{name}_build"] = time.perf_counter() - start
        outputs[name] = graph(inputs)[0]
        row[f"{name}_call"] = median(_seconds(graph, inputs) for _ in range(CALLS))
    row["difference"] = float(tf.reduce_max(tf.abs(outputs["static"] - outputs["dynamic"])))
    return row


def _seconds(graph, inputs):
    start = time.perf_counter()
    graph(inputs)[0].numpy()
    return time.perf_counter() - start


def _lengths(config: Config) -> dict:
    """Runs rows of 9, 4, 1 and 0 valid steps, the same with time first, and a shorter batch."""
    import tensorflow as tf

    from keras_rnn_tutorials import tf1

    cell = tf1.BasicLSTMCell(config.units)
    x, lengths = tf.random.stateless_normal((4, 9, FEATURES), (config.seed, 0)), [9, 4, 1, 0]
    outputs, _ = tf1.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    turned, _ = tf1.dynamic_rnn(
        cell, tf.transpose(x, (1, 0, 2)), lengths, dtype=tf.float32, time_major=True
    )
    shorter, _ = tf1.dynamic_rnn(cell, x[:, :5], dtype=tf.float32)
    valid = tf.math.count_nonzero(tf.reduce_any(outputs != 0, axis=2), axis=1).numpy().tolist()
    gap = float(tf.reduce_max(tf.abs(tf.transpose(turned, (1, 0, 2)) - outputs)))
    print("outputs of one network for batches of 9 and of 5 steps:")
    print(f"  {tuple(outputs.shape)}, {tuple(shorter.shape)}")
    print(f"sequence_length {lengths}: steps with an output other than zero: {valid}")
    print(f"time_major: outputs {tuple(turned.shape)}, which differ by at most {gap:.1e}")
    return {"sequence_length": lengths, "steps_with_output": valid, "time_major_gap": gap}


def _structure(config: Config, layers: int) -> dict:
    """B9: one LSTMStateTuple(c, h) per layer; the last output is the last layer's h."""
    import tensorflow as tf

    from keras_rnn_tutorials import tf1

    cell = tf1.MultiRNNCell([tf1.BasicLSTMCell(config.units) for _ in range(layers)])
    inputs = tf.random.stateless_normal((4, 28, FEATURES), (config.seed, layers))
    outputs, state = tf1.dynamic_rnn(cell, inputs, dtype=tf.float32)
    shapes = ", ".join(f"(c={tuple(c.shape)}, h={tuple(h.shape)})" for c, h in state)
    same = bool(tf.reduce_all(outputs[:, -1] == state[-1].h))
    print(f"{layers} layers: outputs {tuple(outputs.shape)}, last output is last h: {same}")
    print(f"  state: {shapes}")
    return {"layers": layers, "state": shapes, "last_output_is_last_h": same}


def draw(record: Record) -> Figure:
    """The time to build and the time to call, against the number of steps."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    figure.suptitle(
        "An LSTM unrolled step by step (static) takes long to build; a loop (dynamic) does not\n"
        f"{record.config['units']} units, batches of {record.config['batch_size']}, "
        "forward and gradient"
    )
    timed = record.measured["timed"]
    steps = [row["steps"] for row in timed]
    labels = {"build": "time to build the graph, once (s)", "call": "time of a training step (s)"}
    for axes, (part, label) in zip(figure.subplots(1, 2), labels.items(), strict=True):
        for name, marker in (("static", "o"), ("dynamic", "s")):
            axes.plot(steps, [row[f"{name}_{part}"] for row in timed], marker=marker, label=name)
        axes.set(xlabel="time steps of a sequence", ylabel=label, ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.measure("static_vs_dynamic", config, measure, draw)


if __name__ == "__main__":
    command.run(main, Config)
