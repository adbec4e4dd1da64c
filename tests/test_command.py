import importlib
import inspect
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest

from experiments.__main__ import summaries
from keras_rnn_tutorials.errors import RunFailed, UserError
from keras_rnn_tutorials.runner import command, tables
from keras_rnn_tutorials.runner.config import (
    DataConfig,
    TrainConfig,
    flags,
    options,
    own_values,
    run_name,
    takes,
)

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Config(DataConfig):
    epochs: Annotated[int, "passes over the data"] = 6
    rate: Annotated[float, "of learning"] = 0.5
    variant: Annotated[
        Literal["old", "new"], "which one", {"old": "as it was", "new": "as it is now"}
    ] = "old"
    summary: Annotated[bool, "print it"] = False


def test_flags_that_were_given_are_read_with_their_types():
    arguments = ["--epochs=3", "--rate=1e-4", "--variant", "new", "--summary", "--out_dir=x"]
    assert command.parse(arguments, Config) == {
        "epochs": 3,
        "rate": 1e-4,
        "variant": "new",
        "summary": True,
        "out_dir": "x",
    }
    assert command.parse([], Config) == {}


def test_own_values_leave_out_what_every_run_has():
    values = own_values(Config(data_dir="/somewhere", seed=3))
    assert values == {"epochs": 6, "rate": 0.5, "variant": "old", "summary": False}


def test_own_options_come_first_and_common_ones_last():
    names = [option.name for option in options(Config)]
    assert names == [
        "epochs", "rate", "variant", "summary", "seed", "out_dir", "data", "data_dir"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nothing=1"], "Unknown command line flag 'nothing'. --help lists the flags."),
        (["--epochs"], "Missing value for flag --epochs. --help lists the flags."),
        (["epochs=3"], "'epochs=3' is not a flag. --help lists the flags."),
    ],
)
def test_a_wrong_command_line_is_answered_in_one_line(arguments, message):
    with pytest.raises(UserError) as error:
        command.parse(arguments, Config)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--epochs=0", "--epochs=0: give a whole number from 1 to 2147483647."),
        ("--epochs=-1", "--epochs=-1: give a whole number from 1 to 2147483647."),
        ("--epochs=six", "--epochs=six: give a whole number from 1 to 2147483647."),
        ("--epochs=2.5", "--epochs=2.5: give a whole number from 1 to 2147483647."),
        ("--seed=-1", "--seed=-1: give a whole number from 0 to 2147483647."),
        ("--seed=2147483648", "--seed=2147483648: give a whole number from 0 to 2147483647."),
        ("--rate=nan", "--rate=nan: give a positive number."),
        ("--rate=inf", "--rate=inf: give a positive number."),
        ("--rate=0", "--rate=0.0: give a positive number."),
        ("--variant=older", "--variant=older: give one of old, new."),
        ("--data=both", "--data=both: give one of auto, tfds, sample."),
        ("--out_dir=", "--out_dir=: give a path."),
    ],
)
def test_a_wrong_value_is_named_with_what_to_give(flag, message):
    with pytest.raises(UserError) as error:
        Config(**command.parse([flag], Config))
    assert str(error.value) == message


def test_a_wrong_type_from_python_is_refused_too():
    with pytest.raises(UserError, match="--epochs=True: give a whole number"):
        Config(epochs=True)
    with pytest.raises(UserError, match="--summary=yes: give true or false"):
        Config(summary="yes")
    assert Config(rate=1).rate == 1


def test_user_errors_become_one_line_and_status_2(capsys):
    with pytest.raises(SystemExit) as exit, command.user_errors():
        raise UserError("Something is wrong: mend it.")
    assert exit.value.code == 2
    assert capsys.readouterr().err == "error: Something is wrong: mend it.\n"


def test_an_interrupt_says_what_was_saved_and_is_status_130(capsys):
    with pytest.raises(SystemExit) as exit, command.user_errors():
        raise KeyboardInterrupt("Interrupted: 2 epochs were saved.")
    assert exit.value.code == 130
    assert capsys.readouterr().err == "\nInterrupted: 2 epochs were saved.\n"
    with pytest.raises(SystemExit), command.user_errors():
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "\nInterrupted.\n"


def test_a_termination_is_status_143(capsys):
    old = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as exit, command.user_errors():
        signal.raise_signal(signal.SIGTERM)
    assert exit.value.code == 143 and signal.getsignal(signal.SIGTERM) is old
    assert capsys.readouterr().err == "\nInterrupted.\n"


def test_a_run_that_failed_is_status_3_and_a_full_memory_one_line(capsys):
    with pytest.raises(SystemExit) as exit, command.user_errors():
        raise RunFailed("The loss became nan in epoch 2 by step 31")
    assert exit.value.code == 3
    assert capsys.readouterr().err == "failed: The loss became nan in epoch 2 by step 31\n"
    with pytest.raises(SystemExit) as exit, command.user_errors():
        raise MemoryError("Unable to allocate 3 TiB")
    assert exit.value.code == 2
    assert capsys.readouterr().err == (
        "error: Out of memory: free some, or give smaller numbers. Unable to allocate 3 TiB\n"
    )


def test_no_message_gives_the_terminal_a_command(capsys):
    with pytest.raises(SystemExit), command.user_errors():
        raise UserError("No run of \x1b[2J\x07 is\nrecorded.")
    assert capsys.readouterr().err == "error: No run of \\x1b[2J\\x07 is\\nrecorded.\n"


def test_resume_needs_no_value():
    for arguments, value in (
        (["--resume"], "yes"),
        (["--resume=force"], "force"),
        (["--resume", "--seed=1"], "yes"),
        ([], "no"),
    ):
        assert TrainConfig(**command.parse(arguments, TrainConfig)).resume == value
    config = TrainConfig(seed=3, save_every=10, deterministic=False, resume="yes")
    assert flags(config) == ["--seed=3", "--save_every=10", "--deterministic=false"]
    assert TrainConfig(**command.parse([*flags(config), "--resume"], TrainConfig)) == config


def test_a_fault_of_the_package_is_not_hidden():
    with pytest.raises(ZeroDivisionError), command.user_errors():
        1 / 0  # noqa: B018


def test_help_and_a_wrong_flag_answer_without_importing_tensorflow():
    code = (
        "import sys, runpy\n"
        "sys.argv = ['experiments.mnist_lstm', sys.argv[1]]\n"
        "try: runpy.run_module('experiments.mnist_lstm', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as exit: print('status', exit.code)\n"
        "print('tensorflow' in sys.modules)\n"
    )

    def run(flag):
        process = subprocess.run(
            [sys.executable, "-c", code, flag], capture_output=True, text=True, check=True
        )
        return process.stdout

    shown = run("--help")
    for option, default in (("units", 100), ("learning_rate", 0.0001), ("epochs", 6), ("seed", 0)):
        (line,) = [line for line in shown.splitlines() if line.strip().startswith(f"--{option} ")]
        assert line.endswith(f"[{default}]")
    assert shown.endswith("False\n")
    assert run("--epochs=0") == "status 2\nFalse\n"


def test_help_has_a_line_for_every_flag_and_choice():
    shown = command._help("experiments.none", Config.__doc__, options(Config)).splitlines()
    assert "  --epochs    passes over the data [6]" in shown
    assert "  --summary   print it [false]" in shown
    start = shown.index("  --variant   which one [old]")
    assert [line.strip() for line in shown[start + 1 : start + 3]] == [
        "old: as it was",
        "new: as it is now",
    ]


def test_help_is_wrapped_and_leaves_commands_as_they_are():
    doc = f"""First line.

    python -m experiments.none --variant=new    {"a comment " * 9}

{"word " * 40}

1. {"one " * 40}
2. two

- {"three " * 40}"""
    first, commands, prose, numbered, bullets = command.wrapped(doc, 60).split("\n\n")
    assert commands.startswith("    python -m") and len(commands) > 100
    assert prose.split() == ["word"] * 40
    assert numbered.splitlines()[1].startswith("   one") and numbered.endswith("\n2. two")
    assert bullets.splitlines()[1].startswith("  three")
    assert max(map(len, "\n".join([prose, numbered, bullets]).splitlines())) <= 60


@pytest.mark.parametrize("name", summaries())
def test_no_help_is_wider_than_80_columns(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    module = importlib.import_module(f"experiments.{name}")
    shown = command.wrapped(module.__doc__, 80)
    if hasattr(module, "Config"):
        shown = command._help(f"experiments.{name}", module.__doc__, options(module.Config))
    assert max(map(len, shown.splitlines())) <= 80


def test_every_choice_of_an_experiment_is_explained():
    for name in summaries():
        module = importlib.import_module(f"experiments.{name}")
        for option in options(module.Config) if hasattr(module, "Config") else ():
            for choice, meaning in (option.choices or {}).items():
                assert meaning, f"{name}: --{option.name}={choice} has no meaning in its help"


def test_the_first_step_shows_that_it_compiles_and_the_line_goes_away(capsys):
    from keras_rnn_tutorials.runner.status import COMPILING, CompilingLine

    line = CompilingLine()
    line.on_train_batch_begin(0)
    assert capsys.readouterr().out == COMPILING
    line.on_train_batch_end(0)
    assert capsys.readouterr().out.split("\r") == ["", " " * len(COMPILING), ""]
    line.on_train_batch_begin(1)
    line.on_train_batch_end(1)
    assert capsys.readouterr().out == ""


def test_a_table_fits_80_columns_and_keeps_what_it_is_given(capsys):
    tables.print_table("Title", ("name", "numbers"), [("a [b]", "1"), ("c " * 60, "12345")])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "a [b]" in shown and "12345" in shown and shown.splitlines()[0].strip() == "Title"


def test_a_run_is_named_by_the_choices_that_are_not_the_defaults():
    assert run_name(Config()) == run_name(Config(epochs=3, data="sample", seed=2)) == "default"
    assert run_name(Config(variant="new")) == "variant-new"
    assert run_name(Config(summary=True, variant="new")) == "variant-new-summary"


def test_main_takes_the_fields_of_the_configuration():
    @takes(Config)
    def main(config) -> int:
        return config.epochs

    assert main(epochs=3) == 3
    signature = inspect.signature(main)
    assert [*signature.parameters] == [*inspect.signature(Config).parameters]
    assert signature.return_annotation is int
    with pytest.raises(UserError, match="'epoch' is not an option .* did you mean epochs?"):
        main(epoch=3)
    with pytest.raises(UserError, match="'x' is not an option of this experiment: choose from s"):
        main(x=3)
    with pytest.raises(UserError, match="--epochs=0: give a whole number"):
        main(epochs=0)


def test_callbacks_are_no_flag_and_no_number_of_the_run():
    config = TrainConfig(callbacks=[object()])
    assert config == TrainConfig() and flags(config) == [] and own_values(config) == {}
    assert "callbacks" not in [option.name for option in options(TrainConfig)]


def test_a_path_that_is_not_utf_8_is_refused_at_once():
    with pytest.raises(UserError, match="rename that path, which is not in UTF-8"):
        Config(data_dir=os.fsdecode(b"d\xc4\xe3"))


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_standard_stream_stops_no_command(closed, tmp_path):
    code = (
        f"import os, sys; os.close({closed}); sys.std{'out' if closed == 1 else 'err'} = None\n"
        "from keras_rnn_tutorials.runner import command\n"
        f"with command.user_errors(): open({str(tmp_path / 'file')!r}, 'w').write('mine')\n"
        "command.import_tensorflow_quietly()\n"
        "print('printed'); print('printed', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist", "There is no experiment 'mnist': did you mean mnist_lstm?"),
        ("\x1b", "There is no experiment '\\x1b': python -m experiments lists them."),
    ],
)
def test_a_misspelt_experiment_is_status_2(name, message):
    done = subprocess.run(
        [sys.executable, "-m", "experiments", name], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_the_console_script_parses_as_the_module_does(tmp_path):
    code = "from keras_rnn_tutorials.runner.command import console; console()"

    def run(*arguments, cwd=tmp_path, path=ROOT):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(path)},
        )

    done = run("mnist_lstm", "--epochs=0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: --epochs=0: give a whole number from 1 to 2147483647.\n"
    assert "  mnist_lstm  " in run().stdout

    installed = tmp_path / "site"  # as pip installs it: the library alone
    shutil.copytree(ROOT / "keras_rnn_tutorials", installed / "keras_rnn_tutorials")
    done = run("mnist_lstm", path=installed)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: The experiments only run from a clone of the")
    assert run("mnist_lstm", "--epochs=0", cwd=ROOT, path=installed).returncode == 2
