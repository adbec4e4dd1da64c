"""The drawings of the pages match the code; their colours can be distinguished by everybody."""

import html
import itertools
import re

import numpy as np
import pytest

from experiments import drawings, recording
from keras_rnn_tutorials import plotting
from keras_rnn_tutorials.plotting.style import COLOURS


@pytest.mark.parametrize("name", drawings.DRAWN)
def test_a_drawing_is_what_the_code_draws(name):
    """Where this fails: python -m experiments.drawings."""
    content = plotting.rendered(drawings.DRAWN[name](), "svg")
    assert (drawings.DRAWINGS / f"{name}.svg").read_bytes() == content
    text = content.decode()
    assert re.search(r"<title>\w[^<]+</title>\s*<desc>\w[^<]+</desc>", text)
    assert "<text" in text  # text as text: it can be searched and read aloud


def test_the_recorded_terminal_asks_nobody_and_shows_our_own_sentence():
    text = html.unescape((recording.TERMINAL).read_text()).replace("\xa0", " ")
    assert "Answer: " in text and "wonderful" in recording.REVIEW and "wonderful" in text
    assert "url(" not in text.replace("url(#", "") and "src:" not in text


# Machado, Oliveira and Fernandes 2009, severity 1; for linear RGB.
BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def _lab(rgb):
    """CIE L*a*b* of linear sRGB, white D65."""
    xyz = rgb @ np.array(
        [[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]]
    )
    xyz = xyz / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _linear(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("kind", ["none", *BLINDNESS])
def test_any_two_colours_are_told_apart(kind):
    seen = {}
    for colour in COLOURS:
        rgb = _linear(colour)
        if kind != "none":
            rgb = np.clip(np.array(BLINDNESS[kind]) @ rgb, 0, 1)
        seen[colour] = _lab(rgb)
    distances = {
        (a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(COLOURS, 2)
    }
    assert min(distances.values()) >= 15, min(distances, key=distances.get)
