"""Random models of this package's layers, compared with the same models of Keras' own layers."""
