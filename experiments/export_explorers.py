"""Writes the weights, digits and words of docs/explorers.

python -m experiments.export_explorers               from runs/
python -m experiments.export_explorers --runs=DIR    from runs in another folder

It reads four complete runs on real data, each under its default name: mnist_lstm as published and
corrected, imdb_simplernn, and look_inside --dataset=imdb. Their weights are rounded to float16. The
gradients come from plots/. Each file in docs/explorers/data/ states the digest of the record that
it was made from.
"""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from experiments import look_inside
from keras_rnn_tutorials import record
from keras_rnn_tutorials.data import mnist, word_ids
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.record import Record
from keras_rnn_tutorials.runner import command, folder, surroundings
from keras_rnn_tutorials.storage import files

ROOT = Path(__file__).parent.parent
DATA = ROOT / "docs" / "explorers" / "data"
GRADIENTS = ROOT / "plots" / "vanishing_gradients" / "default.json"
PADDED_AFTER = ROOT / "plots" / "imdb_simplernn" / "padding-post.json"
MNIST_RUNS = {
    "as_published": "mnist_lstm/default-seed0",
    "corrected": "mnist_lstm/variant-corrected-seed0",
}
IMDB_RUNS = {
    "SimpleRNN": "imdb_simplernn/default-seed0",
    "LSTM": "look_inside/dataset-imdb-seed0",
}
# Names for the weights of `model.get_weights()`, in its order.
RECURRENT = ("kernel", "recurrent_kernel", "bias", "readout_kernel", "readout_bias")
LATE_TURNS = 2  # digits that are classified wrongly until late, in addition to one of every class


def main():
    """Writes the files."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs [runs]")
    parser.add_argument("--data_dir", help="where TFDS keeps its data sets")
    given = parser.parse_args()
    mnist_runs = {name: read_run(given.runs / run) for name, run in MNIST_RUNS.items()}
    imdb_runs = {name: read_run(given.runs / run) for name, run in IMDB_RUNS.items()}
    surroundings.import_tensorflow_quietly()
    contents = {
        "mnist_lstm.js": _mnist(given.runs, mnist_runs, given.data_dir),
        **_imdb(given.runs, imdb_runs),
        "gradients.js": _gradients(),
    }
    with files.writing(DATA):
        DATA.mkdir(exist_ok=True)
        for name, content in contents.items():
            files.write_whole(DATA / name, content.encode())
            print(f"{DATA / name}: {len(content) / 1000:.0f} kB")


def script(name: str, value: Any) -> str:
    """A script that defines a variable, because a page opened from disk cannot fetch JSON."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    text = text.replace('{"', '{\n"').replace('],"', '],\n"')
    made_by = "// Written by python -m experiments.export_explorers. Do not edit."
    return f'{made_by}\n"use strict";\nvar {name} = {text};\n'


def defined(path: Path) -> Any:
    """The value that a file of `script` defines."""
    return json.loads(path.read_text(encoding="utf-8").partition(" = ")[2].rstrip().rstrip(";"))


def base64_float16(values: np.ndarray) -> str:
    """Numbers rounded to little-endian float16, in base64."""
    return base64.b64encode(values.astype("<f2").tobytes()).decode()


def float16(text: str) -> np.ndarray:
    """The numbers of `base64_float16`, as float32, `(count,)`."""
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)


def _mnist(runs: Path, records: dict[str, Record], data_dir: str | None) -> str:
    from keras_rnn_tutorials import models

    trained = {name: models.load(runs / run) for name, run in MNIST_RUNS.items()}
    test = mnist.load("tfds", data_dir).test
    answers = {name: look_inside.answers_by_step(model, test.x) for name, model in trained.items()}
    right = np.all([a[:, -1].argmax(axis=1) == test.y for a in answers.values()], axis=0)
    chosen = [int(np.flatnonzero(right & (test.y == digit))[0]) for digit in range(10)]
    late = look_inside.turns_late(answers["corrected"], test.y) * right
    chosen += np.argsort(-late)[:LATE_TURNS].tolist()
    digits = [
        {
            "label": int(test.y[image]),
            "image": image,
            "pixels": base64.b64encode(np.rint(255 * test.x[image]).astype(np.uint8)).decode(),
        }
        for image in chosen
    ]
    described = {
        name: _described(one, runs / MNIST_RUNS[name], trained[name], RECURRENT)
        for name, one in records.items()
    }
    return script("MNIST_LSTM", {**described, "digits": digits})


def _imdb(runs: Path, records: dict[str, Record]) -> dict[str, str]:
    from keras_rnn_tutorials import models

    contents = {}
    for name, one in records.items():
        run = runs / IMDB_RUNS[name]
        described = _described(one, run, models.load(run), ("embedding", *RECURRENT))
        contents[f"imdb_{name.lower()}.js"] = script(f"IMDB_{name.upper()}", described)
        try:
            words = word_ids.from_lines((run / folder.VOCABULARY).read_bytes())
        except OSError as error:
            raise UserError(
                f"{run} has no {folder.VOCABULARY}: make the run again, {one.command}"
            ) from error
    after, *_ = record.read(PADDED_AFTER)
    trap = {**_origin(after, PADDED_AFTER), "test_accuracy": after.test["accuracy"]}
    contents["vocabulary.js"] = script("VOCABULARY", "\n".join(words))
    contents["padded_after.js"] = script("PADDED_AFTER", trap)
    return contents


def _gradients() -> str:
    one, *_ = record.read(GRADIENTS)
    norms = {
        length: {
            cell: {
                state: [float(f"{norm:.2e}") for norm in values]
                for state, values in by_state.items()
            }
            for cell, by_state in cells.items()
        }
        for length, cells in one.measured["norms"].items()
    }
    described = {**_origin(one, GRADIENTS), "reviews": one.config["measured_on"], "norms": norms}
    return script("GRADIENTS", described)


def read_run(run: Path) -> Record:
    """The record of a complete run on real data.

    Raises:
        UserError: there is none in the folder.
    """
    one, *_ = record.read(run / folder.RECORD)
    if one.status != "complete" or one.dataset is None or one.dataset.origin != "tfds":
        raise UserError(f"{run} is not a complete run on real data: {one.command} --data=tfds")
    return one


def _origin(one: Record, path: Path) -> dict:
    stated = json.loads(path.read_text(encoding="utf-8"))["digest"]
    return {"record": stated, "command": one.command, "seed": one.seed}


def _described(one: Record, run: Path, model, names: tuple[str, ...]) -> dict:
    """The description of a model for a page, and its weights."""
    weights = dict(zip(names, map(base64_float16, model.get_weights()), strict=True))
    units = model.get_weights()[names.index("recurrent_kernel")].shape[0]
    return {
        **_origin(one, run / folder.RECORD),
        "test_accuracy": one.test["accuracy"],
        "units": units,
        "weights": weights,
    }


if __name__ == "__main__":
    with command.user_errors():
        main()
