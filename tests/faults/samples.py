"""The generated samples, made once and handed to every forked child."""

import dataclasses

from keras_rnn_tutorials.data import imdb, mnist
from keras_rnn_tutorials.data.dataset import Split


def keep(module, examples=None):
    """Makes what an experiment reads, so that its children find it made.

    Args:
        module: of the experiment.
        examples: kept of every split; None for all.
    """
    if module == "experiments.imdb_simplernn":
        reviews = _first(imdb.load("sample", num_words=10_000, maxlen=500), examples)
        imdb.load = lambda *_, **__: reviews
    elif module.startswith("experiments."):
        digits = _first(mnist.load("sample"), examples)
        mnist.load = lambda *_, **__: digits


def _first(dataset, examples):
    splits = {n: getattr(dataset, n) for n in ("train", "validation", "test")}
    cut = {n: Split(split.x[:examples], split.y[:examples]) for n, split in splits.items()}
    return dataclasses.replace(dataset, **cut)
