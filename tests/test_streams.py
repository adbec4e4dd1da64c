"""Standard output and error that are full, closed or not read."""

import subprocess
import sys

import pytest

GUARDED = """
import sys
from keras_rnn_tutorials.runner import command
with command.user_errors():
    print("\\u00fc" * 100_000)
    print("more", file=sys.stderr)
    open(sys.argv[1], "w").write("done")
"""


@pytest.mark.parametrize(
    ("redirection", "said"),
    [
        ("> /dev/full", "more\nStandard output could not be written: No space left on device.\n"),
        (">&-", "more\n"),
        ("2> /dev/full > /dev/null", ""),
        ("2>&- > /dev/null", ""),
        ("> /dev/full 2> /dev/full", ""),
        ("<&- >&- 2>&-", ""),
        ("| head -c 1 > /dev/null", "more\n"),
    ],
)
def test_a_command_goes_on_without_its_output(redirection, said, tmp_path):
    line = f'"$0" -c "$1" "$2" {redirection}'
    arguments = ["bash", "-o", "pipefail", "-c", line, sys.executable, GUARDED, tmp_path / "file"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", said)
    assert (tmp_path / "file").read_text() == "done"


@pytest.mark.parametrize(("redirection", "status"), [("> /dev/full", 2), (">&-", 0)])
def test_help_that_cannot_be_written_is_no_traceback(redirection, status):
    line = f'"$0" -m experiments.mnist_lstm --help {redirection}'
    done = subprocess.run(["bash", "-c", line, sys.executable], capture_output=True, text=True)
    assert done.returncode == status and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (status != 0)


def test_a_character_that_the_terminal_lacks_is_escaped():
    code = (
        "from keras_rnn_tutorials.runner import command\n"
        "with command.user_errors(): print('\\u00fc\\udcc4')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stdout) == (0, "\\xfc\\udcc4\n")


@pytest.mark.parametrize("flag", ["--flagfile=/dev/zero", "--flagfile", "--undefok=epochs"])
def test_no_flag_of_absl_itself_is_taken(flag):
    command = [sys.executable, "-m", "experiments.mnist_lstm", flag]
    done = subprocess.run(command, capture_output=True, text=True)
    name = flag.partition("=")[0]
    said = f"error: {name} is not a flag. --help lists the flags.\n"
    assert (done.returncode, done.stderr) == (2, said)
