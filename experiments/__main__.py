"""`python -m experiments` lists what can be run, a line each."""

import ast
from pathlib import Path


def summaries() -> dict[str, str]:
    """The docstring of every experiment and command, by name; nothing is imported."""
    here = Path(__file__).parent
    sources = {path.stem: path for path in here.glob("[!_]*.py")}
    sources |= {path.parent.name: path for path in here.glob("*/__init__.py")}
    return {
        name: ast.get_docstring(ast.parse(sources[name].read_text(encoding="utf-8")))
        for name in sorted(sources)
    }


if __name__ == "__main__":
    for name, docstring in summaries().items():
        print(f"python -m experiments.{name:20} {docstring.splitlines()[0]}")
