"""The notebooks: the same code in both languages, files as jupytext writes them, cells that run.

They are executed on the generated sample, with the code of their exercises' answers.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

_REASON = "jupytext is not installed: pip install -e '.[docs]'"
jupytext = pytest.importorskip("jupytext", reason=_REASON)
nbformat = pytest.importorskip("nbformat", reason=_REASON)

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = (ROOT / "docs" / folder for folder in ("notebooks", "zh-CN/notebooks"))
NAMES = ["a_mnist_lstm", "b_rnn_details", "c_handwritten_rnn", "d_imdb_simplernn"]
SHORTEST = "c_handwritten_rnn"
SECONDS = 1800  # for one cell of one notebook, on a busy machine
SOURCES = [folder / f"{name}.py" for folder in (ENGLISH, CHINESE) for name in NAMES]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HAN = re.compile("[\u4e00-\u9fff]")


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "docs").as_posix()


def _cells(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in jupytext.read(path).cells if cell.cell_type == kind]


def _markdown(path: Path) -> str:
    return "\n\n".join(_cells(path, "markdown"))


def test_each_tutorial_has_a_notebook_in_both_languages():
    for suffix in (".py", ".ipynb"):
        for folder in (ENGLISH, CHINESE):
            assert sorted(path.stem for path in folder.glob(f"*{suffix}")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_code(name):
    english, chinese = (jupytext.read(folder / f"{name}.py") for folder in (ENGLISH, CHINESE))
    for one, other in zip(english.cells, chinese.cells, strict=True):
        assert one.cell_type == other.cell_type
        assert (one.source == other.source) == (one.cell_type == "code")
        assert _BLOCK.findall(one.source) == _BLOCK.findall(other.source)
        assert one.cell_type == "code" or not _HAN.search(one.source)
        assert one.cell_type == "code" or _HAN.search(other.source)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_notebook_has_exercises_with_hidden_answers(path):
    text = _markdown(path)
    exercises = re.findall(r"^\*\*(\d)\.\*\* ", text, re.MULTILINE)
    assert exercises == ["1", "2", "3", "4"]
    assert text.count("<details><summary>") == text.count("</details>") == len(exercises)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_notebook_is_what_jupytext_makes_of_its_source(path):
    """Where this fails: the command for notebooks in CONTRIBUTING.md."""
    made, stored = jupytext.read(path), nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert [(c.cell_type, c.source) for c in stored.cells] == [
        (c.cell_type, c.source) for c in made.cells
    ]
    assert stored.metadata.kernelspec == made.metadata.kernelspec
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in stored.cells)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_links_lead_to_files(path):
    links = re.findall(r"\]\(([^)\s]+)\)", _markdown(path))
    assert f"../{path.stem}.md" in links
    for link in links:
        assert (path.parent / link).exists(), link


def test_the_page_of_each_tutorial_links_to_its_notebook():
    for path in SOURCES:
        page = (path.parents[1] / f"{path.stem}.md").read_text(encoding="utf-8")
        assert f"](notebooks/{path.stem}.ipynb)" in page


# The first cell.


@pytest.fixture(scope="module")
def first_cell():
    first, *others = {_cells(path, "code")[0] for path in SOURCES}
    assert not others
    return first


def _run(code: str, folder: Path) -> subprocess.CompletedProcess:
    """Runs code as a notebook in a folder would, and prints where the experiments are found."""
    code += "\nimport experiments\nprint(Path(experiments.__file__).parents[1])"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_first_cell_finds_the_clone_around_it(first_cell):
    done = _run(first_cell, ENGLISH)
    assert (done.stdout.splitlines()[-1], done.stderr) == (str(ROOT), "")


def test_the_first_cell_asks_for_an_address_where_there_is_no_clone(first_cell, tmp_path):
    done = _run(first_cell, tmp_path)
    assert done.returncode and "fill in REPOSITORY" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_the_first_cell_clones_an_address_once(first_cell, tmp_path):
    origin = tmp_path / "origin"
    (origin / "experiments").mkdir(parents=True)
    for name in ("__init__.py", "mnist_lstm.py"):
        (origin / "experiments" / name).touch()
    git = ["git", "-C", str(origin), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "A clone."]):
        subprocess.run([*git, *arguments], check=True)
    (notebook := tmp_path / "notebook").mkdir()
    filled = first_cell.replace('REPOSITORY = ""', f'REPOSITORY = "{origin.as_uri()}"')
    assert filled != first_cell
    for code in (filled, filled, first_cell):
        done = _run(code, notebook)
        assert done.stdout.splitlines()[-1] == str(notebook / "keras_rnn_tutorials"), done.stderr


# Execution.


@pytest.mark.parametrize(
    "name",
    [name if name == SHORTEST else pytest.param(name, marks=pytest.mark.long) for name in NAMES],
)
def test_a_notebook_runs_from_top_to_bottom(name, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    # Beside the notebook, as if the first cell had cloned it: so the runs are written here.
    (tmp_path / "keras_rnn_tutorials").symlink_to(ROOT, target_is_directory=True)
    book = jupytext.read(ENGLISH / f"{name}.py")
    answers = [code for text in _cells(ENGLISH / f"{name}.py", "markdown")
               for code in _BLOCK.findall(text)]  # fmt: skip
    assert answers
    book.cells += [nbformat.v4.new_code_cell(code) for code in answers]
    nbclient.NotebookClient(
        book,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    shown = [(cell.source, output) for cell in book.cells for output in cell.get("outputs", [])]
    for source, output in shown:
        # TensorFlow has a line of its own about masked sequences, which an answer reads.
        assert output.get("name") != "stderr" or source in answers, (source, output)
    assert sum("image/png" in output.get("data", {}) for _, output in shown) >= 2
    assert (tmp_path / "runs").is_dir()
