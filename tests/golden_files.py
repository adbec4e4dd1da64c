"""Files that TensorFlow 1.15.5 wrote, packed by tests/tf1_oracle into one archive."""

import tarfile
from pathlib import Path


def unpack(golden: Path, directory: Path) -> Path:
    """Unpacks the files of one kind.

    Args:
        golden: the folder below tests/golden.
        directory: an empty one.

    Returns:
        The directory.
    """
    with tarfile.open(golden / "files.tar.xz") as archive:
        archive.extractall(directory, filter="data")
    return directory
