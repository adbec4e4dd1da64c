"""D2, D3: a SimpleRNN classifies film reviews.

    python -m experiments.imdb_simplernn
    python -m experiments.imdb_simplernn --padding=post
    python -m experiments.imdb_simplernn --truncating=post
    python -m experiments.imdb_simplernn --summary    # D2, no training
    python -m experiments.imdb_simplernn --predict="The movie was not good."
    python -m experiments.imdb_simplernn --words=15
    python -m experiments.imdb_simplernn --mistakes

A review is a list of word ids, its words' ranks among the 10,000 most frequent. It is truncated or
padded to 500 ids. Each id becomes a vector of 32 numbers (Embedding), a SimpleRNN of 32 units reads
the vectors, and one sigmoid unit gives the probability that the review is positive (D3).
`--summary` prints the two output modes of a SimpleRNN: only the last output, or the outputs of all
steps (D2). `--predict` asks the model of a finished run, and shows how much each word changes its
answer. `--words` lists the words that change it most. `--mistakes` draws the test reviews that the
model misclassifies with the highest confidence.

What to look for: the best validation accuracy, 0.84 to 0.87 over ten seeds, comes early. After that
the network memorizes the training reviews: training accuracy still rises, but so does the
validation loss. With `--padding=post`, hundreds of zeros follow the last word, and accuracy stays
near 0.5.

Cost: 21 s on 2 cores of an AMD EPYC.

Differences from the published listing:

1. The reviews. Published: Keras' copy, in its order. Here: TFDS' copy, in its order. Both are
   encoded by the same rule, but the vocabulary is counted on different texts, and different reviews
   are held out.
2. The words kept. Published: the text says the first 500, but the code keeps the last 500, because
   `pad_sequences` truncates at the front by default. Here: the last 500; `--truncating=post` keeps
   the first 500.
3. The 25,000 test reviews. Published: not used. Here: evaluated after the last epoch, because the
   validation reviews are used to choose the best epoch.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from matplotlib.figure import Figure

from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.data import imdb
from keras_rnn_tutorials.plotting.style import COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command

PUBLISHED = 0.85  # the tutorial's best validation accuracy


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """The tutorial's numbers."""

    num_words: Annotated[int, "number of word ids, 3 of which stand for no word"] = 10_000
    maxlen: Annotated[int, "word ids per review"] = 500
    padding: Annotated[
        Literal["pre", "post"],
        "where zeros are added to a short review",
        {"pre": "before the words", "post": "after the words"},
    ] = "pre"
    truncating: Annotated[
        Literal["pre", "post"],
        "where a long review is cut",
        {"pre": "at its beginning: the last words are kept", "post": "at its end"},
    ] = "pre"
    units: Annotated[int, "units of the SimpleRNN, and size of a word's vector"] = 32
    epochs: Annotated[int, "passes over the training reviews"] = 10
    batch_size: Annotated[int, "reviews per training step"] = 128
    summary: Annotated[bool, "print the summaries of both output modes, and stop"] = False
    predict: Annotated[str | None, "judge this text with the trained model, word by word"] = (
        runner.question("some text")
    )
    predict_file: Annotated[str | None, "the same for the text of a file; - is standard input"] = (
        runner.question("a path")
    )
    words: Annotated[
        int | None,
        "show this many of the words that are most positive to the trained model, and "
        "most negative",
    ] = runner.question("a whole number from 1")
    mistakes: Annotated[
        bool, "draw the test reviews that the trained model misjudges with the most confidence"
    ] = runner.question("true or false", False)


def load_data(config: Config):
    """20,000 training, 5,000 validation and 25,000 test reviews, ids `(batch, maxlen)`."""
    return imdb.load(
        config.data,
        config.data_dir,
        num_words=config.num_words,
        maxlen=config.maxlen,
        padding=config.padding,
        truncating=config.truncating,
    )


def build_model(config: Config):
    """`(batch, maxlen)` → `(batch, maxlen, 32)` → SimpleRNN → `(batch, 32)` → `(batch, 1)`."""
    import keras

    from keras_rnn_tutorials import layers

    model = keras.Sequential(
        [
            keras.Input((config.maxlen,), dtype="int32"),
            layers.Embedding(config.num_words, config.units),
            layers.SimpleRNN(config.units),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"], jit_compile=True)
    return model


def print_summaries(config: Config):
    """D2: only the last output, `(batch, units)`, or all outputs, `(batch, maxlen, units)`."""
    import keras

    for return_sequences in (False, True):
        layers = [
            keras.Input((config.maxlen,), dtype="int32"),
            keras.layers.Embedding(config.num_words, config.units),
            keras.layers.SimpleRNN(config.units, return_sequences=return_sequences),
        ]
        keras.Sequential(layers, name=f"return_sequences_{return_sequences}").summary()


def draw(record: Record) -> Figure:
    """Accuracy and loss by epoch."""
    return plotting.curves(record, _claim(record))


def draw_runs(records: list[Record]) -> Figure:
    """The bands of several seeds; as published, also with the tutorial's result."""
    first = records[0]
    figure = plotting.bands({"": records}, f"{_claim(first)}\n({plotting.seeds(records)})")
    if (first.config["padding"], first.config["truncating"]) == ("pre", "pre"):
        axes = figure.axes[0]
        axes.axhline(PUBLISHED, color="grey", linestyle="--")
        axes.annotate(f"published: {PUBLISHED}", (1, PUBLISHED), va="bottom", fontsize=8)
    return figure


def draw_all(named: dict[str, list[Record]]) -> Figure:
    """Draws the three ways to truncate and pad side by side, with TensorFlow 1.15.5's seeds."""
    from experiments import reproduction

    labels = {
        "default": "last 500 words, zeros in front",
        "truncating-post": "first 500 words, zeros in front",
        "padding-post": "last 500 words, zeros behind",
    }
    title = "Zeros behind the words blind a SimpleRNN; which words are kept matters less"
    figure = plotting.bands({label: named[name] for name, label in labels.items()}, title)
    axes = figure.axes[0]
    if theirs := reproduction.tensorflow_1("imdb_simplernn/default", "validation"):
        label = f"{labels['default']}, TensorFlow 1.15.5 ({plotting.counted(theirs)})"
        plotting.band(axes, label, theirs, 3, COLOURS[4])
        for legend in figure.legends:
            legend.remove()
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    axes.axhline(0.5, color="grey", linestyle=":")
    axes.annotate("guessing", (1, 0.5), va="bottom", fontsize=8)
    return figure


def _claim(record: Record) -> str:
    if record.config["padding"] == "post":
        return "A SimpleRNN that ends on hundreds of zeros does no better than guessing"
    return "A SimpleRNN judges film reviews: the best epoch comes early"


def ask(config: Config):
    """Answers the questions that the flags ask, with the trained model."""
    from experiments import _reviews
    from keras_rnn_tutorials.runner import trained

    run = trained.find("imdb_simplernn", config, english=True)
    texts = [config.predict] if config.predict else []
    if config.predict_file:
        texts.append(trained.read_input(config.predict_file).decode(errors="replace"))
    for text in texts:
        _reviews.print_review(run, text)
    if config.words:
        _reviews.print_words(run, config.words)
    if config.mistakes:
        with run.loaded() as model:
            dataset = load_data(config)
            run.check_data(dataset)
            scores = model.predict(dataset.test.x, batch_size=500, verbose=0)[:, 0]
        run.draw_mistakes(_reviews.draw_mistakes(dataset.test, scores, run.words(), run.record))


@runner.takes(Config)
def main(config: Config) -> runner.Run | None:
    """Runs the experiment, or asks its model."""
    if config.summary:
        return print_summaries(config)
    if runner.questions(config):
        return ask(config)
    return runner.train("imdb_simplernn", config, load_data, build_model, draw=draw)


if __name__ == "__main__":
    command.run(main, Config)
