"""A run in a notebook: the cells of docs/runs.md, and how their results are shown."""

import dataclasses
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from keras_rnn_tutorials import plotting, runner

ROOT = Path(__file__).parent.parent


def cells():
    """The code of the section on notebooks, with a small run in place of a long one."""
    _, section = (ROOT / "docs" / "runs.md").read_text(encoding="utf-8").split("## From Python")
    section, *_ = section.split("\n## ")
    code = "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
    small = re.sub(
        r"\bmain\([^)]*\)", 'main(data="sample", epochs=1, batch_size=500, units=4)', code
    )
    assert small != code and "run.figure()" in small
    return [line for line in small.splitlines() if line.strip()]


@pytest.mark.long
def test_the_pages_cells_show_images_and_no_noise(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    start = f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.chdir({str(tmp_path)!r})"
    few = "from tests.faults import samples; samples.shorten()"
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(code) for code in [start, few, *cells(), "run"]]
    nbclient.NotebookClient(book, timeout=600, kernel_name="python3").execute()
    outputs = {cell.source: cell.outputs for cell in book.cells}
    for source, shown in outputs.items():
        assert not [one for one in shown if one.get("name") == "stderr"], source
    (figure,) = (shown for source, shown in outputs.items() if source.startswith("run.figure()"))
    assert "image/png" in figure[-1].data
    shown = outputs["run"][-1].data
    assert "image/png" in shown and "<img" in shown["text/html"] and "<table>" in shown["text/html"]
    assert len(shown["text/plain"]) < 500


@pytest.fixture
def run(record, tmp_path):
    return runner.Run(record, tmp_path, plotting.curves)


def test_a_run_shows_itself_in_short(run):
    assert len(repr(run)) < 500 and "mnist_lstm" in repr(run) and "\n" not in repr(run)
    assert run._repr_png_() == run.figure()._repr_png_()
    assert run._repr_png_().startswith(b"\x89PNG")
    for text in ("mnist_lstm", "MNIST", "seed", "0.4000", "data:image/png;base64,"):
        assert text in run._repr_html_()


def test_no_text_of_a_record_is_html(run, record):
    config = record.config | {"variant": "<script>alert(1)</script>", "<b>": "x" * 10_000}
    run = dataclasses.replace(run, record=dataclasses.replace(record, config=config))
    assert "<script>" not in run._repr_html_() and "<b>" not in run._repr_html_()
    assert len(repr(run)) < 500


def test_a_run_without_numbers_shows_its_table(run, record):
    bare = dataclasses.replace(record, history={}, test={}, status="failed", failure="The loss.")
    run = dataclasses.replace(run, record=bare)
    assert run._repr_png_() is None and "<img" not in run._repr_html_()
