"""Prints, records and compares times of the same work, done in several ways in turns.

`benchmarks.plain_fit`, `grid`, `lengths` and `start` measure in this environment. This module has
what they share: their flags, the lines that they print, and their records, from which
`benchmarks.figure` draws and `experiments.results` fills the tables of the pages.
"""

import argparse
import dataclasses
import statistics
from collections.abc import Iterable
from pathlib import Path

from benchmarks import figure, recording
from benchmarks.ratios import Ratio, ratio
from keras_rnn_tutorials.runner import command


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The times of one job.

    Attributes:
        job: a model and its work.
        part: a part of the work, such as "predict"; empty for all of it.
        unit: of the times: "s" or "ms".
        times: one time per round, by the way in which the job was done. The other ways are compared
            with the first.
    """

    job: str
    part: str
    unit: str
    times: dict[str, list[float]]

    def ratios(self) -> dict[str, Ratio]:
        """How many times as fast as the first way each other way was."""
        (_, reference), *others = self.times.items()
        return {way: ratio(reference, times) for way, times in others}

    def __str__(self):
        """Lines of text: medians, and ratios in words."""
        lines, of_way = [figure.title(self.job, self.part)], self.ratios()
        for way, times in self.times.items():
            line = f"  {way:26}{statistics.median(times):9.2f} {self.unit:2}  {of_way.get(way, '')}"
            lines.append(line.rstrip())
        return "\n".join(lines)

    def recorded(self) -> dict:
        """The content of the record: the fields and the ratios."""
        of_way = {way: dataclasses.asdict(one) for way, one in self.ratios().items()}
        return {**dataclasses.asdict(self), "ratios": of_way}


def parser(doc: str) -> argparse.ArgumentParser:
    """A parser of the flags that all these modules have.

    Args:
        doc: the module's docstring, which `--help` shows.
    """
    made = command.ArgumentParser(doc)
    made.add_argument("--rounds", type=count, default=7, help="how often each way has its turn [7]")
    out_dir = recording.OUT_DIR
    made.add_argument(
        "--out_dir", type=Path, default=out_dir, help=f"for record and figure [{out_dir}]"
    )
    return made


def count(text: str) -> int:
    """A flag's value that is a whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def publish(name: str, rounds: int, out_dir: Path, comparisons: Iterable[Comparison]):
    """Prints each comparison when it is measured, then writes the record and its figure.

    Args:
        name: of the two files.
        rounds: the number of rounds.
        out_dir: their folder; it is created.
        comparisons: an iterable that measures while it is read.

    Raises:
        CannotWrite: the folder cannot be written to; this is checked before anything is measured.
    """
    recording.prepare(out_dir)
    print(f"medians of {rounds} rounds; 2.00×: twice as fast as the first line of its job")
    measured = []
    for comparison in comparisons:
        print(comparison, flush=True)
        measured.append(comparison.recorded())
    config = {"measurement": name, "rounds": rounds}
    recording.publish(name, out_dir, config, {"comparisons": measured})
