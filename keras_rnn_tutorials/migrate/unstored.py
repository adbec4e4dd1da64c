"""What cells do that no variable holds: given, shown by the graph in `.meta`, or assumed."""

import dataclasses
import textwrap
from collections.abc import Mapping
from typing import Any

import keras

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import graph as graphs
from keras_rnn_tutorials.migrate.checkpoint import Checkpoint
from keras_rnn_tutorials.migrate.structure import Cell, Stack

GIVEN, SHOWN, ASSUMED = "given", "from .meta", "assumed"
_MAY_BE_GIVEN = ("activation", "forget_bias", "layers", "recurrent_activation")
_DEFAULTS: dict[str, Any] = {
    "activation": "tanh",
    "recurrent_activation": "hard_sigmoid",  # of tf.keras.layers in TensorFlow 1
    "cell_clip": None,
    "proj_clip": None,
    "residual": False,
    "dropout": {},
    "layers": 1,
}


@dataclasses.dataclass(frozen=True)
class Unstored:
    """The facts of cells that no variable holds.

    Attributes:
        forget_bias: of LSTMs, added to the forget gate, as it was given; or None.
        activation: Keras' name of it, as it was given; or None.
        layers: how many share one set of weights, as it was given; or None.
        recurrent_activation: of the gates of a Keras layer, "sigmoid" or "hard_sigmoid", as it was
            given; or None.
        keeps_weights: whether no weight may be scaled on the way, as an optimizer goes on with it.
        shown: what the graph shows, by the cell's scope; see `graph.Graph.facts`.
        graph: the graph beside the checkpoint, or None.
    """

    forget_bias: float | None = None
    activation: str | None = None
    layers: int | None = None
    recurrent_activation: str | None = None
    keeps_weights: bool = False
    shown: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    graph: graphs.Graph | None = None

    def of(self, cell: Cell, fact: str) -> Any:
        """The value of a cell's fact."""
        return self._found(cell, fact)[0]

    def source(self, cell: Cell, fact: str) -> str:
        """Where it is from: "given", "from .meta" or "assumed"."""
        return self._found(cell, fact)[1]

    def _found(self, cell: Cell, fact: str) -> tuple[Any, str]:
        if fact in _MAY_BE_GIVEN and getattr(self, fact) is not None:
            return getattr(self, fact), GIVEN
        shown = self.shown.get(cell.scope, {})
        if fact in shown:
            return shown[fact], SHOWN
        return cell.forget_bias if fact == "forget_bias" else _DEFAULTS[fact], ASSUMED

    def check(self, cell: Cell):
        """Refuses an activation that Keras has no name for.

        Raises:
            UserError: it names the activation, or the operations that it is made of.
        """
        name = self.of(cell, "activation")
        try:
            keras.activations.get(name)
        except ValueError:
            if self.source(cell, "activation") == GIVEN:
                text = f"activation={name} is no activation that Keras knows."
            else:
                text = (
                    f"{cell.scope}: Keras has no name for its activation, which is made of {name} "
                    "in the .meta: say what to use instead with activation."
                )
            raise UserError(text) from None


def facts_of(cell: Cell) -> list[str]:
    """The names of the facts that a cell of its kind has."""
    if cell.units == 0:
        return []
    of_lstm = cell.kind == "LSTM" and not cell.keras
    biased = of_lstm or cell.kind in ("LayerNormBasicLSTMCell", "UGRNNCell")
    names = ["forget_bias"] * biased + ["activation"] * (cell.kind != "NASCell")
    names += ["cell_clip"] * of_lstm
    names += ["recurrent_activation"] * (cell.keras and cell.kind != "RNN")
    names += ["proj_clip"] * (of_lstm and cell.projection is not None)
    return names + ["residual", "dropout", "layers"]


def text(fact: str, value: Any) -> str:
    """A fact in words."""
    if fact == "layers":
        return f"{value} layers share these weights" if value > 1 else "weights of one layer"
    if fact == "residual":
        return "in a ResidualWrapper" if value else "no ResidualWrapper"
    if fact == "dropout":
        kept = [f"{share} of its {what}" for what, share in sorted(value.items())]
        return f"dropout that keeps {' and '.join(kept)}" if kept else "no dropout"
    if value is None:
        return f"no {fact}"
    return f"{fact} {value:g}" if isinstance(value, float) else f"{fact} {value}"


def lines(cell: Cell, unstored: Unstored) -> list[str]:
    """A cell's facts in words, by where they are from, in lines of 80 columns."""
    found = {
        source: [
            text(fact, unstored.of(cell, fact))
            for fact in facts_of(cell)
            if unstored.source(cell, fact) == source
        ]
        for source in (GIVEN, SHOWN, ASSUMED)
    }
    return [
        line
        for source, texts in found.items()
        if texts
        for line in textwrap.wrap(f"{source}: {', '.join(texts)}", 74, subsequent_indent="  ")
    ]


def read(checkpoint: Checkpoint, stacks: list[Stack], **given: Any) -> Unstored:
    """Reads what the graph beside a checkpoint shows of its cells.

    Args:
        checkpoint: the checkpoint.
        stacks: its networks, or some of them.
        **given: the fields of `Unstored` that win over the graph.

    Raises:
        graph.Unreadable: the graph's file is damaged, or of another checkpoint.
    """
    graph = graphs.read(checkpoint)
    cells = [cell for stack in stacks for cell in stack.cells if cell.units]
    shown = {cell.scope: graph.facts(cell, checkpoint) for cell in cells} if graph else {}
    return Unstored(**given, shown=shown, graph=graph)
