"""Builds the environments of the other libraries, with pinned versions.

python -m benchmarks.environments                            all but TensorFlow 1
python -m benchmarks.environments tf1 --python37=PATH        TensorFlow 1.15.5
python -m benchmarks.environments torch --torch_index=URL    PyTorch without CUDA

This package and Keras on TensorFlow run in the environment of the comparison itself. PyTorch's
default wheels for Linux contain gigabytes of CUDA, which the comparison does not need. PyTorch's
installation page gives the URL of the index with its CPU wheels.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command

REQUIREMENTS = {
    "torch": ["torch==2.13.0", "numpy==2.4.6"],
    "jax": ["keras==3.15.1", "jax==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6"],
    "compat": ["tensorflow==2.21.0", "tf_keras==2.21.0", "keras==3.15.1", "numpy==2.4.6"],
    "tf1": ["tensorflow==1.15.5", "protobuf<3.21"],
}


def main():
    """Builds the environments that the command line names."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("name", nargs="*", help=f"one of {', '.join(REQUIREMENTS)} [all]")
    folder = Path("runs/environments")
    parser.add_argument("--directory", type=Path, default=folder, help=f"where [{folder}]")
    parser.add_argument("--python37", help="path of a Python 3.7, which TensorFlow 1.15.5 needs")
    parser.add_argument("--torch_index", help="address of an index with PyTorch's CPU wheels")
    given = parser.parse_args()
    for name in given.name:
        if name not in REQUIREMENTS:
            raise UserError(f"No environment {name!r}: choose from {', '.join(REQUIREMENTS)}.")
    if "tf1" in given.name and not given.python37:
        raise UserError("tf1 needs Python 3.7: name one with --python37=PATH.")
    for name in given.name or REQUIREMENTS:
        directory = given.directory / name
        if directory.exists():
            print(f"{name}: exists already. Remove {directory} to build it again.")
        elif name == "tf1" and not given.python37:
            print("tf1: skipped. Name a Python 3.7 with --python37=PATH to build it.")
        else:
            python = given.python37 if name == "tf1" else sys.executable
            index = ["--index-url", given.torch_index] if name == "torch" else []
            build(directory, python, REQUIREMENTS[name], index if given.torch_index else [])
            print(f"{name}: built in {directory}.")


def build(directory: Path, python: str, requirements: list[str], pip_arguments: list[str]):
    """Builds an environment completely, or not at all.

    Args:
        directory: where to build it; it must not exist.
        python: the Python interpreter to build it with.
        requirements: what pip installs.
        pip_arguments: further arguments of `pip install`.

    Raises:
        UserError: Python or pip failed.
    """
    install = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    try:
        subprocess.run([python, "-m", "venv", str(directory)], check=True)
        subprocess.run([*install, *pip_arguments, *requirements], check=True)
    except BaseException as error:
        shutil.rmtree(directory, ignore_errors=True)
        if isinstance(error, (OSError, subprocess.CalledProcessError)):
            raise UserError(
                f"{directory.name} was not built ({error}): the lines above say why."
            ) from error
        raise


if __name__ == "__main__":
    with command.user_errors():
        main()
