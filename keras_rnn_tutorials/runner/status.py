"""Shows on a terminal what a command is doing."""

import keras

COMPILING = "compiling the model…"


class CompilingLine(keras.callbacks.Callback):
    """Shows on a terminal that the first training step is compiling the model."""

    is_compiled = False

    def on_train_begin(self, logs=None):
        """Starts anew for every training, which has its own model."""
        self.is_compiled = False

    def on_train_batch_begin(self, batch, logs=None):
        """Shows the line before the first step."""
        if not self.is_compiled:
            print(COMPILING, end="", flush=True)

    def on_train_batch_end(self, batch, logs=None):
        """Removes the line after the first step."""
        if not self.is_compiled:
            print("\r" + " " * len(COMPILING), end="\r", flush=True)
        self.is_compiled = True
