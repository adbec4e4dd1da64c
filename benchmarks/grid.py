"""Plain `fit` with one import changed, at random shapes: where is it slower than Keras' own layers?

    python -m benchmarks.grid --points=20

Each point is an Embedding, one recurrent layer and a Dense layer of random sizes. Keras' layers and
this package's train it on the same batches, in turns in one process, with and without
`jit_compile`. A line gives the better mode of each, in medians, and how many times as fast this
package was, with an interval of 95 % from seven rounds on. The last line counts the points below
0.95.
"""

import argparse
import math
import os
import random
import statistics

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

from benchmarks.plain_fit import Contestant, Job, of_better_mode
from benchmarks.ratios import by_round, ratio
from keras_rnn_tutorials import layers as ours

RANGES = {
    "words": (1_000, 400_000),
    "embedding": (16, 300),
    "time": (10, 1_000),
    "batch": (1, 512),
    "units": (8, 1_024),
}
WORK = 4e9  # multiplications of a step, at most: a patient person's limit
PER_ROUND = 2e10
GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3}


def _point(draw):
    """Sizes, each drawn evenly over its orders of magnitude, and the work of a step."""
    while True:
        sizes = {
            name: round(math.exp(draw.uniform(*map(math.log, ends))))
            for name, ends in RANGES.items()
        }
        cell, frozen = draw.choice(list(GATES)), draw.random() < 0.5
        per_step = GATES[cell] * sizes["units"] * (sizes["embedding"] + sizes["units"])
        work = 3 * sizes["batch"] * sizes["time"] * per_step
        if work <= WORK:
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
    """Prints a line for each point."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first point")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of [7]")
    arguments = parser.parse_args()
    ratios = []
    for number in range(arguments.first, arguments.first + arguments.points):
        cell, frozen, sizes, work = _point(random.Random(number))
        job = _job(cell, frozen, sizes, work)
        stock, mine = (
            [Contestant(job, module, jit) for jit in (False, True)]
            for module in (keras.layers, ours)
        )
        for turn in range(-1, arguments.rounds):
            for contestant in (*stock, *mine):
                contestant.run(counts=turn >= 0, predicts=False)
        theirs, own = (of_better_mode(each, "fit") for each in (stock, mine))
        ratios.append(statistics.median(by_round(theirs, own)))
        described = " ".join(f"{name} {size}" for name, size in sizes.items())
        print(f"{number} {cell}, {'frozen' if frozen else 'trained'}, {described}")
        milliseconds = [statistics.median(each) for each in (theirs, own)]
        print(
            "   Keras {:.2f} ms, ours {:.2f} ms: ".format(*milliseconds),
            ratio(theirs, own),
            flush=True,
        )
        keras.backend.clear_session()
    slower = sum(median < 0.95 for median in ratios)
    print(f"{len(ratios)} points, {slower} below 0.95; least {min(ratios):.2f}")


if __name__ == "__main__":
    main()
