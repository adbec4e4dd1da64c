"""Random models of this package's layers beside the same models of Keras' own layers."""
