"""Changes to the package that a test must detect: `python -m tests.mutations`."""
