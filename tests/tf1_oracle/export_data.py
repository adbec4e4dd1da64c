"""Writes the package's MNIST or reviews in a form that TensorFlow 1 can read; see README.md.

This script runs in the package's own environment: Python 3.7 cannot read TFDS' prepared data.
"""

import argparse

import numpy as np

from experiments import imdb_simplernn, mnist_lstm

# The arrays are those that the experiments train on.
EXPERIMENTS = {"mnist": mnist_lstm, "imdb": imdb_simplernn}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", choices=sorted(EXPERIMENTS))
    parser.add_argument("--out", required=True, help="the .npz to write, outside the repository")
    parser.add_argument("--data_dir", help="where TFDS keeps its data sets")
    flags = parser.parse_args()

    experiment = EXPERIMENTS[flags.dataset]
    config = experiment.Config(data="tfds", data_dir=flags.data_dir)
    data = experiment.load_data(config)
    np.savez(
        flags.out,
        x=data.train.x,
        y=data.train.y,
        validation_x=data.validation.x,
        validation_y=data.validation.y,
        test_x=data.test.x,
        test_y=data.test.y,
        fingerprint=data.describe().fingerprint,
    )


if __name__ == "__main__":
    main()
