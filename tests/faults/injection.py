"""Faults at the file layer: file events under one directory are counted, and one of them fails.

Events are those that Python's audit hooks report (open, rename, mkdir, remove), and the writes and
flushes of `keras_rnn_tutorials.storage.files`, which they do not report.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path

_WATCHED = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"}
_active = None
_installed = False


class Injection:
    """Counts the events under a directory; at one of them, does something."""

    def __init__(self, directory, at, do):
        self.directory, self.at, self.do, self.count = str(directory), at, do, 0
        self.last = ""

    def event(self, name, path):
        if not isinstance(path, str) or not path.startswith(self.directory):
            return
        self.count += 1
        if self.count == self.at:
            self.last = f"{name} {Path(path).name}"
            self.do()


class _HalfWriter:
    """A file that is interrupted, if at all, with half of its content written."""

    def __init__(self, file, path):
        self._file, self._path = file, path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, content):
        half = len(content) // 2
        self._file.write(content[:half])
        self._file.flush()
        if _active:
            _active.event("write", self._path)
        self._file.write(content[half:])

    def flush(self):
        self._file.flush()


@contextlib.contextmanager
def injected(directory, at, do):
    """Does `do` at event number `at` (from 1) under a directory, which may raise an OSError."""
    global _active
    _install()
    _active = injection = Injection(directory, at, do)
    try:
        yield injection
    finally:
        _active = None


def fail(number):
    """Something to do: an OSError of that number."""

    def do():
        raise OSError(number, os.strerror(number))

    return do


def die():
    """Something to do: what kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def _install():
    global _installed
    if _installed:
        return
    _installed = True

    def hook(event, arguments):
        if _active and event in _WATCHED:
            path = arguments[0]
            _active.event(event, os.fspath(path) if isinstance(path, str | os.PathLike) else None)

    sys.addaudithook(hook)
    fsync, fdopen = os.fsync, os.fdopen

    def watched_fsync(descriptor):
        if _active:
            _active.event("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        return fsync(descriptor)

    def watched_fdopen(descriptor, mode="r", *arguments, **keywords):
        file = fdopen(descriptor, mode, *arguments, **keywords)
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if mode == "wb" and _active and path.startswith(_active.directory):
            return _HalfWriter(file, path)
        return file

    os.fsync, os.fdopen = watched_fsync, watched_fdopen
