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
from keras_rnn_tutorials.runner.config import ELSEWHERE
from keras_rnn_tutorials.runner.state import Identity, State
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
        with files.writing(tmp_path, ELSEWHERE):
            files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.fixture
def opened(record, tmp_path):
    """Opens the folder of the record's run, or of another seed's."""

    def call(path=tmp_path, resume=False, of=record):
        identity = Identity(
            of.experiment, {**of.config, "seed": of.seed}, {}, dataclasses.asdict(of.dataset)
        )
        return folder.opened(path, identity, resume)

    return call


def publish(run, record):
    return run.publish(record, plotting.curves(record))


def test_a_run_writes_its_record_curves_and_history(record, opened, tmp_path):
    directory = tmp_path / "runs" / "0"
    with opened(directory) as run:
        assert run.status == "fresh"
        assert publish(run, record) == ["history.csv", "curves.png", "curves.svg", "record.json"]
        assert run.status == "complete"
    assert sorted(os.listdir(directory)) == [
        "curves.png", "curves.svg", "history.csv", "record.json"
    ]  # fmt: skip
    with (directory / "history.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert rows[2] == ["2", str(1 / 3), "1e-17", "0.5", "1.0"]


def test_an_earlier_run_is_kept(record, opened, tmp_path, capsys):
    for _ in range(3):
        with opened() as run:
            publish(run, record)
    assert sorted(os.listdir(tmp_path / "earlier")) == ["1", "2"]
    assert "record.json" in os.listdir(tmp_path / "earlier" / "2")
    assert capsys.readouterr().out.splitlines()[1] == (
        f"The earlier run in {tmp_path} was moved to {tmp_path}/earlier/2."
    )


@pytest.mark.parametrize("last", range(1, 4))
def test_an_interrupted_publication_is_finished_by_a_resumed_run(
    record, opened, tmp_path, monkeypatch, last
):
    def state(run):
        State(run.identity, {}, {"history": record.history}, {}).write(run.unfinished / "state.npz")

    earlier = dataclasses.replace(record, seed=1)
    for one in (earlier, record):
        with opened(of=one) as run:
            state(run)
            if one is earlier:
                publish(run, one)
                continue

            def replace(self, target, replace=Path.replace, count=itertools.count(1)):  # noqa: B008
                if next(count) > last:
                    raise OSError(errno.EIO, "Input/output error")
                return replace(self, target)

            with monkeypatch.context() as patch, pytest.raises(OSError):
                patch.setattr(Path, "replace", replace)
                publish(run, one)
    with opened(resume=True) as run:
        assert run.status == "unfinished"
        assert sorted(os.listdir(tmp_path)) == [".lock", "earlier", "unfinished"]
        publish(run, record)
    assert sorted(os.listdir(tmp_path)) == [
        "curves.png", "curves.svg", "earlier", "history.csv", "record.json"
    ]  # fmt: skip
    assert record_module.read(tmp_path / "record.json") == [record]
    assert record_module.read(tmp_path / "earlier" / "1" / "record.json") == [earlier]


def test_a_state_whose_run_is_published_is_removed(record, opened, tmp_path):
    with opened() as run:
        publish(run, record)
        State(run.identity, {}, {"history": record.history}, {}).write(run.unfinished / "state.npz")
    assert (tmp_path / "unfinished").exists()
    with opened(resume=True) as run:
        assert run.status == "complete" and run.record == record
    assert "unfinished" not in os.listdir(tmp_path)


def test_a_state_of_another_course_than_the_records_is_kept(record, opened):
    history = {name: values[:1] for name, values in record.history.items()}
    with opened() as run:
        publish(run, record)
        State(run.identity, {}, {"history": history}, {}).write(run.unfinished / "state.npz")
    with opened(resume=True) as run:
        assert run.status == "unfinished" and run.state.progress["history"] == history


def test_an_interrupted_runs_reports_give_way_to_the_same_runs_own(record, opened, tmp_path):
    history = {name: values[:1] for name, values in record.history.items()}
    other = dataclasses.replace(record, history=history, status="interrupted", seed=8)
    for one in (other, dataclasses.replace(other, seed=record.seed), record):
        with opened(of=one) as run:
            publish(run, one)
    assert os.listdir(tmp_path / "earlier") == ["1"]
    assert record_module.read(tmp_path / "earlier" / "1" / "record.json") == [other]
    assert record_module.read(tmp_path / "record.json") == [record]


def test_a_failed_run_is_failed(record, opened):
    with opened() as run:
        publish(run, dataclasses.replace(record, status="failed", failure="The loss became nan."))
    with opened() as run:
        assert run.status == "failed"


def test_a_failure_leaves_nothing_but_what_was_there(opened, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ZeroDivisionError), opened() as run:
        (run.unfinished / "half").write_text("written")
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ["mine.txt"]
    with pytest.raises(ZeroDivisionError), opened(tmp_path / "new" / "deep"):
        1 / 0  # noqa: B018
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_a_directory_that_cannot_be_is_refused(opened, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out_dir=.*/file is a file: name a directory."):
        with opened(tmp_path / "file"):
            pass
    with pytest.raises(UserError, match="cannot be written .* choose another folder with --out_di"):
        with opened(tmp_path / "file" / "below"):
            pass


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("name", [".lock", "unfinished", "earlier", "unfinished/tensorboard"])
def test_no_link_is_followed_out_of_the_folder(opened, tmp_path, name, resume):
    home = tmp_path / "home"
    home.mkdir()
    for file in (".profile", "notes.txt"):
        (home / file).write_text("mine")
    link = tmp_path / "run" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(home / "notes.txt" if name == ".lock" else home)
    with pytest.raises(UserError, match=f"{name} is a link: remove it, or choose another folder"):
        with opened(tmp_path / "run", resume):
            pass
    assert {path.name: path.read_text() for path in home.iterdir()} == {
        ".profile": "mine", "notes.txt": "mine"
    }  # fmt: skip


def test_a_file_of_somebody_elses_under_another_name_is_no_place_for_a_lock(opened, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "run").mkdir()
    os.link(tmp_path / "mine.txt", tmp_path / "run" / ".lock")
    with opened(tmp_path / "run"):
        pass
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_hidden_folder_among_the_unfinished_files_is_left_alone(opened, tmp_path):
    (tmp_path / "unfinished" / ".ipynb_checkpoints").mkdir(parents=True)
    (tmp_path / "unfinished" / ".curves.png.half").write_text("half")
    with opened(resume=True) as run:
        assert os.listdir(run.unfinished) == [".ipynb_checkpoints"]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(
    "name", ["record.json", "model.keras", "tensorboard", "curves.png", "tensorboard/train",
             "unfinished/state.npz", "unfinished/tensorboard/train"]
)  # fmt: skip
@pytest.mark.parametrize("target", ["file", "folder", "nothing"])
def test_no_file_of_a_run_is_a_link(opened, tmp_path, name, resume, target):
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    (home / "file").write_text("mine")
    link = tmp_path / "run" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(home / target)
    with pytest.raises(UserError, match=f"{name} is a link: remove it, or choose another folder"):
        with opened(tmp_path / "run", resume):
            pass
    assert sorted(os.listdir(home)) == ["file", "folder"] and not os.listdir(home / "folder")
    assert (home / "file").read_text() == "mine" and link.is_symlink()


@pytest.mark.parametrize("target", ["folder", "nothing"])
def test_an_earlier_run_is_not_moved_through_a_link(record, opened, tmp_path, target):
    (tmp_path / "home" / "folder").mkdir(parents=True)
    run = tmp_path / "run"
    (run / "earlier").mkdir(parents=True)
    (run / "earlier" / "1").symlink_to(tmp_path / "home" / target)
    for _ in range(2):
        with opened(run) as own:
            publish(own, record)
    assert os.listdir(tmp_path / "home") == ["folder"]
    assert os.listdir(tmp_path / "home" / "folder") == []
    assert "record.json" in os.listdir(run / "earlier" / "2")


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize(
    "name", [".lock", "record.json", "curves.png", "unfinished/state.npz", "unfinished/model.keras"]
)
def test_no_file_of_a_run_is_a_pipe_or_a_folder(opened, tmp_path, name, make, resume):
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    make(place)
    with pytest.raises(UserError, match=f"{name} is not a file: remove it, or choose another fold"):
        with opened(resume=resume):
            pass
    assert place.is_fifo() or place.is_dir()


@pytest.mark.parametrize("name", ["unfinished", "earlier", "tensorboard", "tensorboard/train"])
def test_no_folder_of_a_run_is_a_file(opened, tmp_path, name):
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("mine")
    with pytest.raises(UserError, match=f"{name} is not a folder: remove it, or choose another f"):
        with opened():
            pass
    assert place.read_text() == "mine"


def test_what_is_written_is_private_where_the_umask_says_so(record, opened, tmp_path):
    old = os.umask(0o077)
    try:
        with opened(tmp_path / "run") as run:
            publish(run, record)
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "run").iterdir()} == {0o600}
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    with opened(tmp_path / "other") as run:
        publish(run, record)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "other").iterdir()}
    assert modes == {0o666 & ~old}
