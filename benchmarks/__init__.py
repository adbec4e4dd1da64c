"""This package beside other libraries: the same work, measured in turns in one run."""
