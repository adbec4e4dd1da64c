"""`python -m experiments` lists what can be run, a line each; with a name it runs that."""

import ast
import difflib
import runpy
import sys
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command


def summaries() -> dict[str, str]:
    """The docstring of every experiment and command, by name; nothing is imported."""
    here = Path(__file__).parent
    sources = {path.stem: path for path in here.glob("[!_]*.py")}
    sources |= {path.parent.name: path for path in here.glob("*/__init__.py")}
    return {
        name: ast.get_docstring(ast.parse(sources[name].read_text(encoding="utf-8")))
        for name in sorted(sources)
    }


def main(name: str | None = None):
    """Lists what can be run, or runs one.

    Args:
        name: of an experiment or a command.

    Raises:
        UserError: there is none of that name.
    """
    known = summaries()
    if name in (None, "--help", "-h"):
        for each, docstring in known.items():
            print(f"python -m experiments.{each:20} {docstring.splitlines()[0]}")
    elif name in known:
        sys.argv = [name, *sys.argv[2:]]
        runpy.run_module(f"experiments.{name}", run_name="__main__", alter_sys=True)
    else:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "python -m experiments lists them."
        raise UserError(f"There is no experiment {name!r}: {hint}")


if __name__ == "__main__":
    with command.user_errors():
        main(*sys.argv[1:2])
