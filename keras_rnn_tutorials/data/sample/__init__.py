"""Generated stand-ins for MNIST and the IMDB reviews, for a machine without data and network."""

from keras_rnn_tutorials.data.sample.drawn_digits import digits
from keras_rnn_tutorials.data.sample.written_reviews import reviews

__all__ = ["digits", "reviews"]
