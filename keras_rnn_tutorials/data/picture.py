"""Converts an image of a digit to MNIST's form."""

import io

import numpy as np

from keras_rnn_tutorials.errors import UserError

SIDE = 28
BOX = 20  # length of the digit's longer side, before it is centred
_LEAST_CONTRAST = 24  # of 255, between the background and the digit
_NOISE = 8  # times the background's median deviation, 5 standard deviations, is still background


def read(content: bytes, name: str) -> np.ndarray:
    """Reads an image of any size, light on dark or dark on light.

    The steps are MNIST's own: the digit is cut out, scaled to fit 20 x 20 pixels with its
    proportions kept, and placed in 28 x 28 pixels with its centre of mass in the middle.

    Args:
        content: of a file of any format that Pillow reads.
        name: of the file, for the error message.

    Returns:
        float32 of shape `(28, 28)`, 0 for the background and up to 1 for the digit.

    Raises:
        UserError: it is not an image, or nothing stands out in it.
    """
    ink = _ink(_grey(content, name))
    if ink is None:
        raise UserError(
            f"{name} shows no digit: give one that is darker or lighter than its ground."
        )
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    digit = _scaled(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return _centred(digit)


def _grey(content: bytes, name: str) -> np.ndarray:
    from PIL import Image, ImageOps

    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
        if "A" in image.getbands() or "transparency" in image.info:
            layers = image.convert("RGBA")
            grey, alpha = (np.asarray(layers.convert(mode), float) for mode in ("L", "RGBA"))
            seen = alpha[..., 3] / 255
            # Transparent pixels are background: light behind dark ink, otherwise dark.
            dark = seen.any() and np.average(grey, weights=seen) < 128
            return grey * seen + (255 if dark else 0) * (1 - seen)
        return np.asarray(image.convert("L"), float)
    except Exception as error:  # Pillow's many formats raise many kinds
        raise UserError(f"{name} is no picture that can be read: give a PNG or JPEG.") from error


def _ink(grey: np.ndarray) -> np.ndarray | None:
    """How much each pixel differs from the background, 0 to 1; None if no pixel does."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ground = np.median(edge)
    darker, lighter = ground - grey.min(), grey.max() - ground
    ink = ground - grey if darker > lighter else grey - ground
    noise = _NOISE * np.median(np.abs(edge - ground))
    if ink.max() < max(_LEAST_CONTRAST, noise):
        return None
    return np.where(ink > noise, ink, 0).clip(0) / ink.max()


def _scaled(ink: np.ndarray) -> np.ndarray:
    from PIL import Image

    height, width = (max(1, round(BOX * side / max(ink.shape))) for side in ink.shape)
    image = Image.fromarray(ink.astype(np.float32))
    scaled = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    return scaled / scaled.max()  # a thin line has become faint


def _centred(digit: np.ndarray) -> np.ndarray:
    image = np.zeros((SIDE, SIDE), np.float32)
    corner = []
    for axis, side in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis)
        centre = (mass * np.arange(side)).sum() / mass.sum()
        corner.append(int(np.clip(round(SIDE / 2 - centre), 0, SIDE - side)))
    top, left = corner
    image[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return image
