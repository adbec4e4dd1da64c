"""TensorFlow 1's recurrent networks today: old scripts run, checkpoints load.

    keras-rnn-tutorials run old_script.py
    keras-rnn-tutorials migrate inspect model.ckpt-1000
    keras-rnn-tutorials migrate convert model.ckpt-1000 -o model.keras

In Python: `migrate.load(checkpoint, scope)` makes Keras layers, and
`migrate.assign(layer, checkpoint, scope)` gives a layer its weights.
"""

from typing import Any

_IN_CONVERT = ("assign", "load")
__all__ = ["assign", "load"]


def __getattr__(name: str) -> Any:
    """Imports TensorFlow only for what needs it; `scan` does not."""
    if name in _IN_CONVERT:
        import keras_rnn_tutorials.migrate.convert as convert

        return getattr(convert, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
