"""Asks a model of `imdb_simplernn`: its answer after every word, and the effect of each word."""

import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from keras_rnn_tutorials import numpy_rnn
from keras_rnn_tutorials.data import word_ids
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner.tables import columns, print_line
from keras_rnn_tutorials.runner.trained import TrainedRun
from keras_rnn_tutorials.storage.printable import escaped

START = "(start)"
WIDEST = 20  # characters shown of a word
# Legible on light and dark terminals: the colours of the figures as grounds. The first is for a
# word that moves the probability by 0.1 or more, the second for one that moves it by 0.02 or more.
UP = ("white on #0072B2", "black on #56B4E9")
DOWN = ("white on #D55E00", "black on #E69F00")
STRONG, WEAK = 0.1, 0.02
MISTAKES = 4  # reviews drawn of each kind
LAST_WORDS = 80  # shown of each


class Answer(NamedTuple):
    """The model's answer after a word.

    Attributes:
        word: as the model reads it, or `START`.
        known: whether it has its own id.
        probability: that the review is positive, if it ended here.
        move: the change of the probability by this word; None for the first.
    """

    word: str
    known: bool
    probability: float
    move: float | None


class Reader:
    """The model's equations in NumPy, so that nothing is compiled for one review."""

    def __init__(self, weights):
        """Takes the weights as `get_weights` returns them."""
        self.embedding, *rnn, self.kernel, self.bias = (w.astype(float) for w in weights)
        self.rnn = numpy_rnn.Dense(*rnn)

    def states(self, ids) -> np.ndarray:
        """The state after every id: `(ids, units)`."""
        zeros = (np.zeros((1, len(self.rnn.b))),)
        outputs, _ = numpy_rnn.run(self._step, self.embedding[ids][np.newaxis], zeros)
        return outputs[0]

    def states_after_each(self, ids, state) -> np.ndarray:
        """The state after each single id, all from the same state `(units,)`: `(ids, units)`."""
        states = np.repeat(state[np.newaxis], len(ids), axis=0)
        return self._step(self.embedding[ids], (states,))[0]

    def probabilities(self, states) -> np.ndarray:
        """The probability that the review is positive, for each state: `(states,)`."""
        return numpy_rnn.sigmoid(states @ self.kernel + self.bias)[:, 0]

    def _step(self, x, state):
        return numpy_rnn.simple_rnn_step(x, state, self.rnn)


def answers(reader: Reader, text: str, words: Iterable[str], config: dict):
    """Reads a review as the model does, truncated and padded.

    Args:
        reader: of the model.
        text: the review.
        words: the vocabulary, by rank.
        config: of the run.

    Returns:
        An `Answer` for each word that is read, and the model's final probability.

    Raises:
        UserError: there is no word.
    """
    ids, offsets = word_ids.encode([text], list(words), config["num_words"])
    tokens = [START, *word_ids.split_words(text)]
    if len(tokens) == 1:
        raise UserError("The review holds no word: give some text.")
    layout = (config["maxlen"], config["padding"], config["truncating"])
    padded = word_ids.pad(ids, offsets, *layout)[0]
    read = min(len(ids), config["maxlen"])
    kept = slice(-read, None) if config["truncating"] == "pre" else slice(read)
    place = slice(-read, None) if config["padding"] == "pre" else slice(read)
    every = reader.probabilities(reader.states(padded))
    moves = [None, *np.diff(every[place])]
    rows = zip(tokens[kept], ids[kept] != word_ids.UNKNOWN, every[place], moves, strict=True)
    return [Answer(*row) for row in rows], every[-1]


def print_review(run: TrainedRun, text: str):
    """Prints the model's answer after every word of a review, and its final answer."""
    config, words = run.record.config, run.words()
    with run.loaded() as model:
        read, final = answers(Reader(model.get_weights()), text, words, config)
    total = 1 + sum(1 for _ in word_ids.split_words(text))
    print_line("The probability that the review is positive after each word, and its change:")
    print()
    _print_grid(read)
    print()
    if not all(answer.known for answer in read):
        print_line(f"* not among the {len(words):,} words that the model knows")
    if len(read) < total:
        which = "last" if config["truncating"] == "pre" else "first"
        print_line(f"The model reads the {which} {len(read)} words of {total - 1}.")
    if config["padding"] == "post" and (zeros := config["maxlen"] - len(read)):
        print_line(f"Then it reads {zeros} zeros, which lead to {final:.2f}.")
    verdict = "positive" if final >= 0.5 else "negative"
    print_line(f"Answer: {verdict}. The probability of a positive review is {final:.2f}.")
    print_line(f"The model is that of {run.path}.")


def print_words(run: TrainedRun, number: int):
    """Prints the words that, as the only word of a review, give the most confident answers."""
    from keras_rnn_tutorials.runner.tables import print_table

    config, words = run.record.config, run.words()
    with run.loaded() as model:
        reader = Reader(model.get_weights())
    zeros = config["maxlen"] - 2 if config["padding"] == "pre" else 0
    before = reader.states(np.array([0] * zeros + [word_ids.START]))[-1]
    ids = np.arange(word_ids.FIRST_WORD, word_ids.FIRST_WORD + len(words))
    probabilities = reader.probabilities(reader.states_after_each(ids, before))
    order = np.argsort(probabilities)[: min(number, len(words))], np.argsort(-probabilities)
    rows = [
        (f"{probabilities[up]:.2f}", _shown(words[up]), f"{probabilities[d]:.2f}", _shown(words[d]))
        for d, up in zip(*order, strict=False)
    ]
    print_table(
        "The probability that a review is positive after this word alone",
        ("", "most positive", " ", "most negative"),
        rows,
    )


def draw_mistakes(test: Split, scores: np.ndarray, words: Sequence[str], record: Record) -> Figure:
    """Draws the wrong answers of which the model is most confident, as texts.

    Args:
        test: ids `(examples, maxlen)` and their labels.
        scores: the probability that each review is positive: `(examples,)`.
        words: of the ids, by rank.
        record: of the model's run.
    """
    positive = scores >= 0.5
    wrong = np.flatnonzero(positive != test.y)
    sure = np.where(positive, scores, 1 - scores)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")]
    figure = Figure(figsize=(11, 7), layout="constrained")
    figure.suptitle(
        "The test reviews that the SimpleRNN misjudges with the most confidence: their last words\n"
        f"{len(wrong):,} of {len(scores):,} are misjudged ({record.title}, seed {record.seed})"
    )
    kinds = (True, "taken for positive"), (False, "taken for negative")
    for (kind, title), column in zip(kinds, figure.subplots(MISTAKES, 2).T, strict=True):
        for number, axes in zip(worst[positive[worst] == kind], column, strict=False):
            axes.set_title(f"{title} ({sure[number]:.3f})", fontsize="small", loc="left")
            text = textwrap.fill(_text(test.x[number], words), 70)
            axes.text(0, 1, text, va="top", fontsize="small", family="monospace", wrap=False)
        for axes in column:
            axes.set_axis_off()
    return figure


def _text(ids: np.ndarray, words: Sequence[str]) -> str:
    """The last words of a review, with a dot for each word without an id."""
    read = [i for i in ids if i > word_ids.START][-LAST_WORDS:]
    known = (words[i - word_ids.FIRST_WORD] if i >= word_ids.FIRST_WORD else "." for i in read)
    return escaped(" ".join(known).replace("$", "\\$"))


def _print_grid(read: list[Answer]):
    """Prints words in as many columns as fit the terminal, to be read from left to right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    names = [_shown(answer.word) + ("" if answer.known else "*") for answer in read]
    cells = [
        (
            Text.assemble((name, _style(answer.move))),
            f"{answer.probability:.2f}",
            _signed(answer.move),
        )
        for name, answer in zip(names, read, strict=True)
    ]
    widest = max(cell[0].cell_len for cell in cells)
    beside = max(1, (columns() + 2) // (widest + 14))
    table = Table.grid(padding=(0, 1))
    for _ in range(beside):
        table.add_column(width=widest, no_wrap=True)
        table.add_column(width=4)
        table.add_column(width=6)
    for first in range(0, len(cells), beside):
        table.add_row(*(part for cell in cells[first : first + beside] for part in cell))
    Console(file=sys.stdout, width=columns(), highlight=False, markup=False).print(table)


def _shown(word: str) -> str:
    word = escaped(word)
    return word if len(word) <= WIDEST else f"{word[: WIDEST - 3]}..."


def _signed(move: float | None) -> str:
    return "" if move is None else f"{move:+.2f}"


def _style(move: float | None) -> str:
    if move is None or abs(move) < WEAK:
        return ""
    return (UP if move > 0 else DOWN)[0 if abs(move) >= STRONG else 1]
