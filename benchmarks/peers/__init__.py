"""The peers' side: scripts that each run in an environment of their own, TensorFlow 1's included.

They are started by path, import one another as neighbours, and keep to Python 3.7.
"""
