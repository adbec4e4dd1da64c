"""Records made into figures, in one style. Nothing here shows a window or knows a model."""

from keras_rnn_tutorials.plotting.bands import bands
from keras_rnn_tutorials.plotting.files import drawing, rendered, save
from keras_rnn_tutorials.plotting.history import curves
from keras_rnn_tutorials.plotting.style import title

__all__ = ["bands", "curves", "drawing", "rendered", "save", "title"]
