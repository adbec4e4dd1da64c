"""Figures as PNG and SVG: the same figure gives the same bytes."""

import contextlib
import html
import io
import warnings
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage.files import write_whole


@contextlib.contextmanager
def drawing(path: Path):
    """Turns an error in the drawing of a record into a `UserError`.

    Args:
        path: of the figure or of the record, for the error message.

    Raises:
        UserError: the record cannot be drawn.
    """
    try:
        with warnings.catch_warnings():  # Matplotlib warns of records that were edited by hand
            warnings.simplefilter("ignore")
            yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            f"The record of {path} is damaged ({type(error).__name__} while drawing it): make the "
            "run again."
        ) from error


def save(figure: Figure, path: Path):
    """Writes a figure, completely or not at all. The same figure gives the same bytes.

    Args:
        figure: to write.
        path: its suffix, `.png` or `.svg`, is the format.
    """
    write_whole(path, rendered(figure, path.suffix[1:]))


def rendered(figure: Figure, kind: str) -> bytes:
    """The content of a figure's file, "png" or "svg"."""
    content = io.BytesIO()
    title = " ".join(figure.get_suptitle().split())
    # Dates, versions and random identifiers would make every file different.
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None, "Title": title}}
    as_text = matplotlib.rc_context({"svg.hashsalt": "keras_rnn_tutorials", "svg.fonttype": "none"})
    with as_text, warnings.catch_warnings():
        # On a busy machine Matplotlib warns that placing the legend is slow; no user can change it.
        warnings.filterwarnings("ignore", 'Creating legend with loc="best"')
        figure.savefig(content, format=kind, dpi=110, metadata=metadata[kind])
    if kind == "png":
        return content.getvalue()
    described = f"</title>\n <desc>{html.escape(_description(figure))}</desc>"
    return content.getvalue().decode().replace("</title>", described, 1).encode()


def _description(figure: Figure) -> str:
    """What the panels show, for readers who use a screen reader."""
    panels = [
        f"{axes.get_title()} {axes.get_ylabel()} against {axes.get_xlabel()}.".strip()
        for axes in figure.axes
        if axes.get_xlabel()
    ]
    return " ".join(panels) or figure.get_suptitle()
