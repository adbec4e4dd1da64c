"""Runs TensorFlow 1 RNN scripts, converts their checkpoints, finds what to change in sources.

python -m keras_rnn_tutorials.migrate run [--data=auto|tfds|sample] SCRIPT [ARGUMENTS]
    runs an old script as it is; --data says where the MNIST is from that the script reads
python -m keras_rnn_tutorials.migrate inspect CHECKPOINT... [--json]
    prints the recurrent networks in checkpoints: kinds, sizes, directions, slots
python -m keras_rnn_tutorials.migrate convert CHECKPOINT -o OUT.keras [--scope=SCOPE]
    [--kind=lstm|gru|rnn] [--forget_bias=1.0] [--activation=tanh] [--layers=1]
    writes a network as a Keras model, and checks it against TensorFlow 1's equations
python -m keras_rnn_tutorials.migrate scan PATH... [--json] [--fix]
    lists each use of TensorFlow 1's RNN API in scripts, with its replacement; exit status 1
    if there is one; --fix prints the change to keras_rnn_tutorials.tf1 as a diff

`keras-rnn-tutorials run` and `keras-rnn-tutorials migrate` are the same commands.
"""

import argparse
import json
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
    if name in _COMMANDS:
        _COMMANDS[name](rest)
        return None
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


def _parser(name: str, positional: str, many: bool = False) -> argparse.ArgumentParser:
    """A parser whose errors are a `UserError` of one line."""
    parser = command.ArgumentParser(__doc__ or "")
    parser.prog += f" {name}"
    parser.add_argument(positional, type=Path, nargs="+" if many else None)
    return parser


def inspect(arguments: list[str]):
    """`inspect CHECKPOINT... [--json]`: a file that cannot be read does not stop the others."""
    parser = _parser("inspect", "checkpoints", many=True)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate import report

    found, errors = [], []
    for path in given.checkpoints:
        try:
            found.append(report.inspect(path))
        except UserError as error:
            errors.append(error)
    if given.json:
        print(json.dumps(found, indent=1))
    elif found:
        print("\n".join(map(report.text, found)))
    for earlier in errors[:-1]:
        print(f"error: {earlier}", file=sys.stderr)
    if errors:
        raise errors[-1]


def convert(arguments: list[str]):
    """`convert CHECKPOINT -o OUT.keras ...`: writes nothing that its own check does not pass."""
    parser = _parser("convert", "checkpoint")
    parser.add_argument("-o", "--out", type=Path, required=True)
    for name, kind in (("scope", str), ("kind", str), ("layers", int)):
        parser.add_argument(f"--{name}", type=kind)
    parser.add_argument("--forget_bias", type=float, default=1.0)
    parser.add_argument("--activation", default="tanh")
    given = parser.parse_args(arguments)
    if given.out.suffix != ".keras":
        raise UserError(f"{given.out}: the name of a Keras model ends in .keras.")
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate import saving

    for line in saving.convert(
        given.checkpoint,
        given.out,
        scope=given.scope,
        kind=given.kind,
        layers=given.layers,
        forget_bias=given.forget_bias,
        activation=given.activation,
    ):
        print(line)


def scan(arguments: list[str]):
    """`scan PATH... [--json] [--fix]`: exit status 1 if something is found."""
    from keras_rnn_tutorials.migrate import scanner

    parser = _parser("scan", "paths", many=True)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fix", action="store_true")
    given = parser.parse_args(arguments)
    uses = [use for path in scanner.files(given.paths) for use in scanner.scan(path)]
    if given.fix:
        for path in scanner.files(given.paths):
            print(scanner.fix(path), end="")
    elif given.json:
        print(json.dumps([use.as_dict() for use in uses], indent=1))
    else:
        print("".join(f"{use}\n" for use in uses), end="")
    if uses:
        sys.exit(1)


_COMMANDS = {"inspect": inspect, "convert": convert, "scan": scan}


if __name__ == "__main__":
    with command.user_errors():
        run = main(sys.argv[1:])
    if run is not None:
        run()
