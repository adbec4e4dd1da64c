"""Errors that end a command in one line, without a traceback."""


class UserError(ValueError):
    """A wrong flag, path, file or data set.

    Its message is one line that says what is wrong and what to do. A command prints that line and
    exits with status 2. Every other exception is a bug in this package and keeps its traceback.
    """


class CannotWrite(UserError):
    """A full disk, or a folder without write permission; a run can continue once that is fixed."""


class RunFailed(Exception):
    """A run whose loss, metric or weight became NaN or infinite.

    Its message is one line that names the place. A command prints it and exits with status 3.
    """


def message(error: BaseException) -> str:
    """The message of an exception and the notes that were added to it, in one line."""
    return " ".join([str(error), *getattr(error, "__notes__", [])]).strip()
