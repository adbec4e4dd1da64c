"""Times this package and other libraries at the same work, in turns.

python -m benchmarks.compare                  everything: some hours
python -m benchmarks.compare --jobs=mnist,imdb --peers=ours,torch
python -m benchmarks.compare --jobs=plain_fit,lengths,grid,start
python -m benchmarks.compare --jobs=mnist --rows=2000 --rounds=2

The second command measures a part. The third compares this package with Keras' layers as users call
them: each of these names is a module of benchmarks, runs in its own process and writes its own
record. The fourth is a trial run; do not quote its results.

Every library (peer) runs in its own process and its own environment, built by
`python -m benchmarks.environments`, on the same cores, with its own default threads. The processes
stay alive and wait while another one works: in each round, every peer does the job once. Before the
rounds, every peer starts from the same weights, takes 20 steps on the same batches, and must reach
the same loss; then it does the job once untimed. All peers compute the loss and the accuracy over
the epoch. The record is JSON, and the figure next to it is drawn only from the record.
"""

import argparse
import dataclasses
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import floor, jobs, recording, results
from benchmarks.jobs import FAMILIES, JOBS, Job
from benchmarks.roster import PEERS, SCRIPTS
from benchmarks.worker import PeerFault, Worker
from keras_rnn_tutorials.data import imdb, mnist
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command

MODULES = ("plain_fit", "lengths", "grid", "start")  # they need no other libraries
MEMORY = ("megabytes", "file_megabytes")  # fields of an answer besides the requested ones
PAUSE = 0.5  # seconds after which the last peer's threads stop waiting for work


def main():
    """Measures the jobs that the command line names."""
    given = arguments(sys.argv[1:])
    recording.prepare(given.out_dir)
    for name in given.modules:
        options = [f"--rounds={given.rounds}", f"--out_dir={given.out_dir}"]
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options])
        if done.returncode:
            sys.exit(done.returncode)
    if not given.jobs:
        return
    needed = {JOBS[name].dataset for name in given.jobs} - {"noise"}
    if needed:
        command.import_tensorflow_quietly()  # which reads the data
    loaders = {"mnist": mnist.load, "imdb": imdb.load}
    datasets = {name: loaders[name](given.data, given.data_dir) for name in sorted(needed)}
    rows = []
    for name in given.jobs:
        dataset = datasets.get(JOBS[name].dataset)
        row = measure(JOBS[name], given, dataset)
        if name in floor.JOBS and given.rows is None:
            row["floor"] = floor.measure(JOBS[name], len(dataset.train.y), given.environments)
        print(results.table(row), end="\n\n", flush=True)
        rows.append(row)
    described = {name: dataclasses.asdict(each.describe()) for name, each in datasets.items()}
    recording.publish(
        "compare",
        given.out_dir,
        config={"rounds": given.rounds, "rows": given.rows},
        measured={"rows": rows, "datasets": described},
    )


def measure(job: Job, given: argparse.Namespace, dataset) -> dict:
    """Measures the times of the peers for one job.

    Args:
        job: the work.
        given: the command line.
        dataset: its data set, or None for noise.

    Returns:
        By peer: "seconds" (a list, one per round), "check" (losses), "megabytes" (the peak memory
        of its process), "file_megabytes" (the part of it that maps files), "versions"; and under
        "skipped" the reason for each skipped peer.
    """
    parts = ("seconds", "check", *MEMORY, "versions", "skipped")
    row = {"job": job.name, **{part: {} for part in parts}}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        jobs.write_arrays(job, directory / "arrays.npz", dataset, given.rows, recording.SEED)
        workers = {}
        for name in [name for name in given.peers if not job.only or name in job.only]:
            try:
                workers[name] = _start(name, job, given.environments, directory, stack, row)
            except PeerFault as fault:
                row["skipped"][name] = str(fault)
        for _ in range(given.rounds):
            for name, worker in list(workers.items()):
                time.sleep(PAUSE)
                try:
                    answer = worker.ask(job.timed)
                except PeerFault as fault:
                    row["skipped"][name] = str(fault)
                    workers.pop(name).close()
                    row["seconds"].pop(name, None)
                    continue
                row["seconds"].setdefault(name, []).append(answer["seconds"])
                for part in MEMORY:
                    row[part][name] = answer[part]
    return row


def _start(name: str, job: Job, environments: Path, directory: Path, stack: ExitStack, row: dict):
    """Starts a peer, checks its losses, and runs the job once untimed."""
    peer = PEERS[name]
    if why := peer.why_not(job, environments):
        raise PeerFault(why)
    script = [str(peer.python(environments)), str(SCRIPTS / peer.script), *peer.arguments]
    worker = Worker(script, directory / f"{name}.log", peer.variables)
    stack.callback(worker.close)
    try:
        answer = worker.ask("load", job=jobs.for_peers(job), data=str(directory / "arrays.npz"))
        row["versions"][name] = answer["versions"]
        answer = worker.ask("check")
        losses = {when: loss for when, loss in answer.items() if when not in MEMORY}
        row["check"][name] = losses
        # Keras itself is the reference; it comes before this package.
        believed = "keras_tf" if "keras_tf" in row["check"] else next(iter(row["check"]))
        if why := results.disagreement(losses, row["check"][believed], PEERS[believed].title):
            raise PeerFault(why)
        worker.ask(job.timed)
    except PeerFault:
        worker.close()
        raise
    return worker


def arguments(given: list[str]) -> argparse.Namespace:
    """Reads the command line.

    Args:
        given: the command line without the program.

    Returns:
        What to measure.

    Raises:
        UserError: a flag, a job or a peer is wrong.
    """
    parser = command.ArgumentParser(__doc__)
    families = {**FAMILIES, **{name: [name] for name in (*JOBS, *MODULES)}}
    add = parser.add_argument
    job_names, peer_names = ", ".join(families), ", ".join(PEERS)
    add(
        "--jobs",
        default=",".join((*JOBS, *MODULES)),
        help=f"which jobs, joined by commas, of {job_names} [all]",
    )
    add(
        "--peers",
        default=",".join(PEERS),
        help=f"which libraries, joined by commas: {peer_names} [all]",
    )
    add("--rounds", type=int, default=7, help="how often each library does the job [7]")
    add("--rows", type=int, help="read only this many examples: a trial, no result to quote")
    environments = Path("runs/environments")
    add("--environments", type=Path, default=environments, help=f"their folder [{environments}]")
    add("--data", choices=("auto", "tfds", "sample"), default="auto", help="as in the experiments")
    add("--data_dir", help="folder of the prepared data (else TFDS_DATA_DIR)")
    out_dir = recording.OUT_DIR
    add("--out_dir", type=Path, default=out_dir, help=f"for record and figure [{out_dir}]")
    parsed = parser.parse_args(given)
    chosen = [job for name in _names("job", parsed.jobs, families) for job in families[name]]
    parsed.jobs = [name for name in chosen if name not in MODULES]
    parsed.modules = [name for name in chosen if name in MODULES]
    # Keras itself comes first, because the others are compared with it.
    parsed.peers = sorted(_names("peer", parsed.peers, PEERS), key=lambda n: n != "keras_tf")
    for flag in ("rounds", "rows"):
        value = getattr(parsed, flag)
        if value is not None and value < 1:
            raise UserError(f"--{flag}={value}: give a whole number from 1.")
    return parsed


def _names(kind: str, given: str, known: dict) -> list[str]:
    names = list(dict.fromkeys(given.split(",")))
    for name in names:
        if name not in known:
            raise UserError(f"No {kind} is called {name!r}: choose from {', '.join(known)}.")
    return names


if __name__ == "__main__":
    with command.user_errors():
        main()
