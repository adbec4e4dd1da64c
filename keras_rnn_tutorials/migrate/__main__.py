"""Runs TensorFlow 1 RNN scripts, converts their checkpoints, finds what to change in sources.

python -m keras_rnn_tutorials.migrate run [--data=auto|tfds|sample] SCRIPT [ARGUMENTS]
    runs an old script as it is; --data says where the MNIST is from that the script reads
python -m keras_rnn_tutorials.migrate inspect CHECKPOINT... [--json]
    prints the recurrent networks in checkpoints: kinds, sizes, directions, slots
python -m keras_rnn_tutorials.migrate convert CHECKPOINT -o OUT.keras [--scope=SCOPE]
    [--kind=lstm|gru|rnn] [--forget_bias=1.0] [--activation=tanh] [--layers=1]
    [--recurrent_activation=sigmoid|hard_sigmoid]
    [--weights=raw|averaged] [--include=SCOPE] [--slots] [--hyperparameters=learning_rate=0.01,...]
    writes a network as a Keras model, and checks it against TensorFlow 1's equations; what is
    not given is read from the graph in the .meta file, or assumed; --weights=averaged takes the
    moving averages that a tf.train.ExponentialMovingAverage stored; --include adds the matrix and
    the bias in a scope as a Dense layer, --slots the optimizer, as it stopped
python -m keras_rnn_tutorials.migrate export MODEL.keras CHECKPOINT [--scope=SCOPE]
    [--forget_bias=0.0]
    writes a model's recurrent layers as a checkpoint that TensorFlow 1 restores by name
python -m keras_rnn_tutorials.migrate scan PATH... [--json] [--fix]
    lists each use of TensorFlow 1's RNN API in scripts, with its replacement; exit status 1
    if there is one; --fix prints the change to keras_rnn_tutorials.tf1 as a diff

`keras-rnn-tutorials run` and `keras-rnn-tutorials migrate` are the same commands.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.surroundings import import_tensorflow_quietly

_DATA = ("auto", "tfds", "sample")


def arguments(given: list[str]) -> argparse.Namespace:
    """Reads the command line.

    Args:
        given: the command's name, and its own arguments.

    Returns:
        `command`, None for help, and what it takes.

    Raises:
        UserError: there is no such command, or its arguments are wrong.
    """
    if not given or given[0] in command.HELP:
        return argparse.Namespace(command=None)
    name, *rest = given
    if name not in _READERS:
        raise UserError(f"There is no command {name!r}: --help lists the commands.")
    parsed = _READERS[name](rest)
    parsed.command = name
    return parsed


def _run_arguments(given: list[str]) -> argparse.Namespace:
    """What follows the script's path is the script's, whatever it looks like."""
    data = "auto"
    if given and given[0].startswith("--data="):
        data = given[0].partition("=")[2]
        given = given[1:]
    if data not in _DATA:
        raise UserError(f"--data={data} is none of auto, tfds and sample.")
    if not given or given[0].startswith("-"):
        raise UserError("run needs the path of a script, and then the script's own arguments.")
    return argparse.Namespace(data=data, script=Path(given[0]), arguments=given[1:])


def _parser(name: str) -> argparse.ArgumentParser:
    """A parser whose errors are a `UserError` of one line."""
    parser = command.ArgumentParser(__doc__ or "")
    parser.prog += f" {name}"
    return parser


def _inspect_arguments(given: list[str]) -> argparse.Namespace:
    parser = _parser("inspect")
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(given)


def _convert_arguments(given: list[str]) -> argparse.Namespace:
    parser = _parser("convert")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    for name, kind in (("scope", str), ("kind", str), ("layers", int)):
        parser.add_argument(f"--{name}", type=kind)
    parser.add_argument("--forget_bias", type=float)
    parser.add_argument("--activation")
    parser.add_argument("--recurrent_activation")
    parser.add_argument("--weights", choices=("raw", "averaged"), default="raw")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--slots", action="store_true")
    parser.add_argument("--hyperparameters")
    parsed = parser.parse_args(given)
    parsed.hyperparameters = _hyperparameters(parsed.hyperparameters)
    if parsed.hyperparameters and not parsed.slots:
        raise UserError("--hyperparameters are those of the optimizer: give --slots too.")
    if parsed.out.suffix != ".keras":
        raise UserError(f"{parsed.out}: the name of a Keras model ends in .keras.")
    if parsed.layers is not None and parsed.layers < 1:
        raise UserError(f"--layers={parsed.layers} is less than 1.")
    return parsed


def _hyperparameters(text: str | None) -> dict[str, float | bool]:
    """`learning_rate=0.01,nesterov=true` as a dictionary."""
    values: dict[str, float | bool] = {}
    for part in text.split(",") if text else []:
        name, _, value = part.partition("=")
        try:
            words = {"true": True, "false": False}
            values[name] = words[value.lower()] if value.lower() in words else float(value)
        except ValueError:
            raise UserError(
                f"--hyperparameters={text}: {part} is not of the form learning_rate=0.01."
            ) from None
    return values


def _export_arguments(given: list[str]) -> argparse.Namespace:
    parser = _parser("export")
    parser.add_argument("model", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--scope")
    parser.add_argument("--forget_bias", type=float, default=0.0)
    return parser.parse_args(given)


def _scan_arguments(given: list[str]) -> argparse.Namespace:
    parser = _parser("scan")
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fix", action="store_true")
    return parser.parse_args(given)


_READERS = {
    "convert": _convert_arguments,
    "export": _export_arguments,
    "inspect": _inspect_arguments,
    "run": _run_arguments,
    "scan": _scan_arguments,
}


def main() -> Callable[[], None] | None:
    """Runs one of the commands.

    Returns:
        For `run`, a function that runs the script, whose errors are not this package's to report;
        else None.

    Raises:
        UserError: a command's arguments or files are wrong.
    """
    given = arguments(sys.argv[1:])
    if given.command is None:
        print(__doc__)
        return None
    if given.command == "run":
        return script_to_run(given)
    commands = {"convert": convert, "export": export, "inspect": inspect, "scan": scan}
    commands[given.command](given)
    return None


def script_to_run(given: argparse.Namespace) -> Callable[[], None]:
    """Reads a script; returns a function that runs it."""
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate.old_scripts import read_script, run_script

    source = read_script(given.script)
    return partial(run_script, given.script, source, given.arguments, given.data)


def inspect(given: argparse.Namespace):
    """Prints the networks in checkpoints; one that cannot be read does not stop the others."""
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate import report

    found, errors = [], []
    for path in given.checkpoints:
        try:
            inspected = report.inspect(path)
            found.append(inspected)
            if inspected["meta"]:
                raise UserError(f"{inspected['checkpoint']}: {inspected['meta']}. Restore it.")
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


def convert(given: argparse.Namespace):
    """Writes a Keras model; nothing that its own check does not pass."""
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate import saving
    from keras_rnn_tutorials.migrate.convert import Choice

    fields = [field.name for field in dataclasses.fields(Choice)]
    choice = Choice(**{name: getattr(given, name) for name in fields})
    for line in saving.convert(
        given.checkpoint,
        given.out,
        choice,
        include=given.include,
        with_slots=given.slots,
        hyperparameters=given.hyperparameters,
    ):
        print(line)


def export(given: argparse.Namespace):
    """Writes a checkpoint for TensorFlow 1, and prints the names in it."""
    import_tensorflow_quietly()
    from keras_rnn_tutorials.migrate import exporting

    print(
        "\n".join(exporting.export(given.model, given.checkpoint, given.scope, given.forget_bias))
    )


def scan(given: argparse.Namespace):
    """Prints what to change; exit status 1 if there is something."""
    from keras_rnn_tutorials.migrate import scanner

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


if __name__ == "__main__":
    with command.user_errors():
        run = main()
    if run is not None:
        run()
