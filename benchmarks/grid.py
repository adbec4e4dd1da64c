"""Plain `fit` at random shapes, with one import changed: where is it slower than Keras' layers?

    python -m benchmarks.grid --points=20

Each point is a model of an Embedding, one recurrent layer and a Dense layer of random sizes. It is
trained with Keras' layers and with this package's on the same batches, in turns in one process,
with and without `jit_compile`; the faster mode of each counts. Milliseconds are per batch. From
seven rounds on, the interval of a ratio is a 95 % interval. The last line counts the points below
0.95.
"""

import math
import os
import random
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks import turns
from benchmarks.plain_fit import Contestant, Job, of_better_mode
from benchmarks.ratios import by_round
from keras_rnn_tutorials import layers as ours
from keras_rnn_tutorials.runner import command

RANGES = {
    "words": (1_000, 400_000),
    "embedding": (16, 300),
    "time": (10, 1_000),
    "batch": (1, 512),
    "units": (8, 1_024),
}
WORK = 4e9  # largest number of multiplications of a step, to limit the waiting time
PER_ROUND = 3e9
PER_ENTRY = 40  # of the table: what an optimizer's update costs, in multiplications
GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}


def _point(draw):
    """Sizes, each drawn log-uniformly, and the work of a step."""
    while True:
        sizes = {
            name: round(math.exp(draw.uniform(*map(math.log, ends))))
            for name, ends in RANGES.items()
        }
        cell, frozen = draw.choice(list(GATES)), draw.random() < 0.5
        per_step = GATES[cell] * sizes["units"] * (sizes["embedding"] + sizes["units"])
        work = 3 * sizes["batch"] * sizes["time"] * per_step
        if work <= WORK:
            work += 0 if frozen else PER_ENTRY * sizes["words"] * sizes["embedding"]
            return cell, frozen, sizes, work


def _job(cell, frozen, sizes, work):
    def build(module):
        ids = keras.Input((sizes["time"],), dtype="int32")
        table = module.Embedding(sizes["words"], sizes["embedding"], trainable=not frozen)
        x = getattr(module, cell)(sizes["units"])(table(ids))
        return [ids], keras.layers.Dense(1, "sigmoid")(x), "binary"

    steps = max(2, min(30, int(PER_ROUND / work)))
    return Job(build, sizes["batch"], sizes["words"], steps)


def main():
    """Measures the points, prints and records them, and counts those below 0.95."""
    parser = turns.parser(__doc__)
    parser.add_argument("--points", type=turns.count, default=20, help="how many [20]")
    parser.add_argument("--first", type=int, default=0, help="number of the first point [0]")
    given = parser.parse_args()
    numbers = range(given.first, given.first + given.points)
    found = []
    measured = (found.append(each) or each for each in _measure(numbers, given.rounds))
    turns.publish("grid", given.rounds, given.out_dir, measured)
    ratios = [statistics.median(by_round(*each.times.values())) for each in found]
    slower = sum(ratio < 0.95 for ratio in ratios)
    print(f"{len(ratios)} points, {slower} below 0.95; least {min(ratios):.2f}")


def _measure(numbers, rounds):
    for number in numbers:
        cell, frozen, sizes, work = _point(random.Random(number))
        job = _job(cell, frozen, sizes, work)
        ways = {
            "Keras": [Contestant(job, keras.layers, jit) for jit in (False, True)],
            "one import": [Contestant(job, ours, jit) for jit in (False, True)],
        }
        for turn in range(-1, rounds):
            for contestants in ways.values():
                for contestant in contestants:
                    contestant.run(counts=turn >= 0, predicts=False)
        times = {way: of_better_mode(each, "fit") for way, each in ways.items()}
        described = " ".join(f"{name} {size}" for name, size in sizes.items())
        kind = f"{cell}, frozen" if frozen else cell
        yield turns.Comparison(f"{number} {kind}: {described}", "", "ms", times)
        keras.backend.clear_session()


if __name__ == "__main__":
    with command.user_errors():
        main()
