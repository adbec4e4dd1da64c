"""Changes to the package that a test must notice: `python -m tests.mutations`."""
