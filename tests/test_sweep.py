"""Many runs at once: which are run, which are skipped, and what remains when a process dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import sweep
from keras_rnn_tutorials.runner.sweep import Outcome, Task

ROOT = Path(__file__).parents[1]
SMALL = {"data": ["sample"], "epochs": [1], "batch_size": [500], "units": [4, 8]}


def _flags(settings):
    return [f"--set={name}={','.join(map(str, values))}" for name, values in settings.items()]


def _recorded(directory):
    return {path.parent.name: path.read_bytes() for path in directory.glob("*/*/record.json")}


@pytest.mark.parametrize(
    ("text", "wanted"), [("0:3", [0, 1, 2]), ("0,3,7", [0, 3, 7]), ("4", [4]), ("7:9", [7, 8])]
)
def test_seeds(text, wanted):
    assert sweep.seeds(text) == wanted


@pytest.mark.parametrize("text", ["", "3:3", "5:2", "a:b", "1,1", "-1", "1,", "0:1:2"])
def test_seeds_that_are_none_are_refused(text):
    with pytest.raises(UserError, match=r"^--seeds=.*: give FIRST:END"):
        sweep.seeds(text)


def test_every_combination_has_a_folder_of_its_own(tmp_path):
    settings = {"variant": ["as_published", "corrected"], "units": [50, 100]}
    tasks = sweep.combinations("mnist_lstm", settings, [0, 1], tmp_path)
    assert [task.path.relative_to(tmp_path).as_posix() for task in tasks[:4]] == [
        "mnist_lstm/units-50-seed0",
        "mnist_lstm/default-seed0",
        "mnist_lstm/variant-corrected-units-50-seed0",
        "mnist_lstm/variant-corrected-seed0",
    ]
    assert len({task.path for task in tasks}) == 8


def test_a_wrong_setting_is_refused(tmp_path):
    with pytest.raises(UserError, match="--units=0: give a whole number"):
        sweep.combinations("mnist_lstm", {"units": [8, 0]}, [0], tmp_path)
    with pytest.raises(UserError, match="mnist_lstm has no option 'unit': choose from variant"):
        sweep.combinations("mnist_lstm", {"unit": [8]}, [0], tmp_path)


def test_what_is_recorded_is_skipped_and_a_failure_stops_nothing(tmp_path, record, capsys):
    def engine(tasks):
        seen.append([task.values["seed"] for task in tasks])
        for task in tasks:
            if task.values["seed"] == 1:
                yield Outcome(task, "its process ended before the run did")
            else:
                _write(task, record)
                yield Outcome(task)

    seen = []
    tasks = sweep.combinations("mnist_lstm", {"variant": ["corrected"]}, [0, 1, 2], tmp_path)
    for _ in range(2):
        (failed,) = sweep.run(tasks, engine)
        assert failed.task == tasks[1]
    sweep.print_results(tasks)
    assert seen == [[0, 1, 2], [1]]
    out, err = capsys.readouterr()
    failure = "failed: variant=corrected, seed=1: its process ended before the run did\n"
    assert err == 2 * failure
    assert "2 of 3 runs are already recorded." in out
    # The records' test accuracies are 0.4 and 0.5.
    assert "test accuracy 2 0.4500 ± 0.0707 0.4000 0.5000" in " ".join(out.split())


def _write(task: Task, one):
    import dataclasses

    config = {"variant": "corrected", "units": 100, "learning_rate": 1e-4, "epochs": 6}
    seed = task.values["seed"]
    made = dataclasses.replace(
        one,
        config=config | {"batch_size": 50},
        seed=seed,
        test={"accuracy": 0.4 + seed / 20},
    )
    task.path.mkdir(parents=True)
    record.write(task.path / "record.json", made)


def test_another_configurations_record_is_not_taken_for_the_runs(tmp_path, record):
    (task,) = sweep.combinations("mnist_lstm", {"epochs": [2]}, [0], tmp_path)
    _write(task, record)
    assert task.recorded() is None


@pytest.mark.long
def test_a_killed_sweep_goes_on_and_runs_nothing_twice(tmp_path):
    command = [sys.executable, "-m", "experiments.sweep", "mnist_lstm", "--seeds=0:2"]
    command += [*_flags(SMALL), f"--out_dir={tmp_path}"]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not _recorded(tmp_path):
        assert first.poll() is None
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = _recorded(tmp_path)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    after = _recorded(tmp_path)
    assert len(after) == 4
    assert before.items() <= after.items()
    assert not [*tmp_path.rglob("*.log")]


@pytest.mark.parametrize("flag", ["seed=3", "out_dir=here"])
def test_an_experiment_takes_seeds_instead_of_what_is_a_single_runs(flag):
    command = [sys.executable, "-m", "experiments.mnist_lstm", "--seeds=0:2", f"--{flag}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    name = flag.partition("=")[0]
    assert done.returncode == 2
    assert done.stderr == f"error: --{name} is for a single run: give either it or --seeds.\n"
