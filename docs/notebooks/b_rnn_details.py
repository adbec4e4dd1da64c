# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # B. Recurrent networks and an analysis of their details
#
# This notebook goes with [page B](../b_rnn_details.md). Run its cells from top to bottom. The first
# cell finds the clone of the repository that this notebook lies in, and installs the package if
# that is missing. Outside of a clone, as on Colab, write the address of the repository into
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
# The runs below read a **generated sample**, which needs no network and which no result is to be
# quoted from. With `DATA = "auto"` they read MNIST itself. The files of a run go to `runs/`, in the
# folder where the notebook was started.

# %%
from keras_rnn_tutorials.runner import surroundings

surroundings.import_tensorflow_quietly()  # without its lines about absent GPUs

import keras
import numpy as np
import tensorflow as tf

from experiments import bidirectional_lstm, cell_variants, static_vs_dynamic
from keras_rnn_tutorials import tf1

DATA = "sample"  # or "auto", for the real data: prepared ones, or else a download

# %% [markdown]
# ## Gates: the GRU in two forms
#
# [Notebook A](a_mnist_lstm.ipynb) has the equations of the LSTM. A GRU does with one state, the
# **hidden state** h, and two **gates**:
#
# $$
# \begin{aligned}
# r &= \sigma(x W_r + h U_r + b_r) && \text{reset gate} \\
# u &= \sigma(x W_u + h U_u + b_u) && \text{update gate: how much of h is kept} \\
# g &= \tanh(x W_g + (r \odot h) U_g + b_g) && \text{TensorFlow 1} \\
# g &= \tanh(x W_g + r \odot (h U_g + a_g) + b_g) && \text{Keras, reset\_after=True, its default} \\
# h' &= u \odot h + (1 - u) \odot g
# \end{aligned}
# $$
#
# TensorFlow 1 and Keras differ in where the reset gate acts. That looks like a detail:


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_step(x, h, kernel, recurrent_kernel, bias, reset_after):
    """One time step: `(features,)`, `(units,)` → h'. Keras' order: update, reset, candidate."""
    w_u, w_r, w_g = np.split(kernel, 3, axis=1)
    u_u, u_r, u_g = np.split(recurrent_kernel, 3, axis=1)
    (b_u, b_r, b_g), (a_u, a_r, a_g) = (np.split(part, 3) for part in bias)
    u = sigmoid(x @ w_u + h @ u_u + b_u + a_u)
    r = sigmoid(x @ w_r + h @ u_r + b_r + a_r)
    if reset_after:
        g = np.tanh(x @ w_g + b_g + r * (h @ u_g + a_g))
    else:
        g = np.tanh(x @ w_g + b_g + (r * h) @ u_g)
    return u * h + (1 - u) * g


# %% [markdown]
# From the same weights, the two forms give different results. So the weights of one do not fit the
# other:

# %%
random = np.random.default_rng(0)
kernel, recurrent_kernel = random.normal(size=(28, 3 * 8)), random.normal(size=(8, 3 * 8))
bias = np.stack([random.normal(size=3 * 8), np.zeros(3 * 8)])  # one set for x, one for h
sequence = random.normal(size=(1, 5, 28))
final = {}
for reset_after in (False, True):
    h = np.zeros(8)
    for x in sequence[0]:
        h = gru_step(x, h, kernel, recurrent_kernel, bias, reset_after)
    gru = keras.layers.GRU(8, reset_after=reset_after, dtype="float64")
    gru.build(sequence.shape)
    gru.set_weights([kernel, recurrent_kernel, bias if reset_after else bias[0]])
    by_keras = np.array(gru(sequence))[0]
    print(f"reset_after={reset_after}: differs from Keras by {abs(h - by_keras).max():.0e}")
    final[reset_after] = h
print(f"the two forms differ by {abs(final[False] - final[True]).max():.2f}")

# %% [markdown]
# ## Parameters
#
# A gate is a dense layer of the input and the last hidden state, with a bias. An LSTM has four of
# these, a GRU three, a simple RNN one. The number of **time steps** does not enter: one cell serves
# every step.

# %%
config = cell_variants.Config()
print(f"{config.units} units on {cell_variants.PIXELS} inputs, with a readout of 10 classes")
for name, (matrices, vectors) in cell_variants.CELLS.items():
    formula = matrices * (cell_variants.PIXELS + config.units) * config.units
    formula += vectors * config.units
    formula += (config.units + 1) * cell_variants.CLASSES
    counted = cell_variants.build_model(config, name).count_params()
    print(f"{name:20} by formula {formula:6,}, counted by Keras {counted:6,}")
    assert formula == counted

# %% [markdown]
# ## Static and dynamic
#
# `static_rnn` takes a list of time steps and builds one copy of the cell for each. `dynamic_rnn`
# takes one tensor, and loops. Watch the time to build the graph, by the number of time steps:

# %%
comparison = static_vs_dynamic.main(longest=28)
comparison

# %% [markdown]
# ## The last time step
#
# The listing takes the last output as `output[:-1:]`. That drops the last *sequence of the batch*.
# `sequence_length` says how many steps of each sequence are valid: past them the output is zero,
# and the state stays.

# %%
images = tf.random.stateless_uniform((8, 28, 28), (0, 1))
lengths = [28] * 7 + [3]
outputs, state = tf1.dynamic_rnn(tf1.BasicLSTMCell(100), images, lengths, dtype=tf.float32)
print("outputs:        ", outputs.shape)
print("outputs[:-1:]:  ", outputs[:-1:].shape, "as published: one sequence less")
print("outputs[:, -1]: ", outputs[:, -1].shape, "what was meant: the last time step")
with_output = np.any(outputs != 0, axis=2).sum(axis=1)
print("time steps with an output:", with_output)
print("state.h is the last valid output:", bool(tf.reduce_all(state.h[-1] == outputs[-1, 2])))

# %% [markdown]
# ## Both directions
#
# A bidirectional network has two cells. One reads the sequence forwards, the other backwards. The
# listing reads the class from the output at the last time step. By then the forward cell has read
# everything, and the backward cell its first input only. Change the first row of the images, and
# see which half notices:

# %%
forward, backward = tf1.BasicLSTMCell(16), tf1.BasicLSTMCell(16)
changed = tf.concat([images[:, :1] + 1, images[:, 1:]], axis=1)  # another first row
halves, states = [], []
for rows in (images, changed):
    outputs, state = tf1.bidirectional_dynamic_rnn(forward, backward, rows, dtype=tf.float32)
    halves.append([half[:, -1] for half in outputs])
    states.append([one.h for one in state])
for name, (before, after) in {"outputs[:, -1]": halves, "final states": states}.items():
    moved = [float(tf.reduce_max(abs(a - b))) for a, b in zip(before, after, strict=True)]
    print(f"{name:15} forward half moves by {moved[0]:.1e}, backward half by {moved[1]:.1e}")

# %% [markdown]
# Does that matter? Train the network both ways, with the readout as published first:

# %%
small = {"data": DATA, "variant": "dynamic", "units": 32, "epochs": 1}
last_output = bidirectional_lstm.main(**small)
last_output

# %% [markdown]
# And with the final states of both directions:

# %%
final_states = bidirectional_lstm.main(**small, readout="final_states")
for name, run in {"last output": last_output, "final states": final_states}.items():
    print(f"{name:13} test accuracy {run.record.test['accuracy']:.4f}")

# %% [markdown]
# One epoch of a small network with one seed: do not conclude much from the difference. [Page
# B](../b_rnn_details.md) has the results of six epochs on MNIST.
#
# `cell_variants.main(data=DATA)` trains ten cells and draws the values of their gates. It takes
# minutes.
#
# ## Exercises
#
# **1.** How many parameters more does an LSTM of 128 units have with peepholes? A peephole is a
# weight per unit and gate, through which a gate sees the cell state.
#
# <details><summary>Answer</summary>
#
# Three gates have one: 3 · 128. The candidate has none.
#
# ```python
# with_peepholes, plain = (
#     cell_variants.build_model(config, name).count_params()
#     for name in ("LSTM with peepholes", "LSTM")
# )
# assert with_peepholes - plain == 3 * 128
# ```
#
# </details>
#
# **2.** `time_major=True` has `dynamic_rnn` take and return `(time, batch, features)`. How do you
# take the last time step there? Must the outputs be transposed, as the tutorial says?
#
# <details><summary>Answer</summary>
#
# `outputs[-1]`. With the batch first it is `outputs[:, -1]`. Nothing needs to be transposed.
#
# ```python
# cell = tf1.GRUCell(4)
# batch_first, _ = tf1.dynamic_rnn(cell, images, dtype=tf.float32)
# time_first, _ = tf1.dynamic_rnn(
#     cell, tf.transpose(images, (1, 0, 2)), dtype=tf.float32, time_major=True
# )
# print(float(tf.reduce_max(abs(time_first[-1] - batch_first[:, -1]))))
# ```
#
# </details>
#
# **3.** With which values of the reset gate do the two forms of the GRU agree? ($a_g$ is zero
# above.) Change the gate's bias so that they do.
#
# <details><summary>Answer</summary>
#
# With 1: then it changes nothing. And with 0: then neither candidate sees h. A large bias opens the
# gate, a large negative one closes it.
#
# ```python
# for reset_bias in (50, -50):
#     other = bias.copy()
#     other[0, 8:16] = reset_bias
#     h = {True: np.zeros(8), False: np.zeros(8)}
#     for x in sequence[0]:
#         for form in h:
#             h[form] = gru_step(x, h[form], kernel, recurrent_kernel, other, form)
#     print(reset_bias, abs(h[True] - h[False]).max())
# ```
#
# </details>
#
# **4.** The state of two layers is a tuple of two `LSTMStateTuple(c, h)`. Which of its four parts
# equals the last output?
#
# <details><summary>Answer</summary>
#
# The h of the second layer.
#
# ```python
# stacked = tf1.MultiRNNCell([tf1.BasicLSTMCell(6), tf1.BasicLSTMCell(6)])
# outputs, (first, second) = tf1.dynamic_rnn(stacked, images, dtype=tf.float32)
# for part in (first.c, first.h, second.c, second.h):
#     print(bool(tf.reduce_all(part == outputs[:, -1])))
# ```
#
# </details>
#
# Next: [notebook C](c_handwritten_rnn.ipynb).
