"""Compares this package with other libraries: the same work, measured in turns in one run."""
