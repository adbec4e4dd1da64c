"""C1, D1, D2: recurrent networks by hand, step by step.

    python -m experiments.handwritten_rnn

First two units with printed weights read the inputs 1 and 2 (C1): for every step, the value before
the activation, the state and the output, as published. Then a loop of 100 steps over 32 features
with 64 outputs (D1), its three published slips shown at work and put right, and Keras' SimpleRNN
with the same weights beside it. Last, a SimpleRNN's two output modes (D2).

Takes about 5 seconds, most of them to import Keras. Expect the published numbers to 8 digits.

Differences from the published listing:

1. D1's loop uses the variable that it defines; published, a misspelt one, which is a NameError.
2. D1's W is (64, 32), outputs by inputs, as `W @ x` needs; published, (32, 64).
3. D1's outputs are stacked to (100, 64); published, concatenated to one row of 6,400.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from matplotlib.figure import Figure

from experiments import imdb_simplernn
from keras_rnn_tutorials import runner
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command


@dataclass(frozen=True, kw_only=True)
class Config(runner.RunConfig):
    """D1's numbers."""

    timesteps: Annotated[int, "steps of the loop"] = 100
    features: Annotated[int, "numbers read at each step"] = 32
    units: Annotated[int, "numbers put out at each step"] = 64


def two_units() -> list[dict]:
    """C1: `state = tanh(state @ W + input * U + b)`, `output = state @ V + b`, two steps."""
    state_weights, input_weights = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.5, 0.6])
    bias = np.array([0.1, -0.1])
    output_weights, output_bias = np.array([[1.0], [2.0]]), 0.1

    state = np.zeros(2)
    steps = []
    for value in (1.0, 2.0):
        before = state @ state_weights + value * input_weights + bias
        state = np.tanh(before)
        output = state @ output_weights + output_bias
        print(f"before activation: {before}\nstate: {state}\noutput: {output}")
        steps.append([before.tolist(), state.tolist(), output.tolist()])
    return steps


def loop(inputs, w, u, b) -> np.ndarray:
    """D1: `state_t = tanh(W x_t + U state_{t-1} + b)`; `(time, features)` → `(time, units)`."""
    state = np.zeros(len(b))
    states = []
    for x in inputs:
        state = np.tanh(w @ x + u @ state + b)
        states.append(state)
    return np.stack(states)


def slips(inputs, w, states) -> list[str]:
    """D1's three slips, each made again; what Python answers."""
    answers = []
    try:
        state_t, output_t = states[0], statet  # noqa: F821, F841
    except NameError as error:
        answers.append(f"a misspelt variable: NameError: {error}")
    try:
        w.T @ inputs[0]
    except ValueError:
        answers.append(f"W of shape {w.T.shape}: ValueError, x having shape {inputs[0].shape}")
    flat = np.concatenate(list(states), axis=0)
    answers.append(f"concatenate: shape {flat.shape}; stack: shape {states.shape}")
    return answers


def keras_difference(inputs, w, u, b, states) -> float:
    """The largest difference from `keras.layers.SimpleRNN` with the same weights."""
    import keras

    layer = keras.layers.SimpleRNN(len(b), return_sequences=True, dtype="float64")
    layer.build((None, *inputs.shape))
    layer.set_weights([w.T, u.T, b])
    return float(np.abs(np.asarray(layer(inputs[None])[0]) - states).max())


def measure(config: Config, dataset) -> dict:
    """Runs the three pieces; prints what each gives."""
    steps = two_units()
    rng = np.random.default_rng(config.seed)
    inputs = rng.random((config.timesteps, config.features))
    w = rng.normal(scale=0.1, size=(config.units, config.features))
    u = rng.normal(scale=0.1, size=(config.units, config.units))
    b = rng.normal(scale=0.1, size=config.units)
    states = loop(inputs, w, u, b)
    answers = slips(inputs, w, states)
    print(*answers, sep="\n")
    difference = keras_difference(inputs, w, u, b, states)
    print(f"keras.layers.SimpleRNN with the same weights differs by {difference:.1e} at most")
    imdb_simplernn.print_summaries(imdb_simplernn.Config())
    return {
        "two_units": steps,
        "states": states.tolist(),
        "slips": answers,
        "keras_difference": difference,
    }


def draw(record: Record) -> Figure:
    """D1's states: every unit at every step."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    states = np.array(record.measured["states"]).T
    image = axes.imshow(states, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="none")
    axes.set(
        title=f"A recurrent loop in NumPy, random weights and inputs, seed {record.seed}\n"
        "after a few steps each unit swings about its own level",
        xlabel="time step",
        ylabel="unit",
    )
    figure.colorbar(image, label="state, tanh(W x + U state + b)")
    return figure


@runner.takes(Config)
def main(config: Config) -> runner.Run:
    """Runs the experiment."""
    return runner.measure("handwritten_rnn", config, measure, draw)


if __name__ == "__main__":
    command.run(main, Config)
