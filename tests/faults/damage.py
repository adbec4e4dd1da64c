"""Truncated files and files with changed bytes: each is read correctly, or refused in one line."""

import contextlib
import dataclasses
import io
import json
import shutil
import signal
from pathlib import Path

import numpy as np

from benchmarks import figure
from experiments import plots, tf1_parity
from keras_rnn_tutorials import models, record
from keras_rnn_tutorials.data import cache, source
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import folder
from keras_rnn_tutorials.runner.state import Identity, State
from tests.faults import small

PATIENCE = 1200  # seconds, with room for a machine that is stopped meanwhile


class Damaged:
    """A kind of file: how one is made, and how it is read."""

    needs_data = False

    def __init__(self, root):
        self.path = Path(root) / type(self).__name__
        self.path.mkdir(parents=True)
        self.file = self.make(self.path)
        self.whole = self.file.read_bytes()
        self.expected = self.read()

    def round(self, rng):
        """Damages the file and reads it.

        Args:
            rng: random numbers.

        Returns:
            None, or a line that says what went wrong.
        """
        damaged, what = self._damage(rng)
        self.file.write_bytes(damaged)
        said = io.StringIO()
        signal.signal(signal.SIGALRM, _hang)
        signal.alarm(PATIENCE)
        try:
            with contextlib.redirect_stderr(said):
                fault = self.check(self.read())
                return fault and f"{what}: {fault}"
        except UserError as error:
            line = str(error)
            return None if line.isprintable() and len(line) < 1000 else f"{what}: said {line!r}"
        except BaseException as error:
            return f"{what}: {type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
            self.file.write_bytes(self.whole)

    def _damage(self, rng):
        return _damage(self.whole, rng)

    def check(self, found):
        """What is wrong with what was read; None if nothing is."""
        return None if _same(found, self.expected) else "read as something else"


class Records(Damaged):
    """A record of plots/, drawn; two of its seeds, as ten take five times as long."""

    def make(self, directory):
        file = directory / "record.json"
        record.write(file, *record.read(plots.PLOTS / "mnist_lstm" / "variant-corrected.json")[:2])
        return file

    def read(self):
        found = plots.figures(self.path, True, [])
        return [
            content
            for path, one in found.items()
            for content in plots.draw(path, one, (".svg",)).values()
        ]


class RecordsAlone(Records):
    """Records, read and not drawn, which is quicker."""

    def read(self):
        return [dataclasses.asdict(run) for run in record.read(self.file)]


class Comparisons(Records):
    """What the benchmarks found, drawn."""

    def make(self, directory):
        return Path(shutil.copy(plots.PLOTS / "benchmarks" / "tutorials.json", directory))

    def read(self):
        return figure.rendered(self.file, "svg")


class States(Damaged):
    """What a run resumes from."""

    def make(self, directory):
        arrays = {"model-0": np.arange(1000, dtype=np.float32).reshape(10, 100)}
        identity = Identity.of("small", small.Config())
        progress = {"step": 7, "history": {"loss": [0.1]}}
        State(identity, {}, progress, arrays).write(directory / folder.STATE)
        return directory / folder.STATE

    def read(self):
        return vars(State.read(self.file))


class Caches(Damaged):
    """Encoded reviews; a damaged file is made again."""

    def make(self, directory):
        self.read()
        return next(directory.glob("reviews-*.npz"))

    def read(self):
        return cache.arrays(self.path, "reviews", "key", lambda: {"ids": np.arange(500)})


class Models(Damaged):
    """What a run leaves for prediction."""

    def make(self, directory):
        model = small.build_model(small.Config())
        model.optimizer.build(model.trainable_variables)
        model.save(directory / "model.keras")
        return directory / "model.keras"

    def read(self):
        model = models.load(self.file)
        return [model.to_json(), *model.get_weights()]


class GoldenCases(Damaged):
    """What TensorFlow 1 made of a cell, which `tf1_parity` reads."""

    golden = "basic_rnn_cell.npz"

    def make(self, directory):
        shutil.copy(tf1_parity.GOLDEN / "SHA256SUMS", directory)
        return Path(shutil.copy(tf1_parity.GOLDEN / self.golden, directory))

    def read(self):
        from experiments.tf1_parity import fixtures  # which imports TensorFlow

        return [vars(case) for case in fixtures.load(self.file)]


class GoldenTrajectories(GoldenCases):
    """The losses of TensorFlow 1's steps, which `tf1_parity` reads."""

    golden = "trajectories.npz"

    def read(self):
        from experiments.tf1_parity import trajectories

        return [vars(one) for one in trajectories.load(self.file).values()]


class GoldenSums(GoldenCases):
    """The digests of what TensorFlow 1 made."""

    def make(self, directory):
        return super().make(directory).with_name("SHA256SUMS")

    def read(self):
        from experiments.tf1_parity import fixtures

        return [vars(case) for case in fixtures.load(self.path / self.golden)]


class TFRecords(Damaged):
    """Prepared examples, as TFDS keeps them: the first few of a prepared MNIST."""

    needs_data = True
    dataset, feature = "mnist", "image"
    damaged = "mnist-train.tfrecord-00000-of-00001"
    examples = 60

    def make(self, directory):
        import tensorflow as tf

        prepared = Path(source.find(self.dataset, "tfds", None).data_path)
        version = directory.joinpath(*prepared.parts[prepared.parts.index(self.dataset) :])
        version.mkdir(parents=True)
        for path in (*prepared.glob("*.json"), *prepared.glob("*.txt")):
            (version / path.name).write_bytes(path.read_bytes())
        for path in prepared.glob("*.tfrecord*"):
            with tf.io.TFRecordWriter(str(version / path.name)) as writer:
                for one in tf.data.TFRecordDataset(str(path)).take(self.examples):
                    writer.write(one.numpy())
        info = json.loads((version / "dataset_info.json").read_text())
        for split in info["splits"]:
            split["shardLengths"] = [str(self.examples)]
        (version / "dataset_info.json").write_text(json.dumps(info, indent=1))
        return version / self.damaged

    def read(self):
        builder = source.find(self.dataset, "tfds", str(self.path))
        splits = [source.read(builder, split, self.feature) for split in ("train", "test")]
        return [array for split in splits for array in split]


class DatasetInfos(TFRecords):
    """What TFDS says of a prepared data set."""

    damaged = "dataset_info.json"


class Features(TFRecords):
    """What TFDS says of an example."""

    damaged = "features.json"


class Reviews(TFRecords):
    """Prepared reviews, which are texts."""

    dataset, feature = "imdb_reviews", "text"
    damaged = "imdb_reviews-test.tfrecord-00000-of-00001"


class Labels(Reviews):
    """What TFDS calls the labels."""

    damaged = "label.labels.txt"


class CheckpointIndexes(Damaged):
    """Where TensorFlow 1's checkpoint has which variable."""

    damaged = "model.ckpt.index"

    def make(self, directory):
        whole = tf1_parity.GOLDEN / "checkpoints" / "basic_lstm"
        shutil.copytree(whole, directory, dirs_exist_ok=True)
        return directory / self.damaged

    def read(self):
        from keras_rnn_tutorials.migrate import load, report

        found = report.inspect(self.path)
        if found["meta"]:
            raise UserError(found["meta"])
        return [json.dumps(found), *(w for layer in load(self.path) for w in layer.get_weights())]


class CheckpointData(CheckpointIndexes):
    """The values of TensorFlow 1's variables."""

    damaged = "model.ckpt.data-00000-of-00001"


class CheckpointGraphs(CheckpointIndexes):
    """TensorFlow 1's graph."""

    damaged = "model.ckpt.meta"

    def check(self, found):
        """A graph has no checksum: another number in it is another graph."""
        return None


class _Readable(Damaged):
    """A kind that says something else when it is damaged, and cannot know it."""

    def check(self, found):
        return None


class Scripts(_Readable):
    """Old scripts, searched for what to replace."""

    name = "script.py"
    text = (
        "import tensorflow as tf\nfrom tensorflow.contrib import rnn\n"
        "cells = [rnn.BasicLSTMCell(8) for _ in range(2)]\nprint 'built'\n"
        "out, (c, h) = tf.nn.dynamic_rnn(rnn.MultiRNNCell(cells), x, dtype=tf.float32)\n"
        "loss = tf.nn.softmax_cross_entropy_with_logits(logits=tf.nn.softmax(h), labels=y)\n"
    )

    def make(self, directory):
        (directory / self.name).write_text(self.text)
        return directory / self.name

    def read(self):
        from keras_rnn_tutorials.migrate import scanner

        return [*map(str, scanner.scan(self.file)), scanner.fix(self.file)]


class Notebooks(Scripts):
    """The same in a notebook."""

    name = "notebook.ipynb"
    text = json.dumps(
        {
            "cells": [
                {"cell_type": "code", "source": Scripts.text.splitlines(True)},
                {"cell_type": "markdown", "source": "text"},
            ],
            "nbformat": 4,
        }
    )


class Pictures(_Readable):
    """A picture of a digit, to be read by a model."""

    def make(self, directory):
        from PIL import Image

        grey = np.zeros((40, 50), np.uint8)
        grey[5:35, 20:26] = 220
        Image.fromarray(grey).save(directory / "digit.png")
        return directory / "digit.png"

    def read(self):
        from keras_rnn_tutorials.data import picture

        return picture.read(self.file.read_bytes(), self.file.name)


KINDS = (
    Records,
    RecordsAlone,
    Comparisons,
    States,
    Caches,
    Models,
    GoldenCases,
    GoldenTrajectories,
    GoldenSums,
    TFRecords,
    DatasetInfos,
    Features,
    Reviews,
    Labels,
    CheckpointIndexes,
    CheckpointData,
    CheckpointGraphs,
    Scripts,
    Notebooks,
    Pictures,
)


def _damage(whole, rng):
    place = rng.randrange(len(whole))
    how = rng.choice(["cut", "flip", "flip", "several", "zeros", "longer"])
    if how == "cut":
        return whole[:place], f"cut after {place}"
    if how == "longer":
        more = rng.randbytes(rng.randint(1, 100))
        return whole + more, f"{more!r} added"
    damaged = bytearray(whole)
    if how == "zeros":
        damaged[place : place + 512] = bytes(len(damaged[place : place + 512]))
        return bytes(damaged), f"zeros from {place}"
    places = [place, *(rng.randrange(len(whole)) for _ in range(4 if how == "several" else 0))]
    for place in places:
        damaged[place] ^= rng.randint(1, 255)
    return bytes(damaged), f"{how} at {places}: {[bytes([damaged[p]]) for p in places]}"


def _same(found, expected):
    if isinstance(expected, np.ndarray):
        return found.dtype == expected.dtype and np.array_equal(found, expected)
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            _same(found[key], expected[key]) for key in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(_same, found, expected))
    return type(found) is type(expected) and found == expected


def _hang(*_):
    raise TimeoutError(f"no answer after {PATIENCE} seconds")
