"""The generated samples, made once and shared with every forked child."""

import dataclasses
import functools

from keras_rnn_tutorials.data import imdb, mnist
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.data.sample import drawn_digits, written_reviews


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


def shorten(digits=1_000, reviews=1_000, replace=setattr):
    """Has the samples hold fewer examples, which takes a tenth of a second instead of four.

    To be called before the experiments are imported, which read the lengths of the splits.

    Args:
        digits: to train on, and to validate on; there are twice as many to test on.
        reviews: likewise.
        replace: called as `setattr`.
    """
    for module, examples in ((drawn_digits, digits), (written_reviews, reviews)):
        replace(module, "_split", functools.partial(_split, module._split, 2 * examples))
    replace(mnist, "HELD_OUT", digits)
    replace(imdb, "TRAINED_ON", reviews)
    # Without its cache, as that may hold the long sample, and would be left with the short one.
    replace(imdb, "_encoded_sample", imdb._encoded_sample.__wrapped__)


def _split(split, examples, rng, parts, _):
    return split(rng, parts, examples)


def _first(dataset, examples):
    splits = {n: getattr(dataset, n) for n in ("train", "validation", "test")}
    cut = {n: Split(split.x[:examples], split.y[:examples]) for n, split in splits.items()}
    return dataclasses.replace(dataset, **cut)
