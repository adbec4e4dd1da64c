r"""Reviews as word ids, by the rule of Keras' own IMDB data set.

The rule is that of the `Tokenizer` of Keras 1 and 2:

1. A text is lower-cased with `str.lower`. The characters
   ``!"#$%&()*+,-./:;<=>?@[\]^_`{|}~``, tab and newline become spaces. The parts
   between spaces are the words. Apostrophes are kept, as are carriage return, no-break space and
   other white space.
2. Words are ranked by how often they occur in the training texts, from rank 1. Of two words that
   occur equally often, the one that occurs first comes first.
3. A word's id is its rank + 3: 0 is padding, 1 starts every text, and 2 stands for words whose id
   would reach `num_words` and for words that are not in the training texts.

TensorFlow 2.21 still carries that `Tokenizer` as `tf.keras.preprocessing.text`, marked DEPRECATED;
the tests compare this module with it. Its replacement in Keras, `TextVectorization`, cannot
reproduce it exactly (Keras 3.15.1):

- `adapt` orders ties differently.
- `tf.strings.lower` knows the letters of Unicode 13, and does not lower-case 40 capitals of
  Unicode 14.
- Its vocabulary passes through a NumPy string array, which drops NULs from the end of a word. It
  refuses ``["a", "a\0"]`` for repeating "a", and ``["\0"]`` for containing the mask.
- Where it agrees, as it does on every IMDB review, it is slower and uses more memory.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

START = 1
UNKNOWN = 2
FIRST_WORD = 4  # rank 1; Keras leaves id 3 unused

_SEPARATORS = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))


def split_words(text: str | bytes) -> Iterator[str]:
    """Yields the words of a text.

    Args:
        text: a text, or its UTF-8 bytes, as TFDS returns them; a byte that is not UTF-8 is read
            as U+FFFD.

    Returns:
        The lower-cased words in the order of the text; none is empty.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    # split() without an argument would also split at \r, \x0b and no-break space.
    return filter(None, text.lower().translate(_SEPARATORS).split(" "))


def rank_words(texts: Iterable[str | bytes]) -> list[str]:
    """Ranks the words of the training texts.

    Args:
        texts: the training texts; their order decides between equally frequent words.

    Returns:
        Every distinct word once, the most frequent first.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text))
    # most_common() keeps words of equal count in the order of their first occurrence.
    return [word for word, _ in counts.most_common()]


def encode(
    texts: Iterable[str | bytes], words: Sequence[str], num_words: int
) -> tuple[np.ndarray, np.ndarray]:
    """Encodes texts as word ids.

    Args:
        texts: the texts.
        words: the vocabulary, as `rank_words` returns it.
        num_words: the number of ids in use; every id is below it, except that the ids 1 and 2 are
            always used.

    Returns:
        The ids of all texts end to end, int32, and the offsets, int64, one more than there are
        texts: text `i` is `ids[offsets[i]:offsets[i + 1]]`.
    """
    known = {word: i for i, word in enumerate(words[: max(0, num_words - FIRST_WORD)], FIRST_WORD)}
    ids = array("i")
    offsets = [0]
    for text in texts:
        ids.append(START)
        ids.extend(known.get(word, UNKNOWN) for word in split_words(text))
        offsets.append(len(ids))
    return np.array(ids, np.int32), np.array(offsets, np.int64)


def to_lines(words: Iterable[str]) -> bytes:
    """A vocabulary as a text file in UTF-8: one word per line, by rank."""
    return "".join(f"{word}\n" for word in words).encode()


def from_lines(content: bytes) -> tuple[str, ...]:
    """Undoes `to_lines`. A word may hold a carriage return, so only a line feed ends a line.

    Raises:
        ValueError: it is not UTF-8, or a word is missing or occurs twice.
    """
    words = tuple(content.decode().removesuffix("\n").split("\n")) if content else ()
    if "" in words or len(set(words)) < len(words):
        raise ValueError("a word is missing or stands there twice")
    return words


def pad(
    ids: np.ndarray,
    offsets: np.ndarray,
    maxlen: int,
    padding: str = "pre",
    truncating: str = "pre",
) -> np.ndarray:
    """Truncates and pads encoded texts to one length.

    Args:
        ids: the ids of all texts end to end.
        offsets: where each text starts and the last one ends, as `encode` returns them.
        maxlen: the length.
        padding: "pre" to put the zeros before a short text, "post" to put them after it.
        truncating: "pre" to truncate a long text at its front, "post" at its end.

    Returns:
        int32 ids of shape `(texts, maxlen)`.
    """
    # Imported here, because Keras loads TensorFlow; ranking and encoding do not need it.
    from keras.utils import pad_sequences

    texts = [ids[start:end] for start, end in pairwise(offsets)]
    return pad_sequences(texts, maxlen, padding=padding, truncating=truncating)
