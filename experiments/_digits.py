"""Asks a model of `mnist_lstm`: its answer after each row of an image, and its worst mistakes."""

import numpy as np
from matplotlib.figure import Figure

from keras_rnn_tutorials import numpy_rnn
from keras_rnn_tutorials.data.dataset import Split
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner.tables import print_line
from keras_rnn_tutorials.runner.trained import TrainedRun

SHADES = " .:-=+*#%@"  # from background to full ink
MISTAKES = 20


def probabilities(weights, image) -> np.ndarray:
    """Computes the model's equations in NumPy, so that nothing is compiled for one image.

    Args:
        weights: as `get_weights` returns them.
        image: `(rows, pixels)`.

    Returns:
        The probability of each digit, had the image ended after each row: `(rows, 10)`.
    """
    kernel, recurrent, bias, readout, readout_bias = (w.astype(float) for w in weights)
    i, f, c, o = (  # Keras' order of the gates
        numpy_rnn.Dense(*gate)
        for gate in zip(*(np.split(w, 4, axis=-1) for w in (kernel, recurrent, bias)), strict=True)
    )
    lstm = numpy_rnn.LSTM(input_gate=i, candidate=c, forget_gate=f, output_gate=o)
    zeros = np.zeros((1, len(recurrent)))
    states, _ = numpy_rnn.run(
        lambda x, state: numpy_rnn.lstm_step(x, state, lstm), image[np.newaxis], (zeros, zeros)
    )
    scores = np.exp(states[0] @ readout + readout_bias)
    return scores / scores.sum(axis=1, keepdims=True)


def print_digit(run: TrainedRun, image: np.ndarray):
    """Prints an image row by row, the model's answer after each row, and its final answer."""
    with run.loaded() as model:
        by_row = probabilities(model.get_weights(), image)
    print("The image as the model reads it, and its answer after each row:")
    print()
    for row, scores in zip(image, by_row, strict=True):
        drawn = "".join(2 * SHADES[round(pixel * (len(SHADES) - 1))] for pixel in row)
        print(f"{drawn}  {scores.argmax()} {scores.max():.2f}")
    print()
    digit, sure = by_row[-1].argmax(), by_row[-1].max()
    print_line(f"Answer: {digit}. Its probability is {sure:.2f}.")
    print_line(f"The model is that of {run.path}.")
    if run.record.dataset.origin == "sample":
        print_line("The model was trained on generated digits, not MNIST: expect mistakes.")


def draw_mistakes(test: Split, scores: np.ndarray, record: Record) -> Figure:
    """Draws the wrong answers of which the model is most confident.

    Args:
        test: the images `(examples, 28, 28)` and their labels.
        scores: the probability of each digit: `(examples, 10)`.
        record: of the model's run.
    """
    answers, sure = scores.argmax(axis=1), scores.max(axis=1)
    wrong = np.flatnonzero(answers != test.y)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:MISTAKES]
    figure = Figure(figsize=(8, 7.4), layout="constrained")
    figure.suptitle(
        f"The {len(worst)} test digits that the LSTM misreads with the most confidence\n"
        f"{len(wrong):,} of {len(answers):,} are misread ({record.title}, seed {record.seed})"
    )
    for axes, number in zip(figure.subplots(4, 5).flat, worst, strict=False):
        axes.imshow(1 - test.x[number], cmap="gray", vmin=0, vmax=1)
        axes.set_title(
            f"{test.y[number]}, read as {answers[number]} ({sure[number]:.3f})", fontsize="small"
        )
    for axes in figure.axes:
        axes.set_axis_off()
    return figure
