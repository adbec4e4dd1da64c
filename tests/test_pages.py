"""The pages: both languages agree, links are valid, code runs and numbers are current."""

import re
from collections import Counter
from pathlib import Path

import pytest

from experiments import results
from tests.page_commands import in_markdown

ROOT = Path(__file__).parents[1]
ENGLISH = [page for page in results.pages() if results.language_of(page) == "en"]
IN_ONE_LANGUAGE = ("api.md",)  # made from docstrings
# Their code is run; that of the other pages needs data or models of the reader's.
WITH_CODE = (
    "a_mnist_lstm",
    "b_rnn_details",
    "c_handwritten_rnn",
    "d_imdb_simplernn",
    "from_tf1_to_keras3",
    "padding_masking_truncation",
)

_BOTH = ("SimpleRNN", "LSTM")
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE = re.compile(r"!\[([^]]*)\]\(([^)\s]+)\)")
_LINK = re.compile(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)|href=\"([^\"]+)\"")
# No version, name or label such as tf1, B8 or v2.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d(?:[\d,]*\d)?(?:\.\d+)?(?:e-\d+)?")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _chinese(page: Path) -> Path:
    if page.parent == ROOT:
        return page.with_suffix(".zh-CN.md")
    return page.parent / "zh-CN" / page.name


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _links(text: str) -> list[str]:
    text = _FENCE.sub("", text)
    links = [first or second for first, second in _LINK.findall(text)]
    links += [target for _, target in _IMAGE.findall(text)]
    return [link for link in links if not link.startswith(("http", "mailto"))]


def _targets(page: Path) -> Counter:
    """The files that a page links to, whatever the language of its links."""
    found = Counter()
    for link in _links(_read(page)):
        path = (page.parent / link.partition("#")[0]).resolve() if link[0] != "#" else page
        name = path.relative_to(ROOT).as_posix()
        found[name.replace("zh-CN/", "").replace(".zh-CN", "")] += 1
    return found


def _numbers(text: str) -> Counter:
    """The numbers of sentences and tables."""
    text = _COMMENT.sub("", _FENCE.sub("", text))
    text = re.sub(r"\]\([^)]*\)|href=\"[^\"]*\"|`[^`]*`", " ", text)
    return Counter(_NUMBER.findall(text))


def _code(text: str) -> list[str]:
    """The code and the commands of a page, without the blocks of words and equations."""
    blocks = _FENCE.findall(text)
    return [block for language, block in blocks if language not in ("", "text", "{toctree}")]


def _anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.strip().replace(" ", "-") for word in words}


def test_no_page_exists_in_one_language_alone():
    expected = {_chinese(page) for page in ENGLISH if page.name not in IN_ONE_LANGUAGE}
    assert expected == set(results.pages()) - set(ENGLISH)


@pytest.mark.parametrize(
    "page", [page for page in ENGLISH if page.name not in IN_ONE_LANGUAGE], ids=_name
)
def test_both_languages_have_the_same_commands_code_numbers_links_and_figures(page):
    english, chinese = _read(page), _read(_chinese(page))
    assert sorted(in_markdown(english)) == sorted(in_markdown(chinese))
    assert _code(english) == _code(chinese)
    assert _numbers(english) == _numbers(chinese)
    assert _targets(page) == _targets(_chinese(page))
    figures = [
        [target.rpartition("/")[2] for _, target in _IMAGE.findall(t)] for t in (english, chinese)
    ]
    assert figures[0] == figures[1]


@pytest.mark.parametrize("page", results.pages(), ids=_name)
def test_links_lead_to_files_and_headings(page):
    for link in _links(_read(page)):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        if anchor:
            assert anchor in _anchors(_read(path)), link


@pytest.mark.parametrize("page", results.pages(), ids=_name)
def test_figures_are_described_in_the_language_of_the_page(page):
    for description, _ in _IMAGE.findall(_read(page)):
        is_chinese = bool(re.search("[\u4e00-\u9fff]", description))
        assert is_chinese == (results.language_of(page) == results.CHINESE)
        assert len(description) >= (10 if is_chinese else 25), description


def test_the_gallery_shows_every_figure():
    """Or links it, where a figure beside it shows the same runs."""
    named = re.findall(r"\]\((\S+\.png)\)", _read(ROOT / "docs" / "gallery.md"))
    assert {*named} == {f"../{_name(path)}" for path in (ROOT / "plots").rglob("*.png")}


@pytest.mark.parametrize("page", results.pages(), ids=_name)
def test_tables_and_numbers_are_those_of_the_records(page):
    """Where this fails: python -m experiments.results --write."""
    text = _read(page)
    assert results.filled(text, results.language_of(page)) == text


def test_what_the_sentences_say_of_the_numbers_still_holds():
    """Where this fails, the runs were recorded again: change the sentence in all pages."""
    number = {n: float(v) for n, v in results.values().items() if not re.fullmatch(r"\d+-\d+", v)}
    assert number["a1.once"] - number["a1.twice"] > 0.01  # softmax twice costs accuracy
    assert number["a1.loss"] > 1.461
    for name in ("d3.post", *(f"long.{cell}.zeros-behind-not-masked" for cell in _BOTH)):
        assert abs(number[name] - 0.5) < 0.02  # zeros behind the words: guessing
    assert min(number[f"long.{cell}.zeros-behind-masked"] for cell in _BOTH) > 0.85
    vanished = ("LSTM-forget-bias-1", "simple-RNN")
    assert max(number[f"gradient.{cell}"] for cell in vanished) < 1e-6
    assert number["gradient.LSTM-forget-bias-5"] > 1e3 * number["gradient.simple-RNN"]
    trained = [number[f"gradient.{c}.trained"] for c in ("LSTM-forget-bias-1", "simple-RNN")]
    assert trained[0] > 1e3 * trained[1]
    assert abs(number["b8.last"] - number["b8.final"]) < 0.005  # the readouts end alike
    assert abs(number["b8.imdb.last"] - number["b8.imdb.final"]) < 0.01
    assert number["long.LSTM.last-1000-words"] >= number["long.LSTM.last-200-words"]
    remedies = ("mean-of-all-outputs", "gradient-stops-after-50", "10-chunks-then-vectors")
    assert number["long.LSTM.125-random-steps"] < min(number[f"long.LSTM.{r}"] for r in remedies)
    assert number["cell.LSTM-halved-softsign-tanh"] > number["cell.LSTM-sigmoid-tanh"] - 0.01
    assert number["cell.LSTM-relu-tanh"] < 0.9


def _columns(page: Path) -> list[tuple[list[str], str]]:
    """The code in the tables of a page: the sources that its column names, and the code."""
    found = []
    for table in re.findall(r"<table>.*?</table>", _read(page), re.DOTALL):
        heading, *rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        cells = heading.split("</td>")[:-1]
        sources = [re.findall(r"href=\"([^\"]+)\"", cell) for cell in cells]
        for row in rows:
            blocks = [block for _, block in _FENCE.findall(row)]
            assert len(blocks) == len(sources)
            found += zip(sources, blocks, strict=True)
    return found


@pytest.mark.parametrize("page", ENGLISH, ids=_name)
def test_code_in_a_column_that_names_a_source_is_in_it(page):
    """Its remarks aside, which stand for what is left out, and however its lines are broken."""
    for sources, block in _columns(page):
        text = "".join("".join(_read((page.parent / path).resolve()).split()) for path in sources)
        for part in re.split(r"^ *# .*$", block, flags=re.MULTILINE):
            assert not sources or "".join(part.split()) in text, part


@pytest.mark.parametrize("name", WITH_CODE)
def test_the_other_code_runs(name):
    import keras
    import numpy as np
    import tensorflow as tf

    from keras_rnn_tutorials import layers, losses, tf1

    page = ROOT / "docs" / f"{name}.md"
    from_sources = {block for sources, block in _columns(page) if sources}
    images = tf.random.stateless_uniform((8, 28, 28), (0, 1))
    known = {"keras": keras, "np": np, "tf": tf, "tf1": tf1, "layers": layers, "losses": losses}
    known |= {"images": images, "labels": tf.range(8), "lengths": tf.constant([28] * 7 + [3])}
    for language, block in _FENCE.findall(_read(page)):
        if language == "python" and block not in from_sources:
            lines = block.splitlines()
            indent = len(lines[0]) - len(lines[0].lstrip())
            exec("\n".join(line[indent:] for line in lines), known)


def test_every_test_that_a_page_names_exists():
    for page in results.pages():
        for path, test in re.findall(r"`(tests/\w+\.py)(?:::(\w+))?`", _read(page)):
            assert f"def {test}(" in _read(ROOT / path) if test else (ROOT / path).exists(), test
