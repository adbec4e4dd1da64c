import csv
import dataclasses
import errno
import itertools
import os
from pathlib import Path

import pytest

from keras_rnn_tutorials import plotting
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import folder
from keras_rnn_tutorials.storage import files


def test_write_whole_replaces_a_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    files.write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_is_flushed_before_it_takes_its_place_and_its_directory_after(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):

        def watched(*arguments, name=name, call=getattr(os, name)):  # noqa: B008
            done.append(name)
            return call(*arguments)

        monkeypatch.setattr(os, name, watched)
    files.write_whole(tmp_path / "file", b"new")
    assert done == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(UserError, match="No space is left on the device of .*--out_dir"):
        with files.writing(tmp_path):
            files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_run_writes_its_record_curves_and_history(record, tmp_path):
    directory = tmp_path / "runs" / "0"
    with folder.staging(directory) as stage:
        folder.write_reports(stage, record, plotting.curves)
        assert folder.publish(stage, directory) == [
            "history.csv", "curves.png", "curves.svg", "record.json"
        ]  # fmt: skip
    assert sorted(os.listdir(directory)) == [
        "curves.png", "curves.svg", "history.csv", "record.json"
    ]  # fmt: skip
    with (directory / "history.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert rows[2] == ["2", str(1 / 3), "1e-17", "0.5", "1.0"]


def test_an_earlier_run_is_kept(record, tmp_path, capsys):
    for _ in range(3):
        with folder.staging(tmp_path) as stage:
            folder.write_reports(stage, record, plotting.curves)
            folder.publish(stage, tmp_path)
    assert sorted(os.listdir(tmp_path / "earlier")) == ["1", "2"]
    assert "record.json" in os.listdir(tmp_path / "earlier" / "2")
    assert capsys.readouterr().out.splitlines()[1] == (
        f"The earlier run in {tmp_path} is kept in {tmp_path}/earlier/2."
    )


@pytest.mark.parametrize("last", range(1, 4))
def test_a_publication_cut_short_is_taken_up_again(record, tmp_path, monkeypatch, last):
    earlier = dataclasses.replace(record, seed=1)
    for one in (earlier, record):
        with folder.staging(tmp_path) as stage:
            folder.write_reports(stage, one, plotting.curves)
            (stage / "state.npz").write_bytes(b"state")
            if one is earlier:
                folder.publish(stage, tmp_path)
                continue

            def replace(self, target, replace=Path.replace, count=itertools.count(1)):  # noqa: B008
                if next(count) > last:
                    raise OSError(errno.EIO, "Input/output error")
                return replace(self, target)

            with monkeypatch.context() as patch, pytest.raises(OSError):
                patch.setattr(Path, "replace", replace)
                folder.publish(stage, tmp_path)
    with folder.staging(tmp_path, resume=True) as stage:
        assert sorted(os.listdir(tmp_path)) == [".lock", "earlier", "unfinished"]
        folder.publish(stage, tmp_path)
    assert sorted(os.listdir(tmp_path)) == [
        "curves.png", "curves.svg", "earlier", "history.csv", "record.json"
    ]  # fmt: skip
    assert record_module.read(tmp_path / "record.json") == record
    assert record_module.read(tmp_path / "earlier" / "1" / "record.json") == earlier


def test_an_interrupted_runs_reports_give_way_to_the_same_runs_own(record, tmp_path):
    history = {name: values[:1] for name, values in record.history.items()}
    other = dataclasses.replace(record, history=history, status="interrupted", seed=8)
    for one in (other, dataclasses.replace(other, seed=record.seed), record):
        with folder.staging(tmp_path) as stage:
            folder.write_reports(stage, one, plotting.curves)
            folder.publish(stage, tmp_path)
    assert os.listdir(tmp_path / "earlier") == ["1"]
    assert record_module.read(tmp_path / "earlier" / "1" / "record.json") == other
    assert record_module.read(tmp_path / "record.json") == record


def test_a_failure_leaves_nothing_but_what_was_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ZeroDivisionError), folder.staging(tmp_path) as stage:
        (stage / "half").write_text("written")
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ["mine.txt"]
    with pytest.raises(ZeroDivisionError), folder.staging(tmp_path / "new" / "deep"):
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_a_directory_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out_dir=.*/file is a file: name a directory."):
        with folder.staging(tmp_path / "file"):
            pass
    with pytest.raises(UserError, match="cannot be written .* name another place with --out_dir."):
        with folder.staging(tmp_path / "file" / "below"):
            pass
