"""Copies all variables that a training step reads and changes out of a model, and back into one."""

import random

import keras
import numpy as np

from keras_rnn_tutorials._private_apis import global_seed_generator
from keras_rnn_tutorials.errors import UserError


def take(model: keras.Model, within_epoch: bool) -> dict[str, np.ndarray]:
    """Copies the variables of a compiled model, and the random generators' states.

    Args:
        model: its optimizer is built.
        within_epoch: whether the metrics' running sums count too.

    Returns:
        Arrays named by their kind and their position in Keras' order. Keras' own names cannot be
        used: they count how many layers the process has created before.
    """
    taken = {
        f"{kind}-{place}": np.array(variable)
        for kind, variables in _kinds(model, within_epoch).items()
        for place, variable in enumerate(variables)
    }
    _, keys, spare = random.getstate()
    taken["python-keys"] = np.array(keys, np.uint32)
    taken["python-spare"] = np.array([] if spare is None else [spare])
    generator = np.random.get_state(legacy=False)
    taken["numpy-keys"] = generator["state"]["key"]
    rest = generator["state"]["pos"], generator["has_gauss"], generator["gauss"]
    taken["numpy-rest"] = np.array(rest)
    return taken


def put(model: keras.Model, taken: dict[str, np.ndarray]):
    """Sets the variables of a freshly built model, and the random states of Python and NumPy.

    Args:
        model: compiled as the saved model was.
        taken: what `take` returned.

    Raises:
        UserError: the variables do not match the model.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for kind, variables in _kinds(model, False).items():
        _assign(kind, variables, taken)
    try:
        keys, spare = taken["python-keys"].tolist(), taken["python-spare"].tolist()
        random.setstate((random.getstate()[0], tuple(keys), *(spare or [None])))
        place, has_gauss, gauss = taken["numpy-rest"].tolist()
        np.random.set_state(("MT19937", taken["numpy-keys"], int(place), int(has_gauss), gauss))
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise UserError(
            "The saved states of the random generators are damaged: leave --resume out to start "
            "afresh."
        ) from error


def put_metrics(model: keras.Model, taken: dict[str, np.ndarray], y: np.ndarray):
    """Sets the running sums of a model's metrics, to continue an epoch.

    Args:
        model: with one output.
        taken: what `take` returned.
        y: some labels; a metric creates its variables when it first sees labels and predictions.

    Raises:
        UserError: the metrics do not match the model.
    """
    if len(model.metrics_variables) < sum(name.startswith("metrics-") for name in taken):
        predictions = np.zeros((len(y), *model.output_shape[1:]), model.compute_dtype)
        model.compute_metrics(None, y, predictions)
    _assign("metrics", model.metrics_variables, taken)


def _kinds(model: keras.Model, within_epoch: bool) -> dict[str, list]:
    kinds = {
        "model": model.variables,  # weights, and the random states of layers such as Dropout
        "optimizer": model.optimizer.variables,
        "keras": [global_seed_generator().state],  # for layers without a seed of their own
    }
    return {**kinds, "metrics": model.metrics_variables} if within_epoch else kinds


def _assign(kind: str, variables: list, taken: dict[str, np.ndarray]):
    stored = [array for name, array in taken.items() if name.startswith(f"{kind}-")]
    forms = [(array.shape, array.dtype.name) for array in stored]
    if forms != [(tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in variables]:
        raise UserError(
            f"The saved {kind} variables are not those of this run, whose code was changed since: "
            "leave --resume out to start afresh."
        )
    for variable, array in zip(variables, stored, strict=True):
        variable.assign(array)
