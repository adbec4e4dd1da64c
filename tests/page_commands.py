"""The commands in the Markdown pages and docstrings, and which of them take minutes.

In a code block, a comment after a command that mentions minutes or hours marks it as long:

    python -m experiments.long_sequences --full  # about 8 minutes

`python -m tests.long` runs the long ones, and the suite runs the others.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_START = re.compile(r"^(?:\S*[/\\])?(?:py|python[\d.]*) -m (.+)$|^keras-rnn-tutorials (.+)$")
_END = re.compile(r"\s{2,}|\s#")  # what follows is a remark
_LONG = re.compile(r"#.*\b(minutes?|hours?)\b")


def in_markdown(text: str) -> list[str]:
    """The commands of a page: lines of code blocks, and inline code."""
    inline = re.findall(r"`([^`]+)`", _FENCE.sub("", text))
    return _commands(_lines_of_blocks(text) + [" ".join(span.split()) for span in inline])


def in_docstring(text: str) -> list[str]:
    """The commands of a docstring: lines that start with one, and inline code."""
    return _commands([*text.splitlines(), *re.findall(r"`([^`]+)`", text)])


def of_experiments(long: bool) -> list[str]:
    """The experiments' commands in the code blocks of the README and of docs/.

    Args:
        long: those that are marked, or those that are not.
    """
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    lines = [line for page in pages for line in _lines_of_blocks(page.read_text(encoding="utf-8"))]
    marked = {text for line in lines if _LONG.search(line) for text in _commands([line])}
    shown = [text for text in _commands(lines) if text.startswith("experiments.")]
    return [text for text in shown if (text in marked) == long]


def _lines_of_blocks(text: str) -> list[str]:
    return [line for block in _FENCE.findall(text) for line in block.splitlines()]


def _commands(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        for part in re.split(r" && |; ", line.strip()):
            if match := _START.match(part.strip()):
                module, script = (_END.split(text)[0] if text else "" for text in match.groups())
                found.append(module or _of_script(script))
    return list(dict.fromkeys(found))


def _of_script(text: str) -> str:
    """What `keras-rnn-tutorials` runs, as it would follow `python -m`."""
    first = text.partition(" ")[0]
    if first in ("run", "migrate"):
        return f"keras_rnn_tutorials.migrate {text.removeprefix('migrate').strip()}".strip()
    return f"experiments.{text}"
