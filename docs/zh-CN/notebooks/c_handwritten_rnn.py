# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # C. 从手写代码理解 RNN
#
# 本 notebook 与[页面 C](../c_handwritten_rnn.md) 配套。请从上到下依次运行各单元格。第一个单元格会找到本 notebook 所在的仓库克隆；如果还没有安装本包，就先安装。如果 notebook 不在克隆之中（例如在 Colab 上），请把仓库地址填入 `REPOSITORY`。安装之后若提示重启会话，请重启，再运行一次这个单元格。

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
# 下面的训练读取**生成的样例数据**：不需要网络，但结果不可引用。设 `DATA = "auto"` 则读取真正的影评。运行产生的文件写入 `runs/`，它位于启动 notebook 的目录下。

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
# ## 手算两个单元
#
# 循环神经网络就是在一个小函数外面套一层循环，把**隐藏状态**从一个**时间步**传到下一个时间步：
#
# $$
# \begin{aligned}
# s_t &= \tanh(s_{t-1} W + x_t U + b) \\
# o_t &= s_t V + b_{out}
# \end{aligned}
# $$
#
# 教程中的网络有两个单元，读两个数，因此每个数都可以用计算器验算：

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
# ## 实验
#
# `main` 打印同样的数字，它们与教程公布的相同。接着它运行一个 100 步的循环（教程 D），并显示 Keras 的 `SimpleRNN` 的两种输出方式。图中每一行是一个单元。

# %%
run = handwritten_rnn.main()
run

# %% [markdown]
# 把上面算出的数字与实验的数字对比，再用相同的权重与 Keras 的 `SimpleRNN` 对比：

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
# ## 手算反向传播
#
# 设损失为 $\frac{1}{2} (o_2 - 1)^2$。它的梯度沿着同样的两步返回：先经过 tanh，其导数为 $1 - s^2$；再经过 W，到达前一步的状态。

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
# TensorFlow 得到的结果相同：

# %%
with tf.GradientTape() as tape:
    loss = 0.5 * (tf.linalg.matvec(rnn(inputs)[:, -1], V)[0] + b_out - target) ** 2
by_keras = tape.gradient(loss, rnn.cell.recurrent_kernel)
print(f"largest difference: {abs(by_keras - gradient_of_W).numpy().max():.0e}")

# %% [markdown]
# ## 梯度消失
#
# 每往回走一步，梯度就要乘上 $1 - s^2$ 和 W。30 步之后还剩多少？第二条线所用的 W 是原来的 1.7 倍；输入都很小。

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
# 在对数坐标上是一条直线，说明梯度每一步都按相同的比例缩小。这就是**梯度消失**：30 步之前发生的事，几乎教不会权重任何东西。
#
# ## 手工展开
#
# 第二段代码在 Python 循环中，每个时间步调用一次 LSTM 单元。Keras 的 `LSTM` 层则在内部循环。用相同的权重，两者算出的结果相同：

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
# `unrolled_lstm` 让这段代码真正运行起来：一个全连接层读取每步的输出，各步的损失相加，网络学习预测影评的下一个字符。它还比较两种形式的损失和梯度，并让训练好的网络写出文字。在样例数据上只作这么短的训练，还写不出单词。

# %%
small = {"data": DATA, "steps": 20, "units": 64, "windows": 5_000, "epochs": 2}
characters = unrolled_lstm.main(**small)
characters

# %% [markdown]
# 损失是 20 个字符之和，单位为 nat。折算成每个字符的比特数：

# %%
bits = characters.record.test["loss"] / 20 / math.log(2)
print(f"this model: {bits:.2f} bits per character")
print(f"a model that knows nothing: {math.log2(unrolled_lstm.CLASSES):.2f} bits per character")

# %% [markdown]
# ## 练习
#
# **1.** 如果两个单元的网络一直读到输入 1，它的状态会稳定下来吗？稳定在哪里？
#
# <details><summary>答案</summary>
#
# 会，稳定在方程 s = tanh(s W + U + b) 的解上。
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
# **2.** 在梯度消失的图中，把倍数改成 3。这时最大的特征值大于 1，梯度会爆炸吗？
#
# <details><summary>答案</summary>
#
# 不会。状态也随之增大，接近 1 时，因子 $1 - s^2$ 就接近 0。
#
# ```python
# print(abs(np.linalg.eigvals(3 * W)).max(), gradient_norms(3)[-1])
# ```
#
# </details>
#
# **3.** 展开 40 步的 LSTM，参数比展开 20 步的多吗？
#
# <details><summary>答案</summary>
#
# 不多。每一步调用的都是同一个单元和同一个全连接层。
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
# **4.** 展开的网络与循环的网络，梯度在最后几位上不同。两者计算的是同一个量，为什么会不同？
#
# <details><summary>答案</summary>
#
# 共享权重的梯度是各时间步之和。两者相加的次序不同，而每次加法都要舍入。
#
# ```python
# x, y, z = np.float32([1e8, -1e8, 1])
# print((x + y) + z, x + (y + z))
# ```
#
# </details>
#
# 下一篇：[notebook D](d_imdb_simplernn.ipynb)。
