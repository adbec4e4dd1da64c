"""Stock Keras 3, on the backend that KERAS_BACKEND names: `model.fit` as its users write it.

With the argument `xla`, compiled with `jit_compile=True`; otherwise with Keras' default.
"""

import sys

import keras
import protocol

if keras.backend.backend() == "tensorflow":
    from tensorflow import convert_to_tensor as summed
else:
    from keras.ops import convert_to_tensor as summed


class RMSprop(keras.optimizers.RMSprop):
    """Keras' own, once the gradients of a word that a batch repeats are added up.

    On TensorFlow, Keras 3.15 squares them one by one; on JAX it squares their sum, as RMSprop is
    defined, and as PyTorch and TensorFlow 1 do.
    """

    def update_step(self, gradient, variable, learning_rate):
        """Updates a variable."""
        super().update_step(summed(gradient), variable, learning_rate)


class Model:
    """A compiled model and its way of fitting."""

    def __init__(self, job, weights, layers=keras.layers, **compile_arguments):
        """Builds the model.

        Args:
            job: the work.
            weights: the initial weights.
            layers: where Embedding, LSTM, GRU and SimpleRNN come from.
            **compile_arguments: for Keras.
        """
        self.batch = job["batch"]
        self.keras_model = build(job, layers)
        self.keras_model.set_weights(weights)
        optimizers = {"adam": keras.optimizers.Adam, "rmsprop": RMSprop}
        loss = "binary" if job["classes"] == 1 else "sparse_categorical"
        self.keras_model.compile(
            optimizers[job["optimizer"]](job["rate"]),
            loss=f"{loss}_crossentropy",
            metrics=["accuracy"],
            **compile_arguments,
        )

    def fit(self, x, y, first=None):
        """An epoch."""
        self.keras_model.fit(
            x[:first], y[:first], batch_size=self.batch, shuffle=first is None, verbose=2
        )

    def predict(self, x, batch):
        """Probabilities."""
        return self.keras_model.predict(x, batch_size=batch, verbose=0)


def build(job, layers):
    """The network of a job.

    Args:
        job: the work.
        layers: where Embedding, LSTM, GRU and SimpleRNN come from.

    Returns:
        The model, not compiled.
    """
    units = job["units"]
    if job["words"]:
        inputs = keras.Input((job["time"],), dtype="int32")
        sequence = layers.Embedding(job["words"], units)(inputs)
    else:
        inputs = sequence = keras.Input((job["time"], job["features"]))
    if job["cell"] == "bidirectional":
        lstm = layers.LSTM(units, return_sequences=True)
        last = layers.Bidirectional(lstm)(sequence)[:, -1]
    else:
        kinds = {"lstm": layers.LSTM, "gru": layers.GRU, "simple_rnn": layers.SimpleRNN}
        last = kinds[job["cell"]](units)(sequence)
    activation = "sigmoid" if job["classes"] == 1 else "softmax"
    return keras.Model(inputs, keras.layers.Dense(job["classes"], activation=activation)(last))


def versions():
    """Of Keras and of what it runs on."""
    backend = keras.backend.backend()
    return {"keras": keras.__version__, backend: __import__(backend).__version__}


if __name__ == "__main__":
    extra = {"jit_compile": True} if "xla" in sys.argv[1:] else {}
    protocol.serve(
        protocol.model_commands(lambda job, weights: Model(job, weights, **extra), versions())
    )
