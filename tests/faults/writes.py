"""Every write of a run fails in turn: are earlier files intact, and is the error one line?"""

import contextlib
import errno
import io
import shutil
import subprocess
from pathlib import Path

from keras_rnn_tutorials import record
from keras_rnn_tutorials.runner import command
from tests.faults import injection, small

NUMBERS = (errno.ENOSPC, errno.EIO, errno.EACCES)


def run(**overrides):
    """A small run as its command makes it: its exit status and what it said on standard error."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            with command.user_errors():
                small.main(**overrides)
        except SystemExit as end:
            return end.code, said.getvalue()
    return 0, said.getvalue()


class Directory:
    """A directory with a finished run in it, for another to be started there and fail."""

    def __init__(self, root):
        self.root = Path(root)
        self.old = self.root / "old"
        assert run(seed=1, epochs=1, out_dir=str(self.old)) == (0, "")
        self.files = _contents(self.old)

    def fail(self, at, number):
        """Has one event of a second run fail.

        Args:
            at: which, from 1.
            number: of the error.

        Returns:
            Whether there was such an event, and None or a line that says what went wrong.
        """
        directory = self.root / "new"
        shutil.rmtree(directory, ignore_errors=True)
        shutil.copytree(self.old, directory)
        flags = {"epochs": 1, "save_every": 3, "out_dir": str(directory)}
        with injection.injected(directory, at, injection.fail(number)) as injected:
            status, said = run(**flags)
        where = f"{errno.errorcode[number]} at event {at}, {injected.last}"
        if injected.count < at:
            return False, None
        if status == 2 and (said.count("\n") != 1 or not said.startswith("error: ")):
            return True, f"{where}: said {said!r}"
        if status not in (0, 2) or (status == 0 and said):
            return True, f"{where}: status {status}, said {said[-300:]!r}"
        if (fault := self._lost(directory)) is not None:
            return True, f"{where}: {fault}"
        again = run(**flags, resume="yes")
        if "saved with seed=1" in again[1]:  # the new run had saved nothing yet
            again = run(**flags)
        if again != (0, ""):
            return True, f"{where}: then the resumed run gave {again}"
        if record.read(directory / "record.json")[0].seed != 0:
            return True, f"{where}: then the resumed run left another's record"
        return True, self._lost(directory)

    def _lost(self, directory):
        """The finished run is whole: where it was, or moved, or on its way to there."""
        kept = directory / "earlier" / "1"
        for name, content in self.files.items():
            found = [place / name for place in (directory, kept) if (place / name).is_file()]
            if not any(path.read_bytes() == content for path in found):
                return f"the earlier run's {name} is lost"
        for path in (place / "record.json" for place in (directory, kept)):
            if path.exists():
                record.read(path)
        return None


def full_disk(kilobytes, directory):
    """A run on a disk of a few kilobytes.

    Args:
        kilobytes: the disk's size.
        directory: to mount it at.

    Returns:
        None, or a line that says what went wrong.
    """
    Path(directory).mkdir(parents=True)
    size = f"size={kilobytes}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(directory)], check=True)
    try:
        status, said = run(epochs=2, out_dir=f"{directory}/run")
        found = Path(directory, "run", "record.json")
        if found.exists():
            record.read(found)
    finally:
        subprocess.run(["umount", str(directory)], check=True)
    if status == 0 or (status == 2 and said.count("\n") == 1 and "No space" in said):
        return None
    return f"{kilobytes} kB: status {status}, said {said[-500:]!r}"


def _contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }
