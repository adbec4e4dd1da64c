"""Word ids compared with Keras' own Tokenizer and with the rule, also on the real reviews."""

import hashlib
import subprocess
import sys
import time
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keras_rnn_tutorials.data import source
from keras_rnn_tutorials.data.word_ids import (
    encode,
    from_lines,
    pad,
    rank_words,
    split_words,
    to_lines,
)

SEPARATORS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n '

unhurried = settings(deadline=None)  # the first use of Keras' Tokenizer loads TensorFlow

# Arbitrary Unicode, and texts dense in what the rule turns on: separators, white space that is no
# separator, letters whose lower case is long, depends on the neighbours or is new in Unicode 14.
TEXTS = st.lists(
    st.text() | st.text(st.sampled_from(SEPARATORS + "aAbB'\0\r\x0b\x85\xa0\u2028ßİiıΣσςΑⰯ\u0301"))
)


def reference_words(text):
    """The rule again, a character at a time."""
    found, word = [], ""
    for character in text.lower() + " ":
        if character not in SEPARATORS:
            word += character
        elif word:
            found.append(word)
            word = ""
    return found


def reference_ranks(texts):
    counts = OrderedDict()
    for text in texts:
        for word in reference_words(text):
            counts[word] = counts.get(word, 0) + 1
    met = list(counts)
    return sorted(met, key=lambda word: (-counts[word], met.index(word)))


def reference_ids(text, ranks, num_words):
    ids = [1]
    for word in reference_words(text):
        candidate = ranks.index(word) + 1 + 3 if word in ranks else num_words
        ids.append(candidate if candidate < num_words else 2)
    return ids


def rows(ids, offsets):
    return [ids[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:], strict=True)]


@unhurried
@given(TEXTS)
@example(["ΑΣ ΑΣ.Α ΑΣ. ΑΣ'", "İ", "a\0 a", "\0", "it's\xa0a\rb\x0bc", "Ⱟ", "b a b a", "A a B"])
def test_ranks_follow_the_rule(texts):
    assert [list(split_words(text)) for text in texts] == [reference_words(t) for t in texts]
    assert rank_words(texts) == reference_ranks(texts)


@unhurried
@given(TEXTS, TEXTS, st.integers(0, 30))
@example(["b a a", "c"], ["a b c d"], 6)
@example(["a b c"], ["a b c"], 2)
def test_ids_follow_the_rule(training, texts, num_words):
    ranks = reference_ranks(training)
    ids, offsets = encode(texts, rank_words(training), num_words)
    assert ids.dtype == np.int32 and offsets.dtype == np.int64
    assert rows(ids, offsets) == [reference_ids(text, ranks, num_words) for text in texts]


@unhurried
@given(TEXTS)
def test_the_rule_is_that_of_keras_own_tokenizer(texts):
    import tensorflow as tf

    tokenizer = tf.keras.preprocessing.text.Tokenizer()
    tokenizer.fit_on_texts(texts)
    words = rank_words(texts)
    assert words == list(tokenizer.word_index)
    num_words = len(words) + 4  # the smallest that cuts none
    expected = [[1] + [rank + 3 for rank in row] for row in tokenizer.texts_to_sequences(texts)]
    assert rows(*encode(texts, words, num_words)) == expected


@unhurried
@given(TEXTS)
def test_utf8_bytes_are_their_text(texts):
    coded = [text.encode() for text in texts]
    words = rank_words(texts)
    assert rank_words(coded) == words
    assert rows(*encode(coded, words, 20)) == rows(*encode(texts, words, 20))


@unhurried
@given(st.lists(st.binary()))
def test_any_bytes_survive(texts):
    ids, offsets = encode(texts, rank_words(texts), 100)
    assert len(offsets) == len(texts) + 1 and offsets[-1] == len(ids)
    assert list(split_words(b"Good\xffFILM \xc3")) == ["good\ufffdfilm", "\ufffd"]


def test_what_is_a_word():
    text = "It's GOOD--really\tgood.<br />5/10\r\n caf\u00e9\xa0noir\x0b"
    words = ["it's", "good", "really", "good", "br", "5", "10\r", "caf\u00e9\xa0noir\x0b"]
    assert list(split_words(text)) == words
    # Lower-cased before it is split: this sigma has a letter after it, so it is not a final one.
    assert list(split_words("\u0391\u03a3.\u0391")) == ["\u03b1\u03c3", "\u03b1"]
    assert list(split_words("".join(f"x{c}" for c in SEPARATORS))) == ["x"] * len(SEPARATORS)


def test_equally_frequent_words_stand_in_the_order_they_are_met():
    assert rank_words(["z y", "x y", "a z"]) == ["z", "y", "x", "a"]


def test_ids_by_hand():
    words = ["the", "film", "was"]
    ids, offsets = encode(["The film was bad", "", "THE the"], words, 6)
    assert rows(ids, offsets) == [[1, 4, 5, 2, 2], [1], [1, 4, 4]]
    assert rows(*encode(["the film"], words, 5)) == [[1, 4, 2]]
    assert rows(*encode(["the film"], words, 4)) == [[1, 2, 2]]
    assert rows(*encode([], words, 10)) == []


def test_pad_cuts_and_fills_at_the_front_unless_told():
    coded = np.array([1, 7, 8, 9, 1, 5], np.int32), np.array([0, 4, 6])
    padded = pad(*coded, 3)
    assert padded.dtype == np.int32
    assert padded.tolist() == [[7, 8, 9], [0, 1, 5]]
    assert pad(*coded, 3, padding="post").tolist() == [[7, 8, 9], [1, 5, 0]]
    assert pad(*coded, 3, truncating="post").tolist() == [[1, 7, 8], [0, 1, 5]]
    assert pad(np.array([], np.int32), np.array([0]), 3).shape == (0, 3)


def test_ranking_and_encoding_need_no_tensorflow():
    script = (
        "import sys; from keras_rnn_tutorials.data.word_ids import encode;"
        "encode(['a'], ['a'], 9); sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


@pytest.fixture(scope="module")
def reviews(real_data_dir):
    builder = source.find("imdb_reviews", "tfds", str(real_data_dir))
    return [source.read(builder, split, "text").x for split in ("train", "test")]


@pytest.mark.long
@pytest.mark.real_data
def test_real_reviews(reviews):
    train, test = reviews
    # Processor time; a clock on the wall would time the machine's other work too.
    start = time.process_time()
    words = rank_words(train)
    coded = [encode(texts, words, 10_000) for texts in reviews]
    padded = [pad(*one, 500) for one in coded]
    assert time.process_time() - start < 15  # 4 s on an idle machine

    assert words[:12] == "the and a of to is br in it i this that".split()
    assert len(words) == 88_581
    assert hashlib.sha256("\n".join(words).encode()).hexdigest() == (
        "8f14b7cc742dba4a7b195beaff675bbf4dc3fbc9231a6d77ca3772e78ddb1395"
    )
    assert [len(ids) for ids, _ in coded] == [5_967_532, 5_833_099]
    for (ids, offsets), x in zip(coded, padded, strict=True):
        assert ids.min() == 1 and ids.max() == 9_999 and not (ids == 3).any()
        assert (ids[offsets[:-1]] == 1).all() and (ids == 1).sum() == 25_000
        assert x.shape == (25_000, 500) and x.dtype == np.int32
        assert x[0].tolist() == ([0] * 500 + ids[: offsets[1]].tolist())[-500:]


@pytest.mark.long
@pytest.mark.real_data
def test_real_reviews_equal_keras_own_tokenizer(reviews):
    from tensorflow.keras.preprocessing.text import Tokenizer, text_to_word_sequence

    train, test = [[text.decode() for text in split] for split in reviews]
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(train)
    words = rank_words(train)
    assert words == list(tokenizer.word_index)
    for texts in (train, test):
        expected = []
        for text in texts:
            ranks = map(tokenizer.word_index.get, text_to_word_sequence(text))
            expected.append([1] + [rank + 3 if rank and rank + 3 < 10_000 else 2 for rank in ranks])
        assert rows(*encode(texts, words, 10_000)) == expected


@unhurried
@given(TEXTS)
def test_a_vocabulary_is_the_same_after_its_file(texts):
    words = rank_words(text.encode("utf-8", "replace") for text in texts)
    assert from_lines(to_lines(words)) == tuple(words)


@pytest.mark.parametrize("content", [b"\n", b"the\n\nand\n", b"the\nand\nthe\n", b"\xff\n"])
def test_a_file_that_is_no_vocabulary_is_refused(content):
    with pytest.raises(ValueError):
        from_lines(content)


def test_the_ids_of_reviews_are_those_of_their_words(short_samples):
    from keras_rnn_tutorials.data import imdb

    dataset = imdb.load("sample", num_words=50, maxlen=20)
    assert len(dataset.words) == 46
    ids = dataset.test.x[dataset.test.x > 3]
    words = [dataset.words[i - 4] for i in ids]
    again, _ = encode([" ".join(words)], dataset.words, 50)
    assert again[1:].tolist() == ids.tolist()
