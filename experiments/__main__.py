"""`python -m experiments` lists what can be run, a line each."""

import ast
from pathlib import Path


def summaries() -> dict[str, str]:
    """The first line of every module's docstring, by name; nothing is imported."""
    modules = sorted(Path(__file__).parent.glob("[!_]*.py"))
    return {path.stem: ast.get_docstring(ast.parse(path.read_text())) for path in modules}


if __name__ == "__main__":
    for name, docstring in summaries().items():
        print(f"python -m experiments.{name:20} {docstring.splitlines()[0]}")
