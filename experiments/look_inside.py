"""A, B, D: the state of a network while it reads.

    python -m experiments.look_inside                     # a digit, row by row
    python -m experiments.look_inside --dataset=imdb      # a sentence, by words
    python -m experiments.look_inside --cell=SimpleRNN    # or --cell=GRU
    python -m experiments.look_inside --bidirectional     # both halves

The tutorials say that a recurrent network remembers what it has read. This experiment shows the
memory. It trains an LSTM of 100 units on MNIST (A1). Then the network reads, row by row, the test
image that looks like another digit for longest. The figure shows the state and the gates after each
row, and the answer that the network would give if the image ended there. With `--dataset=imdb`, a
network of 32 units is trained on film reviews (D3) and reads one sentence word by word.
`--bidirectional` trains two cells that read in opposite directions (B8, read from their final
states), and shows an image that each half alone misclassifies and both together classify correctly.
The answer of one half alone is the readout of its state, with zeros in place of the other state.

What to look for: the answer changes when the last stroke of the digit is read. The cell state of
the LSTM has long stripes: they are what it remembers from row to row. Candidate and gates change
faster. The state of a SimpleRNN has no such stripes, because every step computes the whole state
anew. The halves of a bidirectional network share the work: they were trained together, and neither
is as good alone.

Cost: about 30 s on 2 cores of an AMD EPYC, a minute with `--bidirectional`, a few minutes with
`--bidirectional` on sentences.

Differences from the published listing:

1. The training. Published: Adam at 1e-4 and softmax twice (A1), RMSprop (D3). Here: Adam at 1e-3
   and softmax once, four epochs with batches of 64, so that the network is soon confident.
2. What is shown. Published: only accuracies. Here: the state after every step, which A, B and D
   describe in words and equations.
3. Padding (`--dataset=imdb --bidirectional`). Published: not given. Here: masked, because the
   backward half would read the zeros before a review last.
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
    """A part of a cell, and how a figure shows it: gates from 0 to 1, all others from -1 to 1."""

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
SHOWN = ("h", "tanh_c", "z", "f")  # beside the words, and of the halves of a bidirectional network


@dataclass(frozen=True, kw_only=True)
class Config(runner.TrainConfig):
    """What is read, by which network, and how long that is trained first."""

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
    bidirectional: Annotated[bool, "two such cells, one of which reads from the end"] = False
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

    # The order matters: each layer draws the seed of its weights when it is created.
    if config.dataset == "mnist":
        units, outputs, activation, loss = 100, 10, "softmax", "sparse_categorical_crossentropy"
        parts = [keras.Input((28, 28))]
    else:
        units, outputs, activation, loss = 32, 1, "sigmoid", "binary_crossentropy"
        parts = [keras.Input((MAXLEN,), dtype="int32")]
        parts += [layers.Embedding(WORDS, 32, mask_zero=config.bidirectional)]
    cell = getattr(layers, config.cell)(units)
    parts += [layers.Bidirectional(cell) if config.bidirectional else cell]
    parts += [keras.layers.Dense(outputs, activation=activation)]
    model = keras.Sequential(parts)
    model.compile(
        keras.optimizers.Adam(config.learning_rate), loss, metrics=["accuracy"], jit_compile=True
    )
    return model


def answers_by_step(model, x: np.ndarray) -> np.ndarray:
    """A model's answers if the sequence ended at each step, `(batch, time, outputs)`.

    Args:
        model: a stack of layers; the last is dense, and the one before it is recurrent.
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
    """Rates how late and how confidently an answer changes from a wrong class to the right one.

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


def answers_of_halves(model, forward: np.ndarray, backward: np.ndarray) -> dict[str, np.ndarray]:
    """A bidirectional model's answers from the states of its halves.

    For one half alone, the other half's state is zeros, its initial state:

        forward:  readout(h_forward W[:units] + b)
        backward: readout(h_backward W[units:] + b)
        both:     readout(h_forward W[:units] + h_backward W[units:] + b)

    Args:
        model: its last layer is dense, and the one before it is bidirectional.
        forward: states of the forward half in the order of the sequence, `(..., time, units)`.
        backward: states of the backward half in the same order: at the first step it has read all.

    Returns:
        The answers of each half by step, `(..., time, outputs)`, and of both at their ends,
        `(..., outputs)`.
    """
    readout = model.layers[-1]
    kernel, bias = readout.get_weights()
    units = forward.shape[-1]
    logits = {"forward": forward @ kernel[:units], "backward": backward @ kernel[units:]}
    logits["both"] = logits["forward"][..., -1, :] + logits["backward"][..., 0, :]
    return {name: np.asarray(readout.activation(of + bias)) for name, of in logits.items()}


def read_both(layer, vectors: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """The parts of both halves of a bidirectional layer, in the order of the sequence.

    Args:
        layer: a built Bidirectional of a layer that `read` can read.
        vectors: what it reads, `(time, features)`.

    Returns:
        The parts that the figures show, `(time, units)` each, by half: "forward" has read up to a
        step, "backward" has read back to it.
    """
    forward = read(layer.forward_layer, vectors)
    backward = read(layer.backward_layer, vectors[::-1])
    backward = {name: part[::-1] for name, part in backward.items()}
    return {
        half: {name: part for name, part in parts.items() if name in SHOWN}
        for half, parts in (("forward", forward), ("backward", backward))
    }


def needs_both(answers: dict[str, np.ndarray], labels: np.ndarray) -> np.ndarray:
    """Rates how confidently each half alone gives a wrong class and both together the right one.

    Args:
        answers: as `answers_of_halves` returns them, for `(batch, time, classes)`.
        labels: the right classes, `(batch,)`.

    Returns:
        The smallest of the three probabilities, a number in [0, 1] for every example.
    """
    every = np.arange(len(labels))
    right = answers["both"][every, labels]
    wrong = [answers["forward"][:, -1].copy(), answers["backward"][:, 0].copy()]
    for of_half in wrong:
        of_half[every, labels] = 0
    return np.minimum.reduce([right, *(of_half.max(axis=1) for of_half in wrong)])


def measure(config: Config, dataset, model) -> dict:
    """Reads one example with the trained network."""
    if config.dataset == "imdb":
        return (_read_words_twice if config.bidirectional else _read_words)(dataset, model)
    return (_read_digit_twice if config.bidirectional else _read_digit)(dataset, model)


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
        **_shown_image(dataset, chosen),
        "answers": _rounded(answers[chosen]),
        "parts": _all_rounded(read(model.layers[0], dataset.test.x[chosen])),
    }


def _read_digit_twice(dataset, model) -> dict:
    import keras

    from keras_rnn_tutorials import layers

    x, y = dataset.test.x, dataset.test.y
    recurrent = model.layers[0]
    cell = recurrent.forward_layer
    inputs = keras.Input(x.shape[1:])
    every_step = layers.Bidirectional(
        getattr(layers, type(cell).__name__)(cell.units, return_sequences=True), merge_mode=None
    )
    states = keras.Model(inputs, every_step(inputs))
    every_step.set_weights(recurrent.get_weights())
    answers = answers_of_halves(model, *states.predict(x, batch_size=500, verbose=0))
    ends = {
        "forward": answers["forward"][:, -1],
        "backward": answers["backward"][:, 0],
        "both": answers["both"],
    }
    chosen = int(needs_both(answers, y).argmax())
    answered = {name: int(end[chosen].argmax()) for name, end in ends.items()}
    right = {name: float(np.mean(end.argmax(axis=1) == y)) for name, end in ends.items()}
    print(f"test image {chosen}, a {y[chosen]}; right on all test images in brackets:")
    for name, answer in answered.items():
        print(f"{name:8} answers {answer} ({right[name]:.1%})")
    return {
        **_shown_image(dataset, chosen),
        "answers": _all_rounded({name: of[chosen] for name, of in answers.items()}),
        "parts": {
            half: _all_rounded(parts) for half, parts in read_both(recurrent, x[chosen]).items()
        },
        "accuracies": right,
    }


def _shown_image(dataset, chosen: int) -> dict:
    return {
        "image": chosen,
        "label": int(dataset.test.y[chosen]),
        "pixels": np.rint(255 * dataset.test.x[chosen]).astype(int).tolist(),
    }


def _encoded_sentence(dataset, model) -> tuple[list[str], np.ndarray]:
    """Its words, and their ids after zeros and the start id, `(1, time)`."""
    from keras_rnn_tutorials.data import word_ids

    words = list(word_ids.split_words(SENTENCE))
    encoded = word_ids.encode([SENTENCE], dataset.words, WORDS)
    return words, word_ids.pad(*encoded, model.input_shape[1])


def _read_words(dataset, model) -> dict:
    words, ids = _encoded_sentence(dataset, model)
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


def _read_words_twice(dataset, model) -> dict:
    words, ids = _encoded_sentence(dataset, model)
    embedding, recurrent, _ = model.layers
    # What remains after masking: the start id and the words.
    parts = read_both(recurrent, embedding.get_weights()[0][ids[0, -len(words) - 1 :]])
    answers = answers_of_halves(model, parts["forward"]["h"], parts["backward"]["h"])
    by_word = {half: answers[half][1:, 0] for half in parts}
    for word, *p in zip(words, *by_word.values(), strict=True):
        print("{:6.1%} forward, {:6.1%} backward at {!r}".format(*p, word))
    print(f"{answers['both'][0]:6.1%} positive: both")
    return {
        "sentence": SENTENCE,
        "words": words,
        "answers": {**_all_rounded(by_word), "both": _rounded(answers["both"][0])},
        "parts": {
            half: _all_rounded({name: part[1:] for name, part in of_half.items()})
            for half, of_half in parts.items()
        },
    }


def _rounded(values: np.ndarray) -> list:
    return np.round(np.float64(values), 4).tolist()


def _all_rounded(parts: dict[str, np.ndarray]) -> dict[str, list]:
    return {name: _rounded(values) for name, values in parts.items()}


def draw(record: Record) -> Figure:
    """The image or the words, the answers and the parts of the cell, step by step."""
    if record.config.get("bidirectional"):  # records from before that flag do not have it
        return (_draw_digit_twice if "pixels" in record.measured else _draw_sentence_twice)(record)
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
    _colour_bars(below, scales)
    return figure


def _draw_digit_twice(record: Record) -> Figure:
    """The image, the answers of each half alone and of both, and the parts of each half."""
    measured, cell = record.measured, record.config["cell"]
    answers = {name: np.array(values) for name, values in measured["answers"].items()}
    ends = [answers["forward"][-1], answers["backward"][0], answers["both"]]
    alone, back, both = (int(end.argmax()) for end in ends)
    right = measured["accuracies"]
    names = [name for name in SHOWN if name in PARTS[cell]]
    columns, inches = 2 + len(names), (6.8, 0.9)
    figure = Figure(figsize=(max(10.5, 3 * columns), sum(inches) + 0.4), layout="constrained")
    figure.suptitle(
        f"A bidirectional {cell} reads a {measured['label']}: its forward half alone answers "
        f"{alone}, its backward half alone {back}, both together {both}\n"
        f"{record.title}, test image {measured['image']}, seed {record.seed}. "
        "At row n the forward half has read rows 1 to n, the backward half rows 28 to n.\n"
        f"Right on all test images: forward half alone {right['forward']:.1%}, backward half alone "
        f"{right['backward']:.1%}, both {right['both']:.1%}. They were trained together."
    )
    above, below = figure.subfigures(2, 1, height_ratios=inches)
    grid = above.subplots(2, columns)
    pixels = np.array(measured["pixels"]) / 255
    _panel(grid[0, 0], pixels, "the image", "pixel", ("Greys", 0))
    scales = {"answers": _panel(grid[1, 0], np.array(ends), "final answers", "digit", ("Blues", 0))}
    grid[1, 0].set_yticks([1, 2, 3], ["forward\nalone", "backward\nalone", "both"])
    for row, half, label in ((0, "forward", "← row read last"), (1, "backward", "row read last →")):
        answer_axes, *others = grid[row, 1:]
        _panel(answer_axes, answers[half], f"{half} half: answer alone", "digit", ("Blues", 0))
        answer_axes.set_ylabel(label)  # turned by 90 degrees, its arrow points down or up
        for axes, name in zip(others, names, strict=True):
            part, values = PARTS[cell][name], np.array(measured["parts"][half][name])
            title = f"{half}: {part.title.partition(':')[0]}"
            scales[part.is_gate] = _panel(axes, values, title, "unit", _colours(part))
    for axes in (*grid[:, 1:].ravel(), grid[0, 0]):
        axes.set_yticks([1, 7, 14, 21, 28])
    for axes in (*grid[:, 1], grid[1, 0]):
        axes.set_xticks(range(10))
    grid[0, 0].set_ylabel("row")
    _colour_bars(below, scales)
    return figure


def _colour_bars(below, scales: dict):
    """The meaning of the colours, side by side: of the answers, the states and the gates."""
    bars = below.subplots(1, len(scales), squeeze=False)[0]
    for bar, (name, image) in zip(bars, scales.items(), strict=True):
        below.colorbar(image, cax=bar, orientation="horizontal", label=_SCALES[name])
        bar.locator_params(axis="x", nbins=4)


_SCALES = {"answers": "answer: probability", False: "state", True: "gate: 0 closed, 1 open"}
_A = {"LSTM": "An LSTM", "GRU": "A GRU", "SimpleRNN": "A SimpleRNN"}


def _colours(part: Part) -> tuple[str, float]:
    """A colour map, and the value at its lower end; the upper end is 1."""
    return ("Greens", 0) if part.is_gate else ("RdBu", -1)


def _panel(axes, values: np.ndarray, title: str, xlabel: str, colours: tuple[str, float]):
    """A panel with rows downwards from 1, and the values of a row to the right from 0."""
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
    names = [name for name in SHOWN if name in PARTS[cell]]
    figure, (top, *others) = _sentence_panels(
        record, f"{_A[cell]} reads a sentence, word by word: is it a positive review?", len(names)
    )
    top.plot(range(len(words)), p, color=COLOURS[0], marker="o")
    _finish_answers(top)
    for axes, name in zip(others, names, strict=True):
        part = PARTS[cell][name]
        _units_by_word(axes, measured["parts"][name], part, part.title)
    _name_words(others[-1], words)
    return figure


def _draw_sentence_twice(record: Record) -> Figure:
    """The answers of each half alone and of both, and the parts of each half, word by word."""
    measured, cell = record.measured, record.config["cell"]
    words, answers = measured["words"], measured["answers"]
    names = [name for name in SHOWN if name in PARTS[cell]]
    figure, (top, *others) = _sentence_panels(
        record,
        f"The halves of a bidirectional {cell} read a sentence from its two ends: "
        "is it a positive review?",
        2 * len(names),
    )
    reading = {"forward": "→ forward half alone, read up to here"}
    reading["backward"] = "← backward half alone, read back to here"
    styles = {"forward": ("o", COLOURS[0]), "backward": ("s", COLOURS[1])}
    for half, label in reading.items():
        marker, colour = styles[half]
        top.plot(range(len(words)), answers[half], color=colour, marker=marker, label=label)
    both = f"both, at their ends: {answers['both']:.2f}"
    top.axhline(answers["both"], color="black", linestyle="-.", label=both)
    _finish_answers(top)
    shown = [(half, name) for half in reading for name in names]
    for axes, (half, name) in zip(others, shown, strict=True):
        part = PARTS[cell][name]
        arrow = {"forward": "→", "backward": "←"}[half]
        title = f"{arrow} {half} half: {part.title}"
        _units_by_word(axes, measured["parts"][half][name], part, title)
    _name_words(others[-1], words)
    return figure


def _sentence_panels(record: Record, question: str, heat_maps: int) -> tuple[Figure, np.ndarray]:
    """A figure with the question, the sentence and the data in its title, and its panels."""
    width = max(7, 0.75 * len(record.measured["words"]))
    figure = Figure(
        figsize=(width, 3.6 + (2.4 if heat_maps < 4 else 2) * heat_maps), layout="constrained"
    )
    sentence = "\n".join(textwrap.wrap(record.measured["sentence"], 80))
    figure.suptitle(
        f"{question}\n“{sentence}”\ntrained on {record.title} film reviews, seed {record.seed}"
    )
    return figure, figure.subplots(1 + heat_maps, 1, sharex=True)


def _finish_answers(axes):
    axes.axhline(0.5, color="grey", linestyle="--", label="undecided")
    axes.set(ylim=(0, 1), ylabel="probability of positive")
    axes.grid(alpha=0.3)
    lines = len(axes.lines)
    # With more than one curve there is no free corner.
    axes.legend(**({} if lines < 3 else dict(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)))


def _units_by_word(axes, values: list, part: Part, title: str):
    """A part of a cell, `(time, units)`, with the words to the right and the units downwards."""
    cmap, low = _colours(part)
    image = axes.imshow(
        np.array(values).T, cmap=cmap, vmin=low, vmax=1, aspect="auto", interpolation="none"
    )
    axes.set(ylabel="unit", title=title)
    axes.figure.colorbar(image, ax=axes, label=_SCALES[part.is_gate])


def _name_words(axes, words: list[str]):
    axes.set_xlabel("word read last")
    axes.set_xticks(range(len(words)), words, rotation=45, ha="right")


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.train("look_inside", config, load_data, build_model, measure=measure, draw=draw)


if __name__ == "__main__":
    command.run(main, Config)
