# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A. RNN 原理与 MNIST 手写数字识别
#
# 本 notebook 与[页面 A](../a_mnist_lstm.md) 配套。请从上到下依次运行各单元格。第一个单元格会找到本 notebook 所在的仓库克隆；如果还没有安装本包，就先安装。如果 notebook 不在克隆之中（例如在 Colab 上），请把仓库地址填入 `REPOSITORY`。安装之后若提示重启会话，请重启，再运行一次这个单元格。

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
# 下面的各次运行读取**生成的样例数据**：不需要网络，但结果不可引用。设 `DATA = "auto"` 则读取真正的 MNIST 和 IMDB 影评。运行产生的文件写入 `runs/`，它位于启动 notebook 的目录下。

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
# ## 思路
#
# 循环神经网络带有**隐藏状态**：一个在每个**时间步**都会更新的向量。各时间步共用同一组权重。在这里，一幅图像就是一个序列：28 个时间步对应图像的每一行，每步 28 个像素。

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
# ## LSTM 的公式
#
# LSTM 在时间步之间传递两个向量：**细胞状态** c 是它记住的内容，**隐藏状态** h 是它对外输出的内容。控制它们的是三个**门**，取值在 0 和 1 之间。
#
# $$
# \begin{aligned}
# i &= \sigma(x W_i + h U_i + b_i) && \text{输入门：候选值写入多少} \\
# f &= \sigma(x W_f + h U_f + b_f) && \text{遗忘门：旧的细胞状态保留多少} \\
# g &= \tanh(x W_g + h U_g + b_g) && \text{候选值：可以写入的内容} \\
# o &= \sigma(x W_o + h U_o + b_o) && \text{输出门：细胞状态输出多少} \\
# c' &= f \odot c + i \odot g \\
# h' &= o \odot \tanh(c')
# \end{aligned}
# $$
#
# 用 NumPy 写出来如下。Keras 把四个矩阵并排存放在一个 kernel 中，次序为 i、f、g、o。


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
# 用相同的权重，Keras 算出的结果相同，只有舍入误差：

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
# ## 两次 softmax
#
# 教程的代码先算一次 softmax，再把结果传给一个内部又算一次 softmax 的损失函数。设想一个完美的答案：正确的类为 1，其余九类为 0。经过第二次 softmax 会变成什么？


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
# 可见损失有一个下限 $\ln(1 + 9/e)$。梯度也变小了。下面计算网络完全没有倾向时，损失对十个 logits 的梯度：


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
# ## 两种方式都训练一遍
#
# `main` 就是整个实验：载入数据、训练、在测试图像上评估，并写出运行的文件。先按教程原样训练。请注意损失：它在虚线之上就趋于平缓。

# %%
published = mnist_lstm.main(data=DATA, epochs=2)
published

# %% [markdown]
# 同一个网络，只用一次 softmax：

# %%
corrected = mnist_lstm.main(data=DATA, variant="corrected", epochs=2)
corrected

# %% [markdown]
# 把两者放在一起看。两种损失不是同一个函数，所以要比较的是准确率；损失只能说明下限的存在。

# %%
print("             test accuracy   test loss")
for name, run in {"softmax twice": published, "softmax once": corrected}.items():
    print(f"{name:13}   {run.record.test['accuracy']:.4f}        {run.record.test['loss']:.4f}")
assert published.record.test["loss"] > mnist_lstm.FLOOR

# %% [markdown]
# ## 每读一行之后的回答
#
# 第 t 行之后的隐藏状态读过了第 1 到第 t 行。因此可以在每一行之后都问输出层：如果图像到此为止，答案是什么？`look_inside` 中有现成的函数。

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
# ## 梯度消失
#
# 每往回走一个时间步，梯度就乘上一次单元的导数。LSTM 有一条回路经过 $c' = f \odot c + \dots$，在这条路上每步只乘 f。所以关键在于遗忘门。下面对尚未训练的网络，在 100 个词的序列上测量各时间步 dLoss/dh 的范数。

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
# 图要从右往左看，这正是梯度传播的方向：从最后一个词开始。遗忘门偏置为 5 的 LSTM，遗忘门保持在 $\sigma(5)$ 附近，接近 1，梯度没有消失。偏置为 1 时，在训练之前还不够。`vanishing_gradients.main(data=DATA)` 还会训练这些单元，需要几分钟。

# %% [markdown]
# ## 练习
#
# **1.** A1 的网络有多少个参数？请先手算，再与 `corrected.model.count_params()` 比较。
#
# <details><summary>答案</summary>
#
# 四个门各有 (28 + 100) · 100 个权重和 100 个偏置。输出层有 100 · 10 个权重和 10 个偏置。
#
# ```python
# assert corrected.model.count_params() == 4 * ((28 + 100) * 100 + 100) + 100 * 10 + 10
# ```
#
# </details>
#
# **2.** 写出 n 类时重复 softmax 的损失下限。类别非常多时，未经训练的网络的损失最多能下降多少？
#
# <details><summary>答案</summary>
#
# 下限是 ln(1 + (n - 1)/e)，未经训练的网络从 ln n 附近开始。两者之差趋近于 1。
#
# ```python
# for n in (2, 10, 1_000, 1_000_000):
#     print(n, math.log(n) - math.log(1 + (n - 1) / math.e))
# ```
#
# </details>
#
# **3.** 假设遗忘门在每一步都取同一个值 f。f 为多少时，28 步之后细胞状态还剩一半？如果没有其他输入，遗忘门偏置应为多少？
#
# <details><summary>答案</summary>
#
# f 是 1/2 的 28 次方根。偏置由 sigmoid 的反函数得出：ln(f / (1 - f))。
#
# ```python
# f = 0.5 ** (1 / 28)
# print(f, math.log(f / (1 - f)))
# ```
#
# </details>
#
# **4.** 把测试图像上下颠倒，网络还能认出来吗？权重并不知道各行的次序，为什么结果不同？
#
# <details><summary>答案</summary>
#
# 准确率会下降。各步的权重相同，但隐藏状态不同：一行起什么作用，取决于它之前读过的行。
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
# 下一篇：[notebook B](b_rnn_details.ipynb)。
