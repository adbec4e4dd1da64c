"""A, D: what a network holds in its state while it reads.

    python -m experiments.look_inside                   # a digit, row by row
    python -m experiments.look_inside --dataset=imdb    # a sentence, word by word

The tutorials say that a recurrent network remembers what it has read. This shows the memory. An
LSTM of 100 units (A1, softmax once) is trained on MNIST. Then the test image that looks most like
another digit until late is read row by row: hidden state, cell and gates after each row, and what
the network would answer if the image ended there. With `--dataset=imdb` a SimpleRNN of 32 units
(D3) is trained on film reviews and reads a sentence of ours word by word.

What to look for: with seed 0, a 2 is read as a 7 until its last stroke arrives. The cell carries
long stripes, which are what the LSTM remembers from row to row; candidate and gates change faster.
The state of the SimpleRNN has no such stripes, as every word makes all of it anew.

Cost: 30 s on 2 cores of an AMD EPYC, of which the training takes 20 s.

Differences from the published listing:

1. The learning rate of A1. Published: 1e-4, and six epochs of batches of 50. Here: 1e-3, and four
   epochs of batches of 64, so that the network is sure of its answers sooner.
2. What is shown. Published: accuracies only. Here: the state after every step, as A and D describe
   it in words.
"""

import textwrap
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from matplotlib.figure import Figure

from experiments import imdb_simplernn, mnist_lstm
from keras_rnn_tutorials import plotting, runner
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command

SENTENCE = "I expected a great film, but it was boring, the worst waste of my time."
GATES = {
    "h": "hidden state h",
    "c": "cell, tanh(c)",
    "g": "candidate g",
    "i": "input gate i",
    "f": "forget gate f",
    "o": "output gate o",
}


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """What is read, and how long the network is trained before."""

    dataset: Annotated[
        Literal["mnist", "imdb"],
        "what is read",
        {"mnist": "a digit, row by row, by an LSTM", "imdb": "a sentence, by a SimpleRNN"},
    ] = "mnist"
    learning_rate: Annotated[float, "learning rate of Adam (mnist only)"] = 1e-3
    epochs: Annotated[int, "passes over the training examples"] = 4
    batch_size: Annotated[int, "examples per training step"] = 64


def load_data(config: Config):
    """Images `(batch, 28, 28)`, or word ids `(batch, 500)`."""
    return _tutorial(config).load_data(_tutorial_config(config))


def build_model(config: Config):
    """The network of A1, or that of D3."""
    return _tutorial(config).build_model(_tutorial_config(config))


def _tutorial(config: Config):
    return {"mnist": mnist_lstm, "imdb": imdb_simplernn}[config.dataset]


def _tutorial_config(config: Config):
    of_data = {"data": config.data, "data_dir": config.data_dir}
    if config.dataset == "imdb":
        return imdb_simplernn.Config(**of_data)
    return mnist_lstm.Config(variant="corrected", learning_rate=config.learning_rate, **of_data)


def answers_by_step(model, x: np.ndarray) -> np.ndarray:
    """What a model would answer if the sequence ended at each step, `(batch, time, outputs)`.

    Args:
        model: of layers one after the other, of which the last is dense and the one before it is
            recurrent.
        x: `(batch, time, ...)`.
    """
    import keras

    *first, recurrent, readout = model.layers
    # `return_sequences` alone differs, so the weights fit.
    all_steps = type(recurrent)(**{**_options(recurrent), "return_sequences": True})
    longer = keras.Sequential([keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype)])
    for layer in (*first, all_steps, readout):
        longer.add(layer)
    all_steps.set_weights(recurrent.get_weights())
    return longer.predict(x, batch_size=500, verbose=0)


def _options(layer) -> dict:
    return {"units": layer.units, "name": f"{layer.name}_all_steps"}


def search(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
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


def read_image(model, image: np.ndarray) -> dict[str, np.ndarray]:
    """The state and the gates of an LSTM after every row, `(28, units)` each.

    i, f, o = sigmoid(x W + h R + b), g = tanh(x W + h R + b)
    c_t = f * c_{t-1} + i * g,        h_t = o * tanh(c_t)
    """
    from keras_rnn_tutorials.numpy_rnn import sigmoid

    lstm = next(layer for layer in model.layers if layer.name.startswith("lstm"))
    kernel, recurrent_kernel, bias = lstm.get_weights()
    h = c = np.zeros(lstm.units)
    steps = []
    for row in image:
        i, f, g, o = np.split(row @ kernel + h @ recurrent_kernel + bias, 4)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append({"h": h, "c": c, "g": g, "i": i, "f": f, "o": o})
    return {name: np.stack([step[name] for step in steps]) for name in GATES}


def measure(config: Config, dataset, model) -> dict:
    """Reads one example with the trained network."""
    return (_read_digit if config.dataset == "mnist" else _read_sentence)(config, dataset, model)


def _read_digit(config: Config, dataset, model) -> dict:
    answers = answers_by_step(model, dataset.test.x)
    chosen = int(search(answers, dataset.test.y).argmax())
    states = read_image(model, dataset.test.x[chosen])
    answered = answers[chosen].argmax(axis=1)
    turns = [row for row in range(1, 28) if answered[row] != answered[row - 1]]
    print(
        f"test image {chosen}, a {dataset.test.y[chosen]}, is read as {answered[0]} after row 1",
        *(f"as {answered[row]} from row {row + 1}" for row in turns),
        sep=", ",
    )
    return {
        "image": chosen,
        "label": int(dataset.test.y[chosen]),
        "pixels": np.rint(255 * dataset.test.x[chosen]).astype(int).tolist(),
        "answers": _rounded(answers[chosen]),
        "states": {name: _rounded(values) for name, values in states.items()},
    }


def _read_sentence(config: Config, dataset, model) -> dict:
    from keras_rnn_tutorials.data import word_ids

    words = list(word_ids.split_words(SENTENCE))
    encoded = word_ids.encode([SENTENCE], dataset.words, imdb_simplernn.Config().num_words)
    ids = word_ids.pad(*encoded, model.input_shape[1])
    answers = answers_by_step(model, ids)[0, -len(words) :, 0]
    embedding, rnn, _ = model.layers
    kernel, recurrent_kernel, bias = rnn.get_weights()
    h, states = np.zeros(rnn.units), []
    for vector in embedding.get_weights()[0][ids[0]]:
        h = np.tanh(vector @ kernel + h @ recurrent_kernel + bias)
        states.append(h)
    for word, p in zip(words, answers, strict=True):
        print(f"{p:6.1%} positive after {word!r}")
    return {
        "sentence": SENTENCE,
        "words": words,
        "answers": _rounded(answers),
        "states": {"h": _rounded(np.stack(states[-len(words) :]))},
    }


def _rounded(values: np.ndarray) -> list:
    return np.round(np.float64(values), 4).tolist()


def draw(record: Record) -> Figure:
    """The image or the words, the answer and the states, step by step."""
    return (_draw_digit if "pixels" in record.measured else _draw_sentence)(record)


def _draw_digit(record: Record) -> Figure:
    measured = record.measured
    answers = np.array(measured["answers"])
    answered, label = answers.argmax(axis=1), measured["label"]
    others = [row for row in range(28) if answered[row] != label]
    claim = f"An LSTM reads a {label}, row by row"
    if others:
        last = others[-1]
        claim += f": it answers {answered[last]} until row {last + 1} (orange line), then {label}"
    figure = Figure(figsize=(12, 7.4), layout="constrained")
    figure.suptitle(
        f"{claim}\n{record.title}, test image {measured['image']}, seed {record.seed}. Each line "
        "of a panel is the network after one more row of the image."
    )
    grid = figure.subplots(2, 4, sharey=True).ravel()
    panels = {
        "image": (np.array(measured["pixels"]) / 255, "the image", "pixel", "Greys", 0),
        "answers": (answers, "what it would answer", "digit", "Blues", 0),
        **{
            name: (
                np.tanh(measured["states"][name]) if name == "c" else measured["states"][name],
                title,
                "unit",
                "Greens" if name in "ifo" else "RdBu",
                0 if name in "ifo" else -1,
            )
            for name, title in GATES.items()
        },
    }
    images = {}
    for axes, (name, (numbers, title, xlabel, cmap, low)) in zip(grid, panels.items(), strict=True):
        values = np.array(numbers)
        images[name] = axes.imshow(
            values,
            cmap=cmap,
            vmin=low,
            vmax=1,
            aspect="auto",
            interpolation="none",
            extent=(-0.5, values.shape[1] - 0.5, 28.5, 0.5),
        )
        axes.set(title=title, xlabel=xlabel)
    grid[1].set_xticks(range(10))
    if others:
        for axes in grid:
            axes.axhline(others[-1] + 1.5, color=plotting.style.COLOURS[5], linewidth=1.5)
    grid[0].set_yticks([1, 7, 14, 21, 28])
    for axes in (grid[0], grid[4]):
        axes.set_ylabel("row read last")
    for name, of, label_ in (
        ("answers", grid[1], "probability"),
        ("c", grid[3], "h, tanh(c), g"),
        ("o", grid[7], "gate: 0 closed, 1 open"),
    ):
        figure.colorbar(images[name], ax=of, label=label_)
    return figure


def _draw_sentence(record: Record) -> Figure:
    measured = record.measured
    words, p = measured["words"], np.array(measured["answers"])
    figure = Figure(figsize=(max(7, 0.75 * len(words)), 6.6), layout="constrained")
    sentence = "\n".join(textwrap.wrap(measured["sentence"], 80))
    figure.suptitle(
        f"A SimpleRNN reads a sentence, word by word: is it a positive review?\n“{sentence}”\n"
        f"trained on {record.title}, seed {record.seed}"
    )
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.2))
    steps = range(len(words))
    top.plot(steps, p, color=plotting.style.COLOURS[0], marker="o")
    top.axhline(0.5, color="grey", linestyle="--", label="undecided")
    top.set(ylim=(0, 1), ylabel="probability of positive")
    top.grid(alpha=0.3)
    top.legend()
    states = np.array(measured["states"]["h"]).T
    image = bottom.imshow(states, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="none")
    bottom.set(ylabel="unit", xlabel="word read last")
    bottom.set_xticks(steps, words, rotation=45, ha="right")
    figure.colorbar(image, ax=bottom, label="hidden state h")
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train("look_inside", config, load_data, build_model, measure=measure, draw=draw)


if __name__ == "__main__":
    command.run(main, Config)
