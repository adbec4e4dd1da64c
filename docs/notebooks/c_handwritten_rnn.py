# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # C. Understanding RNNs by hand-written code
#
# This notebook goes with [page C](../c_handwritten_rnn.md). Run its cells from top to bottom. The
# first cell finds the clone of the repository that this notebook lies in, and installs the package
# if that is missing. Outside of a clone, as on Colab, write the address of the repository into
# `REPOSITORY`. If you are asked to restart the session after the installation, do so, and run the
# cell again.

# %%
import subprocess
import sys
from pathlib import Path

REPOSITORY = ""  # the address for `git clone`, where this notebook does not lie in a clone


def is_clone(folder):
    return (folder / "experiments" / "mnist_lstm.py").is_file()


above = filter(is_clone, [Path.cwd(), *Path.cwd().parents])
clone = next(above, Path("keras_rnn_tutorials").resolve())
if not is_clone(clone):
    if not REPOSITORY:
        raise RuntimeError("There is no clone here: fill in REPOSITORY, and run this cell again.")
    subprocess.run(["git", "clone", "--quiet", "--depth=1", REPOSITORY, clone], check=True)
# -P leaves out this folder, where the package may lie without what it needs.
test = [sys.executable, "-P", "-c", "import keras_rnn_tutorials"]
if subprocess.run(test, capture_output=True).returncode:
    print("installing TensorFlow, Keras and this package, which takes a few minutes…", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "-c", clone / "constraints.txt"]
    subprocess.run([*pip, "-e", clone], check=True)
sys.path.insert(0, str(clone))
print(f"using {clone.name}")

# %% [markdown]
# The training below reads a **generated sample**, which needs no network and which no result is to
# be quoted from. With `DATA = "auto"` it reads film reviews themselves. The files of a run go to
# `runs/`, in the folder where the notebook was started.

# %%
from keras_rnn_tutorials.runner import surroundings

surroundings.import_tensorflow_quietly()  # without its lines about absent GPUs

import math

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from experiments import handwritten_rnn, unrolled_lstm

DATA = "sample"  # or "auto", for the real data: prepared ones, or else a download

# %% [markdown]
# ## Two units, by hand
#
# A recurrent network is a loop around one small function. It carries a **hidden state** from one
# **time step** to the next:
#
# $$
# \begin{aligned}
# s_t &= \tanh(s_{t-1} W + x_t U + b) \\
# o_t &= s_t V + b_{out}
# \end{aligned}
# $$
#
# The tutorial's network has two units and reads two numbers, so that every number can be checked
# with a pocket calculator:

# %%
W = np.array([[0.1, 0.2], [0.3, 0.4]])  # of the state
U = np.array([0.5, 0.6])  # of the input
b = np.array([0.1, -0.1])
V, b_out = np.array([1.0, 2.0]), 0.1  # of the output

states, outputs = [np.zeros(2)], []
for x in (1.0, 2.0):
    before = states[-1] @ W + x * U + b
    states.append(np.tanh(before))
    outputs.append(states[-1] @ V + b_out)
    print(f"input {x}: before {before}, state {states[-1]}, output {outputs[-1]:.8f}")

# %% [markdown]
# ## The experiment
#
# `main` prints the same numbers, which equal the published ones. Then it runs a loop of 100 steps
# (tutorial D), and shows the two output modes of Keras' `SimpleRNN`. In the figure, every row is
# one unit.

# %%
run = handwritten_rnn.main()
run

# %% [markdown]
# Your numbers beside those of the experiment, and Keras' `SimpleRNN` with the same weights:

# %%
mine = [[*state, output] for state, output in zip(states[1:], outputs, strict=True)]
its = [[*state, *output] for before, state, output in run.record.measured["two_units"]]
print(f"largest difference from the experiment: {np.abs(np.subtract(mine, its)).max():.0e}")
rnn = keras.layers.SimpleRNN(2, return_sequences=True, dtype="float64")
rnn.build((None, 2, 1))
rnn.set_weights([U[np.newaxis], W, b])
inputs = tf.constant([[[1.0], [2.0]]], dtype="float64")
print(f"largest difference from Keras: {abs(rnn(inputs)[0] - states[1:]).numpy().max():.0e}")

# %% [markdown]
# ## The backward pass, by hand
#
# Let the loss be $\frac{1}{2} (o_2 - 1)^2$. Its gradient goes back through the same two steps:
# through the tanh, whose derivative is $1 - s^2$, and through W to the state before.

# %%
target = 1.0
to_state = (outputs[-1] - target) * V  # dLoss/dstate after the last step
gradient_of_W = np.zeros((2, 2))
for t in (2, 1):
    to_before = to_state * (1 - states[t] ** 2)  # through the tanh
    gradient_of_W += np.outer(states[t - 1], to_before)  # the weights are shared: a sum over steps
    to_state = W @ to_before  # to the state before
print(gradient_of_W)

# %% [markdown]
# TensorFlow finds the same:

# %%
with tf.GradientTape() as tape:
    loss = 0.5 * (tf.linalg.matvec(rnn(inputs)[:, -1], V)[0] + b_out - target) ** 2
by_keras = tape.gradient(loss, rnn.cell.recurrent_kernel)
print(f"largest difference: {abs(by_keras - gradient_of_W).numpy().max():.0e}")

# %% [markdown]
# ## Vanishing gradients
#
# Each step back multiplies the gradient by $1 - s^2$ and by W. What is left after 30 steps? The
# second line is for a W that is 1.7 times as large. The inputs are small in both.

# %%
STEPS = 30


def gradient_norms(scale):
    """dLoss/dstate after each step, where the loss is the sum of the last state's entries."""
    state, states = np.zeros(2), []
    for _ in range(STEPS):
        state = np.tanh(state @ (scale * W) + 0.1 * U)
        states.append(state)
    to_state, norms = np.ones(2), []
    for state in reversed(states):
        norms.append(np.linalg.norm(to_state))
        to_state = (scale * W) @ (to_state * (1 - state**2))
    return norms


figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for scale in (1, 1.7):
    largest = abs(np.linalg.eigvals(scale * W)).max()
    axes.semilogy(gradient_norms(scale), label=f"{scale} W, largest eigenvalue {largest:.2f}")
axes.set(title="The gradient on its way back", xlabel="steps back", ylabel="norm of dLoss/dstate")
axes.legend()
plt.show()

# %% [markdown]
# A straight line on a logarithmic scale means that the gradient shrinks by the same factor with
# every step. That is **the vanishing gradient**: what happened 30 steps ago hardly teaches the
# weights anything.
#
# ## Unrolled by hand
#
# The second listing calls an LSTM cell once per time step, in a Python loop. Keras' `LSTM` layer
# loops inside. From the same weights both compute the same:

# %%
cell = keras.layers.LSTMCell(8)
looped = keras.layers.LSTM(8, return_sequences=True)
sequence = tf.random.stateless_normal((4, 20, 3), (0, 1))  # 4 sequences, 20 time steps, 3 features
looped.build(sequence.shape)
cell.build((None, 3))
cell.set_weights(looped.get_weights())

state, unrolled = [tf.zeros((4, 8)), tf.zeros((4, 8))], []
for t in range(20):
    output, state = cell(sequence[:, t], state)
    unrolled.append(output)
difference = abs(tf.stack(unrolled, axis=1) - looped(sequence))
print(f"largest difference: {difference.numpy().max():.0e}")

# %% [markdown]
# `unrolled_lstm` makes the listing run: a dense layer reads every output, the losses of the steps
# are added up, and the network learns to predict the next character of reviews. It compares the
# losses and the gradients of both forms, and lets the trained network write. After so short a
# training on the sample, do not expect words.

# %%
small = {"data": DATA, "steps": 20, "units": 64, "windows": 5_000, "epochs": 2}
characters = unrolled_lstm.main(**small)
characters

# %% [markdown]
# The loss is a sum over 20 characters, in nats. Per character, in bits, it is:

# %%
bits = characters.record.test["loss"] / 20 / math.log(2)
print(f"this model: {bits:.2f} bits per character")
print(f"a model that knows nothing: {math.log2(unrolled_lstm.CLASSES):.2f} bits per character")

# %% [markdown]
# ## Exercises
#
# **1.** The network of two units reads the input 1 for ever. Does its state settle? Where?
#
# <details><summary>Answer</summary>
#
# It does, at the solution of s = tanh(s W + U + b).
#
# ```python
# state = np.zeros(2)
# for _ in range(50):
#     state = np.tanh(state @ W + 1.0 * U + b)
# print(state, abs(state - np.tanh(state @ W + U + b)).max())
# ```
#
# </details>
#
# **2.** In the figure of the vanishing gradient, try a scale of 3. Its largest eigenvalue is above
# 1. Does the gradient explode?
#
# <details><summary>Answer</summary>
#
# No. The states grow too, and where they are near 1, the factor $1 - s^2$ is near 0.
#
# ```python
# print(abs(np.linalg.eigvals(3 * W)).max(), gradient_norms(3)[-1])
# ```
#
# </details>
#
# **3.** Has an LSTM that is unrolled over 40 steps more parameters than one that is unrolled over
# 20?
#
# <details><summary>Answer</summary>
#
# No. Every step calls the same cell and the same dense layer.
#
# ```python
# counts = [
#     unrolled_lstm.build_model(unrolled_lstm.Config(steps=steps)).count_params()
#     for steps in (5, 10)
# ]
# assert counts[0] == counts[1]
# ```
#
# </details>
#
# **4.** The gradients of the unrolled and of the looped network differ in the last digits. Why, if
# both compute the same?
#
# <details><summary>Answer</summary>
#
# The gradient of a shared weight is a sum over all time steps. The two add the steps up in another
# order, and every addition rounds.
#
# ```python
# x, y, z = np.float32([1e8, -1e8, 1])
# print((x + y) + z, x + (y + z))
# ```
#
# </details>
#
# Next: [notebook D](d_imdb_simplernn.ipynb).
