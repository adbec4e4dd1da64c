"""Every command in the Markdown pages and in the docstrings is one that its program accepts.

A command is parsed, not run: by the Config of its experiment, or by the parser of its module.
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

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_START = re.compile(r"^(?:\S*[/\\])?(?:py|python[\d.]*) -m (.+)$|^keras-rnn-tutorials (.+)$")
_END = re.compile(r"\s{2,}|\s#")  # what follows is a remark


class _Parsed(Exception):
    """The command line was accepted."""


def in_markdown(text: str) -> list[str]:
    """The commands of a page: lines of code blocks, and inline code."""
    lines = [line for block in _FENCE.findall(text) for line in block.splitlines()]
    inline = re.findall(r"`([^`]+)`", _FENCE.sub("", text))
    return _commands(lines + [" ".join(span.split()) for span in inline])


def in_docstring(text: str) -> list[str]:
    """The commands of a docstring: lines that start with one, and inline code."""
    return _commands([*text.splitlines(), *re.findall(r"`([^`]+)`", text)])


def _commands(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        for part in re.split(r" && |; ", line.strip()):
            if match := _START.match(part.strip()):
                module, script = (_END.split(text)[0] if text else "" for text in match.groups())
                found.append(module or f"experiments.{script}")
    return list(dict.fromkeys(found))


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
    if "ArgumentParser(" not in Path(spec.origin).read_text():
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
