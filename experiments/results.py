"""Prints the tables of the pages, from the recorded runs.

python -m experiments.results            prints them
python -m experiments.results --write    writes them into the pages

Comments in a page mark the places of the tables. A comment after a number names its value: the
number in 0.9225<!--=a1.twice--> is updated whenever the runs are recorded again.
"""

import functools
import importlib
import math
import re
import statistics
from collections.abc import Callable
from pathlib import Path

from experiments import plots, reproduction
from experiments.__main__ import summaries
from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.config import options, run_name
from keras_rnn_tutorials.storage import files

ROOT = plots.PLOTS.parent
CHINESE = "zh-CN"

# The results that the tutorials report, as (metric, value). Only one tutorial reports any.
PUBLISHED = {"imdb_simplernn": ("best validation accuracy", 0.85)}
# The pieces of the tutorials that train one model, those with a published result first.
_ORDER = ("mnist_lstm", "imdb_simplernn", "bidirectional_lstm", "unrolled_lstm")
# The README's rows: what TensorFlow 1.15.5 trains as well. docs/results.md has all.
_HEADLINE = (
    "mnist_lstm/default",
    "mnist_lstm/variant-corrected",
    "imdb_simplernn/default",
    "imdb_simplernn/padding-post",
    "bidirectional_lstm/default",
)
_DISTANCES = (0, 10, 50, 100, 250, 499)  # steps before the last word

_NUMBER = re.compile(r"[-+.,\de]+<!--=([^>]+)-->")  # a number, and the name of its value

_ZH = {
    "command": "命令",
    "data": "数据",
    "seeds": "种子",
    "best validation accuracy": "最佳验证准确率",
    "test accuracy": "测试准确率",
    "TensorFlow 1.15.5": "TensorFlow 1.15.5",
    "published": "教程公布值",
    "piece": "部分",
    "metric": "指标",
    "here, mean ± sd (seeds)": "本仓库：均值 ± 标准差（种子数）",
    "difference": "差",
    "p, TOST": "p，TOST",
    "p, permutation": "p，置换检验",
    "answer": "结论",
    "final test accuracy": "最终测试准确率",
    "reproduced": "已复现",
    "differs": "不同",
    "not shown, because the seeds spread too far": "未能证明：种子之间相差太大",
    "not shown, because the difference is not below the margin": "未能证明：差值不小于允许的范围",
    "A1, softmax twice": "A1，softmax 两次",
    "A1, softmax once": "A1，softmax 一次",
    "B8, static, last outputs": "B8，static，最后的输出",
    "B8, static, final states": "B8，static，最终状态",
    "B8, dynamic, last outputs": "B8，dynamic，最后的输出",
    "B8, dynamic, final states": "B8，dynamic，最终状态",
    "D3, SimpleRNN": "D3，SimpleRNN",
    "D3, zeros behind": "D3，零在后",
    "not reported": "未公布",
    "construct": "函数或单元",
    "cases": "用例数",
    "outputs": "输出",
    "states": "状态",
    "gradients": "梯度",
    "one epoch of MNIST": "MNIST 一个 epoch",
    "steps": "步数",
    "first 100 steps": "前 100 步",
    "all steps": "全部步",
    "control": "对照",
    "epoch": "epoch",
    "loss, softmax twice": "损失，softmax 两次",
    "loss, softmax once": "损失，softmax 一次",
    "accuracy, softmax twice": "准确率，softmax 两次",
    "accuracy, softmax once": "准确率，softmax 一次",
    "cell": "单元",
    "gates": "门的激活函数",
    "state": "状态的激活函数",
    "matrices": "权重矩阵",
    "biases, peepholes": "偏置、peephole",
    "readout": "输出层",
    "sum": "合计",
    "gate values above 0.95": "门值大于 0.95",
    "gate values below 0.05": "门值小于 0.05",
    "time steps": "时间步",
    "build static (s)": "构建 static（秒）",
    "build dynamic (s)": "构建 dynamic（秒）",
    "step of static (s)": "static 每步（秒）",
    "step of dynamic (s)": "dynamic 每步（秒）",
    "outputs differ by": "输出之差",
    "weights": "权重",
    "at the start": "初始",
    "trained": "训练后",
    "what is read": "读入的内容",
    "network": "网络",
    "seconds per epoch": "每个 epoch 的秒数",
    "simple RNN": "简单 RNN",
    "simple RNN, orthogonal": "简单 RNN，正交初始化",
    "LSTM, forget bias 0": "LSTM，遗忘门偏置 0",
    "LSTM, forget bias 1": "LSTM，遗忘门偏置 1",
    "LSTM, forget bias 5": "LSTM，遗忘门偏置 5",
    "LSTM with peepholes": "带 peephole 的 LSTM",
    "GRU, TF1's form": "GRU（TF1 形式）",
    "GRU, Keras' form": "GRU（Keras 形式）",
    "last 100 words": "最后 100 个词",
    "last 200 words": "最后 200 个词",
    "last 500 words": "最后 500 个词",
    "last 1000 words": "最后 1000 个词",
    "first 500 words": "最前 500 个词",
    "zeros in front, masked": "零在前，用掩码",
    "zeros behind, not masked": "零在后，无掩码",
    "zeros behind, masked": "零在后，用掩码",
    "mean of all outputs": "所有输出取平均",
    "125 random steps": "随机取 125 步",
    "gradient stops after 50": "梯度每 50 步截断",
    "gradient stops after 100": "梯度每 100 步截断",
    "10 chunks, then vectors": "先读 10 段，再读向量",
    "speed beside Keras' layers": "与 Keras 的层之比",
    "LSTM(100), MNIST's rows": "LSTM(100)，MNIST 逐行",
    "GRU(128), MNIST's rows": "GRU(128)，MNIST 逐行",
    "Embedding(10000, 32), SimpleRNN(32), 500 ids": (
        "Embedding(10000, 32)，SimpleRNN(32)，500 个 id"
    ),
    "Embedding(20000, 128), LSTM(128), 80 ids": "Embedding(20000, 128)，LSTM(128)，80 个 id",
    "keras.io's bidirectional LSTM, 200 ids": "keras.io 的双向 LSTM，200 个 id",
    "frozen Embedding(100000, 100), GRU(64), 100 ids": (
        "冻结的 Embedding(100000, 100)，GRU(64)，100 个 id"
    ),
    "40 batches, each of another length": "40 个长度各不相同的批次",
    "first pass, Keras (s)": "第一遍，Keras（秒）",
    "first pass, here (s)": "第一遍，本包（秒）",
    "later passes": "之后各遍",
    "fit, batches of 16 to 64 rows": "fit，每批 16 到 64 行",
    "tf.function, shapes unknown": "tf.function，形状未知",
    "tf.function, once per shape": "tf.function，每种形状追踪一次",
    "first call": "首次调用",
    "`fit`, Keras (s)": "`fit`，Keras（秒）",
    "`fit`, here (s)": "`fit`，本包（秒）",
    "`predict`, Keras (s)": "`predict`，Keras（秒）",
    "`predict`, here (s)": "`predict`，本包（秒）",
}


def results_table(language: str = "en") -> str:
    """The recorded runs as a Markdown table, one row per configuration.

    Several seeds are shown as the mean, the standard deviation, the lowest and the highest.
    """
    return _results(_trained(), lambda values: _spread(values, language), language)


def headline_table(language: str = "en") -> str:
    """The README's rows of the table, without the ranges and the data, so that it fits a page."""
    chosen = [runs for runs in _trained() if _name(runs[0]) in _HEADLINE]
    return _results(chosen, _mean_and_deviation, language, without=("data",))


def _results(
    configurations: list[list[record.Record]],
    shown_as: Callable[[list[float]], str],
    language: str,
    without: tuple[str, ...] = (),
) -> str:
    headings = ["command", "data", "seeds", "best validation accuracy", "test accuracy"]
    headings += ["TensorFlow 1.15.5", "published"]
    rows = []
    for records in configurations:
        first = records[0]
        metric, value = PUBLISHED.get(first.experiment, ("", None))
        is_tutorials = not _changed(first)
        published, tensorflow_1 = _in(language, "not reported"), ""
        if is_tutorials and value is not None:
            of_metric = "{}（{}）" if language == CHINESE else "{} ({})"
            published = of_metric.format(f"{value:.2f}", _in(language, metric))
        if theirs := [scores[-1] for scores in reproduction.tensorflow_1(_name(first))]:
            of_seeds = "，{} 个种子" if language == CHINESE else ", {} seeds"
            tensorflow_1 = shown_as(theirs) + of_seeds.format(len(theirs))
        best = shown_as([max(r.history["val_accuracy"]) for r in records])
        test = shown_as([r.test["accuracy"] for r in records])
        seeds = _seeds([one.seed for one in records])
        shown = f"`{_command(first)}`", first.title, seeds, best, test, tensorflow_1, published
        rows.append(shown)
    kept = [index for index, heading in enumerate(headings) if heading not in without]
    rows = [tuple(row[index] for index in kept) for row in rows]
    return _markdown([headings[index] for index in kept], rows, language)


def parity_table(language: str = "en") -> str:
    """The recorded comparison with TensorFlow 1: the largest relative differences."""
    parity = _recorded("tf1_parity")
    parts = ("outputs", "states", "gradients")
    measured, rows = parity.measured["constructs"], []
    for construct in dict.fromkeys(row["construct"] for row in measured):
        own = [row for row in measured if row["construct"] == construct]
        largest = (f"{max(row[part]['relative'] for row in own):.1e}" for part in parts)
        rows.append((f"`{construct}`", str(len(own)), *largest))
    constructs = _markdown(["construct", "cases", *parts], rows, language)
    rows = []
    for name, one in parity.measured["trajectories"].items():
        gaps, control = one["gaps"], max(one["control"])
        largest = (f"{gap:.1e}" for gap in (max(gaps[:100]), max(gaps), control))
        rows.append((name, str(len(gaps)), *largest))
    headings = ["one epoch of MNIST", "steps", "first 100 steps", "all steps", "control"]
    return f"{constructs}\n{_markdown(headings, rows, language)}"


def softmax_table(language: str = "en") -> str:
    """A1 by epoch: the training loss and the test accuracy, the mean over the seeds."""
    variants = [_runs("mnist_lstm", "default"), _runs("mnist_lstm", "variant-corrected")]
    columns = [
        [f"{statistics.mean(values):.{digits}f}" for values in zip(*series, strict=True)]
        for metric, digits in (("loss", 3), ("test_accuracy", 4))
        for series in ([r.history[metric] for r in runs] for runs in variants)
    ]
    headings = ["loss, softmax twice", "loss, softmax once"]
    headings += ["accuracy, softmax twice", "accuracy, softmax once"]
    rows = [(str(i), *row) for i, row in enumerate(zip(*columns, strict=True), start=1)]
    return _markdown(["epoch", *headings], rows, language)


def cells_table(language: str = "en") -> str:
    """B1-B3: the test accuracy of every cell, and how many values of an LSTM's gates saturate."""
    rows = []
    for same in _same_rows("cell_variants", "default", "variants"):
        one, accuracies = same[0], [each["test_accuracy"] for each in same]
        row = [
            _in(language, one["cell"]),
            one["gate"],
            one["state"],
            _mean_and_deviation(accuracies),
        ]
        gates = [counts for each in same for counts in each.get("gates", {}).values()]
        if counts := [sum(parts) for parts in zip(*gates, strict=True)]:
            saturated = (counts[0], sum(counts[-2:]))
            row += [f"{100 * n / sum(counts):.1f} %" for n in saturated]
        rows.append((*row, "", "")[:6])
    headings = ["cell", "gates", "state", "test accuracy"]
    headings += ["gate values below 0.05", "gate values above 0.95"]
    return _markdown(headings, rows, language)


def parameters_table(language: str = "en") -> str:
    """B4: the parameters of every cell by formula, which is what Keras counts."""
    rows = []
    for one in _recorded("cell_variants").measured["variants"][:5]:
        numbers = (*one["by_formula"], one["count_params"])
        rows.append((_in(language, one["cell"]), *(f"{n:,}" for n in numbers)))
    return _markdown(["cell", "matrices", "biases, peepholes", "readout", "sum"], rows, language)


def static_table(language: str = "en") -> str:
    """B7: what building and calling static_rnn and dynamic_rnn costs."""
    times = ("static_build", "dynamic_build", "static_call", "dynamic_call")
    rows = [
        (str(row["steps"]), *(f"{row[t]:.3f}" for t in times), f"{row['difference']:.1e}")
        for row in _recorded("static_vs_dynamic").measured["timed"]
    ]
    headings = ["time steps", "build static (s)", "build dynamic (s)"]
    headings += ["step of static (s)", "step of dynamic (s)", "outputs differ by"]
    return _markdown(headings, rows, language)


def gradients_table(language: str = "en") -> str:
    """A, B5: the norm of the gradient, by the distance from the last of 500 words.

    Of several seeds, the median.
    """
    rows = [
        (
            _in(language, cell),
            _in(language, state),
            *(f"{_norm(cell, state, distance):.0e}" for distance in _DISTANCES),
        )
        for cell, states in _recorded("vanishing_gradients").measured["norms"]["500"].items()
        for state in states
    ]
    return _markdown(["cell", "weights", *map(str, _DISTANCES)], rows, language)


def long_table(language: str = "en") -> str:
    """B10, D3: long reviews, their padding, and the remedies."""
    rows = [
        (
            _in(language, same[0]["name"]),
            same[0]["layer"],
            _mean_and_deviation([row["test"] for row in same]),
            f"{statistics.median(row['seconds'] for row in same):.1f}",
        )
        for same in _same_rows("long_sequences", "full", "rows")
    ]
    headings = ["what is read", "network", "test accuracy", "seconds per epoch"]
    return _markdown(headings, rows, language)


def reproduction_table(language: str = "en") -> str:
    """Our seeds beside TensorFlow 1.15.5's, with the tests that decide "reproduced"."""
    rows = [tuple(_in(language, cell) for cell in line) for line in reproduction.table()]
    return _markdown([*reproduction.HEADINGS], rows, language)


def fit_table(language: str = "en") -> str:
    """What one import changed, and one more line, are worth: times as fast as Keras' layers."""
    rows = [
        (
            _in(language, job),
            _ratio(parts["fit"], "one import"),
            _ratio(parts["fit"], "fast.fit"),
            _ratio(parts["predict"], "one import"),
        )
        for job, parts in _comparisons("plain_fit").items()
    ]
    return _markdown(
        ["speed beside Keras' layers", "`fit`", "`fast.fit`", "`predict`"], rows, language
    )


def lengths_table(language: str = "en") -> str:
    """Batches of 40 lengths: seconds of the first pass, and the speed of later ones."""
    rows = [
        (
            _in(language, job),
            _median(parts["first pass"], "Keras"),
            _median(parts["first pass"], "one import"),
            _ratio(parts["later passes"], "one import"),
        )
        for job, parts in _comparisons("lengths").items()
    ]
    headings = ["40 batches, each of another length"]
    headings += ["first pass, Keras (s)", "first pass, here (s)", "later passes"]
    return _markdown(headings, rows, language)


def start_table(language: str = "en") -> str:
    """The first batch under `fit` and the first prediction of a process, in seconds."""
    rows = [
        (job, *(_median(parts[part], way) for part in parts for way in ("Keras", "one import")))
        for job, parts in _comparisons("start").items()
        if set(parts) == {"fit", "predict"}
    ]
    headings = ["first call", "`fit`, Keras (s)", "`fit`, here (s)"]
    headings += ["`predict`, Keras (s)", "`predict`, here (s)"]
    return _markdown(headings, rows, language)


def _comparisons(name: str) -> dict[str, dict[str, dict]]:
    """By job and part, what `benchmarks.turns` recorded."""
    (one,) = _read(plots.PLOTS / "benchmarks" / f"{name}.json")
    found: dict[str, dict[str, dict]] = {}
    for comparison in one.measured["comparisons"]:
        found.setdefault(comparison["job"], {})[comparison["part"]] = comparison
    return found


def _ratio(comparison: dict, way: str) -> str:
    ratio = comparison["ratios"][way]
    return f"{ratio['median']:.2f}× ({ratio['low']:.2f}-{ratio['high']:.2f})"


def _median(comparison: dict, way: str) -> str:
    return f"{statistics.median(comparison['times'][way]):.1f}"


TABLES: dict[str, Callable[[str], str]] = {
    "headline": headline_table,
    "results": results_table,
    "parity": parity_table,
    "softmax": softmax_table,
    "cells": cells_table,
    "parameters": parameters_table,
    "static": static_table,
    "gradients": gradients_table,
    "long": long_table,
    "reproduction": reproduction_table,
    "fit": fit_table,
    "lengths": lengths_table,
    "start": start_table,
}


@functools.cache
def values() -> dict[str, str]:
    """The numbers that sentences of the pages quote, by name."""
    twice, once = (_runs("mnist_lstm", name) for name in ("default", "variant-corrected"))
    last = {name: _mean(runs) for name, runs in (("a1.twice", twice), ("a1.once", once))}
    found = {name: f"{accuracy:.4f}" for name, accuracy in last.items()}
    found["a1.points"] = f"{100 * (last['a1.once'] - last['a1.twice']):.1f}"
    accuracies = [r.test["accuracy"] for r in twice]
    found["a1.seeds"] = str(len(twice))
    found["a1.least"], found["a1.most"] = f"{min(accuracies):.4f}", f"{max(accuracies):.4f}"
    found["a1.loss"] = f"{statistics.mean(r.history['loss'][-1] for r in twice):.3f}"
    theirs = [scores[-1] for scores in reproduction.tensorflow_1("mnist_lstm/default")]
    found["a1.tf1"] = f"{statistics.mean(theirs):.4f}"

    answers = [words for *_, words in reproduction.table()]
    found["tf1.rows"] = str(len(answers))
    found["tf1.reproduced"] = str(answers.count("reproduced"))
    found["tf1.differs"] = str(answers.count("differs"))

    for name, path in (
        ("d3", "imdb_simplernn"),
        ("b8", "bidirectional_lstm"),
        ("gradient", "vanishing_gradients"),
    ):
        found[f"{name}.seeds"] = str(len(_runs(path)))
    found["b8.imdb.seeds"] = str(len(_runs("bidirectional_lstm", _of_imdb("default"))))
    found["long.seeds"] = str(len(_runs("long_sequences", "full")))
    reviews = _runs("imdb_simplernn")
    best = [max(r.history["val_accuracy"]) for r in reviews]
    found["d3.best"] = f"{statistics.mean(best):.4f}"
    found["d3.test"] = f"{_mean(reviews):.4f}"
    epochs = sorted(
        1 + r.history["val_accuracy"].index(b) for r, b in zip(reviews, best, strict=True)
    )
    found["d3.epochs"] = f"{epochs[0]}-{epochs[-1]}"
    found["d3.post"] = f"{_mean(_runs('imdb_simplernn', 'padding-post')):.4f}"
    found["d3.first"] = f"{_mean(_runs('imdb_simplernn', 'truncating-post')):.4f}"
    for same in _same_rows("long_sequences", "full", "rows"):
        accuracy = statistics.mean(row["test"] for row in same)
        found[f"long.{same[0]['layer']}.{_key(same[0]['name'])}"] = f"{accuracy:.4f}"

    for key, name in (("last", "default"), ("final", "readout-final_states")):
        found[f"b8.{key}"] = f"{_mean(_runs('bidirectional_lstm', name)):.4f}"
        found[f"b8.imdb.{key}"] = f"{_mean(_runs('bidirectional_lstm', _of_imdb(name))):.4f}"
    for cell in _recorded("vanishing_gradients").measured["norms"]["500"]:
        found[f"gradient.{_key(cell)}"] = f"{_norm(cell, 'at the start', 100):.0e}"
        found[f"gradient.{_key(cell)}.trained"] = f"{_norm(cell, 'trained', 100):.0e}"
    static = _recorded("static_vs_dynamic").measured["timed"][-1]
    found["b7.static"] = f"{static['static_build']:.1f}"
    found["b7.dynamic"] = f"{static['dynamic_build']:.1f}"
    for same in _same_rows("cell_variants", "default", "variants"):
        key = _key(" ".join(same[0][part] for part in ("cell", "gate", "state")))
        accuracy = statistics.mean(each["test_accuracy"] for each in same)
        found[f"cell.{key}"] = f"{accuracy:.3f}"

    unrolled = _runs("unrolled_lstm")
    bits = statistics.mean(r.test["loss"] / r.config["steps"] / math.log(2) for r in unrolled)
    found["c2.bits"] = f"{bits:.1f}"
    for dtype in ("float32", "float64"):
        compared = [r.measured["differences"][dtype].values() for r in unrolled]
        largest = max(d["relative"] for differences in compared for d in differences)
        found[f"c2.{dtype}"] = f"{largest:.0e}"
    found["d1.keras"] = f"{_recorded('handwritten_rnn').measured['keras_difference']:.0e}"

    parity = _recorded("tf1_parity").measured
    found["parity.calls"] = str(len(parity["constructs"]))
    parts = ("outputs", "states", "gradients")
    largest = max(row[part]["relative"] for row in parity["constructs"] for part in parts)
    found["parity.largest"] = f"{largest:.1e}"
    published = parity["trajectories"]["a1-as_published"]["gaps"]
    found["parity.a1"] = f"{max(published[:100]):.1e}"

    (speed,) = _read(plots.PLOTS / "benchmarks" / "tutorials.json")
    for row in speed.measured["rows"]:
        for peer in ("ours", "keras_tf"):
            seconds = statistics.median(row["seconds"][peer])
            found[f"speed.{row['job']}.{peer}"] = f"{seconds:.2f}"
    grid = [parts[""]["ratios"]["one import"] for parts in _comparisons("grid").values()]
    found["grid.points"] = str(len(grid))
    found["grid.median"] = f"{statistics.median(ratio['median'] for ratio in grid):.2f}"
    found["grid.least"] = f"{min(ratio['median'] for ratio in grid):.2f}"
    found["grid.below"] = str(sum(ratio["median"] < 0.95 for ratio in grid))
    fits = [parts["fit"]["ratios"] for parts in _comparisons("plain_fit").values()]
    of_loop = [ratios["own loop"]["median"] / ratios["fast.fit"]["median"] for ratios in fits]
    found["fit.loop.least"] = f"{min(of_loop):.2f}"
    found["fit.loop.most"] = f"{max(of_loop):.2f}"
    start = _comparisons("start")
    digit = ("predict", "predict"), ("predict_on_batch", "batch"), ("models.predictor", "predictor")
    for way, key in digit:
        found[f"digit.{key}"] = f"{statistics.median(start['one digit']['']['times'][way]):.2f}"
    faster = start["one digit"][""]["ratios"]["models.predictor"]["median"]
    found["digit.times"] = f"{faster:.0f}"
    return found


def pages() -> list[Path]:
    """Every page for readers: the README and docs/, in both languages."""
    docs = [p for p in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in p.parts]
    return [*sorted(ROOT.glob("README*.md")), *docs]


def language_of(page: Path) -> str:
    """The language of a page."""
    return CHINESE if CHINESE in page.relative_to(ROOT).as_posix() else "en"


def filled(text: str, language: str = "en") -> str:
    """The text of a page, with its marked tables and numbers made anew."""
    for name, table in TABLES.items():
        start, end = (
            f"<!-- {name}: python -m experiments.results --write -->\n",
            f"<!-- /{name} -->",
        )
        before, marker, rest = text.partition(start)
        if marker:
            text = before + start + table(language) + end + rest.partition(end)[2]
    known = values() if "<!--=" in text else {}
    return _NUMBER.sub(lambda found: known[found[1]] + found[0][found[0].index("<") :], text)


def main():
    """Prints or writes the tables."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into the pages")
    if not parser.parse_args().write:
        print(*(table("en") for table in TABLES.values()), sep="\n", end="")
        return
    for page in pages():
        old = page.read_text(encoding="utf-8")
        if (new := filled(old, language_of(page))) != old:
            with files.writing(page.parent):
                files.write_whole(page, new.encode())


def _markdown(headings: list[str], rows: list[tuple[str, ...]], language: str) -> str:
    lines = [[_in(language, heading) for heading in headings], ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("|  ", "| ")


def _in(language: str, text: str) -> str:
    return _ZH.get(text, text) if language == CHINESE else text


def _key(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def _of_imdb(name: str) -> str:
    return "dataset-imdb" if name == "default" else f"{name}-dataset-imdb"


def _mean(runs: list[record.Record]) -> float:
    return statistics.mean(r.test["accuracy"] for r in runs)


@functools.cache
def _read(path: Path) -> list[record.Record]:
    return record.read(path)


def _runs(experiment: str, name: str = "default") -> list[record.Record]:
    return _read(plots.PLOTS / experiment / f"{name}.json")


def _recorded(experiment: str, name: str = "default") -> record.Record:
    return _runs(experiment, name)[0]


def _same_rows(experiment: str, name: str, table: str) -> list[tuple[dict, ...]]:
    """The rows of a measured table, each as the seeds have it."""
    tables = [run.measured[table] for run in _runs(experiment, name)]
    return [*zip(*tables, strict=True)]


def _norm(cell: str, state: str, distance: int) -> float:
    """The median over the seeds of a gradient's norm, over 500 words."""
    norms = [run.measured["norms"]["500"][cell][state] for run in _runs("vanishing_gradients")]
    return statistics.median(norm[distance] for norm in norms)


def _trained() -> list[list[record.Record]]:
    """The recorded runs of every configuration that trains one model."""
    paths = sorted(
        plots.PLOTS.rglob("*.json"), key=lambda path: (path.stem != "default", path.stem)
    )
    trained = [runs for runs in map(_read, paths) if runs[0].experiment in _ORDER]
    return sorted(trained, key=lambda runs: _ORDER.index(runs[0].experiment))


def _spread(values: list[float], language: str = "en") -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    to = "至" if language == CHINESE else "to"
    return f"{_mean_and_deviation(values)} ({min(values):.4f} {to} {max(values):.4f})"


def _mean_and_deviation(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}"


def _seeds(seeds: list[int]) -> str:
    """A list of seeds, or the first and the last if there is none missing between them."""
    if len(seeds) > 3 and seeds == [*range(seeds[0], seeds[-1] + 1)]:
        return f"{seeds[0]}-{seeds[-1]}"
    return ", ".join(map(str, seeds))


def _name(one: record.Record) -> str:
    """Of the configuration's record, below plots/."""
    config_class = importlib.import_module(f"experiments.{one.experiment}").Config
    return f"{one.experiment}/{run_name(config_class(**one.config))}"


def _changed(one: record.Record) -> dict:
    """The flags of a run: the values that differ from its experiment's defaults."""
    if one.experiment not in summaries():
        raise UserError(f"{one.experiment} is recorded but no experiment: remove its records.")
    config_class = importlib.import_module(f"experiments.{one.experiment}").Config
    defaults = {option.name: option.default for option in options(config_class)}
    return {name: value for name, value in one.config.items() if value != defaults[name]}


def _command(one: record.Record) -> str:
    flags = (f" --{name}={value}" for name, value in _changed(one).items())
    return f"python -m experiments.{one.experiment}{''.join(flags)}"


if __name__ == "__main__":
    with command.user_errors():
        main()
