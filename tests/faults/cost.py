"""The cost of saving a run's state: `python -m tests.faults.cost --epochs=5`.

It trains `mnist_lstm` on MNIST, from TFDS_DATA_DIR or the default folder, and times every epoch and
the saving after it, flushed to the disk of the working directory.
"""

import tempfile
import time
from statistics import median

from experiments import mnist_lstm
from keras_rnn_tutorials.runner import command, runs


def main():
    """Prints a line for every epoch, and the medians."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    epochs = parser.parse_args().epochs
    command.import_tensorflow_quietly()
    saving, save = [], runs._save

    def timed(*arguments):
        start = time.perf_counter()
        save(*arguments)
        saving.append(time.perf_counter() - start)

    runs._save = timed
    with tempfile.TemporaryDirectory(dir=".", prefix=".cost-") as directory:
        run = mnist_lstm.main(epochs=epochs, out_dir=directory)
    rows = list(zip(run.record.seconds.epochs, saving, strict=True))
    for number, row in enumerate(rows, start=1):
        print(_line(f"epoch {number}", *row))
    print(_line("median", *map(median, zip(*rows, strict=True))))


def _line(name, epoch, saved):
    return f"{name}: {epoch:.2f} s, saved in {1000 * saved:.1f} ms, {saved / epoch:.2%}"


if __name__ == "__main__":
    with command.user_errors():
        main()
