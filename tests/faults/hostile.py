"""Malicious files: complete, with a valid digest, but with wrong contents."""

import copy
import dataclasses
import io
import json
import zipfile

import numpy as np

from keras_rnn_tutorials import plotting, record, runner
from keras_rnn_tutorials.data import cache, mnist
from keras_rnn_tutorials.runner import state
from keras_rnn_tutorials.runner.state import Identity, State
from keras_rnn_tutorials.storage import sealed
from tests.faults import damage, small

WRONG = [
    None, True, "", "x", "\x1b[2J\x07", "<script>alert(1)</script>", "\ud800", "$x_{",
    "x" * 200_000, 0, -1, 1.5, 10**9, 10**400, -(10**400), float("nan"), float("inf"), [], {}, [[]],
    {"": {}}, ["\n"], {"\x1b]0;": 1},
]  # fmt: skip


def deep(levels):
    """A list in a list in a list."""
    value = []
    for _ in range(levels):
        value = [value]
    return value


class Hostile(damage.Damaged):
    """A kind of file of which only some values are wrong."""

    def _damage(self, rng):
        content = self.replaced(rng)
        return content, f"{type(self).__name__} {content[:200]!r}"

    def check(self, found):
        return None


class Records(Hostile, damage.RecordsAlone):
    """Records under a true digest, which are shown in a notebook, too."""

    def replaced(self, rng):
        fields = json.loads(self.whole)
        fields.pop("digest")
        fields, what = changed(fields, rng)
        fields["digest"] = record.digest(fields)
        return json.dumps(fields).encode()

    def check(self, found):
        runs = record.read(self.file)
        shown = [runner.Run(run, self.path, plotting.curves) for run in runs]
        for run in shown:
            with plotting.drawing(self.file):
                table = run._repr_html_()
            if "<script>" in table or not (table + repr(run)).isprintable():
                return "shown as it is"
        return None


class States(Hostile, damage.States):
    """States under a true digest, from which a run would go on."""

    def make(self, directory):
        file = super().make(directory)
        progress = {
            "step": 8, "finished": False, "history": {"loss": [0.1]}, "build_seconds": 1.0,
            "epoch_seconds": [1.0], "spent_seconds": 0.5,
        }  # fmt: skip
        dataclasses.replace(State.read(file), progress=progress).write(file)
        return file

    def replaced(self, rng):
        arrays = sealed.from_bytes(self.whole, state._KEY)
        fields = json.loads(arrays[state._TEXT].tobytes())
        fields, _ = changed(fields, rng)
        arrays[state._TEXT] = np.frombuffer(json.dumps(fields).encode(), np.uint8)
        return sealed.to_bytes(arrays, state._KEY)

    def check(self, found):
        wanted = Identity.of("small", small.Config())
        saved = State.read(self.file)
        saved.identity.check(wanted, self.file)
        saved.check_progress(self.file, epochs=3)
        saved.check_step(self.file, 7)
        return None


class Caches(Hostile):
    """Images under a true digest; others than those of MNIST are made again."""

    def make(self, directory):
        self.read()
        return next(directory.glob("mnist-*.npz"))

    def read(self):
        def make():
            images = np.zeros((mnist.HELD_OUT + 1, 28, 28, 1), np.uint8)
            labels = np.zeros(len(images), np.int64)
            arrays = {f"{split}_images": images for split in ("train", "test")}
            return arrays | {f"{split}_labels": labels for split in ("train", "test")}

        return cache.arrays(self.path, "mnist", "key", make, mnist._fault)

    def replaced(self, rng):
        key = f"key {cache._code()}"
        arrays = sealed.from_bytes(self.whole, key)
        name = rng.choice([*arrays])
        array = arrays[name]
        wrong = [array[:7], array[..., 0], array.astype(np.float32), array + 11, None, array.T]
        arrays[name] = rng.choice(wrong)
        if arrays[name] is None or (arrays[name] is wrong[3] and "images" in name):
            del arrays[name]
        return sealed.to_bytes(arrays, key)

    def check(self, found):
        return None if damage._same(found, self.expected) else "read as something else"


class Models(Hostile, damage.Models):
    """Models whose description is another one's."""

    def replaced(self, rng):
        with zipfile.ZipFile(io.BytesIO(self.whole)) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        config, _ = changed(json.loads(contents["config.json"]), rng, most=100)
        contents["config.json"] = json.dumps(config).encode()
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, part in contents.items():
                archive.writestr(name, part)
        return content.getvalue()


KINDS = (Records, States, Caches, Models)


def changed(fields, rng, most=10**500):
    """A copy of some JSON with one of its values, or names, replaced by a wrong one."""
    fields = copy.deepcopy(fields)
    at = fields
    while True:
        keys = [*at] if isinstance(at, dict) else [*range(len(at))]
        key = rng.choice(keys)
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.2:
            break
        at = inner
    value = rng.choice([*WRONG, deep(60), deep(800)])
    if type(value) in (int, float) and not abs(value) <= most:
        value = 3
    if isinstance(at, dict) and rng.random() < 0.1:
        at[str(value)[:200_000]] = at.pop(key)
    else:
        at[key] = value
    return fields, key
