// Reviews as word ids, by the rule of keras_rnn_tutorials/data/word_ids.py, and padding.
// tests/test_explorers.py compares it with that file and with Keras' pad_sequences.
"use strict";

var WORDS = (function () {
  const START = 1, UNKNOWN = 2, FIRST_WORD = 4;

  /** The words of a text, lower-cased, with where each starts and ends in it. */
  function split(text) {
    const found = [];
    for (const match of text.matchAll(/[^ !"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~\t\n]+/g)) {
      found.push({ word: match[0].toLowerCase(), start: match.index, end: match.index + match[0].length });
    }
    return found;
  }

  /** A function from a word to its id. vocabulary: words by rank, a line feed between two. */
  function ids(vocabulary) {
    const known = new Map(vocabulary.split("\n").map((word, rank) => [word, rank + FIRST_WORD]));
    return (word) => known.get(word) ?? UNKNOWN;
  }

  /**
   * Cuts a list to maxlen and pads it with zeros, each "pre" (at the front) or "post" (at the end).
   * Returns {ids, first, kept}: ids[first] ... are the entries [cut, cut + kept) of the list.
   */
  function pad(list, maxlen, padding, truncating) {
    const cut = truncating === "pre" ? Math.max(0, list.length - maxlen) : 0;
    const kept = list.slice(cut, cut + maxlen);
    const zeros = new Array(maxlen - kept.length).fill(0);
    const isPre = padding === "pre";
    return {
      ids: isPre ? [...zeros, ...kept] : [...kept, ...zeros],
      first: isPre ? zeros.length : 0,
      kept: kept.length,
      cut,
    };
  }

  return { START, UNKNOWN, split, ids, pad };
})();
