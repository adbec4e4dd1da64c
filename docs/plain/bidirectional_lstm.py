"""Two LSTMs read MNIST digits in opposite directions: plain Keras 3, the whole program.

    python bidirectional_lstm.py

The tutorial reads the class from the output at the last step. There the backward LSTM has read the
last row only. Set LAST_OUTPUT = False to read the states that both LSTMs have after all rows, which
is what Keras' `Bidirectional` returns by itself.
"""

import keras

LAST_OUTPUT = True
ROWS, PIXELS, CLASSES = 28, 28, 10  # an image is 28 time steps of 28 pixels
UNITS = 128  # of each direction; the tutorial's
# The tutorial gives no other numbers: these are ours.
LEARNING_RATE = 1e-3
BATCH_SIZE = 128
EPOCHS = 6


def load_data():
    """Images `(examples, 28, 28)` in [0, 1], and their digits: to train, to validate, to test."""
    (x, y), test = keras.datasets.mnist.load_data()
    x, x_test = x.astype("float32") / 255, test[0].astype("float32") / 255
    # TensorFlow 1's loader held out the first 5,000 images.
    return (x[5000:], y[5000:]), (x[:5000], y[:5000]), (x_test, test[1])


def build_model(units=UNITS, last_output=LAST_OUTPUT):
    """`(batch, 28, 28)` → two LSTMs → `(batch, 2 * units)` → softmax → `(batch, 10)`."""
    images = keras.Input((ROWS, PIXELS))
    lstm = keras.layers.LSTM(units, return_sequences=last_output)
    outputs = keras.layers.Bidirectional(lstm)(images)
    if last_output:
        outputs = outputs[:, -1]
    digits = keras.layers.Dense(CLASSES, activation="softmax")(outputs)
    model = keras.Model(images, digits)
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    train, validation, test = load_data()
    model = build_model()
    model.fit(*train, batch_size=BATCH_SIZE, epochs=EPOCHS, validation_data=validation)
    print("test set:", model.evaluate(*test, verbose=0, return_dict=True))
