# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A. RNN principles, and MNIST digits solved with one
#
# This notebook goes with [page A](../a_mnist_lstm.md). Run its cells from top to bottom. The first
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
# quoted from. With `DATA = "auto"` they read MNIST and the IMDB reviews themselves. The files of a
# run go to `runs/`, in the folder where the notebook was started.

# %%
from keras_rnn_tutorials.runner import surroundings

surroundings.import_tensorflow_quietly()  # without its lines about absent GPUs

import math

import keras
import matplotlib.pyplot as plt
import numpy as np

from experiments import look_inside, mnist_lstm, vanishing_gradients
from experiments.vanishing_gradients import gradients
from keras_rnn_tutorials import layers

DATA = "sample"  # or "auto", for the real data: prepared ones, or else a download

# %% [markdown]
# ## The idea
#
# A recurrent network keeps a **hidden state**, a vector that it updates at every **time step**. The
# same weights are used at every step. An image is a sequence here: 28 time steps, one per row, of
# 28 pixels each.

# %%
dataset = mnist_lstm.load_data(mnist_lstm.Config(data=DATA))
image = dataset.test.x[0]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
axes[0].imshow(image, cmap="Greys")
axes[0].set(title=f"A {dataset.test.y[0]}", xlabel="pixel", ylabel="time step")
for step in (4, 10, 16, 22):
    axes[1].plot(image[step], label=f"time step {step}")
axes[1].set(title="What the network reads at four time steps", xlabel="pixel", ylabel="ink")
axes[1].legend()
plt.show()

# %% [markdown]
# ## The equations of an LSTM
#
# An LSTM carries two vectors from step to step: the **cell state** c, what it remembers, and the
# **hidden state** h, what it shows. Three **gates**, numbers between 0 and 1, control them.
#
# $$
# \begin{aligned}
# i &= \sigma(x W_i + h U_i + b_i) && \text{input gate: how much of the candidate is written} \\
# f &= \sigma(x W_f + h U_f + b_f) && \text{forget gate: how much of the old cell state is kept} \\
# g &= \tanh(x W_g + h U_g + b_g) && \text{candidate: what could be written} \\
# o &= \sigma(x W_o + h U_o + b_o) && \text{output gate: how much of the cell state is shown} \\
# c' &= f \odot c + i \odot g \\
# h' &= o \odot \tanh(c')
# \end{aligned}
# $$
#
# The same in NumPy. Keras stores the four matrices side by side in one kernel, in the order i, f,
# g, o.


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    """One time step: `(features,)`, `(units,)`, `(units,)` → h', c'."""
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


# %% [markdown]
# Keras computes the same from the same weights, up to rounding:

# %%
keras.utils.set_random_seed(0)
lstm = layers.LSTM(100)
lstm.build((None, 28, 28))
h = c = np.zeros(100)
for row in image:
    h, c = lstm_step(row, h, c, *lstm.get_weights())
by_keras = np.array(lstm(image[np.newaxis]))[0]
print(f"largest difference of h: {abs(h - by_keras).max():.1e}")

# %% [markdown]
# ## Softmax twice
#
# The tutorial's listing computes a softmax, and passes it to a loss function that computes a
# softmax again. Take the best answer there is: 1 for the right class and 0 for the nine others.
# What does the second softmax make of it?


# %%
def softmax(x):
    return np.exp(x) / np.exp(x).sum()


perfect = np.eye(10)[3]  # the right class is 3
print("first softmax: ", perfect)
print("second softmax:", softmax(perfect).round(3))
print(f"loss of a perfect answer: {-np.log(softmax(perfect)[3]):.5f}")
print(f"ln(1 + 9/e):              {math.log(1 + 9 / math.e):.5f}")
print(f"an undecided network:     {math.log(10):.5f}")

# %% [markdown]
# So the loss has a floor, $\ln(1 + 9/e)$. The gradient is smaller too. Here it is with respect to
# the ten logits of an undecided network:


# %%
def loss_once(logits):
    return -np.log(softmax(logits)[3])


def loss_twice(logits):
    return -np.log(softmax(softmax(logits))[3])


def gradient(loss, logits, step=1e-6):
    """By central differences."""
    steps = step * np.eye(10)
    return np.array([(loss(logits + s) - loss(logits - s)) / (2 * step) for s in steps])


for loss in (loss_once, loss_twice):
    norm = np.linalg.norm(gradient(loss, np.zeros(10)))
    print(f"{loss.__name__:10} norm of the gradient {norm:.4f}")

# %% [markdown]
# ## Train it both ways
#
# `main` is the whole experiment: it loads the data, trains, scores the test images and writes the
# files of the run. As published, watch the loss: it flattens above the dashed line.

# %%
published = mnist_lstm.main(data=DATA, epochs=2)
published

# %% [markdown]
# The same network, with softmax applied once:

# %%
corrected = mnist_lstm.main(data=DATA, variant="corrected", epochs=2)
corrected

# %% [markdown]
# The two beside each other. The losses are not the same function, so compare the accuracies; the
# losses show the floor only.

# %%
print("             test accuracy   test loss")
for name, run in {"softmax twice": published, "softmax once": corrected}.items():
    print(f"{name:13}   {run.record.test['accuracy']:.4f}        {run.record.test['loss']:.4f}")
assert published.record.test["loss"] > mnist_lstm.FLOOR

# %% [markdown]
# ## What it would answer after each row
#
# The state after row t has read rows 1 to t. So the readout can be asked after every row what it
# would answer if the image ended there. `look_inside` has a function for that.

# %%
answers = look_inside.answers_by_step(corrected.model, dataset.test.x[:200])
late = look_inside.turns_late(answers, dataset.test.y[:200]).argmax()  # it turns late to the truth
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
axes[0].imshow(dataset.test.x[late], cmap="Greys", aspect="auto")
axes[0].set(title=f"A {dataset.test.y[late]}", xlabel="pixel", ylabel="row read last")
axes[1].imshow(answers[late], cmap="Blues", vmin=0, vmax=1, aspect="auto")
axes[1].set(title="Probability of each digit after each row", xlabel="digit", xticks=range(10))
plt.show()

# %% [markdown]
# ## Vanishing gradients
#
# Going back one time step multiplies the gradient by the derivative of the cell. In an LSTM, one
# way back leads through $c' = f \odot c + \dots$, where each step multiplies by f alone. So the
# forget gate decides. The cell below measures the norm of dLoss/dh at every time step, on sequences
# of 100 words, for networks that have not been trained yet.

# %%
WORDS = 100
reviews = vanishing_gradients.load_data(vanishing_gradients.Config(data=DATA)).test
whole = reviews.x[:, -WORDS] != 0  # no padding
x, y = reviews.x[whole][:32, -WORDS:], reviews.y[whole][:32]
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for name in ("simple RNN", "LSTM, forget bias 1", "LSTM, forget bias 5"):
    keras.utils.set_random_seed(0)
    model = vanishing_gradients.build_model(vanishing_gradients.Config(), name, WORDS)
    norms = gradients.mean_norms(model, x, y)
    axes.semilogy(np.arange(1, WORDS + 1), norms, label=name)
    print(f"{name:20} at the last word {norms[-1]:.0e}, 99 steps before it {norms[0]:.0e}")
axes.set(title="How much gradient reaches a word", xlabel="word", ylabel="norm of dLoss/dh")
axes.legend()
plt.show()

# %% [markdown]
# Read the figure from right to left, as the gradient travels: it starts at the last word. The LSTM
# with forget bias 5 keeps its forget gates near $\sigma(5)$, almost 1, and its gradient does not
# vanish. A forget bias of 1 is not enough before training. `vanishing_gradients.main(data=DATA)`
# trains the cells too, and takes minutes.

# %% [markdown]
# ## Exercises
#
# **1.** How many parameters has the network of A1? Count them by hand, then compare with
# `corrected.model.count_params()`.
#
# <details><summary>Answer</summary>
#
# Each of the four gates has (28 + 100) · 100 weights and 100 biases. The readout has 100 · 10
# weights and 10 biases.
#
# ```python
# assert corrected.model.count_params() == 4 * ((28 + 100) * 100 + 100) + 100 * 10 + 10
# ```
#
# </details>
#
# **2.** Write the floor of the doubled loss for n classes. By how much can the loss of an untrained
# network fall, if there are very many classes?
#
# <details><summary>Answer</summary>
#
# The floor is ln(1 + (n - 1)/e), and an untrained network starts near ln n. The difference
# approaches 1.
#
# ```python
# for n in (2, 10, 1_000, 1_000_000):
#     print(n, math.log(n) - math.log(1 + (n - 1) / math.e))
# ```
#
# </details>
#
# **3.** A forget gate has the same value f at every step. Which f leaves half of a cell state after
# 28 steps? Which forget bias gives that gate, if nothing else enters?
#
# <details><summary>Answer</summary>
#
# f is the 28th root of 1/2. The bias is the inverse of the sigmoid, ln(f / (1 - f)).
#
# ```python
# f = 0.5 ** (1 / 28)
# print(f, math.log(f / (1 - f)))
# ```
#
# </details>
#
# **4.** Turn a test image upside down. Does the network still read it? Its weights know nothing of
# the order of the rows, so why not?
#
# <details><summary>Answer</summary>
#
# The accuracy falls. The weights of every step are the same, but the state is not: what a row does
# depends on the rows before it.
#
# ```python
# x, labels = dataset.test.x[:1000], dataset.test.y[:1000]
# for name, read in {"upright": x, "upside down": x[:, ::-1]}.items():
#     digits = corrected.model.predict(read, verbose=0).argmax(axis=1)
#     print(name, (digits == labels).mean())
# ```
#
# </details>
#
# Next: [notebook B](b_rnn_details.ipynb).
