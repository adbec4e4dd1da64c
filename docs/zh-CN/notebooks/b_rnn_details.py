# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # B. 循环神经网络及其细节
#
# 本 notebook 与[页面 B](../b_rnn_details.md) 配套。请从上到下依次运行各单元格。第一个单元格会找到本 notebook 所在的仓库克隆；如果还没有安装本包，就先安装。如果 notebook 不在克隆之中（例如在 Colab 上），请把仓库地址填入 `REPOSITORY`。安装之后若提示重启会话，请重启，再运行一次这个单元格。

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
# 下面的各次运行读取**生成的样例数据**：不需要网络，但结果不可引用。设 `DATA = "auto"` 则读取真正的 MNIST。运行产生的文件写入 `runs/`，它位于启动 notebook 的目录下。

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
# ## 门：GRU 的两种形式
#
# LSTM 的公式见 [notebook A](a_mnist_lstm.ipynb)。GRU 只有一个状态，即**隐藏状态** h，以及两个**门**：
#
# $$
# \begin{aligned}
# r &= \sigma(x W_r + h U_r + b_r) && \text{重置门} \\
# u &= \sigma(x W_u + h U_u + b_u) && \text{更新门：h 保留多少} \\
# g &= \tanh(x W_g + (r \odot h) U_g + b_g) && \text{TensorFlow 1} \\
# g &= \tanh(x W_g + r \odot (h U_g + a_g) + b_g) && \text{Keras，reset\_after=True，默认值} \\
# h' &= u \odot h + (1 - u) \odot g
# \end{aligned}
# $$
#
# TensorFlow 1 和 Keras 的区别在于重置门作用的位置。看上去只是一个细节：


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
# 用相同的权重，两种形式的结果不同。所以一种形式的权重不能用于另一种：

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
# ## 参数个数
#
# 一个门就是对输入和上一步隐藏状态的全连接层，带偏置。LSTM 有四个这样的层，GRU 有三个，简单 RNN 有一个。**时间步**的个数与参数无关：所有时间步共用一个单元。

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
# ## 静态与动态
#
# `static_rnn` 接收一个由各时间步组成的列表，为每一步构建一份单元。`dynamic_rnn` 接收一个张量，用循环处理。请注意构建图所需的时间怎样随时间步的个数变化：

# %%
comparison = static_vs_dynamic.main(longest=28)
comparison

# %% [markdown]
# ## 最后一个时间步
#
# 教程用 `output[:-1:]` 取最后一步的输出，这去掉的其实是*批次中的最后一个序列*。`sequence_length` 给出每个序列的有效步数：超出之后输出为零，状态不变。

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
# ## 双向网络
#
# 双向网络有两个单元，一个正向读序列，一个反向读。教程从最后一个时间步的输出读出类别。此时正向单元已经读完全部输入，反向单元却只读了它的第一个输入。改动图像的第一行，看看哪一半会变：

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
# 这有影响吗？两种方式都训练一下，先用教程的读出方式：

# %%
small = {"data": DATA, "variant": "dynamic", "units": 32, "epochs": 1}
last_output = bidirectional_lstm.main(**small)
last_output

# %% [markdown]
# 再用两个方向的最终状态：

# %%
final_states = bidirectional_lstm.main(**small, readout="final_states")
for name, run in {"last output": last_output, "final states": final_states}.items():
    print(f"{name:13} test accuracy {run.record.test['accuracy']:.4f}")

# %% [markdown]
# 这里只用一个种子、一个小网络训练了一个 epoch，不要从差别中得出太多结论。[页面 B](../b_rnn_details.md)有在 MNIST 上训练六个 epoch 的结果。
#
# `cell_variants.main(data=DATA)` 训练十种单元，并画出各个门的取值，需要几分钟。
#
# ## 练习
#
# **1.** 128 个单元的 LSTM 加上 peephole，会多出多少个参数？peephole 是每个单元、每个门各有一个的权重，门通过它看到细胞状态。
#
# <details><summary>答案</summary>
#
# 三个门都有 peephole：3 · 128。候选值没有。
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
# **2.** `time_major=True` 时，`dynamic_rnn` 的输入和输出都是 `(time, batch, features)`。这时怎样取最后一个时间步？是否像教程所说，必须转置输出？
#
# <details><summary>答案</summary>
#
# 用 `outputs[-1]`。批次在前时则用 `outputs[:, -1]`。都不需要转置。
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
# **3.** 重置门取什么值时，GRU 的两种形式结果一致？（上面的 $a_g$ 为零。）改动重置门的偏置，使它们一致。
#
# <details><summary>答案</summary>
#
# 取 1 时：重置门不起作用。取 0 时：两种形式的候选值都看不到 h。偏置很大时门打开，为很大的负数时门关闭。
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
# **4.** 两层网络的状态是由两个 `LSTMStateTuple(c, h)` 组成的元组。四个部分中，哪一个等于最后一步的输出？
#
# <details><summary>答案</summary>
#
# 第二层的 h。
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
# 下一篇：[notebook C](c_handwritten_rnn.ipynb)。
