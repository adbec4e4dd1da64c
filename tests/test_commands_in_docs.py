"""Every command in the Markdown pages and in the docstrings is accepted by its program.

A command is parsed, by the Config of its experiment or by the parser of its module. Those of the
experiments in code blocks are run too, unless they are marked as long (`tests.page_commands`).
"""

import argparse
import ast
import importlib
import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest

from experiments import results
from experiments.__main__ import summaries
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.config import options
from tests import long, page_commands
from tests.page_commands import in_docstring, in_markdown

ROOT = Path(__file__).parent.parent
OURS = ("experiments", "benchmarks", "tests", "keras_rnn_tutorials")
PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "tests/README.md")),
    *results.pages(),
]
SOURCES = [
    path for room in ("experiments", "benchmarks", "tests/faults", "tests/differential")
    for path in sorted((ROOT / room).rglob("*.py"))
]  # fmt: skip


class _Parsed(Exception):
    """The command line was accepted."""


def check(text: str, monkeypatch):
    """Raises an error if a command, as it follows `python -m`, would be refused."""
    name, *arguments = shlex.split(text)
    assert importlib.util.find_spec(name.partition(".")[0]), f"there is no module {name}"
    if not name.startswith(OURS):
        return
    spec = importlib.util.find_spec(name)
    assert spec, f"there is no module {name}"
    if name == "experiments":
        assert set(arguments) <= {"NAME", *summaries()}
    elif "class Config(" in Path(spec.origin).read_text():
        config_class = importlib.import_module(name).Config
        config_class(**command.parse(arguments, config_class) or {})
    else:
        _check_parser(name, arguments, monkeypatch)


def _check_parser(name: str, arguments: list[str], monkeypatch):
    # Some modules of tests.faults start Python again unless BLAS has one thread.
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    spec = importlib.util.find_spec(name)
    if spec.submodule_search_locations:
        name += ".__main__"
        spec = importlib.util.find_spec(name)
        assert spec, f"{name} cannot be run"
    if "parse_args(" not in Path(spec.origin).read_text():
        assert set(arguments) <= set(summaries()), f"{name} takes no flags"
        return
    module = importlib.import_module(name)
    if hasattr(module, "arguments"):
        module.arguments(arguments)
        return
    parse_args = argparse.ArgumentParser.parse_args

    def parse_only(self, *args):
        self.allow_abbrev = False
        given = parse_args(self, *args)
        experiment = getattr(given, "experiment", [])
        experiments = [experiment] if isinstance(experiment, str) else experiment
        assert set(experiments) <= set(summaries())
        raise _Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)
    with pytest.raises(_Parsed):
        module.main()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_are_accepted(page):
    found = in_markdown(page.read_text(encoding="utf-8"))
    assert found or "docs" in page.parts
    for text in found:
        with pytest.MonkeyPatch.context() as monkeypatch:
            check(text, monkeypatch)


def test_the_commands_of_the_docstrings_are_accepted():
    found = set()
    for path in SOURCES:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found.update(in_docstring(docstring))
    assert len(found) > 40
    for text in sorted(found):
        with pytest.MonkeyPatch.context() as monkeypatch:
            check(text, monkeypatch)


def test_commands_are_found_in_a_page():
    page = """
`python -m experiments.mnist_lstm
--epochs=3` and `keras-rnn-tutorials mnist_lstm`, not python -m experiments.nothing; `a -m b`

```sh
python3 -m venv .venv && .venv/bin/python -m pytest   # all
```

```powershell
py -m venv .venv; .venv\\Scripts\\python -m experiments.plots --runs="my runs"
```
"""
    assert in_markdown(page) == [
        "venv .venv",
        "pytest",
        'experiments.plots --runs="my runs"',
        "experiments.mnist_lstm --epochs=3",
        "experiments.mnist_lstm",
    ]


SHORTER = {"data": "sample", "epochs": 1, "batch_size": 500, "units": 8, "maxlen": 50}
RUN_ELSEWHERE = {
    "experiments.bidirectional_lstm --variant=dynamic": "test_experiments",
    "experiments.imdb_simplernn": "test_experiments",
    "experiments.mnist_lstm": "test_other_systems",
    "experiments.mnist_lstm --variant=corrected": "test_experiments",
    "experiments.unrolled_lstm": "test_unrolled_lstm",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.mark.parametrize(
    "text", [t for t in page_commands.of_experiments(long=False) if t not in RUN_ELSEWHERE]
)
def test_a_short_command_of_a_page_runs_to_its_end(text, run_command, runs):
    """Shorter than shown where its experiment has these flags: one epoch of a small network.

    With --resume it finds the run of the same command without, if that was made before.
    """
    name, *arguments = shlex.split(text)
    names = {option.name for option in options(importlib.import_module(name).Config)}
    more = [f"--{flag}={value}" for flag, value in SHORTER.items() if flag in names]
    out_dir = runs / text.replace(" --resume", "")
    done = run_command(name, *more, *arguments, f"--out_dir={out_dir}")
    assert (done.returncode, done.stderr) == (0, "")
    assert (out_dir / "record.json").exists() or "--summary" in arguments


def test_what_is_run_elsewhere_stands_on_a_page():
    assert set(RUN_ELSEWHERE) <= set(page_commands.of_experiments(long=False))


def test_the_long_commands_are_marked_and_all_run(monkeypatch, capfd):
    marked = page_commands.of_experiments(long=True)
    assert "experiments.long_sequences --full" in marked and "experiments.cell_variants" in marked
    texts = ["experiments.mnist_lstm --units=none", "experiments.mnist_lstm --help"]
    monkeypatch.setattr(page_commands, "of_experiments", lambda long: texts)
    monkeypatch.setattr(sys, "argv", ["tests.long"])
    with pytest.raises(SystemExit) as end:
        long.main()
    *_, wrong, right = capfd.readouterr().out.splitlines()
    assert end.value.code == 1
    assert re.fullmatch(r"\| `python -m experiments.mnist_lstm --units=none` \| \d+ \| 2 \|", wrong)
    assert re.fullmatch(r"\| `python -m experiments.mnist_lstm --help` \| \d+ \| 0 \|", right)


@pytest.mark.parametrize(
    "text",
    [
        "experiments.mnist_lstm --epoch=3",
        "experiments.mnist_lstm --epochs=0",
        "experiments.mnist_lstm --variant=older",
        "experiments.mnist_lstm epochs=3",
        "experiments.mnist",
        "experiments mnist",
        "nothing_of_the_kind",
        "experiments.plots --run=runs",
        "experiments.plots mnist",
        "experiments.results --write=yes",
        "benchmarks.compare --jobs=mnst",
        "benchmarks.overhead --rounds=3",
        "tests.faults --round=1",
        "tests.differential --examples=many",
    ],
)
def test_a_wrong_command_is_refused(text, monkeypatch):
    with pytest.raises((AssertionError, ValueError, SystemExit)):
        check(text, monkeypatch)
