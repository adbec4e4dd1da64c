"""An experiment with only the system functions that Windows offers, simulated on Linux."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Runs the module named on the command line after taking away what Windows does not have.
WITHOUT_POSIX = """
import fcntl, os, runpy, signal, sys

access = lambda descriptor, get=fcntl.fcntl, flags=fcntl.F_GETFL: get(descriptor, flags) & 3
for module in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[module] = None
for owner, names in {
    os: "fchmod fchown geteuid getuid sched_getaffinity O_DIRECTORY O_NOFOLLOW",
    signal: "SIGHUP SIGQUIT SIGUSR1 SIGUSR2 pthread_sigmask setitimer",
}.items():
    for name in names.split():
        delattr(owner, name)
open_file = os.open

def open_no_directory(path, flags, *args, **kwargs):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", os.fspath(path))
    return open_file(path, flags, *args, **kwargs)

os.open = open_no_directory
fsync_file = os.fsync

def fsync_what_is_written(descriptor):
    if access(descriptor) == os.O_RDONLY:
        raise OSError(9, "Bad file descriptor")
    fsync_file(descriptor)

os.fsync = fsync_what_is_written
module = sys.argv.pop(1)
sys.path.insert(0, os.getcwd())
from tests.faults import samples
samples.shorten()
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
SMALL = ("experiments.mnist_lstm", "--data=sample", "--epochs=1", "--batch_size=500", "--units=8")


def _run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, *arguments],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONIOENCODING": "gbk"},
        capture_output=True,
        encoding="gbk",
    )


@pytest.mark.long
def test_an_experiment_runs_where_posix_is_missing(tmp_path):
    done = _run(*SMALL, f"--out_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert len(json.dumps(record)) > 100
    for name in ("history.csv", "curves.png", "model.keras"):
        assert (tmp_path / name).stat().st_size, name
