"""Runs TensorFlow 1 RNN scripts and converts their checkpoints.

python -m keras_rnn_tutorials.migrate run [--data=auto|tfds|sample] SCRIPT [ARGUMENTS]
    runs an old script as it is; --data says where the MNIST is from that the script reads

`keras-rnn-tutorials run` and `keras-rnn-tutorials migrate` are the same commands.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.surroundings import import_tensorflow_quietly


def main(arguments: list[str]) -> Callable[[], None] | None:
    """Runs one of the commands.

    Args:
        arguments: the command's name, and its own arguments.

    Returns:
        For `run`, a function that runs the script, whose errors are not this package's to report;
        else None.

    Raises:
        UserError: there is no such command, or its arguments are wrong.
    """
    if not arguments or arguments[0] in command.HELP:
        print(__doc__)
        return None
    name, *rest = arguments
    if name == "run":
        return script_to_run(rest)
    raise UserError(f"There is no command {name!r}: --help lists the commands.")


def script_to_run(arguments: list[str]) -> Callable[[], None]:
    """`run [--data=DATA] SCRIPT [ARGUMENTS]`: reads the script.

    Returns:
        A function that runs it.
    """
    data = "auto"
    if arguments and arguments[0].startswith("--data="):
        data = arguments[0].partition("=")[2]
        arguments = arguments[1:]
    if data not in ("auto", "tfds", "sample"):
        raise UserError(f"--data={data} is none of auto, tfds and sample.")
    if not arguments or arguments[0].startswith("-"):
        raise UserError("run needs the path of a script, and then the script's own arguments.")
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate.old_scripts import read_script, run_script

    path = Path(arguments[0])
    return partial(run_script, path, read_script(path), arguments[1:], data)


if __name__ == "__main__":
    with command.user_errors():
        run = main(sys.argv[1:])
    if run is not None:
        run()
