# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # D. RNNs, networks with memory, understood and built
#
# This notebook goes with [page D](../d_imdb_simplernn.md). Run its cells from top to bottom. The
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
# The runs below read a **generated sample**, which needs no network and which no result is to be
# quoted from. With `DATA = "auto"` they read the IMDB reviews themselves. The files of a run go to
# `runs/`, in the folder where the notebook was started.

# %%
from keras_rnn_tutorials.runner import surroundings

surroundings.import_tensorflow_quietly()  # without its lines about absent GPUs

import keras
import matplotlib.pyplot as plt
import numpy as np

from experiments import imdb_simplernn, look_inside
from keras_rnn_tutorials.data import word_ids

DATA = "sample"  # or "auto", for the real data: prepared ones, or else a download

# %% [markdown]
# ## The loop
#
# A recurrent network reads a sequence element by element. Its **hidden state** is its memory: it is
# updated at every **time step**, with the same weights.
#
# $$ s_t = \tanh(W x_t + U s_{t-1} + b) $$
#
# In NumPy:

# %%
random = np.random.default_rng(0)
inputs = random.random((100, 32))  # one sequence: 100 time steps, 32 features
W, U = random.random((64, 32)) / 32, random.random((64, 64)) / 64
b = random.random(64)

state, states = np.zeros(64), []
for x in inputs:
    state = np.tanh(W @ x + U @ state + b)
    states.append(state)
states = np.stack(states)
print("outputs:", states.shape)

# %% [markdown]
# Keras' `SimpleRNN` is this loop. It computes $x W$ instead of $W x$, so the weights are
# transposed:

# %%
rnn = keras.layers.SimpleRNN(64, return_sequences=True, dtype="float64")
rnn.build((None, 100, 32))
rnn.set_weights([W.T, U.T, b])
by_keras = np.array(rnn(inputs[np.newaxis]))[0]
print(f"largest difference: {abs(by_keras - states).max():.0e}")

# %% [markdown]
# ## Two slips of the listing
#
# The tutorial makes W of shape (inputs, outputs), and joins the outputs with `concatenate`. What
# does Python say to that?

# %%
try:
    W.T @ inputs[0]
except ValueError as error:
    print("W of shape (inputs, outputs):", error)
print("concatenate:", np.concatenate(list(states)).shape)
print("stack:      ", np.stack(list(states)).shape)

# %% [markdown]
# ## Two output modes
#
# A `SimpleRNN` returns the output of the last time step, or of all. Compare the two output shapes:

# %%
imdb_simplernn.main(summary=True)

# %% [markdown]
# ## From words to ids
#
# A review becomes a list of word ids: the ranks of its words, plus 3. Id 1 starts every review, and
# id 2 stands for every word that is not among the known ones.

# %%
words = ["the", "film", "was", "a", "good", "not", "boring"]  # by rank: the most frequent first
reviews = ["The film was not good.", "A good film! I was not bored, and neither was the cat."]
ids, offsets = word_ids.encode(reviews, words, num_words=len(words) + word_ids.FIRST_WORD)
for first, last in zip(offsets[:-1], offsets[1:], strict=True):
    print(ids[first:last])

# %% [markdown]
# All reviews of a batch must have one length. Short ones are padded with zeros, long ones are cut,
# at the beginning ("pre") or at the end ("post"). The first combination below is the default of
# `pad_sequences`, and the tutorial's: it keeps the *last* words of a long review.

# %%
for padding in ("pre", "post"):
    for truncating in ("pre", "post"):
        print(f"padding={padding}, truncating={truncating}")
        print(word_ids.pad(ids, offsets, 8, padding, truncating))

# %% [markdown]
# ## Train it
#
# An Embedding turns each id into a vector, the `SimpleRNN` reads the vectors, and one sigmoid unit
# says how likely the review is positive.

# %%
as_published = imdb_simplernn.main(data=DATA, epochs=4)
as_published

# %% [markdown]
# ## Zeros behind the words
#
# With `padding="post"` the zeros come after the last word. The network then reads hundreds of zeros
# before it answers:

# %%
zeros_behind = imdb_simplernn.main(data=DATA, epochs=2, padding="post")
for name, run in {"zeros in front": as_published, "zeros behind": zeros_behind}.items():
    print(f"{name:14} test accuracy {run.record.test['accuracy']:.4f}")

# %% [markdown]
# What is left of the words after so many steps without news? Little: the way from the last word to
# the loss is as long as the row of zeros, and the **gradient vanishes** on it. So the network does
# not even learn to keep the words. [Padding, masking, truncation](../padding_masking_truncation.md)
# shows the remedies.
#
# ## The answer after each word
#
# The state after each word is the network's memory of all words so far. So the readout can be asked
# after each what it would answer if the review ended there:

# %%
test = imdb_simplernn.load_data(imdb_simplernn.Config(data=DATA)).test
figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
for label, name in enumerate(("a negative review", "a positive review")):
    which = np.flatnonzero((test.y == label) & ((test.x != 0).sum(axis=1) < 300))[0]
    ids = test.x[which]
    answers = look_inside.answers_by_step(as_published.model, ids[np.newaxis])[0, :, 0]
    axes.plot(answers[ids != 0], label=name)
axes.axhline(0.5, color="grey", linestyle="--")
axes.set(title="The answer after each word", xlabel="word", ylabel="probability of a positive one")
axes.set(ylim=(0, 1))
axes.legend()
plt.show()

# %% [markdown]
# ## Exercises
#
# **1.** Where are the parameters of the network? Count them, then compare with
# `as_published.model.count_params()`.
#
# <details><summary>Answer</summary>
#
# 10,000 · 32 in the Embedding; 32 · 32 for the input, 32 · 32 for the state and 32 biases in the
# SimpleRNN; 32 + 1 in the readout.
#
# ```python
# assert as_published.model.count_params() == 10_000 * 32 + 2 * 32 * 32 + 32 + 32 + 1
# ```
#
# </details>
#
# **2.** Two `SimpleRNN` layers are to be stacked. Which of the two output modes does the first
# need? What does Keras say to the other?
#
# <details><summary>Answer</summary>
#
# The outputs of all time steps. The last output alone is not a sequence:
#
# ```python
# for return_sequences in (True, False):
#     first = keras.layers.SimpleRNN(32, return_sequences=return_sequences)
#     try:
#         print(keras.Sequential([first, keras.layers.SimpleRNN(8)])(inputs[np.newaxis]).shape)
#     except ValueError as error:
#         print(str(error).splitlines()[0])
# ```
#
# </details>
#
# **3.** With `mask_zero=True` an Embedding tells the next layer to skip the zeros. Show that the
# state then does not depend on zeros behind the words.
#
# <details><summary>Answer</summary>
#
# The state of the last word is kept to the end:
#
# ```python
# for mask_zero in (False, True):
#     keras.utils.set_random_seed(0)
#     reader = keras.Sequential(
#         [keras.layers.Embedding(10, 4, mask_zero=mask_zero), keras.layers.SimpleRNN(4)]
#     )
#     short = np.array(reader(np.array([[1, 5, 9]])))
#     padded = np.array(reader(np.array([[1, 5, 9, 0, 0, 0]])))
#     print(mask_zero, abs(short - padded).max())
# ```
#
# </details>
#
# **4.** `imdb_simplernn.main` trains 10 epochs by default, and the validation accuracy is best
# after a few. May you choose the epoch by the accuracy on the test reviews?
#
# <details><summary>Answer</summary>
#
# No. The best of several epochs is partly luck on the reviews that chose it. Reviews that chose
# nothing show the accuracy to expect on new ones. So the validation reviews choose the epoch, and
# the test reviews are scored once.
#
# </details>
#
# Back to [notebook A](a_mnist_lstm.ipynb).
