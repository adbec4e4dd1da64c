"""Packs a folder of checkpoints into one archive."""

import contextlib
import os
import shutil
import tarfile
import tempfile


@contextlib.contextmanager
def packed(out):
    """Gives a temporary folder, and packs what the block wrote there into out/files.tar.xz.

    Args:
        out: an existing folder.
    """
    folder = tempfile.mkdtemp()
    try:
        yield folder
        with tarfile.open(os.path.join(out, "files.tar.xz"), "w:xz") as archive:
            archive.add(folder, arcname=".")
    finally:
        shutil.rmtree(folder)
