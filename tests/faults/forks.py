"""Commands run in forked children, which have TensorFlow imported already but not started.

Starting a process takes seconds, a fork almost no time. Forking is safe as long as the parent has
one thread: importing TensorFlow starts none, and BLAS is configured to start none.
"""

import contextlib
import os
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.faults import injection

PATIENCE = 600  # seconds; a child that takes longer hangs
_LOOK = 0.005  # seconds from one look at a child to the next


class Child:
    """A command under way in a forked process."""

    def __init__(self, module, arguments, output, errors=None, hook=None, cores=None):
        """Starts it.

        Args:
            module: run as `python -m` would.
            arguments: of the command.
            output: path of a file for its standard output.
            errors: path of a file for its standard error; None for the same file.
            hook: `(directory, at, do)` of an injection, or None.
            cores: numbers of those that it may use; None for all.
        """
        assert len(os.listdir("/proc/self/task")) == 1, "forking would not be safe"
        self.output, self.errors = Path(output), Path(errors or output)
        self.events = self.output.with_suffix(".events")  # how many there were, if it got so far
        self.spent = None  # seconds of the processors, once it has ended
        self.pid = os.fork()
        if self.pid == 0:
            if cores:
                os.sched_setaffinity(0, cores)
            _become(self, module, arguments, hook)

    def kill(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def spend(self, seconds):
        """Waits until it has used so many seconds of the processors, or has ended."""
        with self._not_left():
            state, spent = self._state()
            while spent < seconds and state != "Z":
                time.sleep(_LOOK)
                state, spent = self._state()

    def wait(self):
        """Its exit status, or the signal that ended it as a negative number; None if it hung."""
        # By looks and not by the clock, which goes on while a stopped machine or process does not.
        with self._not_left():
            for _ in range(int(PATIENCE / _LOOK)):
                pid, status, used = os.wait4(self.pid, os.WNOHANG)
                if pid:
                    self.spent = used.ru_utime + used.ru_stime
                    return os.waitstatus_to_exitcode(status)
                time.sleep(_LOOK)
        self.kill(signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None

    @contextlib.contextmanager
    def _not_left(self):
        """Takes the child along where Ctrl-C stops the wait for it."""
        try:
            yield
        except KeyboardInterrupt:
            self.kill(signal.SIGKILL)
            raise

    def _state(self):
        """The system's letter for it, and the seconds of the processors that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _become(child, module, arguments, hook):
    status = 1
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, path in ((1, child.output), (2, child.errors)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
        sys.stdout = open(1, "w", buffering=1, closefd=False)
        sys.stderr = open(2, "w", buffering=1, closefd=False)
        sys.argv = [module, *arguments]
        with injection.injected(*hook) if hook else contextlib.nullcontext() as injected:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        if injected:
            child.events.write_text(str(injected.count))
        status = 0
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(status)
