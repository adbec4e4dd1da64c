"""TensorFlow 1's tutorials on recurrent networks, on TensorFlow 2 and Keras 3."""

__version__ = "0.1.0"
