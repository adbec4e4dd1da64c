"""`migrate convert`: a network of a checkpoint as a Keras model in a file, checked first."""

import tempfile
from pathlib import Path

import keras

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import convert as converting
from keras_rnn_tutorials.migrate import unstored as unstored_facts
from keras_rnn_tutorials.storage.files import write_whole

# A right conversion differs in float64 by rounding alone.
_TOLERANCE = 1e-12


def convert(
    path,
    out: Path,
    scope: str | None = None,
    kind: str | None = None,
    layers: int | None = None,
    forget_bias: float | None = None,
    activation: str | None = None,
) -> list[str]:
    """Writes a network as a Keras model, whole or not at all.

    Args:
        path: of the checkpoint.
        out: the model's file, which ends in `.keras`.
        scope: as of `migrate.load`, and so is everything below.
        kind: LSTM, GRU or RNN.
        layers: how many share one set of weights.
        forget_bias: of LSTMs.
        activation: Keras' name.

    Returns:
        Lines that say what was written, how far it is from TensorFlow 1's equations, and how the
        model takes lengths.

    Raises:
        UserError: the network cannot be converted, or the file cannot be written.
    """
    checkpoint, stack, unstored = converting.choose(
        path, scope, kind, layers, forget_bias, activation
    )
    of_keras = any(cell.keras for cell in stack.cells)
    differences = {} if of_keras else converting.differences(checkpoint, stack, unstored)
    if differences and not differences["float64"] <= _TOLERANCE:
        raise RuntimeError(f"the converted layers are off by {differences['float64']:.1e}")
    inputs = outputs = keras.Input((None, stack.layers[0][0].input_size))
    for layer in converting.built(checkpoint, stack, unstored, "float32"):
        outputs = layer(outputs)
    model = keras.Model(inputs, outputs)
    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory, "model.keras"))
        content = Path(directory, "model.keras").read_bytes()
    try:
        write_whole(out, content)
    except OSError as error:
        raise UserError(f"{out}: {error.strerror}.") from None
    return _lines(out, stack, unstored, differences)


def _lines(out, stack, unstored, differences) -> list[str]:
    lines = [f"wrote {out}"]
    for cell in {cell.scope: cell for cell in stack.cells}.values():
        lines.append(f"  {cell.kind}, {cell.units} units ({cell.scope})")
        lines += [f"    {text}" for text in unstored_facts.lines(cell, unstored)]
    if differences:
        lines.append(
            f"differs from TensorFlow 1's equations by {differences['float64']:.1e} in float64, "
            f"{differences['float32']:.1e} in float32"
        )
    else:
        lines.append("not compared with TensorFlow 1's equations: the weights are Keras' own")
    if any(unstored.of(cell, "dropout") for cell in stack.cells):
        lines.append("the model has no dropout: add it before you train it")
    lines.append(
        "lengths: model(x, mask=tf.sequence_mask(lengths, x.shape[1])); outputs past a row's "
        "length are 0, as with sequence_length (Keras warns that it passes the mask no further)"
    )
    return lines
