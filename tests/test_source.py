import errno
import json
import os
import shutil
import sys

import numpy as np
import pytest

from keras_rnn_tutorials.data import imdb, mnist, source
from keras_rnn_tutorials.errors import UserError


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setattr(source, "_reachable", lambda address: False)


def test_auto_falls_back_on_the_sample_and_says_so(no_network, tmp_path, capsys):
    assert source.find("mnist", "auto", str(tmp_path)) is None
    assert capsys.readouterr().err == (
        f"No prepared mnist lies under {tmp_path}, and the network cannot be reached: "
        "using the generated sample instead. Files that TFDS prepared elsewhere go to "
        f"{tmp_path}/mnist/3.0.1.\n"
    )


def test_tfds_never_falls_back(no_network, tmp_path):
    with pytest.raises(UserError) as error:
        source.find("imdb_reviews", "tfds", str(tmp_path))
    assert str(error.value) == (
        f"No prepared imdb_reviews lies under {tmp_path}, and the network cannot be reached: "
        "name its directory with --data_dir, or use --data=sample. Files that TFDS prepared "
        f"elsewhere go to {tmp_path}/imdb_reviews/plain_text/1.0.0."
    )


def test_a_failed_download_is_told(monkeypatch, tmp_path):
    def fail(name, root):
        raise ConnectionError("The host hung up.\nDetails.")

    monkeypatch.setattr(source, "_reachable", lambda address: True)
    monkeypatch.setattr(source, "_download", fail)
    with pytest.raises(UserError, match=r"its download failed \(The host hung up\.\): name its"):
        source.find("mnist", "tfds", str(tmp_path))


def test_sample_asks_nothing(monkeypatch):
    monkeypatch.setattr(source, "_reachable", lambda address: pytest.fail("asked the network"))
    assert source.find("mnist", "sample", None) is None


def test_a_data_dir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is not a directory: name the one that TFDS keeps."):
        source.find("mnist", "auto", str(tmp_path / "file"))


def test_a_host_that_does_not_answer_is_given_up():
    assert not source._reachable("http://127.0.0.1:9/")  # the discard port: nobody listens


def test_the_environment_names_the_data_dir(no_network, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "mine"))
    source.find("mnist", "auto", None)
    assert f"lies under {tmp_path / 'mine'}," in capsys.readouterr().err


@pytest.mark.real_data
def test_mnist_as_rows(real_data_dir, monkeypatch):
    dataset = mnist.load("tfds", str(real_data_dir))
    assert dataset.describe().title == "MNIST"
    for split, examples in (("train", 55_000), ("validation", 5_000), ("test", 10_000)):
        x, y = getattr(dataset, split)
        assert x.shape == (examples, 28, 28) and x.dtype == np.float32
        assert y.shape == (examples,) and y.dtype == np.int64
        assert x.min() == 0 and x.max() == 1
        assert np.bincount(y).min() > 0.085 * examples
    # Known of MNIST: its mean pixel is 0.1307 in training and 0.1325 in test.
    assert np.concatenate([dataset.train.x, dataset.validation.x]).mean() == pytest.approx(
        0.1307, abs=1e-4
    )
    assert dataset.test.x.mean() == pytest.approx(0.1325, abs=1e-4)
    assert len(list((real_data_dir / "keras_rnn_tutorials").glob("mnist-*.npz"))) == 1
    monkeypatch.setattr(source, "read", lambda *_: pytest.fail("the cache was not used"))
    assert mnist.load("tfds", str(real_data_dir)).describe() == dataset.describe()


@pytest.mark.real_data
def test_imdb_options_and_cache(real_data_dir, monkeypatch):
    first = imdb.load("tfds", str(real_data_dir))
    assert [len(s.y) for s in (first.train, first.validation, first.test)] == [
        20_000, 5_000, 25_000
    ]  # fmt: skip
    assert first.train.x.shape == (20_000, 500) and first.train.x.dtype == np.int32
    assert first.train.x.max() == 9_999
    monkeypatch.setattr(source, "read", lambda *_: pytest.fail("the cache was not used"))
    again = imdb.load("tfds", str(real_data_dir))
    assert again.describe() == first.describe()
    short = imdb.load("tfds", str(real_data_dir), maxlen=100, padding="post", truncating="post")
    long = first.train.x[0][first.train.x[0] > 0]
    if len(long) < 500:  # whole, so that its first 100 ids are known
        np.testing.assert_array_equal(short.train.x[0][: min(100, len(long))], long[:100])


@pytest.mark.real_data
@pytest.mark.parametrize("damage", ["cut short", "a byte flipped", "half the records", "info"])
def test_damaged_data_are_refused_in_one_line(real_data_dir, tmp_path, damage):
    shutil.copytree(real_data_dir / "mnist", tmp_path / "mnist")
    version = next((tmp_path / "mnist").iterdir())
    version.chmod(0o755)
    path = next(version.glob("*train*"))
    path.chmod(0o644)
    content = path.read_bytes()
    if damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "a byte flipped":
        path.write_bytes(content[:1_000_000] + b"\xff\x00" + content[1_000_002:])
    elif damage == "half the records":
        length = int.from_bytes(content[:8], "little") + 16
        path.write_bytes(content[:length])
    else:
        (version / "dataset_info.json").chmod(0o644)
        (version / "dataset_info.json").write_text("{")
    with pytest.raises(UserError) as error:
        mnist.load("tfds", str(tmp_path))
    message = str(error.value)
    assert "\n" not in message and len(message) < 600
    assert message.startswith(f"The prepared data in {version} cannot be read (")
    assert message.endswith("): delete that directory, and it will be downloaded again.")


@pytest.mark.real_data
@pytest.mark.parametrize("call", ["builder_from_directory", "core.DatasetBuilder.as_dataset"])
def test_a_broken_installation_is_not_told_as_damaged_data(
    real_data_dir, tmp_path, monkeypatch, call
):
    def broken(*_, **__):
        raise ImportError("No module named 'array_record'")

    monkeypatch.setattr(f"tensorflow_datasets.{call}", broken)
    (tmp_path / "mnist").symlink_to(real_data_dir / "mnist")  # beside which nothing is cached
    with pytest.raises(ImportError, match="array_record"):
        mnist.load("tfds", str(tmp_path))


def put(root, version, shards=("train", "test"), info="{}"):
    """A directory as TFDS leaves it, with names only."""
    (root / version).mkdir(parents=True)
    (root / version / "dataset_info.json").write_text(info)
    for split in shards:
        (root / version / f"mnist-{split}.tfrecord-00000-of-00001").write_text("")


@pytest.mark.parametrize(
    ("name", "versions", "newest"),
    [
        ("mnist", ["mnist/3.0.9", "mnist/3.0.10"], "mnist/3.0.10"),
        ("mnist", ["mnist/3.0.1", "mnist/2.10.3", "mnist/10.0.0"], "mnist/10.0.0"),
        ("mnist", ["mnist/3.0.1", "mnist/3.0.1.incompleteABC_3.0.1"], "mnist/3.0.1"),
        ("mnist", ["mnist/3.0.1", "mnist/4.0.0.incompleteABC_4.0.0"], "mnist/3.0.1"),
        ("mnist", ["mnist/3.0.1", "mnist/backup/9.0.0", "mnist/old"], "mnist/3.0.1"),
        (
            "imdb_reviews",
            ["imdb_reviews/plain_text/0.1.0", "imdb_reviews/subwords8k/1.0.0"],
            "imdb_reviews/plain_text/0.1.0",
        ),
        ("imdb_reviews", ["imdb_reviews/subwords8k/1.0.0"], None),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_newest_version_of_the_right_configuration_is_read(
    no_network, monkeypatch, tmp_path, name, versions, newest, reverse
):
    monkeypatch.setattr(source, "_open", lambda path: str(path.relative_to(tmp_path)))
    for version in sorted(versions, reverse=reverse):
        put(tmp_path, version)
    assert source.find(name, "auto", str(tmp_path)) == newest


def test_a_newer_version_that_lacks_files_gives_way_to_a_whole_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(source, "_open", lambda path: path.name)
    put(tmp_path / "mnist", "3.0.1")
    put(tmp_path / "mnist", "3.0.2", shards=["train"])
    (tmp_path / "mnist" / "3.0.3").mkdir()
    assert source.find("mnist", "tfds", str(tmp_path)) == "3.0.1"
    directory = tmp_path / "mnist"
    assert capsys.readouterr().err == (
        f"{directory}/3.0.2 lacks files of its data: reading {directory}/3.0.1 instead.\n"
    )


def test_a_path_that_is_not_utf_8_is_not_called_damaged_data(monkeypatch, tmp_path):
    root = tmp_path / os.fsdecode(b"d\xc4\xe3")
    put(root / "mnist", "3.0.1")
    monkeypatch.setenv("TFDS_DATA_DIR", str(root))
    with pytest.raises(UserError, match="TFDS_DATA_DIR=.*: rename that path, which is not in UTF-"):
        source.find("mnist", "auto", None)
    monkeypatch.delenv("TFDS_DATA_DIR")
    monkeypatch.setenv("HOME", str(root))
    with pytest.raises(UserError, match="the default of --data_dir=.*: rename that path"):
        source.find("mnist", "auto", None)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE, errno.ESTALE])
def test_a_fault_of_the_system_is_not_called_damaged_data(monkeypatch, tmp_path, number):
    def fail(_):
        raise OSError(number, os.strerror(number))

    put(tmp_path / "mnist", "3.0.1")
    (tmp_path / "mnist" / "3.0.1" / "features.json").write_text("{}")
    monkeypatch.setattr("tensorflow_datasets.builder_from_directory", fail)
    with pytest.raises(UserError) as error:
        source.find("mnist", "tfds", str(tmp_path))
    assert os.strerror(number) in str(error.value) and "delete" not in str(error.value)


@pytest.mark.parametrize("key", ["pythonClassName", "python_class_name", "type"])
def test_a_class_that_is_not_tfds_own_is_not_imported(tmp_path, key):
    put(tmp_path / "mnist", "3.0.1")
    features = json.dumps({"featuresDict": {"features": {"image": {key: "antigravity.Image"}}}})
    (tmp_path / "mnist" / "3.0.1" / "features.json").write_text(features)
    with pytest.raises(UserError, match="features.json names antigravity.Image, which is not TFDS"):
        source.find("mnist", "tfds", str(tmp_path))
    assert "antigravity" not in sys.modules
