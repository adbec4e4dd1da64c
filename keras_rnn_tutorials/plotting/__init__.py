"""Draws records as figures, in one style. Nothing here opens a window or needs a model."""

from keras_rnn_tutorials.plotting.bands import band, bands, counted
from keras_rnn_tutorials.plotting.files import drawing, rendered, save
from keras_rnn_tutorials.plotting.history import curves
from keras_rnn_tutorials.plotting.style import seeds, title

__all__ = ["band", "bands", "counted", "curves", "drawing", "rendered", "save", "seeds", "title"]
