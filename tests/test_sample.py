import hashlib
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_rnn_tutorials.data import sample

ROOT = Path(__file__).parent.parent
# Prints a hash of everything, as made by the second calls in a process of its own.
HASH = """
import hashlib, random
import numpy as np
import pytest
from keras_rnn_tutorials.data import sample
from tests.faults import samples
with pytest.MonkeyPatch.context() as patch:
    samples.shorten(replace=patch.setattr)
    sample.digits(), sample.reviews()
digest = hashlib.sha256()
before = random.getstate(), np.random.get_state()[1].tolist()
for split in (*sample.digits(), *sample.reviews()):
    digest.update(split.x.tobytes() if split.x.dtype != object else "\\n".join(split.x).encode())
    digest.update(split.y.tobytes())
assert (random.getstate(), np.random.get_state()[1].tolist()) == before
print(digest.hexdigest())
"""
# Of processor time; eight times what either takes, and less than a loop over the pixels would.
SECONDS = 30


@pytest.fixture(scope="module")
def digits():
    start = time.process_time()
    splits = sample.digits()
    assert time.process_time() - start < SECONDS
    return splits


@pytest.fixture(scope="module")
def reviews():
    start = time.process_time()
    splits = sample.reviews()
    assert time.process_time() - start < SECONDS
    return splits


@pytest.fixture(scope="module")
def words(reviews):
    """The training reviews as lists of lower-case words."""
    return [re.sub(r"[^\w\s]", "", text.lower()).split() for text in reviews[0].x]


@pytest.fixture(scope="module")
def word_ids(words):
    """Their last 100 words as ids below 10,000, padded in front."""
    kept = Counter(word for review in words for word in review).most_common(9_998)
    ids = {word: i for i, (word, _) in enumerate(kept, start=2)}
    return np.stack([_padded([ids.get(word, 1) for word in review[-100:]]) for review in words])


def _padded(ids):
    return np.pad(ids, (100 - len(ids), 0))


@pytest.mark.long
def test_the_same_at_every_call_in_every_process(digits, reviews):
    digest = hashlib.sha256()
    for split in (*digits, *reviews):
        text = split.x.dtype == object
        digest.update("\n".join(split.x).encode() if text else split.x.tobytes())
        digest.update(split.y.tobytes())
    other = subprocess.run(
        [sys.executable, "-c", HASH], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == digest.hexdigest()


def test_import_loads_neither_matplotlib_nor_tensorflow():
    code = (
        "import sys; from keras_rnn_tutorials.data import sample; "
        "assert not {'matplotlib', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_digits_have_mnists_form(digits):
    for split, examples in zip(digits, (60_000, 10_000), strict=True):
        assert split.x.shape == (examples, 28, 28)
        assert split.x.dtype == np.uint8
        assert split.y.shape == (examples,)
        assert split.y.dtype == np.int64
        counts = np.bincount(split.y, minlength=10)
        assert len(counts) == 10
        np.testing.assert_allclose(counts, examples / 10, rtol=0.15)


def test_digits_look_like_mnists(digits):
    x = digits[0].x
    # MNIST: 19 % of the pixels are not black, the mean is 33, and the outermost ones are black.
    assert 0.15 < np.mean(x > 0) < 0.25
    assert 25 < x.mean() < 40
    assert x.max() == 255
    assert x[:, [0, -1]].mean() < 2
    assert x[:, :, [0, -1]].mean() < 2
    height = np.count_nonzero((x > 50).any(axis=2), axis=1)
    assert 15 < height.mean() < 21
    assert height.min() > 5
    # The centre of a digit moves about the centre of the image.
    weight = x.astype(np.float64).sum(axis=2)
    centre = weight @ np.arange(28) / weight.sum(axis=1)
    assert abs(centre.mean() - 13.5) < 1
    assert centre.std() > 1


def test_no_digit_is_drawn_twice(digits):
    hashes = {image.tobytes() for split in digits for image in split.x}
    assert len(hashes) == 70_000


def test_a_linear_model_does_not_solve_the_digits(digits):
    (x, y), (x_test, y_test) = digits
    accuracy = _softmax_regression(x[:20_000] / 255, y[:20_000], x_test / 255, y_test)
    assert 0.5 < accuracy < 0.85


def _softmax_regression(x, y, x_test, y_test):
    keras.utils.set_random_seed(0)
    classifier = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(int(y.max()) + 1)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    classifier.fit(x, y, batch_size=200, epochs=6, verbose=0)
    return classifier.evaluate(x_test, y_test, batch_size=1_000, verbose=0)[1]


@pytest.mark.long
def test_an_lstm_learns_the_digits(digits):
    (x, y), (x_test, y_test) = digits
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.layers.LSTM(64), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Twenty times the tutorial's learning rate, for an eleventh of its steps.
    network.compile(keras.optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    network.fit(x[:15_000] / 255, y[:15_000], batch_size=50, epochs=2, verbose=0)
    accuracy = network.evaluate(x_test / 255, y_test, batch_size=1_000, verbose=0)[1]
    assert accuracy > 0.87


def test_reviews_have_imdbs_form(reviews):
    for split in reviews:
        assert split.x.shape == (25_000,)
        assert split.x.dtype == object
        assert all(type(text) is str for text in split.x)
        assert split.y.shape == (25_000,)
        assert split.y.dtype == np.int64
        assert np.array_equal(np.bincount(split.y), [12_500, 12_500])
        # Labels come in no order.
        assert abs(np.corrcoef(split.y[:-1], split.y[1:])[0, 1]) < 0.05


def test_train_and_test_share_no_review(reviews):
    train, test = reviews
    assert len({*train.x, *test.x}) == 50_000


def test_reviews_are_sentences(reviews):
    for text in reviews[0].x[:2_000]:
        assert re.fullmatch(r'(["A-Z][^.!?{}]*[.!?]( |$))+', text), text
        assert not re.search(r"\b[Aa] [aeiou]", text), text


def test_reviews_have_imdbs_lengths_and_vocabulary(words):
    lengths = [len(review) for review in words]
    assert 25 <= min(lengths) < 45
    assert 130 < np.median(lengths) < 200
    assert 500 < max(lengths) < 800
    frequencies = sorted(Counter(word for review in words for word in review).values())
    assert len(frequencies) > 12_000
    # A long tail: half of the different words are seen twenty times or less.
    assert frequencies[len(frequencies) // 2] <= 20


def test_a_linear_model_does_not_solve_the_reviews(reviews, word_ids):
    counts = np.stack([np.bincount(ids[ids < 500], minlength=500)[2:] for ids in word_ids])
    y = reviews[0].y
    accuracy = _softmax_regression(counts[:20_000], y[:20_000], counts[20_000:], y[20_000:])
    # Above chance: that is what starts a recurrent network learning.
    assert 0.6 < accuracy < 0.76


@pytest.mark.long
def test_a_simple_rnn_learns_the_reviews(reviews, word_ids):
    y = reviews[0].y
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.layers.Embedding(10_000, 32),
            keras.layers.SimpleRNN(32),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    network.fit(word_ids[:20_000, -40:], y[:20_000], batch_size=128, epochs=4, verbose=0)
    accuracy = network.evaluate(word_ids[20_000:, -40:], y[20_000:], batch_size=500, verbose=0)[1]
    assert accuracy > 0.8
