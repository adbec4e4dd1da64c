"""`migrate convert --include`: a matrix and a bias beside the cells, as a Dense layer."""

import dataclasses

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import structure
from keras_rnn_tutorials.migrate.checkpoint import Checkpoint


@dataclasses.dataclass(frozen=True)
class Dense:
    """What becomes a Dense layer.

    Attributes:
        kernel: name of the matrix, `(features, units)`.
        bias: name of the bias, `(units,)`.
        features: width of what the layer reads.
        units: width of its outputs.
    """

    kernel: str
    bias: str
    features: int
    units: int


def find(checkpoint: Checkpoint, scope: str) -> Dense:
    """Finds the matrix and the bias in a scope, or under names that begin alike.

    Args:
        checkpoint: what `checkpoint.read` returned.
        scope: such as `output` for `output/weights` and `output/biases`, or `softmax_` for
            `softmax_w` and `softmax_b`.

    Raises:
        UserError: there is something else. Its message lists the variables.
    """
    _, others = structure.find(checkpoint)
    names = [name for name in others if name.startswith(f"{scope}/")]
    names = names or [name for name in others if name.startswith(scope)]
    shapes = {name: checkpoint.shapes[name] for name in names}
    kernels = [name for name, shape in shapes.items() if len(shape) == 2]
    biases = [name for name, shape in shapes.items() if len(shape) == 1]
    if len(shapes) == 2 and kernels and biases:
        (features, units), (width,) = shapes[kernels[0]], shapes[biases[0]]
        if units == width:
            return Dense(kernels[0], biases[0], features, units)
    listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    found = f"there are {listed}" if listed else "no variable that is not a cell is there"
    raise UserError(
        f"--include={scope}: only a matrix (features, units) and a bias (units,) become a Dense "
        f"layer, but {found}."
    )
