"""Writes one .npz per construct, with genuine TensorFlow 1.15.5; README.md has the command."""

import argparse
import os

import cases
import construct
import numpy as np


def parse_shapes(text):
    """Reads "4x6x3x5,2x1x4x3": batch x time x features x units, comma-separated."""
    return tuple(cases.Shape(*map(int, shape.split("x"))) for shape in text.split(","))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, help="directory to write to")
    parser.add_argument("--seed", type=int, default=1, help="of every random number")
    parser.add_argument("--shapes", type=parse_shapes, default=cases.SHAPES, help="BxTxFxU,...")
    parser.add_argument("--only", help="one construct's name; the default is all")
    flags = parser.parse_args()

    os.makedirs(flags.out, exist_ok=True)
    for name, some_cases in cases.all_cases(flags.shapes).items():
        if flags.only not in (None, name):
            continue
        arrays = {}
        for case in some_cases:
            for part, array in construct.fixture(case, flags.seed).items():
                arrays[f"{case['name']}/{part}"] = array
        path = os.path.join(flags.out, name + ".npz")
        np.savez_compressed(path, **arrays)
        print(f"{path}: {len(some_cases)} cases, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
