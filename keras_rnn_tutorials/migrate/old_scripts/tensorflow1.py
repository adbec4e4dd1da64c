"""The module that an old script gets from `import tensorflow as tf`.

Behind every name stands `tf.compat.v1`. Its recurrent part, `tf.layers` and `tf.contrib`, which are
gone from it, are answered by this package.
"""

from functools import partial

import tensorflow
import tensorflow.compat.v1 as v1

from keras_rnn_tutorials import tf1
from keras_rnn_tutorials._private_apis import internal_modules
from keras_rnn_tutorials.migrate.old_scripts import (
    crf,
    layers,
    legacy_seq2seq,
    losses,
    mnist,
    optimizing,
)
from keras_rnn_tutorials.migrate.old_scripts.modules import OldModule

VERSION = "1.15.5"  # what the names are those of
_OF_NN = (
    "bidirectional_dynamic_rnn",
    "dynamic_rnn",
    "raw_rnn",
    "static_bidirectional_rnn",
    "static_rnn",
    "static_state_saving_rnn",
)
_NOT_A_NAME_OF_TF1 = {"AdamOptimizer"}  # of tf1, but tf.train's


class HParams:
    """`tf.contrib.training.HParams`: hyperparameters as attributes."""

    def __init__(self, **values):
        """Takes the hyperparameters by name."""
        self.add_hparams(**values)

    def add_hparams(self, **values):
        """Adds hyperparameters by name."""
        vars(self).update(values)

    add_hparam = set_hparam = object.__setattr__

    def values(self) -> dict:
        """The hyperparameters, by name."""
        return dict(vars(self))


def module(data: str = "auto") -> OldModule:
    """Makes the module `tensorflow`.

    Args:
        data: where its MNIST is from: "auto", "tfds" or "sample".
    """
    names = {name: getattr(tf1, name) for name in tf1.__all__ if name not in _NOT_A_NAME_OF_TF1}
    functions = {name: names[name] for name in _OF_NN if name in names}
    # Under the names that TensorFlow 1 had for its private modules too, from which many import.
    cells = OldModule("tensorflow.nn.rnn_cell", names)
    nn = OldModule("tensorflow.nn", {"rnn_cell": cells, **functions}, v1.nn)
    top = OldModule("tensorflow", {}, v1)
    examples = _nested("tensorflow.examples", "tutorials", "mnist", "input_data")
    digits = {"read_data_sets": partial(mnist.read_data_sets, data), "DataSet": mnist.DataSet}
    vars(examples.tutorials.mnist.input_data).update(digits)
    internals = internal_modules()
    python = OldModule("tensorflow.python", {}, internals["tensorflow.python"])
    ops = OldModule(
        "tensorflow.python.ops", {"rnn_cell": cells}, internals["tensorflow.python.ops"]
    )
    vars(ops).update(rnn_cell_impl=cells, rnn=OldModule("tensorflow.python.ops.rnn", functions))
    vars(python).update(ops=ops)
    vars(top).update(
        __version__=VERSION,
        VERSION=VERSION,
        nn=nn,
        layers=OldModule("tensorflow.layers", layers.LAYERS),
        contrib=_contrib(names, digits),
        examples=examples,
        python=python,
        core=internals["tensorflow.core"],
        keras=tensorflow.keras,
        compat=OldModule("tensorflow.compat", {"v1": top}, v1.compat),
        __all__=[name for name in dir(v1) if not name.startswith("_")],
    )
    return top


def _nested(name: str, *inside: str) -> OldModule:
    """A module in a module, and so on."""
    found = OldModule(name)
    if inside:
        vars(found)[inside[0]] = _nested(f"{name}.{inside[0]}", *inside[1:])
    return found


def _contrib(names: dict, digits: dict) -> OldModule:
    rnn = OldModule("tensorflow.contrib.rnn", {**names, "__all__": list(names)})
    ops = OldModule("tensorflow.contrib.rnn.python.ops")
    for name in ("core_rnn_cell", "core_rnn_cell_impl", "core_rnn", "rnn_cell", "rnn"):
        vars(ops)[name] = rnn
    python = OldModule("tensorflow.contrib.rnn.python", {"ops": ops})
    vars(rnn).update(python=python, core_rnn_cell=rnn)  # the second until TensorFlow 1.1
    framework = {
        "get_or_create_global_step": v1.train.get_or_create_global_step,
        "list_variables": v1.train.list_variables,
        "load_checkpoint": v1.train.load_checkpoint,
        "load_variable": v1.train.load_variable,
        "nest": v1.nest,
    }
    contents = {
        "crf": crf.CRF,
        "cudnn_rnn": {name: names[name] for name in names if name.startswith("CudnnCompatible")},
        "framework": framework,
        "layers": {**layers.CONTRIB_LAYERS, "optimize_loss": optimizing.optimize_loss},
        "legacy_seq2seq": legacy_seq2seq.LEGACY_SEQ2SEQ,
        "seq2seq": losses.SEQ2SEQ,
        "training": {"HParams": HParams},
    }
    parts = {name: OldModule(f"tensorflow.contrib.{name}", of) for name, of in contents.items()}
    datasets = _nested("tensorflow.contrib.learn.datasets", "mnist")
    vars(datasets.mnist).update(digits, load_mnist=digits["read_data_sets"])
    learn = _nested("tensorflow.contrib.learn", "python", "learn")
    vars(learn)["datasets"] = vars(learn.python.learn)["datasets"] = datasets
    return OldModule("tensorflow.contrib", {"rnn": rnn, "learn": learn, **parts})
