"""A, B, D: the state of a network while it reads.

    python -m experiments.look_inside                     # a digit, row by row
    python -m experiments.look_inside --dataset=imdb      # a sentence, by words
    python -m experiments.look_inside --cell=SimpleRNN    # or --cell=GRU

The tutorials say that a recurrent network remembers what it has read. This shows the memory. An
LSTM of 100 units is trained on MNIST (A1). Then the test image that looks most like another digit
until late is read row by row: state and gates after each row, and what the network would answer if
the image ended there. With `--dataset=imdb` a network of 32 units is trained on film reviews (D3)
and reads a sentence of ours word by word.

What to look for: the answer turns when the last stroke of the digit arrives. The cell of the LSTM
has long stripes, which are what it remembers from row to row; candidate and gates change faster.
The state of a SimpleRNN has no such stripes, as every step makes all of it anew.

Cost: about 30 s on 2 cores of an AMD EPYC.

Differences from the published listing:

1. How it is trained. Published: Adam at 1e-4 and softmax twice (A1), RMSprop (D3). Here: Adam at
   1e-3 and softmax once, four epochs of batches of 64, so that the network is soon sure of its
   answers.
2. What is shown. Published: accuracies only. Here: the state after every step, which A, B and D
   describe in words and equations.
"""

import textwrap
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from matplotlib.figure import Figure

from keras_rnn_tutorials import runner
from keras_rnn_tutorials.data import imdb, mnist
from keras_rnn_tutorials.plotting.style import COLOURS
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command

SENTENCE = "I expected a great film, but it was boring, the worst waste of my time."
WORDS, MAXLEN = 10_000, 500


@dataclass(frozen=True)
class Part:
    """A part of a cell, and how a figure shows it: a gate from 0 to 1, all others from -1 to 1."""

    title: str
    is_gate: bool = False


PARTS = {
    "LSTM": {
        "h": Part("hidden state h"),
        "tanh_c": Part("cell, tanh(c)"),
        "g": Part("candidate g"),
        "i": Part("input gate i", is_gate=True),
        "f": Part("forget gate f", is_gate=True),
        "o": Part("output gate o", is_gate=True),
    },
    "GRU": {
        "h": Part("hidden state h"),
        "n": Part("candidate n"),
        "z": Part("update gate z: 1 keeps h", is_gate=True),
        "r": Part("reset gate r", is_gate=True),
    },
    "SimpleRNN": {"h": Part("hidden state h")},
}


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """What is read and by what, and how long the network is trained before."""

    dataset: Annotated[
        Literal["mnist", "imdb"],
        "what is read",
        {"mnist": "a digit, row by row", "imdb": "a sentence, word by word"},
    ] = "mnist"
    cell: Annotated[
        Literal["LSTM", "GRU", "SimpleRNN"],
        "what reads it",
        {
            "LSTM": "a cell and three gates",
            "GRU": "two gates",
            "SimpleRNN": "no gates",
        },
    ] = "LSTM"
    learning_rate: Annotated[float, "learning rate of Adam"] = 1e-3
    epochs: Annotated[int, "passes over the training examples"] = 4
    batch_size: Annotated[int, "examples per training step"] = 64


def load_data(config: Config):
    """Images `(batch, 28, 28)`, or word ids `(batch, 500)`."""
    if config.dataset == "mnist":
        return mnist.load(config.data, config.data_dir)
    return imdb.load(config.data, config.data_dir, num_words=WORDS, maxlen=MAXLEN)


def build_model(config: Config):
    """`(batch, time, features)` → cell → `(batch, units)` → class probabilities, compiled."""
    import keras

    from keras_rnn_tutorials import layers

    cell = getattr(layers, config.cell)
    if config.dataset == "mnist":
        parts = [keras.Input((28, 28)), cell(100), keras.layers.Dense(10, activation="softmax")]
        loss = "sparse_categorical_crossentropy"
    else:
        ids = keras.Input((MAXLEN,), dtype="int32")
        parts = [ids, layers.Embedding(WORDS, 32), cell(32)]
        parts += [keras.layers.Dense(1, activation="sigmoid")]
        loss = "binary_crossentropy"
    model = keras.Sequential(parts)
    model.compile(
        keras.optimizers.Adam(config.learning_rate), loss, metrics=["accuracy"], jit_compile=True
    )
    return model


def answers_by_step(model, x: np.ndarray) -> np.ndarray:
    """What a model would answer if the sequence ended at each step, `(batch, time, outputs)`.

    Args:
        model: of layers one after the other, of which the last is dense and the one before it is
            recurrent.
        x: `(batch, time, ...)`.
    """
    import keras

    *first, recurrent, readout = model.layers
    every_step = type(recurrent)(recurrent.units, return_sequences=True)
    inputs = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)
    longer = keras.Sequential([inputs, *first, every_step, readout])
    every_step.set_weights(recurrent.get_weights())
    return longer.predict(x, batch_size=500, verbose=0)


def read(layer, vectors: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of a cell after every step, `(time, units)` each; `PARTS` names them.

        LSTM:       i, f, o = sigmoid(x W + h R + b), g = tanh(x W + h R + b)
                    c_t = f * c_{t-1} + i * g,  h_t = o * tanh(c_t)
        GRU:        z, r = sigmoid(x W + h R + b + b'), n = tanh(x W + b + r * (h R + b'))
                    h_t = z * h_{t-1} + (1 - z) * n
        SimpleRNN:  h_t = tanh(x W + h R + b)

    Args:
        layer: a built LSTM, GRU or SimpleRNN of Keras' default options.
        vectors: what it reads, `(time, features)`.
    """
    from keras_rnn_tutorials.numpy_rnn import sigmoid

    kernel, recurrent_kernel, bias = layer.get_weights()
    kind = type(layer).__name__
    h = c = np.zeros(layer.units)
    steps = []
    for x in vectors:
        if kind == "LSTM":
            i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            c = f * c + i * g
            h = o * np.tanh(c)
            steps.append({"h": h, "tanh_c": np.tanh(c), "g": g, "i": i, "f": f, "o": o})
        elif kind == "GRU":
            of_x = np.split(x @ kernel + bias[0], 3)
            of_h = np.split(h @ recurrent_kernel + bias[1], 3)
            z, r = sigmoid(of_x[0] + of_h[0]), sigmoid(of_x[1] + of_h[1])
            n = np.tanh(of_x[2] + r * of_h[2])
            h = z * h + (1 - z) * n
            steps.append({"h": h, "n": n, "z": z, "r": r})
        else:
            h = np.tanh(x @ kernel + h @ recurrent_kernel + bias)
            steps.append({"h": h})
    return {name: np.stack([step[name] for step in steps]) for name in PARTS[kind]}


def turns_late(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rates how late and how surely an answer turns from a wrong class to the right one.

    Args:
        answers: probabilities after every step, `(batch, time, classes)`.
        labels: the right classes, `(batch,)`.

    Returns:
        A number in [0, 1] for every example: over all steps the largest `share of the steps read *
        min(p(a wrong class) then, p(the right class) at the end)`.
    """
    examples, steps, _ = answers.shape
    wrong = answers.copy()
    wrong[np.arange(examples), :, labels] = 0
    at_the_end = answers[np.arange(examples), -1, labels]
    sure = np.minimum(wrong.max(axis=2), at_the_end[:, None])
    return (sure * np.arange(1, steps + 1) / steps).max(axis=1)


def measure(config: Config, dataset, model) -> dict:
    """Reads one example with the trained network."""
    return _read_digit(dataset, model) if config.dataset == "mnist" else _read_words(dataset, model)


def _read_digit(dataset, model) -> dict:
    answers = answers_by_step(model, dataset.test.x)
    chosen = int(turns_late(answers, dataset.test.y).argmax())
    answered, label = answers[chosen].argmax(axis=1), int(dataset.test.y[chosen])
    print(
        f"test image {chosen}, a {label}, is read as {answered[0]} after row 1",
        *(
            f"as {answered[row]} from row {row + 1}"
            for row in range(1, 28)
            if answered[row] != answered[row - 1]
        ),
        sep=", ",
    )
    return {
        "image": chosen,
        "label": label,
        "pixels": np.rint(255 * dataset.test.x[chosen]).astype(int).tolist(),
        "answers": _rounded(answers[chosen]),
        "parts": _all_rounded(read(model.layers[0], dataset.test.x[chosen])),
    }


def _read_words(dataset, model) -> dict:
    from keras_rnn_tutorials.data import word_ids

    words = list(word_ids.split_words(SENTENCE))
    ids = word_ids.pad(*word_ids.encode([SENTENCE], dataset.words, WORDS), model.input_shape[1])
    answers = answers_by_step(model, ids)[0, -len(words) :, 0]
    embedding, recurrent, _ = model.layers
    parts = read(recurrent, embedding.get_weights()[0][ids[0]])
    for word, p in zip(words, answers, strict=True):
        print(f"{p:6.1%} positive after {word!r}")
    return {
        "sentence": SENTENCE,
        "words": words,
        "answers": _rounded(answers),
        "parts": _all_rounded({name: part[-len(words) :] for name, part in parts.items()}),
    }


def _rounded(values: np.ndarray) -> list:
    return np.round(np.float64(values), 4).tolist()


def _all_rounded(parts: dict[str, np.ndarray]) -> dict[str, list]:
    return {name: _rounded(values) for name, values in parts.items()}


def draw(record: Record) -> Figure:
    """The image or the words, the answers and the parts of the cell, step by step."""
    return (_draw_digit if "pixels" in record.measured else _draw_sentence)(record)


def _draw_digit(record: Record) -> Figure:
    measured, cell = record.measured, record.config["cell"]
    answers, label = np.array(measured["answers"]), measured["label"]
    answered = answers.argmax(axis=1)
    others = np.flatnonzero(answered != label)
    claim = f"{_A[cell]} reads a {label}, row by row"
    if len(others):
        row = others[-1] + 1
        claim += f": it answers {answered[row - 1]} until row {row} (orange line), then {label}"
    parts = PARTS[cell]
    rows = 1 if cell == "SimpleRNN" else 2
    columns, inches = (2 + len(parts)) // rows, (3.1 * rows + 0.6, 0.9)
    figure = Figure(figsize=(3 * columns, sum(inches)), layout="constrained")
    figure.suptitle(
        f"{claim}\n{record.title}, test image {measured['image']}, seed {record.seed}. Each line "
        "of a panel is the network after one more row."
    )
    above, below = figure.subfigures(2, 1, height_ratios=inches)
    grid = above.subplots(rows, columns, sharey=True).ravel()
    pixels = np.array(measured["pixels"]) / 255
    _panel(grid[0], pixels, "the image", "pixel", ("Greys", 0))
    scales = {"answers": _panel(grid[1], answers, "what it would answer", "digit", ("Blues", 0))}
    for axes, (name, part) in zip(grid[2:], parts.items(), strict=True):
        values = np.array(measured["parts"][name])
        scales[part.is_gate] = _panel(axes, values, part.title, "unit", _colours(part))
    grid[1].set_xticks(range(10))
    grid[0].set_yticks([1, 7, 14, 21, 28])
    for axes in grid:
        if len(others):
            axes.axhline(others[-1] + 1.5, color=COLOURS[5], linewidth=1.5)
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("row read last")
    labels = {"answers": "answer: probability", False: "state", True: "gate: 0 closed, 1 open"}
    bars = below.subplots(1, len(scales), squeeze=False)[0]
    for bar, (name, image) in zip(bars, scales.items(), strict=True):
        figure.colorbar(image, cax=bar, orientation="horizontal", label=labels[name])
        bar.locator_params(axis="x", nbins=4)
    return figure


_A = {"LSTM": "An LSTM", "GRU": "A GRU", "SimpleRNN": "A SimpleRNN"}


def _colours(part: Part) -> tuple[str, float]:
    """A colour map, and the value at its lower end; the upper end is 1."""
    return ("Greens", 0) if part.is_gate else ("RdBu", -1)


def _panel(axes, values: np.ndarray, title: str, xlabel: str, colours: tuple[str, float]):
    """Rows downwards from row 1, whatever is in a row to the right from 0."""
    axes.set(title=title, xlabel=xlabel)
    cmap, low = colours
    return axes.imshow(
        values,
        cmap=cmap,
        vmin=low,
        vmax=1,
        aspect="auto",
        interpolation="none",
        extent=(-0.5, values.shape[1] - 0.5, len(values) + 0.5, 0.5),
    )


def _draw_sentence(record: Record) -> Figure:
    measured, cell = record.measured, record.config["cell"]
    words, p = measured["words"], measured["answers"]
    names = [name for name in ("h", "tanh_c", "z", "f") if name in PARTS[cell]]
    figure = Figure(figsize=(max(7, 0.75 * len(words)), 3.6 + 2.4 * len(names)))
    figure.set_layout_engine("constrained")
    sentence = "\n".join(textwrap.wrap(measured["sentence"], 80))
    figure.suptitle(
        f"{_A[cell]} reads a sentence, word by word: is it a positive review?\n“{sentence}”\n"
        f"trained on {record.title}, seed {record.seed}"
    )
    top, *others = figure.subplots(1 + len(names), 1, sharex=True)
    steps = range(len(words))
    top.plot(steps, p, color=COLOURS[0], marker="o")
    top.axhline(0.5, color="grey", linestyle="--", label="undecided")
    top.set(ylim=(0, 1), ylabel="probability of positive")
    top.grid(alpha=0.3)
    top.legend()
    for axes, name in zip(others, names, strict=True):
        part = PARTS[cell][name]
        cmap, low = _colours(part)
        image = axes.imshow(
            np.array(measured["parts"][name]).T,
            cmap=cmap,
            vmin=low,
            vmax=1,
            aspect="auto",
            interpolation="none",
        )
        axes.set(ylabel="unit", title=part.title)
        figure.colorbar(image, ax=axes)
    others[-1].set_xlabel("word read last")
    others[-1].set_xticks(steps, words, rotation=45, ha="right")
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train("look_inside", config, load_data, build_model, measure=measure, draw=draw)


if __name__ == "__main__":
    command.run(main, Config)
