"""The same seed in several processes, on one core and on all: `python -m tests.faults.cores`.

It prints, for every experiment, whether two processes at the same time give bit-for-bit identical
results, and whether one core gives the same as all cores. The exit status is 1 if two processes
with the same number of cores differ.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.faults import one_thread  # noqa: F401  starts Python again

FLAGS = ("--data=sample", "--epochs=1")
EXPERIMENTS = ("mnist_lstm", "imdb_simplernn", "bidirectional_lstm")


def main():
    """Runs every experiment twice on one core, each on its own, and twice on all."""
    from tests.faults import forks, kills, samples

    present, differ = sorted(os.sched_getaffinity(0)), False
    for name in sys.argv[1:] or EXPERIMENTS:
        module = f"experiments.{name}"
        samples.keep(module, examples=1000)
        with tempfile.TemporaryDirectory() as root:
            found = {}
            for cores, pair in (("one", [{present[0]}, {present[-1]}]), ("all", [None, None])):
                directories = [Path(root, f"{cores}-{process}") for process in (1, 2)]
                children = [
                    forks.Child(
                        module, [*FLAGS, f"--out_dir={directory}"], f"{directory}.txt", cores=own
                    )
                    for directory, own in zip(directories, pair, strict=True)
                ]
                for child in children:
                    assert child.wait() == 0, child.output.read_text()
                found[cores] = [kills.numbers(directory) for directory in directories]
                for fields, *_ in found[cores]:
                    del fields["environment"]["cores"]
        same = all(one == other for one, other in found.values())
        differ |= not same
        across = "the same" if found["one"][0] == found["all"][0] else "other"
        print(
            f"{name}: {'the same' if same else 'OTHER'} bits in two processes, {across} bits on "
            "one core as on all",
            flush=True,
        )
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
