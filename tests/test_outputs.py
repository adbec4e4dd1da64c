import csv
import errno
import os

import pytest

from keras_rnn_tutorials import files, outputs, plotting
from keras_rnn_tutorials.errors import UserError


def test_write_whole_replaces_a_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    files.write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


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
    with outputs.staging(directory) as stage:
        outputs.write_reports(stage, record, plotting.curves)
        assert outputs.publish(stage, directory) == [
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
        with outputs.staging(tmp_path) as stage:
            outputs.write_reports(stage, record, plotting.curves)
            outputs.publish(stage, tmp_path)
    assert sorted(os.listdir(tmp_path / "earlier")) == ["1", "2"]
    assert "record.json" in os.listdir(tmp_path / "earlier" / "2")
    assert capsys.readouterr().out.splitlines()[1] == (
        f"The earlier run in {tmp_path} is kept in {tmp_path}/earlier/2."
    )


def test_a_failure_leaves_nothing_but_what_was_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ZeroDivisionError), outputs.staging(tmp_path) as stage:
        (stage / "half").write_text("written")
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ["mine.txt"]
    with pytest.raises(ZeroDivisionError), outputs.staging(tmp_path / "new" / "deep"):
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_a_directory_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out_dir=.*/file is a file: name a directory."):
        with outputs.staging(tmp_path / "file"):
            pass
    with pytest.raises(UserError, match="cannot be written .* name another place with --out_dir."):
        with outputs.staging(tmp_path / "file" / "below"):
            pass
