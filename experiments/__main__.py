"""`python -m experiments` lists the experiments; `python -m experiments NAME` runs one."""

import ast
import difflib
import runpy
import sys
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command


def summaries() -> dict[str, str]:
    """The docstring of every experiment and command, by name. Nothing is imported."""
    return {name: ast.get_docstring(tree) for name, tree in _parsed().items()}


def _parsed() -> dict[str, ast.Module]:
    folder = Path(__file__).parent
    sources = {path.stem: path for path in folder.glob("[!_]*.py")}
    sources |= {path.parent.name: path for path in folder.glob("*/__init__.py")}
    return {name: ast.parse(sources[name].read_text(encoding="utf-8")) for name in sorted(sources)}


def _listing() -> str:
    """One line per experiment, and one per command that maintains the recorded runs."""
    experiments, commands = [], []
    for name, tree in _parsed().items():
        has_config = any(isinstance(n, ast.ClassDef) and n.name == "Config" for n in tree.body)
        first_line = ast.get_docstring(tree).splitlines()[0]
        (experiments if has_config else commands).append(f"  {name:21} {first_line}")
    return "\n".join(
        [
            "python -m experiments.NAME runs an experiment; --help shows what it does.",
            "A1 to D3 are pieces of the four tutorials: README.md has their titles.",
            "",
            *experiments,
            "",
            "Commands for the recorded runs, started in the same way:",
            "",
            *commands,
        ]
    )


def main(name: str | None = None):
    """Lists the experiments and commands, or runs one.

    Args:
        name: of an experiment or a command.

    Raises:
        UserError: there is no experiment or command of that name.
    """
    if name is None or name in command.HELP:
        print(_listing())
        return
    sys.argv = [name, *sys.argv[2:]]
    runpy.run_module(f"experiments.{known_name(name)}", run_name="__main__", alter_sys=True)


def known_name(name: str) -> str:
    """Returns the name, if an experiment or a command has it.

    Raises:
        UserError: none has.
    """
    known = summaries()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "python -m experiments lists them."
        raise UserError(f"There is no experiment {name!r}: {hint}")
    return name


if __name__ == "__main__":
    with command.user_errors():
        main(*sys.argv[1:2])
