"""Which sources changed since the records were made?

python -m experiments.provenance               lists them by record
python -m experiments.provenance --check NAME  runs the first seeds again

Only sources that can change numbers count: those that an experiment imports,
except the code for figures, pages, folders and the command line. Docstrings and
comments do not count. `--check` shows that a change did not affect the results:
it repeats the first seed of every configuration of the experiment NAME. If all
results are bit-for-bit as recorded, it notes the commit in
experiments/checked.json.
"""

import ast
import functools
import importlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from experiments import plots
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Code, Record
from keras_rnn_tutorials.runner import command, surroundings, sweep
from keras_rnn_tutorials.runner.config import DataConfig
from keras_rnn_tutorials.runner.tables import print_table
from keras_rnn_tutorials.storage import files

ROOT = plots.PLOTS.parent
CHECKED = Path(__file__).with_name("checked.json")
# The parts of an experiment that produce its numbers; the rest draws and prints.
_NUMBERS = {"Config", "load_data", "build_model", "measure"}
# Of a module that also serves users' models: the functions that the training loop calls.
_CALLED = {"keras_rnn_tutorials/fast.py": {"steps_per_call", "train_function"}}
# Code that cannot change numbers: it writes, draws, queries a model, or handles the run's folder.
_WITHOUT_NUMBERS = (
    "keras_rnn_tutorials/plotting/",
    "keras_rnn_tutorials/storage/",
    "keras_rnn_tutorials/record.py",
    "keras_rnn_tutorials/errors.py",
    "keras_rnn_tutorials/runner/",
    "keras_rnn_tutorials/models.py",
    "experiments/__main__.py",
    "experiments/_digits.py",
    "experiments/_reviews.py",
    "experiments/plots.py",
    "experiments/reproduction.py",
)
_LOOP = ("keras_rnn_tutorials/runner/loop.py", "keras_rnn_tutorials/runner/variables.py")


@functools.cache
def sources(experiment: str) -> tuple[str, ...]:
    """The paths, below the root, of the sources that an experiment's numbers depend on.

    Args:
        experiment: the module's name under `experiments`.

    Returns:
        The paths, sorted: every module that the experiment imports, directly or not, within this
        repository, at its top or inside a function; and the training loop.
    """
    waiting, found = [_path(f"experiments.{experiment}"), *_LOOP], set()
    while waiting:
        path = waiting.pop()
        counts = path in _LOOP or not path.startswith(_WITHOUT_NUMBERS)
        if path and path not in found and counts:
            found.add(path)
            waiting += map(_path, _imported(path))
    return tuple(sorted(found))


def changed(experiment: str, commit: str) -> list[str]:
    """The sources of an experiment whose meaning has changed since a commit.

    Args:
        experiment: the module's name under `experiments`.
        commit: of this repository.

    Returns:
        The paths that differ in more than docstrings and comments.

    Raises:
        LookupError: the repository does not have the commit.
    """
    _git("cat-file", "-e", f"{commit}^{{commit}}")
    return [
        path
        for path in sources(experiment)
        if _meaning(path, (ROOT / path).read_text("utf-8")) != _meaning_at(commit, path)
    ]


def recorded() -> dict[str, Record]:
    """The first run of every recorded configuration, by its name below plots/."""
    return {
        path.relative_to(plots.PLOTS).with_suffix("").as_posix(): runs[0]
        for path, runs in plots.figures(plots.PLOTS, False, []).items()
    }


def commit_of(name: str, one: Record) -> str | None:
    """The commit to compare with: where the record was checked, otherwise its own."""
    return _checked().get(name) or (one.code.commit if one.code else None)


def _checked() -> dict[str, str]:
    """By record, the commit at which it was last reproduced."""
    return json.loads(CHECKED.read_text()) if CHECKED.exists() else {}


def main():
    """Prints the table, or runs first seeds again."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("--check", metavar="NAME", help="run its first seeds again")
    given = parser.parse_args()
    if not given.check:
        print_table("Sources changed since the records were made", ("", ""), [*_lines()])
        return
    runs = {name: one for name, one in recorded().items() if one.experiment == given.check}
    if not runs:
        known = {one.experiment for one in recorded().values()}
        raise UserError(f"{given.check} has no recorded runs: choose from {_listed(known)}.")
    here = Code.here()
    if here.commit is None or not here.clean:
        raise UserError("A check notes the commit that it ran: commit all changes first.")
    surroundings.check_backend()
    with tempfile.TemporaryDirectory() as directory:
        for one in runs.values():
            _check(one, Path(directory))
    checked = _checked() | dict.fromkeys(runs, here.commit)
    with files.writing(CHECKED.parent):
        files.write_whole(CHECKED, (json.dumps(checked, indent=1, sort_keys=True) + "\n").encode())
    print(f"{CHECKED.relative_to(ROOT)} notes that {given.check} is unchanged.")


def _check(one: Record, directory: Path):
    """Repeats one run; an error unless the results are bit-for-bit identical."""
    settings = {name: [value] for name, value in one.config.items()}
    if issubclass(importlib.import_module(f"experiments.{one.experiment}").Config, DataConfig):
        settings["data"] = ["tfds"]
    (task,) = sweep.combinations(one.experiment, settings, [one.seed], directory)
    processes = max(1, (os.cpu_count() or 1) // one.environment.cores)
    for failed in sweep.run([task], sweep.on_this_machine(processes)):
        raise UserError(f"{one.command} failed: {failed.failure}.")
    again = task.recorded()
    if again is None or (again.history, again.test) != (one.history, one.test):
        raise UserError(f"{one.command} gives different numbers now: record it again (rerecord).")
    if _timeless(again.measured) != _timeless(one.measured):
        raise UserError(f"{one.command} measures different values now: record it again (rerecord).")


def _timeless(measured):
    """What was measured, without times."""
    if isinstance(measured, dict):
        return {k: _timeless(v) for k, v in measured.items() if "seconds" not in k}
    return [*map(_timeless, measured)] if isinstance(measured, list) else measured


def _lines() -> Iterator[tuple[str, str]]:
    for name, one in recorded().items():
        commit = commit_of(name, one)
        if commit is None:
            yield name, "recorded before records named their commit"
            continue
        try:
            different = changed(one.experiment, commit)
        except LookupError:
            yield name, f"{commit[:12]} is not in this clone"
        else:
            yield name, ", ".join(different) or f"none since {commit[:12]}"


def _listed(names) -> str:
    return ", ".join(sorted(names))


def _path(module: str) -> str:
    """Of a module of this repository, below its root; empty if it is none."""
    base = module.replace(".", "/")
    found = [path for path in (f"{base}.py", f"{base}/__init__.py") if (ROOT / path).is_file()]
    return found[0] if found and base.startswith(("experiments", "keras_rnn_tutorials")) else ""


def _imported(path: str) -> Iterator[str]:
    """The modules that a source imports; for modules of a package, only these."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if _path(module) else node.module


def _meaning(path: str, text: str) -> str:
    """A source without docstrings, comments and layout; for some, only what produces numbers."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            if isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str):
                body[:1] = [] if len(body) > 1 else [ast.Pass()]
        if isinstance(node, ast.ClassDef):  # questions to a finished model cannot change numbers
            node.body = [each for each in node.body if "runner.question(" not in ast.unparse(each)]
    defined = {
        name: node
        for node in tree.body
        for name in _defines(node)
        if not name.startswith("draw")  # also the name of a local variable
    }
    roots = _NUMBERS if path.startswith("experiments/") else _CALLED.get(path, set())
    wanted = roots & defined.keys()
    if not wanted:
        return ast.dump(tree)
    waiting, used = [*wanted], set()
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            names = {n.id for n in ast.walk(defined[name]) if isinstance(n, ast.Name)}
            waiting += names & defined.keys()
    return "\n".join(ast.dump(defined[name]) for name in sorted(used))


def _defines(node: ast.stmt) -> list[str]:
    """The names that a top-level statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    return []


@functools.cache
def _meaning_at(commit: str, path: str) -> str | None:
    try:
        return _meaning(path, _git("show", f"{commit}:{path}"))
    except LookupError:
        return None  # it had another name


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise LookupError(done.stderr.strip())
    return done.stdout


if __name__ == "__main__":
    with command.user_errors():
        main()
