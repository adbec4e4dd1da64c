"""One module for every piece of the tutorials; each runs as `python -m experiments.NAME`."""
