"""Records made into figures, in one style. Nothing here shows a window or knows a model."""

from keras_rnn_tutorials.plotting.history import curves, drawing, rendered, save, title

__all__ = ["curves", "drawing", "rendered", "save", "title"]
