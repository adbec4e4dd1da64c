"""C1, D1, D2: recurrent networks in NumPy, step by step.

    python -m experiments.handwritten_rnn

C1: two units with given weights read the inputs 1 and 2. The value before the activation, the state
and the output are printed for each step. D1: a loop over 100 steps of 32 features with 64 outputs.
Its three published slips are shown and corrected, and Keras' SimpleRNN runs with the same weights.
D2: the two output modes of a SimpleRNN.

What to look for: C1's numbers agree with the published ones to 8 digits. In the figure, each unit
of D1's loop oscillates around its own level after a few steps.

Cost: about 5 seconds, most of them for importing Keras.

Differences from the published listing:

1. The variable in D1's loop. Published: misspelt, a NameError. Here: the variable that is defined.
2. The shape of D1's W. Published: (32, 64). Here: (64, 32), outputs by inputs, as `W @ x` needs.
3. D1's outputs. Published: concatenated into one vector of 6,400. Here: stacked to (100, 64).
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

    timesteps: Annotated[int, "time steps of the loop"] = 100
    features: Annotated[int, "input numbers per time step"] = 32
    units: Annotated[int, "output numbers per time step"] = 64


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
    """Repeats D1's three slips; returns Python's answer to each."""
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
    """Runs the three pieces and prints their numbers."""
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
    print(f"keras.layers.SimpleRNN with the same weights differs by at most {difference:.1e}")
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
        "After a few steps each unit swings about its own level",
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
