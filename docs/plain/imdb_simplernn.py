"""A SimpleRNN judges film reviews: plain Keras 3, the whole program.

    python imdb_simplernn.py

The validation accuracy is best, about 0.85, after a few epochs. Then the network memorizes the
training reviews: training accuracy still rises, validation loss rises too.
"""

import keras

# The tutorial's numbers. Its text says the first 500 words; its code keeps the last 500.
NUM_WORDS = 10_000
MAXLEN = 500
UNITS = 32
BATCH_SIZE = 128
EPOCHS = 10


def load_data():
    """Word ids `(examples, 500)`, and 1 for a positive review: to train and validate, to test."""
    (x, y), (x_test, y_test) = keras.datasets.imdb.load_data(num_words=NUM_WORDS)
    return (pad(x), y), (pad(x_test), y_test)


def pad(reviews):
    """Cuts and pads reviews to 500 ids, both at the front."""
    # With padding="post" the network would end on hundreds of zeros, and learn next to nothing.
    return keras.utils.pad_sequences(reviews, MAXLEN, padding="pre", truncating="pre")


class Embedding(keras.layers.Embedding):
    """Adds up the gradients of a word that a batch holds several times, as Keras 2 did.

    Keras 3's RMSprop squares them one by one. The product makes the gradient a dense matrix.
    """

    def call(self, ids):
        """`(batch, time)` → `(batch, time, units)`."""
        return keras.ops.take(1.0 * self.embeddings, ids, axis=0)


def build_model(units=UNITS):
    """`(batch, 500)` → `(batch, 500, units)` → SimpleRNN → `(batch, units)` → `(batch, 1)`."""
    model = keras.Sequential(
        [
            keras.Input((MAXLEN,), dtype="int32"),
            Embedding(NUM_WORDS, units),
            keras.layers.SimpleRNN(units),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def ids_of(text):
    """The ids of a text of your own, `(1, 500)`, by the rule of `keras.datasets.imdb`."""
    ranks = keras.datasets.imdb.get_word_index()
    separators = dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " ")
    words = text.lower().translate(str.maketrans(separators)).split()
    ids = [ranks.get(word, NUM_WORDS) + 3 for word in words]
    # 0 is padding, 1 starts a review, 2 stands for a word that is not among the most frequent.
    return pad([[1, *(i if i < NUM_WORDS else 2 for i in ids)]])


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    train, test = load_data()
    model = build_model()
    # The last 20 % of the training reviews are held out.
    model.fit(*train, batch_size=BATCH_SIZE, epochs=EPOCHS, validation_split=0.2)
    print("test set:", model.evaluate(*test, verbose=0, return_dict=True))
    text = "The movie was not good."
    print(text, "is positive with probability", model.predict(ids_of(text), verbose=0)[0, 0])
