"""The one error that is the user's to mend."""


class UserError(ValueError):
    """A wrong flag, path, file or data set.

    Its message is one line that says what is wrong and what to do. A command prints that line and
    exits with status 2; every other exception is a fault of this package and keeps its traceback.
    """
