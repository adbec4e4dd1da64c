"""What the cache returns after hits, misses, damage and disks that cannot be written to."""

import errno
import io
import os
import resource
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keras_rnn_tutorials
from keras_rnn_tutorials.data import cache

ARRAYS = {
    "ids": np.array([1, 4, 2, 1, 9_999], np.int32),
    "offsets": np.array([0, 3, 5]),
    "labels": np.array([[0.5], [1.0]]).T,
    "none": np.zeros((0, 7), np.uint16),
}


unhurried = settings(deadline=None)  # fsync takes as long as the disk takes


class Maker:
    """Makes the arrays and counts how often it is asked to."""

    def __init__(self, made=ARRAYS):
        self.made = made
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return dict(self.made)


def assert_same(got, expected=ARRAYS):
    assert got.keys() == expected.keys()
    for name, array in expected.items():
        assert got[name].dtype == array.dtype
        np.testing.assert_array_equal(got[name], array, strict=True)


def files(directory):
    return [path for path in Path(directory).rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The user's cache directory, where no test may meet the real one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "keras_rnn_tutorials"


@pytest.fixture
def unwritable(tmp_path):
    """A directory that even root cannot create: its parent is a file."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "data"


def test_made_once_then_read(tmp_path, capsys):
    make = Maker()
    for _ in range(3):
        assert_same(cache.arrays(tmp_path / "new" / "data", "word_ids", "key", make))
    assert make.calls == 1
    (path,) = files(tmp_path)
    assert path.parent == tmp_path / "new" / "data"
    assert path.name.startswith("word_ids-") and path.suffix == ".npz"
    assert capsys.readouterr() == ("", "")


def test_a_kept_file_is_an_npz_file_any_user_may_read(tmp_path):
    old = os.umask(0o022)
    try:
        cache.arrays(tmp_path, "word_ids", "key", Maker())
    finally:
        os.umask(old)
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o644
    with np.load(path, allow_pickle=False) as loaded:
        assert_same(dict(loaded))


def test_read_arrays_can_be_written_to(tmp_path):
    cache.arrays(tmp_path, "word_ids", "key", Maker())
    cache.arrays(tmp_path, "word_ids", "key", Maker())["ids"][0] = 5
    assert_same(cache.arrays(tmp_path, "word_ids", "key", Maker()))


def test_each_name_and_key_has_its_own_file(tmp_path):
    for value, (name, key) in enumerate([("a", "k"), ("a", "l"), ("b", "k"), ("a", "k\n/é" * 99)]):
        made = {"x": np.array([value])}
        for make in (Maker(made), Maker({})):
            assert_same(cache.arrays(tmp_path, name, key, make), made)
    assert len(files(tmp_path)) == 4


def test_a_file_under_another_keys_name_is_not_taken_for_it(tmp_path, capsys):
    cache.arrays(tmp_path, "a", "one", Maker())
    (one,) = files(tmp_path)
    other = {"x": np.array([1])}
    cache.arrays(tmp_path, "a", "two", Maker(other))
    (two,) = set(files(tmp_path)) - {one}
    two.write_bytes(one.read_bytes())
    assert_same(cache.arrays(tmp_path, "a", "two", Maker(other)), other)
    assert capsys.readouterr().err == f"The cache {two} is damaged; doing without it.\n"


def check_damage(change):
    """A changed file is noticed in one line, made again, and whole from then on."""
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        cache.arrays(directory, "word_ids", "key", Maker())
        (path,) = files(directory)
        path.write_bytes(change(path.read_bytes()))
        lines = io.StringIO()
        patch.setattr("sys.stderr", lines)
        make = Maker()
        assert_same(cache.arrays(directory, "word_ids", "key", make))
        assert lines.getvalue() == f"The cache {path} is damaged; doing without it.\n"
        assert_same(cache.arrays(directory, "word_ids", "key", make))
        assert make.calls == 1
        assert files(directory) == [path]
        assert lines.getvalue().count("\n") == 1


@unhurried
@given(st.data())
def test_a_flipped_byte_is_noticed(data):
    def flip(stored):
        place = data.draw(st.integers(0, len(stored) - 1))
        mask = data.draw(st.integers(1, 255))
        return stored[:place] + bytes([stored[place] ^ mask]) + stored[place + 1 :]

    check_damage(flip)


@unhurried
@given(st.data())
def test_a_truncated_file_is_noticed(data):
    check_damage(lambda stored: stored[: data.draw(st.integers(0, len(stored) - 1))])


@unhurried
@given(st.binary())
def test_a_file_of_something_else_is_noticed(content):
    check_damage(lambda _: content)


@unhurried
@given(st.binary(min_size=1))
def test_a_lengthened_file_is_noticed(more):
    check_damage(lambda stored: stored + more)


def test_zeroed_blocks_are_noticed():
    check_damage(lambda stored: bytes(len(stored)))
    check_damage(lambda stored: stored[:64] + bytes(len(stored) - 64))


def test_an_unwritable_directory_falls_back_to_the_users_own(unwritable, home, capsys):
    make = Maker()
    for _ in range(2):
        assert_same(cache.arrays(unwritable, "word_ids", "key", make))
    assert make.calls == 1
    assert [path.parent for path in files(home)] == [home]
    assert capsys.readouterr() == ("", "")


def test_without_an_absolute_xdg_cache_home_the_home_directory_serves(
    unwritable, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for number, value in enumerate([None, "", "relative"]):
        if value is None:
            monkeypatch.delenv("XDG_CACHE_HOME")
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", value)
        home = tmp_path / f"user{number}"
        monkeypatch.setenv("HOME", str(home))
        assert_same(cache.arrays(unwritable, "word_ids", "key", Maker()))
        assert [path.parent for path in files(home)] == [home / ".cache" / "keras_rnn_tutorials"]


def test_a_user_without_a_home_has_no_cache(unwritable, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert_same(cache.arrays(unwritable, "word_ids", "key", Maker()))
    assert files(tmp_path) == [unwritable.parent]
    assert capsys.readouterr().err == (
        f"Cannot cache the word_ids ({unwritable}: Not a directory); "
        "the next run makes them again.\n"
    )


def test_nowhere_to_write_is_said_in_one_line(unwritable, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(unwritable / "home"))
    make = Maker()
    for _ in range(2):
        assert_same(cache.arrays(unwritable, "word_ids", "key", make))
        error = capsys.readouterr().err
        assert error.startswith(f"Cannot cache the word_ids ({unwritable}: Not a directory; ")
        assert error.count("\n") == 1
    assert make.calls == 2


def fail(number):
    def function(*_, **__):
        raise OSError(number, os.strerror(number))

    return function


@pytest.mark.parametrize("call", ["os.fsync", "os.replace"])
def test_a_full_disk_leaves_nothing_behind(call, tmp_path, monkeypatch, capsys):
    make = Maker()
    with monkeypatch.context() as full:
        full.setattr(call, fail(errno.ENOSPC))
        assert_same(cache.arrays(tmp_path, "word_ids", "key", make))
    assert files(tmp_path) == []
    error = capsys.readouterr().err
    assert error.count("No space left on device") == 2 and error.count("\n") == 1
    for _ in range(2):
        assert_same(cache.arrays(tmp_path, "word_ids", "key", make))
    assert make.calls == 2
    assert capsys.readouterr().err == ""


def test_a_file_cut_short_while_writing_is_not_left(tmp_path, capsys):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        got = cache.arrays(tmp_path, "word_ids", "key", Maker())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_same(got)
    assert files(tmp_path) == []
    error = capsys.readouterr().err
    assert error.count("File too large") == 2 and error.count("\n") == 1


def test_a_failed_write_leaves_the_old_file_as_it_was(tmp_path, monkeypatch, capsys):
    cache.arrays(tmp_path, "word_ids", "key", Maker())
    (path,) = files(tmp_path)
    damaged = path.read_bytes()[:-1]
    path.write_bytes(damaged)
    monkeypatch.setattr(os, "fsync", fail(errno.EIO))
    assert_same(cache.arrays(tmp_path, "word_ids", "key", Maker()))
    assert files(tmp_path) == [path]
    assert path.read_bytes() == damaged
    assert capsys.readouterr().err.count("\n") == 2


def test_an_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        cache.arrays(tmp_path, "word_ids", "key", Maker())
    assert files(tmp_path) == []


def test_an_unreadable_file_is_done_without(tmp_path, monkeypatch, capsys):
    make = Maker()
    cache.arrays(tmp_path, "word_ids", "key", make)
    (path,) = files(tmp_path)
    monkeypatch.setattr(Path, "read_bytes", fail(errno.EACCES))
    assert_same(cache.arrays(tmp_path, "word_ids", "key", make))
    assert make.calls == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"Cannot read the cache {path} (Permission denied); doing without it."


def test_a_directory_in_the_files_place_is_done_without(tmp_path, home, capsys):
    data = tmp_path / "data"
    cache.arrays(data, "word_ids", "key", Maker())
    (path,) = files(data)
    path.unlink()
    path.mkdir()
    make = Maker()
    for _ in range(2):
        assert_same(cache.arrays(data, "word_ids", "key", make))
    assert make.calls == 1
    assert [file.parent for file in files(tmp_path)] == [home]
    assert capsys.readouterr().err.count(f"{path} (Is a directory)") == 2


def test_objects_are_refused_rather_than_pickled(tmp_path):
    objects = {"x": np.array([{}, None], object)}
    with pytest.raises(TypeError, match="'x' holds Python objects"):
        cache.arrays(tmp_path, "word_ids", "key", Maker(objects))
    assert files(tmp_path) == []


def test_a_fault_of_the_maker_is_not_hidden(tmp_path):
    def make():
        raise OSError("no data")

    with pytest.raises(OSError, match="no data"):
        cache.arrays(tmp_path, "word_ids", "key", make)
    assert files(tmp_path) == []


def test_another_version_of_the_code_makes_its_own(tmp_path, monkeypatch):
    make = Maker()
    for code in ("0.1.0 a", "0.1.0 b", "0.2.0 a", "0.1.0 a"):
        monkeypatch.setattr(cache, "_code", lambda code=code: code)
        assert_same(cache.arrays(tmp_path, "word_ids", "key", make))
    assert make.calls == len(files(tmp_path)) == 3


def test_the_code_is_known_by_its_version_and_its_sources(monkeypatch):
    version, digest = cache._code().split()
    assert version == keras_rnn_tutorials.__version__ and len(digest) == 64
    monkeypatch.setattr(Path, "read_bytes", lambda self: b"other code")
    assert cache._code.__wrapped__() != cache._code()


def test_a_sealed_file_of_other_arrays_is_not_used(tmp_path, capsys):
    cache.arrays(tmp_path, "word_ids", "key", Maker({"other": np.zeros(1)}))
    make = Maker()

    def fault(arrays):
        return None if "ids" in arrays else "no ids"

    for _ in range(2):
        assert_same(cache.arrays(tmp_path, "word_ids", "key", make, fault))
    assert make.calls == 1
    assert capsys.readouterr().err.count("is damaged; doing without it.\n") == 1
