"""The work to compare: models, their initial weights and their inputs."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_rnn_tutorials.data.dataset import Dataset

CHECKED_STEPS = 20
PREDICTED = 500  # examples per batch in prediction, for peers without a default


@dataclass(frozen=True, kw_only=True)
class Job:
    """A piece of work that every peer does.

    Attributes:
        name: as given to `--jobs`.
        title: to show in tables and figures.
        dataset: "mnist", "imdb", or "noise" if only the time counts.
        cell: "lstm", "gru" (reset_after), "simple_rnn", or "bidirectional" (two LSTMs, read out
            from the last step's outputs, as the tutorial does).
        units: of the recurrent layer, of each direction.
        classes: outputs of the readout, a softmax; 1 for a sigmoid.
        words: number of ids, each embedded in as many numbers as there are units; 0 without ids.
        time: steps of a sequence.
        features: numbers per time step, if inputs are numbers.
        optimizer: "adam" or "rmsprop", with Keras' defaults except for the learning rate.
        rate: the learning rate.
        batch: examples per training step.
        timed: "epoch" of training, or "predict", over all examples.
        steps: training steps per epoch, for noise.
        only: the peers that do this job; all if empty.
    """

    name: str
    title: str
    dataset: str = "mnist"
    cell: str
    units: int
    classes: int = 10
    words: int = 0
    time: int = 28
    features: int = 28
    optimizer: str = "adam"
    rate: float = 1e-4
    batch: int = 50
    timed: str = "epoch"
    steps: int = 0
    only: tuple[str, ...] = ()


_IMDB = {
    "dataset": "imdb",
    "cell": "simple_rnn",
    "units": 32,
    "classes": 1,
    "words": 10_000,
    "time": 500,
    "optimizer": "rmsprop",
    "rate": 1e-3,
    "batch": 128,
}
_GROWN = {"dataset": "noise", "cell": "lstm", "only": ("ours", "keras_tf", "torch")}
# Enough steps for a precise time, few enough for a short wait.
_BY_TIME = {28: 200, 100: 60, 250: 24, 500: 12, 1000: 6}
_BY_UNITS = {32: 200, 64: 200, 128: 200, 256: 60, 512: 20}
_BY_BATCH = {16: 200, 50: 100, 100: 60, 250: 24, 500: 12}

JOBS = {
    job.name: job
    for job in (
        Job(name="mnist", title="MNIST epoch, LSTM 100", cell="lstm", units=100),
        Job(name="imdb", title="IMDB epoch, SimpleRNN 32", **_IMDB),
        Job(name="gru", title="MNIST epoch, GRU 100", cell="gru", units=100),
        Job(
            name="bidirectional",
            title="MNIST epoch, bidirectional LSTM 128",
            cell="bidirectional",
            units=128,
            rate=1e-3,
            batch=128,
        ),
        Job(
            name="mnist_predict",
            title="MNIST test set, LSTM 100",
            cell="lstm",
            units=100,
            timed="predict",
        ),
        Job(name="imdb_predict", title="IMDB test set, SimpleRNN 32", timed="predict", **_IMDB),
        *(
            Job(
                name=f"time-{t}", title=f"LSTM 100, {t} steps", units=100, time=t, steps=n, **_GROWN
            )
            for t, n in _BY_TIME.items()
        ),
        *(
            Job(name=f"units-{u}", title=f"LSTM {u}, 28 steps", units=u, steps=n, **_GROWN)
            for u, n in _BY_UNITS.items()
        ),
        *(
            Job(
                name=f"batch-{b}",
                title=f"LSTM 100, batches of {b}",
                units=100,
                batch=b,
                steps=n,
                **_GROWN,
            )
            for b, n in _BY_BATCH.items()
        ),
    )
}
FAMILIES = {
    family: [name for name in JOBS if name.startswith(f"{family}-")]
    for family in ("time", "units", "batch")
}


def write_arrays(job: Job, path: Path, dataset: Dataset | None, rows: int | None, seed: int):
    """Writes the file that the peers read: inputs, labels and initial weights.

    Args:
        job: the work.
        path: of the npz.
        dataset: the data set, unless the job uses noise.
        rows: keep only this many examples of the data set; None for all.
        seed: of the weights and of noise.
    """
    rng = np.random.default_rng(seed)
    if dataset is None:
        shape = (job.batch * job.steps, job.time, job.features)
        x = rng.random(shape, np.float32)
        y = rng.integers(job.classes, size=len(x))
    else:
        x, y = dataset.test if job.timed == "predict" else dataset.train
        x, y = x[:rows], y[:rows]
    arrays = {f"weight_{i}": weight for i, weight in enumerate(initial_weights(job, rng))}
    np.savez(path, x=x, y=y, **arrays)


def initial_weights(job: Job, rng: np.random.Generator) -> list[np.ndarray]:
    """Draws weights as Keras' layers do, in the order of `model.get_weights()`.

    Biases are random where Keras uses zeros, so that gates in the wrong order change the loss.

    Args:
        job: whose model.
        rng: the generator to draw from.

    Returns:
        Embedding (if any), recurrent layer, readout.
    """
    gates = {"simple_rnn": 1, "gru": 3}.get(job.cell, 4)
    directions = 2 if job.cell == "bidirectional" else 1
    features = job.units if job.words else job.features
    weights = [rng.uniform(-0.05, 0.05, (job.words, job.units))] if job.words else []
    for _ in range(directions):
        bias = rng.uniform(-0.05, 0.05, (2, gates * job.units) if gates == 3 else gates * job.units)
        if gates == 4:
            bias[job.units : 2 * job.units] += 1  # Keras' unit_forget_bias
        orthogonal, _ = np.linalg.qr(rng.normal(size=(gates * job.units, job.units)))
        weights += [_glorot(rng, features, gates * job.units), orthogonal.T, bias]
    weights += [_glorot(rng, directions * job.units, job.classes), np.full(job.classes, 0.1)]
    return [weight.astype(np.float32) for weight in weights]


def for_peers(job: Job) -> dict:
    """The job in the form that the peers read, in JSON's types."""
    return {**dataclasses.asdict(job), "predicted": PREDICTED, "checked_steps": CHECKED_STEPS}


def _glorot(rng, fan_in: int, fan_out: int) -> np.ndarray:
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))
