"""Errors that end a command in one line, without a traceback."""


class UserError(ValueError):
    """A wrong flag, path, file or data set.

    Its message is one line that says what is wrong and what to do. A command prints that line and
    exits with status 2; every other exception is a fault of this package and keeps its traceback.
    """


class CannotWrite(UserError):
    """A full disk, or a place that may not be written to; a run may go on once that is mended."""


class RunFailed(Exception):
    """A run whose numbers stopped making sense: a loss that is not finite.

    Its message is one line that names the place. A command prints it and exits with status 3.
    """


def message(error: BaseException) -> str:
    """What an exception says, and the notes that were added to it on its way, in one line."""
    return " ".join([str(error), *getattr(error, "__notes__", [])]).strip()
