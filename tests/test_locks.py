import fcntl
import os
import signal
import subprocess
import sys

import pytest

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.storage import locks

HOLD = (
    "import sys, pathlib; from keras_rnn_tutorials.storage import locks\n"
    "with locks.held(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()\n"
)


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_directory_is_held_by_one_process(holder, tmp_path):
    with pytest.raises(UserError) as error, locks.held(tmp_path, "name another"):
        pass
    assert str(error.value) == (
        f"Another process ({holder.pid}) is writing to {tmp_path}: wait for it, or name another."
    )
    holder.stdin.close()
    holder.wait()
    with locks.held(tmp_path):
        assert os.listdir(tmp_path) == [".lock"]
    assert os.listdir(tmp_path) == []


def test_a_dead_process_holds_nothing(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert os.listdir(tmp_path) == [".lock"]
    with locks.held(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_lock_whose_file_its_last_holder_has_just_removed_keeps_out_nobody(tmp_path, monkeypatch):
    path, flock = tmp_path / locks.NAME, fcntl.flock
    removed = []

    def late(descriptor, operation):
        if not removed:
            removed.append(path.unlink())
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with locks.held(tmp_path):
        assert path.read_text() == str(os.getpid())


def test_a_lock_names_its_holder_alone(tmp_path):
    path = tmp_path / locks.NAME
    path.write_text("12345678")  # of a process that was killed
    with locks.held(tmp_path):
        assert path.read_text() == str(os.getpid())
