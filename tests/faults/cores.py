"""The same seed in several processes, on one core and on all: `python -m tests.faults.cores`.

Prints, for every experiment, whether two processes give the same bits, and whether one core gives
those of all; the exit status is 1 if two processes on the same cores differ.
"""

import sys
import tempfile
from pathlib import Path

from tests.faults import one_thread  # noqa: F401  starts Python again

EXPERIMENTS = ("mnist_lstm", "imdb_simplernn", "bidirectional_lstm")


def main():
    """Runs every experiment twice on one core and twice on all."""
    from tests.faults import forks, kills, samples

    differ = False
    for name in sys.argv[1:] or EXPERIMENTS:
        module = f"experiments.{name}"
        samples.keep(module, examples=1000)
        with tempfile.TemporaryDirectory() as root:
            found = {}
            for cores in (1, None):
                for process in (1, 2):
                    directory = Path(root, f"{cores}-{process}")
                    flags = ["--data=sample", "--epochs=1", f"--out_dir={directory}"]
                    child = forks.Child(module, flags, f"{directory}.txt", cores=cores)
                    assert child.wait() == 0, child.output.read_text()
                    fields, *others = kills.numbers(directory)
                    del fields["environment"]["cores"]
                    found[cores, process] = [fields, *others]
        same = all(found[cores, 1] == found[cores, 2] for cores in (1, None))
        differ |= not same
        across = "the same" if found[1, 1] == found[None, 1] else "other"
        print(
            f"{name}: {'the same' if same else 'OTHER'} bits in two processes, {across} bits on "
            "one core as on all",
            flush=True,
        )
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
