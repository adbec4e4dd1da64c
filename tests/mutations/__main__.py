"""Introduces mistakes on purpose, which tests must detect: `python -m tests.mutations`.

It copies the repository to a temporary folder, introduces one mistake at a time, runs the tests
listed for it, and prints a line for each: the mistake, how many tests failed, and which. The exit
status is 1 if no test detects a mistake, or if one of the listed tests fails without a mistake.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import collections
import json
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from tests.mutations import of_layers, of_runs, of_tf1
from tests.mutations.mutation import ROOT, Mutation

MUTATIONS = (*of_layers.MUTATIONS, *of_runs.MUTATIONS, *of_tf1.MUTATIONS)
_COPIED = ("keras_rnn_tutorials", "experiments", "tests", "pyproject.toml")
_OUTPUT = "output.txt"  # of the tests
_SHOWN = 4  # names of tests per line


def main() -> int:
    """Runs what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", help="a part of a mutation's name or file, * allowed")
    parser.add_argument("--list", action="store_true", help="print the mutations and run nothing")
    given = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if mutation.is_named(given.only)]
    if not chosen:
        print(f"--only={given.only} names no mutation: see --list.", file=sys.stderr)
        return 2
    if given.list:
        for mutation in chosen:
            print(f"{mutation.file}: {mutation.name}")
        return 0
    # Imported once, and inherited by the process of each mutation.
    import keras  # noqa: F401
    import pytest  # noqa: F401

    # A file of bytecode could be taken for that of a mutation of the same size and second.
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as copy:
        _copy_to(Path(copy))
        return _run(chosen, Path(copy))


def _run(mutations: list[Mutation], copy: Path) -> int:
    unnoticed, selections = 0, collections.defaultdict(dict)
    for mutation in mutations:
        selections[mutation.only] |= dict.fromkeys(mutation.tests)
    for only, tests in selections.items():
        if failed := _failures(copy, tuple(tests), only):
            print(f"Without a mutation these failed: {_names(failed)}.", flush=True)
            unnoticed += 1
    print("| file | mutation | failed | among them |\n|---|---|---|---|", flush=True)
    for mutation in mutations:
        path = mutation.path(copy)
        text = path.read_text()
        path.write_text(mutation.applied(copy))
        try:
            failed = _failures(copy, mutation.tests, mutation.only)
        finally:
            path.write_text(text)
        unnoticed += not failed
        cells = (f"`{mutation.file}`", mutation.name, str(len(failed)), _names(failed))
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"{len(mutations)} mutations, {unnoticed} not noticed.")
    return int(unnoticed > 0)


def _copy_to(copy: Path):
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)


def _failures(copy: Path, tests: tuple[str, ...], only: str) -> list[str]:
    """The functions of the failed tests, one name for each failure.

    The tests run in a process of their own, which inherits the libraries that are imported here.
    """
    report = copy / "report.json"
    report.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = _child(copy, tests, only, report)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if not report.exists():
        *_, last = (copy / _OUTPUT).read_text().split("\n")[:-1] or ["it printed nothing"]
        return [f"the process, with status {status}: {last}"]
    outcome = json.loads(report.read_text())
    if not outcome["run"]:
        return [f"none is {only!r}"]
    return outcome["failed"]


def _child(copy: Path, tests: tuple[str, ...], only: str, report: Path) -> int:
    import pytest

    os.chdir(copy)
    sys.path[:] = [str(copy), *(place for place in sys.path if place not in ("", str(ROOT)))]
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]
    with (copy / _OUTPUT).open("w") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    watch = _Watch(copy)
    arguments = [f"tests/{test}" for test in tests] + (["-k", only] if only else [])
    # One process is enough for so few tests.
    options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=--strict-markers"]
    pytest.main([*options, *arguments], plugins=[watch])
    report.write_text(json.dumps({"run": watch.run, "failed": watch.failed}))
    return 0


class _Watch:
    """Counts what is run and notes what fails."""

    def __init__(self, copy: Path):
        self.copy, self.run, self.failed = copy, 0, []

    def pytest_collectreport(self, report):
        if report.failed:  # the mutation broke the import
            self.run += 1
            self.failed.append("the import")

    def pytest_collection_finish(self, session):
        module = sys.modules.get("keras_rnn_tutorials")
        if module and not Path(module.__file__).is_relative_to(self.copy):
            raise RuntimeError(f"{module.__file__} was imported, not the copy's.")

    def pytest_runtest_logreport(self, report):
        self.run += report.when == "call"
        if report.failed:
            self.run += report.when != "call"
            self.failed.append(report.nodeid.rpartition("::")[2].partition("[")[0])


def _names(failed: list[str]) -> str:
    counts = collections.Counter(name.removeprefix("test_") for name in failed)
    shown = [f"{name} {count}" if count > 1 else name for name, count in counts.most_common(_SHOWN)]
    more = [f"{len(counts) - _SHOWN} more"] if len(counts) > _SHOWN else []
    return ", ".join(shown + more) or "**none**"


if __name__ == "__main__":
    sys.exit(main())
