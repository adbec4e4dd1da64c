"""Checkpoints of several data shards, by TensorFlow 1.15.5: whole, damaged and incomplete."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_rnn_tutorials import migrate
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.migrate import checkpoint, report, saving
from tests import golden_files

GOLDEN = Path(__file__).parent / "golden" / "checkpoint_shards"
OUTPUTS = np.load(GOLDEN / "outputs.npz")
NAMES = sorted(set(OUTPUTS) - {"inputs"})
SHARD = {"v1": "model.ckpt-0000{}-of-00004", "v2": "model.ckpt.data-0000{}-of-00004"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoints, unpacked; to be read only."""
    return golden_files.unpack(GOLDEN, tmp_path_factory.mktemp("shards"))


@pytest.fixture
def copied(folder, tmp_path):
    """Copies a checkpoint without its graph; returns its directory."""

    def copied(name):
        shutil.copytree(folder / name, tmp_path / "net")
        (tmp_path / "net" / "model.ckpt.meta").unlink()
        return tmp_path / "net"

    return copied


def refused(path, tmp_path, words):
    with pytest.raises(UserError, match=words) as error:
        saving.convert(path, tmp_path / "out.keras")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*.keras"))


@pytest.mark.parametrize("name", NAMES)
def test_shards_are_read_as_one_checkpoint_with_its_graph(folder, name):
    outputs = tf.constant(OUTPUTS["inputs"])
    for layer in migrate.load(folder / name):
        outputs = layer(outputs)
    assert np.abs(outputs - OUTPUTS[name]).max() <= 1e-6 * np.abs(OUTPUTS[name]).max()
    (network,) = report.inspect(folder / name / "model.ckpt")["networks"]
    assert network["layers"][0]["forward"]["sources"]["activation"] == "from .meta"


ANY_FILE = ["", "model.ckpt", "model.ckpt.meta", SHARD["v1"].format(2), "model.ckpt-?????-of-00004"]


@pytest.mark.parametrize("file", ANY_FILE)
def test_any_shard_or_what_the_saver_printed_names_the_whole(folder, file):
    found = report.inspect(folder / "layers-v1-0" / file)
    assert len(found["networks"][0]["layers"]) == 2


@pytest.mark.parametrize("name", ["layers-v1-0", "layers-v2-0"])
@pytest.mark.parametrize("shard", range(4))
def test_a_missing_shard_is_named(copied, tmp_path, name, shard):
    path = copied(name)
    missing = SHARD[name[7:9]].format(shard)
    (path / missing).unlink()
    refused(path / "model.ckpt", tmp_path, missing)
    if "v2" in name:
        assert f"{missing} is missing" in report.text(report.inspect(path))


def test_two_sets_of_shards_are_not_mixed(copied, tmp_path):
    path = copied("layers-v1-0")
    shutil.copy(path / SHARD["v1"].format(0), path / "model.ckpt-00000-of-00001")
    refused(path, tmp_path, "there are several sets of shards")


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES = {
    "flipped": lambda content, _: flipped(content, len(content) // 3),
    "cut": lambda content, _: content[:-9],
    "empty": lambda content, _: b"",
    "another shard": lambda _, path: path.read_bytes(),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["layers-v1-0", "partitioned-v2-0"])
@pytest.mark.parametrize("shard", [1, 3])
def test_a_damaged_shard_is_refused_also_where_nothing_of_it_is_wanted(
    copied, tmp_path, name, damage, shard
):
    """The last shard holds a variable that is in no network."""
    path, form = copied(name), SHARD[name[-4:-2]]
    damaged = path / form.format(shard)
    content = DAMAGES[damage](damaged.read_bytes(), path / form.format(0))
    damaged.write_bytes(content)
    refused(path, tmp_path, "cannot be read|not a readable checkpoint")


@pytest.mark.parametrize("name", ["layers-v2", "partitioned-v2"])
@pytest.mark.parametrize("shard", range(4))
def test_another_checkpoints_shard_of_the_same_shapes_is_refused(
    folder, copied, tmp_path, name, shard
):
    """The index has a checksum of every tensor. Files of TensorFlow 0 have nothing of the kind."""
    path = copied(f"{name}-0")
    shutil.copy(folder / f"{name}-1" / SHARD["v2"].format(shard), path)
    refused(path, tmp_path, "cannot be read.*[Cc]hecksum")


def values_of(path):
    read = checkpoint.read(path)
    read.verify()
    return {name: (read.shapes[name], read.read(name).tobytes()) for name in read.shapes}


@pytest.mark.parametrize("name", ["layers-v1-0", "layers-v2-0", "partitioned-v1-0"])
def test_random_damage_is_refused_or_changes_nothing(copied, name):
    path, chosen = copied(name), random.Random(0)
    whole = values_of(path)
    for file in sorted(path.iterdir()):
        content = file.read_bytes()
        for _ in range(20):
            place = chosen.randrange(len(content))
            end = chosen.choice([b"", content[place + 1 :], b"xyz" + content[place:]])
            file.write_bytes(content[:place] + bytes([chosen.randrange(256)]) + end)
            try:
                assert values_of(path) == whole
            except UserError as error:
                assert "\n" not in str(error)
        file.write_bytes(content)
