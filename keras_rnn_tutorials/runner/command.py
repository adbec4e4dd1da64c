"""The command line of an experiment: flags from its Config, help, and errors in one line."""

import argparse
import contextlib
import os
import re
import runpy
import signal
import sys
from pathlib import Path

from absl import flags
from absl.flags import argparse_flags

from keras_rnn_tutorials.errors import RunFailed, UserError, message
from keras_rnn_tutorials.runner import surroundings
from keras_rnn_tutorials.runner.config import (
    Option,
    ResumableConfig,
    RunConfig,
    options,
    questions,
)
from keras_rnn_tutorials.runner.surroundings import import_tensorflow_quietly
from keras_rnn_tutorials.runner.tables import columns, filled
from keras_rnn_tutorials.storage import interrupts, streams
from keras_rnn_tutorials.storage.printable import escaped

PACKAGE = "keras_rnn_tutorials"
SEEDS = Option(
    "seeds",
    str,
    None,
    True,
    None,
    "run several seeds in parallel: 0:10 (meaning 0 to 9), or 0,3,7",
)
HELP = {"--help", "-help", "-h", "--helpfull", "--helpshort"}  # absl's commands take the last two


def run(main, config_class: type[RunConfig]):
    """Reads the command line, calls `main`, and ends the process.

    Exit status: 0 for a complete run, 2 for a user's error (one line on standard error), 3 for a
    run that failed, 130 after Ctrl-C, 143 after SIGTERM. A bug in this package keeps its traceback
    and Python's status 1.

    Args:
        main: called with the given flags as keyword arguments.
        config_class: its fields are the flags.
    """
    doc = sys.modules[main.__module__].__doc__ or ""
    try:
        with user_errors():
            seeds, arguments = _taken_out(sys.argv[1:], SEEDS.name)
            given = parse(arguments, config_class)
            if given is None:
                print(_help(_command(), doc, [*options(config_class), SEEDS]), flush=True)
                failure = getattr(sys.stdout, "failure", None)
                if failure and not isinstance(failure, BrokenPipeError):
                    sys.exit(2)
                return
            # A wrong value is reported before TensorFlow is imported, which takes seconds.
            asked = questions(config_class(**given))
            surroundings.check_backend()
            if seeds is not None:
                sys.exit(_run_seeds(seeds, given, asked))
            if asked:  # so is a run that is not there to be asked
                return main(**given)
            import_tensorflow_quietly()
            if issubclass(config_class, ResumableConfig) and sys.stdout.isatty():
                from keras_rnn_tutorials.runner.status import CompilingLine

                given["callbacks"] = [CompilingLine()]
            main(**given)
    except SystemExit as end:
        if end.code in (130, 143):  # Python still has to exit; another Ctrl-C would disturb that
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise


def _taken_out(arguments: list[str], name: str) -> tuple[str | None, list[str]]:
    """The value of a flag, if it is given, and the remaining arguments."""
    pattern = re.compile(f"--?{name}(=|$)")
    values = [argument.partition("=")[2] for argument in arguments if pattern.match(argument)]
    others = [argument for argument in arguments if not pattern.match(argument)]
    return (values[-1] if values else None), others


def _run_seeds(seeds: str, given: dict, asked: list[str]) -> int:
    """Runs the experiment once per seed, and returns the exit status."""
    from keras_rnn_tutorials.runner import sweep

    for name in ("seed", "out_dir", *asked):
        if name in given:
            raise UserError(f"--{name} is for a single run: give either it or --seeds.")
    settings = {name: [value] for name, value in given.items() if name != "resume"}
    experiment = _command().rpartition(".")[2]
    tasks = sweep.combinations(experiment, settings, sweep.seeds(seeds), Path("runs"))
    failed = sweep.run(tasks, sweep.on_this_machine())
    sweep.print_results(tasks)
    return 3 if failed else 0


class ArgumentParser(argparse_flags.ArgumentParser):
    """For commands that take names instead of a Config; errors are one line too."""

    def __init__(self, doc: str):
        """Takes the command's docstring, which `--help` shows."""
        super().__init__(
            prog=_command(),
            description=wrapped(doc, columns()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            inherited_absl_flags=None,
            allow_abbrev=False,
        )

    def error(self, message: str):
        """Raises a `UserError`, where argparse would print its usage."""
        raise UserError(f"{message}: --help lists the arguments.")


@contextlib.contextmanager
def user_errors():
    """Turns a user's error, Ctrl-C and SIGTERM into one line and an exit status."""
    _open_closed_streams()
    with interrupts.terminations(), streams.guarded():
        try:
            yield
        except UserError as error:
            _stop(f"error: {message(error)}", 2)
        except RunFailed as failure:
            _stop(f"failed: {message(failure)}", 3)
        except MemoryError as error:
            advice = "Out of memory: free some, or give smaller numbers."
            _stop(f"error: {advice} {message(error)}".strip(), 2)
        except KeyboardInterrupt as interrupt:
            print(file=sys.stderr)  # the terminal shows ^C on a line of its own
            status = 143 if isinstance(interrupt, interrupts.Terminated) else 130
            _stop(message(interrupt) or "Interrupted.", status)


def parse(arguments: list[str], config_class: type[RunConfig]) -> dict | None:
    """Reads flags into values.

    Args:
        arguments: the command line without the program.
        config_class: its fields are the flags.

    Returns:
        The values of the given flags, by name; None if the command line asks for help.

    Raises:
        UserError: an unknown flag, a flag without its value, or an argument that is no flag.
    """
    if HELP & set(arguments):
        return None
    for argument in arguments:  # absl takes these two in any command
        if re.match("--?(flagfile|undefok)(=|$)", argument):
            raise UserError(f"{argument.partition('=')[0]} is not a flag. --help lists the flags.")
    values = flags.FlagValues()
    for option in options(config_class):
        define = flags.DEFINE_boolean if option.type is bool else flags.DEFINE_string
        define(option.name, None, option.help, flag_values=values)
    try:
        _, *rest = values(["", *map(_with_value, arguments)])
    except flags.Error as error:
        raise UserError(f"{_one_line(error)} --help lists the flags.") from error
    if rest:
        raise UserError(f"{rest[0]!r} is not a flag. --help lists the flags.")
    return {
        option.name: _number(option.type, values[option.name].value)
        for option in options(config_class)
        if values[option.name].present
    }


def console():
    """The script `keras-rnn-tutorials NAME ...`: `python -m experiments NAME ...` from anywhere.

    It looks for the experiments beside this package, then in the working directory. `run ...` and
    `migrate ...` are `python -m keras_rnn_tutorials.migrate`, which needs no experiments.
    """
    if sys.argv[1:2] in (["run"], ["migrate"]):
        sys.argv = [sys.argv[0], *sys.argv[1 + (sys.argv[1] == "migrate") :]]
        runpy.run_module(f"{PACKAGE}.migrate", run_name="__main__", alter_sys=True)
        return
    with user_errors():
        for root in (Path(__file__).parents[2], Path.cwd()):
            if (root / "experiments" / "__main__.py").is_file() and (root / PACKAGE).is_dir():
                sys.path.insert(0, str(root))
                break
        else:
            raise UserError(
                "The experiments only run from a clone of the repository: change to its folder, or "
                "install it with pip install -e. The library itself works anywhere."
            )
        runpy.run_module("experiments", run_name="__main__", alter_sys=True)


def _open_closed_streams():
    """Opens a closed standard output or error on the null device: no file may get its number."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w", closefd=False))


def _stop(line: str, status: int):
    print(escaped(line), file=sys.stderr)
    sys.exit(status)


def _number(kind: type, text):
    """Reads a number. Other text is returned unchanged, and the Config refuses it."""
    if kind not in (int, float):
        return text
    try:
        return kind(text)
    except ValueError:
        return text


def _with_value(argument: str) -> str:
    return "--resume=yes" if argument in ("--resume", "-resume") else argument


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if text.endswith((".", "?")) else f"{text}."


def wrapped(doc: str, width: int) -> str:
    """Wraps a docstring to the terminal.

    Prose and numbered lists are wrapped. Indented lines and lines of commands stay as they are.
    """
    return "\n\n".join(_wrapped_block(block, width) for block in doc.strip().split("\n\n"))


def _wrapped_block(block: str, width: int) -> str:
    lines = block.splitlines()
    if lines[0].startswith((" ", "python -m")):
        return block
    items: list[list[str]] = [[]]
    for line in lines:
        if re.match(r"(\d+\.|-) ", line) and items != [[]]:
            items.append([])
        items[-1].append(line.strip())
    indent = "   " if re.match(r"\d+\. ", lines[0]) else "  " if lines[0].startswith("- ") else ""
    return "\n".join(filled(" ".join(item), width, indent) for item in items)


def _command() -> str:
    """How this process was started."""
    spec = sys.modules["__main__"].__spec__
    return f"python -m {spec.name.removesuffix('.__main__')}" if spec else f"python {sys.argv[0]}"


def _help(command: str, doc: str, of: list[Option]) -> str:
    width = columns()
    lines = [wrapped(doc, width), "", f"Flags of {command}:"]
    name_width = max(len(option.name) for option in of) + 4
    indent = " " * (name_width + 2)
    for option in of:
        text = option.help
        if option.default is not None:
            default = str(option.default).lower() if option.type is bool else option.default
            text += f" [{default}]"
        lines.append(filled(f"  {'--' + option.name:{name_width}}{text}", width, indent))
        for choice, meaning in (option.choices or {}).items():
            line = f"{choice}: {meaning}" if meaning else choice
            lines.append(filled(indent + line, width, indent + " " * 4))
    return "\n".join(lines)
