"""Tables and long lines for the terminal."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]):
    """Prints a table that fits the terminal, or 80 columns.

    Args:
        title: one line above it.
        columns: the headings.
        rows: the cells, as text. Columns of numbers are aligned to the right.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD)
    rows = list(rows)
    for number, heading in enumerate(columns):
        are_numbers = all(row[number][:1].isdigit() for row in rows)
        table.add_column(heading, justify="right" if are_numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(file=sys.stdout, highlight=False, markup=False).print(table)


def columns() -> int:
    """The width for text: the terminal's, if that is from 40 to 100 columns."""
    return max(40, min(100, shutil.get_terminal_size().columns))


def filled(text: str, width: int, indent: str) -> str:
    """Wraps one paragraph to a width; all lines but the first are indented. No word is broken."""
    return textwrap.fill(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def print_line(text: str):
    """Prints a line, wrapped to the terminal."""
    print(filled(text, columns(), "  "))
