"""The generated samples, made once and handed to every forked child."""

from keras_rnn_tutorials.data import imdb, mnist


def keep(module):
    """Makes what an experiment reads, so that its children find it made."""
    if module == "experiments.imdb_simplernn":
        reviews = imdb.load("sample", num_words=10_000, maxlen=500)
        imdb.load = lambda *_, **__: reviews
    elif module.startswith("experiments."):
        digits = mnist.load("sample")
        mnist.load = lambda *_, **__: digits
