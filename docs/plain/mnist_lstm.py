"""An LSTM reads MNIST digits row by row: plain Keras 3, the whole program.

    python mnist_lstm.py

As the tutorial published it, softmax is applied twice, so the loss cannot fall below
ln(1 + 9/e) = 1.461. Set SOFTMAX_TWICE = False for the loss that is meant.
"""

import math

import keras

SOFTMAX_TWICE = True
ROWS, PIXELS, CLASSES = 28, 28, 10  # an image is 28 time steps of 28 pixels
# The tutorial's numbers.
UNITS = 100
LEARNING_RATE = 1e-4
BATCH_SIZE = 50
EPOCHS = 6


def load_data():
    """Images `(examples, 28, 28)` in [0, 1], and their digits: to train, to validate, to test."""
    (x, y), test = keras.datasets.mnist.load_data()
    x, x_test = x.astype("float32") / 255, test[0].astype("float32") / 255
    # TensorFlow 1's loader held out the first 5,000 images.
    return (x[5000:], y[5000:]), (x[:5000], y[:5000]), (x_test, test[1])


def softmax_twice(y, probabilities):
    """The cross-entropy of the softmax of what is a softmax already: `(batch,)`."""
    # Keras would look behind `from_logits=True` for what went into the model's own softmax, and
    # repair the slip. So the logarithm of the second softmax is written out.
    log_softmax = keras.ops.log_softmax(probabilities)
    y = keras.ops.one_hot(keras.ops.reshape(y, (-1,)), CLASSES)
    return -keras.ops.sum(y * log_softmax, axis=-1)


def build_model(units=UNITS, softmax_twice_over=SOFTMAX_TWICE):
    """`(batch, 28, 28)` → LSTM → `(batch, units)` → softmax → `(batch, 10)`."""
    # TensorFlow 1 drew the two kernels of an LSTM as one, Glorot-uniform. Keras would draw the
    # recurrent kernel orthogonal. The forget bias is 1 in both.
    limit = math.sqrt(6 / (PIXELS + units + 4 * units))
    uniform = keras.initializers.RandomUniform
    model = keras.Sequential(
        [
            keras.Input((ROWS, PIXELS)),
            keras.layers.LSTM(
                units,
                kernel_initializer=uniform(-limit, limit),
                recurrent_initializer=uniform(-limit, limit),
            ),
            keras.layers.Dense(
                CLASSES,
                activation="softmax",
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1),
                bias_initializer=keras.initializers.Constant(0.1),
            ),
        ]
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE, epsilon=1e-8),  # TensorFlow 1's epsilon
        loss=softmax_twice if softmax_twice_over else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    train, validation, test = load_data()
    model = build_model()
    model.fit(*train, batch_size=BATCH_SIZE, epochs=EPOCHS, validation_data=validation)
    print("test set:", model.evaluate(*test, verbose=0, return_dict=True))
