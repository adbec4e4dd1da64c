"""A lower bound: only the matrix products of a training epoch, with the fastest library.

The products are those of the forward pass, of the state's gradients and of the weights' gradients,
each in its cheapest form: one product over all time steps if the previous state is not needed, and
one product per step if it is. The memory layout of the operands is the best for each product.
Nothing is added, activated or updated.
"""

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jobs import Job
from benchmarks.roster import PEERS, SCRIPTS
from benchmarks.worker import PeerFault, Worker

JOBS = ("mnist", "imdb")
CORES = len(os.sched_getaffinity(0))
# Its title, and a peer whose environment contains it.
_LIBRARIES = {"numpy": ("NumPy", "ours"), "xla": ("XLA", "ours"), "torch": ("PyTorch", "torch")}
_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1"
)


@dataclass(frozen=True)
class Product:
    """A matrix product of a training step.

    Attributes:
        name: what it computes.
        shape: rows, inner, columns.
        count: how often a training step computes it.
    """

    name: str
    shape: tuple[int, int, int]
    count: int


def products(job: Job) -> list[Product]:
    """Lists the matrix products of one training step of an LSTM or a SimpleRNN job.

    Args:
        job: the work.

    Returns:
        The products.
    """
    batch, time, units, classes = job.batch, job.time, job.units, job.classes
    features = units if job.words else job.features
    gates = {"lstm": 4, "simple_rnn": 1}[job.cell] * units
    steps = batch * time
    backward = [Product("gradient of the inputs", (steps, gates, features), 1)]
    return [
        Product("inputs to gates", (steps, features, gates), 1),
        Product("state to gates", (batch, units, gates), time),
        Product("readout", (batch, units, classes), 1),
        Product("gradient of the readout's kernel", (units, batch, classes), 1),
        Product("gradient of the last state", (batch, classes, units), 1),
        Product("gradient of the state", (batch, gates, units), time - 1),
        Product("gradient of the recurrent kernel", (units, steps, gates), 1),
        Product("gradient of the kernel", (features, steps, gates), 1),
        *(backward if job.words else []),  # the gradient of pixels is not needed
    ]


def measure(job: Job, examples: int, environments: Path) -> dict:
    """Times the products of an epoch.

    Each product is measured in two ways: in one process that may use all cores, and in one process
    per core, each with its part of the rows.

    Args:
        job: the work.
        examples: per epoch.
        environments: folder of the peers' environments; a missing library is not measured.

    Returns:
        "seconds" per epoch, with each product from the fastest library and way; and "products":
        name, shape, count per training step, and seconds by library and way.
    """
    rows = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        teams = {}
        for library, (title, peer) in _LIBRARIES.items():
            python = PEERS[peer].python(environments)
            if not python.exists():
                continue
            command = [str(python), str(SCRIPTS / "products.py"), library]
            for way, size, variables in (("", 1, {}), (", split", CORES, _ONE_THREAD)):
                teams[title + way] = [
                    Worker(command, directory / f"{library}-{size}-{i}.log", variables)
                    for i in range(size)
                ]
                for worker in teams[title + way]:
                    stack.callback(worker.close)
        for product in products(job):
            seconds = {}
            for way, team in list(teams.items()):
                try:
                    seconds[way] = _seconds(product, team)
                except PeerFault as fault:
                    print(f"The floor is measured without {way}: {fault}.")
                    del teams[way]
            rows.append(
                {
                    "name": product.name,
                    "shape": list(product.shape),
                    "count": product.count,
                    "seconds": seconds,
                }
            )
    return {"seconds": epoch_seconds(rows, examples / job.batch), "products": rows}


def _seconds(product: Product, team: list[Worker]) -> float:
    """The time of the slowest member of a team; each takes an equal part of the rows."""
    rows, inner, columns = product.shape
    for worker in team:
        worker.send("product", shape=[-(-rows // len(team)), inner, columns])
    return max([worker.receive()["seconds"] for worker in team])


def epoch_seconds(rows: list[dict], steps: float) -> float:
    """Adds up the seconds of an epoch.

    Args:
        rows: the products of a training step, with their seconds by way.
        steps: training steps per epoch.
    """
    return steps * sum(row["count"] * min(row["seconds"].values()) for row in rows)
