"""A stand-in for MNIST: digits of Matplotlib's own fonts, bent, moved and inked unevenly.

The variations are chosen so that softmax regression on the pixels stays near 0.77 test accuracy
(0.92 on MNIST), while the tutorial's LSTM learns the digits as well as it learns MNIST.
"""

from pathlib import Path

import numpy as np

from keras_rnn_tutorials.data.dataset import Split

# The other fonts that come with Matplotlib have no digits, or symbols in their place.
_LIGHT_FONTS = """
    DejaVuSans DejaVuSans-Oblique DejaVuSansMono DejaVuSansMono-Oblique DejaVuSerif
    DejaVuSerif-Italic STIXGeneral STIXGeneralItalic cmmi10 cmr10 cmss10 cmti10 cmtt10
""".split()
_BOLD_FONTS = """
    DejaVuSans-Bold DejaVuSans-BoldOblique DejaVuSansMono-Bold DejaVuSansMono-BoldOblique
    DejaVuSerif-Bold DejaVuSerif-BoldItalic STIXGeneralBol STIXGeneralBolIta cmb10
""".split()
_SIDE = 28
_HEIGHT = 20  # of an upright digit, in pixels of the image, as in MNIST
_FINE = 4  # fonts are drawn, and strokes widened, at this many pixels per pixel of the image
_CHUNK = 2_000  # images drawn at once; limits the memory


def digits() -> tuple[Split, Split]:
    """Digits in MNIST's form: white on black, about 20 pixels high, not exactly centred.

    With the same version of Matplotlib, whose fonts are used, every call returns the same arrays.

    Returns:
        Train (60,000 examples) and test (10,000). `x` is uint8, shape `(examples, 28, 28)`, rows
        from the top; `y` is int64, 0 to 9.
    """
    glyphs = _glyphs()
    rng = np.random.default_rng(1998)
    return _split(rng, glyphs, 60_000), _split(rng, glyphs, 10_000)


def _split(rng: np.random.Generator, glyphs: np.ndarray, examples: int) -> Split:
    y = rng.integers(10, size=examples)
    x = np.empty((examples, _SIDE, _SIDE), np.uint8)
    for start in range(0, examples, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        x[chunk] = _draw(rng, glyphs, y[chunk])
    return Split(x, y)


def _glyphs() -> np.ndarray:
    """Every digit in every font and stroke width, uint8, shape `(styles, 10, 56, 56)`."""
    import matplotlib
    from matplotlib.ft2font import FT2Font

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    styles = []
    for name in _LIGHT_FONTS:
        style = _font_digits(FT2Font(str(folder / f"{name}.ttf")))
        styles += [style, _widened(style), _widened(_widened(style))]
    for name in _BOLD_FONTS:
        style = _font_digits(FT2Font(str(folder / f"{name}.ttf")))
        styles += [style, 255 - _widened(255 - style)]
    # Two samples to a pixel of the image, each the mean over one whole pixel, so that taking one
    # sample a pixel later leaves no jagged edges.
    fine = np.pad(np.stack(styles), ((0, 0), (0, 0), (1, 1), (1, 1))).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(fine, (_FINE, _FINE), axis=(2, 3))
    return windows[:, :, ::2, ::2].mean(axis=(-2, -1)).astype(np.uint8)


def _font_digits(font) -> np.ndarray:
    """The ten digits, equally high and centred, uint8, shape `(10, 112, 112)`."""
    side = _SIDE * _FINE
    canvas = np.zeros((10, side, side), np.uint8)
    for digit in range(10):
        points = 100.0
        for _ in range(2):  # the first drawing determines the size of the second
            font.set_size(points, 72)
            font.clear()
            font.set_text(str(digit))
            font.draw_glyphs_to_bitmap(antialiased=True)
            image = np.asarray(font.get_image())
            image = image[image.any(axis=1)][:, image.any(axis=0)]
            height, width = image.shape
            points *= _HEIGHT * _FINE / height
        top, left = (side - height) // 2, (side - width) // 2
        canvas[digit, top : top + height, left : left + width] = image
    return canvas


def _widened(images: np.ndarray) -> np.ndarray:
    """Dilation by a 3x3 square: strokes grow by half a pixel of the final image."""
    for axis in (-2, -1):
        ahead, behind = np.roll(images, 1, axis), np.roll(images, -1, axis)
        images = np.maximum(images, np.maximum(ahead, behind))
    return images


def _draw(rng: np.random.Generator, glyphs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One image for each label, uint8, shape `(labels, 28, 28)`."""

    def uniform(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (len(labels), 1, 1)).astype(np.float32)

    # Going backwards, from each pixel of the image to the place in the upright digit it shows.
    pixel = np.arange(_SIDE, dtype=np.float32) - (_SIDE - 1) / 2
    column, row = pixel[None, None, :], pixel[None, :, None]
    # Rows and columns are displaced along waves, as by an unsteady hand.
    wave_x = uniform(0, 1.5) * np.sin(row * uniform(0.1, 0.4) + uniform(0, 2 * np.pi))
    wave_y = uniform(0, 1.5) * np.sin(column * uniform(0.1, 0.4) + uniform(0, 2 * np.pi))
    shifted_x = column + wave_x - uniform(-2.5, 2.5)
    shifted_y = row + wave_y - uniform(-2.5, 2.5)
    angle = np.deg2rad(uniform(-20, 20))
    cos, sin = np.cos(angle), np.sin(angle)
    y = (shifted_y * cos - shifted_x * sin) / uniform(0.75, 1.1)
    x = (shifted_x * cos + shifted_y * sin) / uniform(0.75, 1.1) + y * uniform(-0.3, 0.3)

    # Bilinear sampling. The glyph's edge is black, so what falls outside may be read from there.
    side = glyphs.shape[-1]
    x = np.clip(2 * x + (side - 1) / 2, 0, side - 1.01)
    y = np.clip(2 * y + (side - 1) / 2, 0, side - 1.01)
    left, top = x.astype(np.int32), y.astype(np.int32)
    x -= left
    y -= top
    styles = rng.integers(len(glyphs), size=len(labels))
    start = ((styles * 10 + labels) * side * side).astype(np.int32)
    corner = start[:, None, None] + top * side + left
    flat = glyphs.reshape(-1)
    above = flat[corner] * (1 - x) + flat[corner + 1] * x
    below = flat[corner + side] * (1 - x) + flat[corner + side + 1] * x
    ink = above * (1 - y) + below * y

    # The noise multiplies, so the ground stays black, as MNIST's is.
    ink *= uniform(0.7, 1.2) + np.float32(0.15) * rng.standard_normal(ink.shape, np.float32)
    return np.clip(ink, 0, 255).astype(np.uint8)
