# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # D. RNN：具有记忆功能的网络
#
# 本 notebook 与[页面 D](../d_imdb_simplernn.md) 配套。请从上到下依次运行各单元格。第一个单元格会找到本 notebook 所在的仓库克隆；如果还没有安装本包，就先安装。如果 notebook 不在克隆之中（例如在 Colab 上），请把仓库地址填入 `REPOSITORY`。安装之后若提示重启会话，请重启，再运行一次这个单元格。

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
# 下面的各次运行读取**生成的样例数据**：不需要网络，但结果不可引用。设 `DATA = "auto"` 则读取真正的 IMDB 影评。运行产生的文件写入 `runs/`，它位于启动 notebook 的目录下。

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
# ## 循环
#
# 循环神经网络逐个读取序列中的元素。**隐藏状态**就是它的记忆，在每个**时间步**用同一组权重更新。
#
# $$ s_t = \tanh(W x_t + U s_{t-1} + b) $$
#
# 用 NumPy 写出来：

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
# Keras 的 `SimpleRNN` 就是这个循环。它计算的是 $x W$ 而不是 $W x$，所以权重要转置：

# %%
rnn = keras.layers.SimpleRNN(64, return_sequences=True, dtype="float64")
rnn.build((None, 100, 32))
rnn.set_weights([W.T, U.T, b])
by_keras = np.array(rnn(inputs[np.newaxis]))[0]
print(f"largest difference: {abs(by_keras - states).max():.0e}")

# %% [markdown]
# ## 代码中的两处笔误
#
# 教程把 W 的形状写成（输入，输出），并用 `concatenate` 连接各步的输出。Python 会怎样反应？

# %%
try:
    W.T @ inputs[0]
except ValueError as error:
    print("W of shape (inputs, outputs):", error)
print("concatenate:", np.concatenate(list(states)).shape)
print("stack:      ", np.stack(list(states)).shape)

# %% [markdown]
# ## 两种输出方式
#
# `SimpleRNN` 可以只返回最后一个时间步的输出，也可以返回所有时间步的输出。请比较两者输出的形状：

# %%
imdb_simplernn.main(summary=True)

# %% [markdown]
# ## 从词到 id
#
# 一篇影评先变成一串词的 id，即各个词的排名加 3。每篇影评都以 id 1 开头；不在词表中的词一律用 id 2。

# %%
words = ["the", "film", "was", "a", "good", "not", "boring"]  # by rank: the most frequent first
reviews = ["The film was not good.", "A good film! I was not bored, and neither was the cat."]
ids, offsets = word_ids.encode(reviews, words, num_words=len(words) + word_ids.FIRST_WORD)
for first, last in zip(offsets[:-1], offsets[1:], strict=True):
    print(ids[first:last])

# %% [markdown]
# 同一批次的影评必须长度相同。短的补零，长的截断，可以在开头（"pre"），也可以在末尾（"post"）。下面的第一种组合是 `pad_sequences` 的默认方式，也是教程的方式：对长影评，它保留的是*最后*的词。

# %%
for padding in ("pre", "post"):
    for truncating in ("pre", "post"):
        print(f"padding={padding}, truncating={truncating}")
        print(word_ids.pad(ids, offsets, 8, padding, truncating))

# %% [markdown]
# ## 训练
#
# Embedding 把每个 id 变成一个向量，`SimpleRNN` 依次读取这些向量，最后由一个 sigmoid 单元给出影评为正面的概率。

# %%
as_published = imdb_simplernn.main(data=DATA, epochs=4)
as_published

# %% [markdown]
# ## 零补在词的后面
#
# 设 `padding="post"`，零就补在最后一个词的后面。网络要再读几百个零，才给出答案：

# %%
zeros_behind = imdb_simplernn.main(data=DATA, epochs=2, padding="post")
for name, run in {"zeros in front": as_published, "zeros behind": zeros_behind}.items():
    print(f"{name:14} test accuracy {run.record.test['accuracy']:.4f}")

# %% [markdown]
# 这么多步都没有新的内容，前面的词还剩下多少？几乎没有了：从最后一个词到损失的路与这一串零一样长，**梯度在途中消失**。所以网络连怎样保留这些词都学不会。对策见[填充、掩码与截断](../padding_masking_truncation.md)。
#
# ## 每读一个词之后的回答
#
# 每个词之后的隐藏状态，是网络对此前所有词的记忆。因此可以在每个词之后都问输出层：如果影评到此为止，答案是什么？

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
# ## 练习
#
# **1.** 网络的参数都在哪里？请先手算，再与 `as_published.model.count_params()` 比较。
#
# <details><summary>答案</summary>
#
# Embedding 有 10,000 · 32 个；SimpleRNN 中，输入有 32 · 32 个，状态有 32 · 32 个，偏置有 32 个；输出层有 32 + 1 个。
#
# ```python
# assert as_published.model.count_params() == 10_000 * 32 + 2 * 32 * 32 + 32 + 32 + 1
# ```
#
# </details>
#
# **2.** 要堆叠两个 `SimpleRNN` 层，第一层必须用哪种输出方式？用另一种时，Keras 会怎样反应？
#
# <details><summary>答案</summary>
#
# 必须返回所有时间步的输出。单独一个最后的输出不是序列：
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
# **3.** 设 `mask_zero=True`，Embedding 就会让下一层跳过零。请验证：这时状态与词后面的零无关。
#
# <details><summary>答案</summary>
#
# 最后一个词的状态一直保留到末尾：
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
# **4.** `imdb_simplernn.main` 默认训练 10 个 epoch，验证准确率在几个 epoch 之后就达到最好。可以根据测试影评的准确率来选择 epoch 吗？
#
# <details><summary>答案</summary>
#
# 不可以。几个 epoch 中最好的那个，有一部分是在挑选它的影评上碰了运气。没有参与挑选的影评，才能说明在新影评上可以期待多高的准确率。所以用验证影评选择 epoch，测试影评只评估一次。
#
# </details>
#
# 回到 [notebook A](a_mnist_lstm.ipynb)。
