"""Writes the record of a measurement and the figure that is drawn from it."""

import tempfile
from pathlib import Path

from benchmarks import figure
from keras_rnn_tutorials import plotting, record
from keras_rnn_tutorials.storage import files

OUT_DIR = Path("runs/benchmarks")
SEED = 0
_ELSEWHERE = "choose another folder with --out_dir"


def prepare(out_dir: Path):
    """Creates the folder. Call it first: a wrong one is found now, not after an hour.

    Raises:
        CannotWrite: the folder cannot be written to.
    """
    with files.writing(out_dir, _ELSEWHERE):
        out_dir.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out_dir).close()


def publish(name: str, out_dir: Path, config: dict, measured: dict):
    """Writes the record and its figure, and prints their paths.

    Args:
        name: of the two files.
        out_dir: their folder.
        config: how it was measured.
        measured: what was measured.

    Raises:
        CannotWrite: the folder cannot be written to.
    """
    finished = record.Record(
        experiment="benchmarks",
        status="complete",
        config=config,
        dataset=None,
        seed=SEED,
        environment=record.Environment.here(),
        code=record.Code.here(),
        measured=measured,
    )
    path = out_dir / f"{name}.json"
    with files.writing(out_dir, _ELSEWHERE):
        record.write(path, finished)
        plotting.save(figure.draw(finished), path.with_suffix(".png"))
    print(f"written: {path}, {path.with_suffix('.png')}")
