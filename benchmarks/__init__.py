"""This package beside its peers: the same work, one run, measured in turns."""
