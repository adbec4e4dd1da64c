"""Writes behaviours.json, under genuine TensorFlow 1.15.5; README.md has the command."""

import argparse
import json
import os
import tempfile

import behaviours
import tensorflow as tf

nest = tf.contrib.framework.nest


class Env:
    """TensorFlow 1: graphs, placeholders and a session."""

    tf, nest, keras = tf, nest, tf.keras
    dynamic_rnn = staticmethod(tf.nn.dynamic_rnn)
    static_rnn = staticmethod(tf.nn.static_rnn)
    bidirectional_dynamic_rnn = staticmethod(tf.nn.bidirectional_dynamic_rnn)
    static_bidirectional_rnn = staticmethod(tf.nn.static_bidirectional_rnn)
    stack_bidirectional_dynamic_rnn = staticmethod(tf.contrib.rnn.stack_bidirectional_dynamic_rnn)
    constant = staticmethod(tf.constant_initializer)

    def __getattr__(self, name):
        return getattr(tf.nn.rnn_cell, name)

    def unstack(self, inputs):
        return tf.unstack(inputs, axis=1)

    def values(self, tensors):
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return session.run(nest.flatten(tensors))

    def run(self, build, cells, *arrays, shapes=None, weights=None):
        """Builds a graph for arrays of these shapes, sets its variables and runs it.

        The weights are all `weights`, or random in the order in which they were made.
        """
        shapes = shapes or [array.shape for array in arrays]
        given = [tf.placeholder(array.dtype, size) for array, size in zip(arrays, shapes)]  # noqa: B905  Python 3.7 has no strict
        results = build(*given)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            if cells:
                variables = tf.global_variables()
                values = behaviours.weights([v.shape.as_list() for v in variables], weights)
                for variable, value in zip(variables, values):  # noqa: B905  Python 3.7 has no strict
                    variable.load(value, session)
            values = session.run(nest.flatten(results), dict(zip(given, arrays)))  # noqa: B905  Python 3.7 has no strict
        return [str(nest.map_structure(lambda _: 0, results)), *values]

    def saved_and_restored(self, wrapper, cell):
        wrapper(tf.ones((1, 1)), wrapper.zero_state(1, tf.float32))
        with tf.Session() as session, tempfile.TemporaryDirectory() as directory:
            session.run(tf.global_variables_initializer())
            checkpoint = tf.train.Checkpoint(wrapper=wrapper)
            cell._bias.load([40.0], session)
            path = checkpoint.save(os.path.join(directory, "checkpoint"), session)
            cell._bias.load([0.0], session)
            checkpoint.restore(path).assert_consumed().run_restore_ops(session)
            return session.run(cell._bias)

    def dependencies(self, wrapper):
        return [name for name, _ in wrapper._checkpoint_dependencies]

    def minimized(self, loss, arrays, steps, *arguments):
        variables = [tf.Variable(array) for array in arrays]
        step = tf.train.AdamOptimizer(*arguments).minimize(loss(*variables))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for _ in range(steps):
                session.run(step)
            return session.run(variables)


def run(function):
    """What a function makes of TensorFlow 1, or what it raises."""
    with tf.Graph().as_default():
        try:
            return {"result": behaviours.plain(function(Env()))}
        except Exception as error:
            parents = [parent.__name__ for parent in type(error).__mro__]
            return {"error": parents, "says": str(error)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, help="directory to write to")
    flags = parser.parse_args()

    recorded = {name: run(function) for name, function in behaviours.BEHAVIOURS.items()}
    for name, result in recorded.items():
        if "error" in result:
            print("{} raises {}: {}".format(name, result["error"][0], result["says"][:200]))
    for name, (words, function) in behaviours.REFUSED.items():
        recorded[name] = run(function)
        said = recorded[name].get("says")
        if said is None or words not in said:
            print(f"{name} should say {words!r}, but gives {recorded[name]}")
        recorded[name].pop("says", None)
    path = os.path.join(flags.out, "behaviours.json")
    with open(path, "w") as file:
        lines = (f"{json.dumps(name)}: {json.dumps(result)}" for name, result in recorded.items())
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path}: {len(recorded)} behaviours")


if __name__ == "__main__":
    main()
