"""A stand-in for the IMDB reviews: opinions, often negated, among sentences about the plot.

A review's label is the verdict of its closing sentences, the last that a recurrent network reads.
The opinions before them are positive and negative in equal parts, and three in ten of all opinions
are negated ("I would never call the plot clever"). So the label cannot be found by counting words
(logistic regression: about 0.69 validation accuracy), but it can be found by reading them in order
(the tutorial's SimpleRNN: about 0.95).
"""

import itertools
from collections.abc import Iterator

import numpy as np

from keras_rnn_tutorials.data.dataset import Split

_POSITIVE = """
    amazing beautiful believable brilliant captivating charming clever compelling convincing
    delightful elegant engaging enjoyable excellent fantastic fascinating fresh funny good great
    gripping hilarious imaginative inspired intelligent memorable moving original perfect powerful
    remarkable satisfying solid strong superb thrilling touching warm wonderful witty
""".split()
_NEGATIVE = """
    annoying awful bad bland boring cheap childish clumsy confusing contrived dreadful dreary dull
    empty flat forgettable hollow horrible lame laughable lazy lifeless messy painful pathetic poor
    pointless predictable pretentious ridiculous shallow silly sloppy stale stupid tedious terrible
    tiresome ugly weak
""".split()
_AFFIRMING = "always certainly clearly definitely often really simply truly".split()
_NEGATING = ["barely", "hardly", "never", "no longer", "not", "rarely", "scarcely", "seldom"]
_ASPECT = """
    acting action atmosphere beginning casting climax comedy dialogue direction drama editing
    ending film finale humour lighting makeup movie music mystery narration opening pacing
    photography picture plot premise production romance scenery score screenplay script setting
    sound soundtrack story storyline style subplot suspense villain writing
""".split()
_PERSON = """
    baker captain carpenter clerk dancer detective doctor driver farmer fisherman gardener grocer
    journalist judge lawyer librarian mechanic miner nurse painter pilot plumber poet postman
    priest sailor singer soldier student tailor teacher waiter widow writer
""".split()
_THING = """
    bicycle boat book bridge camera car castle church clock diary door farm forest garden harbour
    hat horse hotel house key ladder lamp letter map mirror mountain newspaper painting photograph
    piano radio restaurant ring school station suitcase table telephone theatre ticket tower train
    village window
""".split()
# The numbers of opinions and of plot sentences are prime: see _split.
_OPINIONS = (
    "The {aspect} was {adverb} {adjective}.",
    "The {aspect} is {adverb} {adjective}!",
    "I would {adverb} call the {aspect} {adjective}.",
    "In short, it is {adverb} a film whose {aspect} is {adjective}.",
    "I did {adverb} find the {aspect} {adjective}, and I have seen it twice.",
    "As for the {aspect}, it was {adverb} what I call {adjective}.",
    "What {lead} brings to the {aspect} is {adverb} {adjective}.",
    "My friends would {adverb} describe the {aspect} as {adjective}.",
    'Next to "{sequel}", the {aspect} does {adverb} look {adjective}.',
    "{director} does {adverb} make the {aspect} {adjective}.",
    "Believe me, I could {adverb} think of the {aspect} as {adjective}.",
)
_PLOT = (
    "{lead} plays a {person} who comes to {place} to look for a {thing}.",
    "{director} shot it in {place} with a small crew from {town}.",
    'I saw "{title}" on a Sunday, in a small theatre near the {thing}.',
    "The {person} has a {thing}, and the {other_person} wants it.",
    "Then {partner} turns up with a {thing} and a {other_thing}.",
    "It runs for about two hours, the first of them in {place}.",
    "There is a scene with a {thing}, a {person} and a {other_thing} that goes on for a while.",
    '{lead} and {partner} also worked together in "{sequel}".',
    'The {aspect} is by {partner}, whose last work was for "{sequel}".',
    "Years later, the {person} returns to {town} and finds the {thing} where he left it.",
    "According to the newspaper, {director} grew up in {place} as the child of a {person}.",
    "We follow a {person} with a {thing} from {place} to {town}, over one winter.",
    "My brother, who is a {person}, told me about the {thing} beforehand.",
    "Based on a book by {partner}, it tells of a {person}, a {other_person} and their {thing}.",
    "Meanwhile, back in {town}, somebody has sold the {thing}!",
    "Who is the man behind the {thing}?",
    "The rest takes place in and around a {thing}.",
    '"{title}" was made a year after "{sequel}", with the same {person} in the second part.',
    "Watch for {partner} as the {person} with the {thing}.",
    "After the {thing} burns down, {lead} leaves for {place}.",
    "The first {person} we meet has come for the {thing}, the second for the {other_thing}.",
    "{partner} wrote the part of the {person} for {lead}.",
    'The {thing} is the one they built in {town} for "{sequel}".',
)
_CLOSING = 4  # sentences of the verdict
_AGREEMENT = 0.93  # of the closing sentences with the label
_OPINIONATED = 0.35  # of the sentences before them; the others describe the plot
# Of all opinions. At 0.4 the tutorial's SimpleRNN memorizes some seeds' reviews before it
# learns negation; much below 0.3, counting words is enough.
_NEGATED = 0.3
_NAMES = 20_000  # more than the 10,000 words that the encoding keeps


def reviews() -> tuple[Split, Split]:
    """Film reviews in the form of IMDB's: plain text, half of them positive.

    Every call returns the same reviews. They have 30 to 700 words each, and about 18,000 different
    words in total, most of them rare names, as in the real reviews.

    Returns:
        Train and test, 25,000 examples each. `x` is an object array of str; `y` is int64, 1 for
        a positive review.
    """
    rng = np.random.default_rng(2011)
    names = _names(rng)
    return _split(rng, names, 25_000), _split(rng, names, 25_000)


def _names(rng: np.random.Generator) -> np.ndarray:
    """Different pronounceable names of two or three syllables."""
    onsets = "b br ch d dr f g gr h k l m n p r s sh st t tr v z".split()
    syllables = [o + vowel + coda for o in onsets for vowel in "aeiou" for coda in ("", "l", "n")]
    picks = rng.integers(len(syllables), size=(2 * _NAMES, 3))
    sizes = rng.integers(2, 4, size=2 * _NAMES)
    names = (
        "".join(syllables[i] for i in pick[:size]).capitalize()
        for pick, size in zip(picks.tolist(), sizes.tolist(), strict=True)
    )
    return np.array(list(dict.fromkeys(names))[:_NAMES], dtype=object)


def _split(rng: np.random.Generator, names: np.ndarray, examples: int) -> Split:
    y = rng.permutation(np.arange(examples) % 2)
    # The sentences of all reviews in one array; `review` and `position` say where each belongs.
    lengths = np.clip(rng.lognormal(np.log(15), 0.6, examples), _CLOSING + 1, 60).astype(int)
    review = np.repeat(np.arange(examples), lengths)
    sentences = len(review)
    position = np.arange(sentences) - (np.cumsum(lengths) - lengths)[review]
    closing = position >= lengths[review] - _CLOSING

    opinion = closing | (rng.random(sentences) < _OPINIONATED)
    agrees = rng.random(sentences) < np.where(closing, _AGREEMENT, 0.5)
    favourable = (y[review] == 1) == agrees
    negated = rng.random(sentences) < _NEGATED

    def choose(words: list[str]) -> np.ndarray:
        return np.array(words, dtype=object)[rng.integers(len(words), size=sentences)]

    def templates(of: tuple[str, ...]) -> np.ndarray:
        # Steps of one size through a prime number of templates repeat none before all are used.
        first = rng.integers(len(of), size=examples)[review]
        step = rng.integers(1, len(of), size=examples)[review]
        return np.array(of, dtype=object)[(first + step * position) % len(of)]

    words = {
        "adjective": np.where(favourable ^ negated, choose(_POSITIVE), choose(_NEGATIVE)),
        "adverb": np.where(negated, choose(_NEGATING), choose(_AFFIRMING)),
        "aspect": choose(_ASPECT),
        "person": choose(_PERSON),
        "other_person": choose(_PERSON),
        "thing": choose(_THING),
        "other_thing": choose(_THING),
    }
    template = np.where(opinion, templates(_OPINIONS), templates(_PLOT))
    columns = [template, *words.values()]
    rows = zip(*(column.tolist() for column in columns), strict=True)

    x = np.empty(examples, dtype=object)
    for i, (length, cast) in enumerate(
        zip(lengths.tolist(), _casts(rng, names, examples), strict=True)
    ):
        x[i] = " ".join(
            text.format(**cast, **dict(zip(words, row, strict=True)))
            for text, *row in itertools.islice(rows, length)
        )
    return Split(x, y)


def _casts(rng: np.random.Generator, names: np.ndarray, examples: int) -> Iterator[dict[str, str]]:
    """The names in each review; their frequencies fall with rank, like those of words."""
    weights = np.cumsum(1 / np.arange(10, len(names) + 10))  # Zipf's law
    ranks = np.searchsorted(weights, rng.random((examples, 10)) * weights[-1])
    for name in names[ranks].tolist():
        yield {
            "lead": f"{name[0]} {name[1]}",
            "partner": f"{name[2]} {name[3]}",
            "director": f"{name[4]} {name[5]}",
            "place": name[6],
            "town": name[7],
            "title": name[8],
            "sequel": name[9],
        }
