"""A peer's process, which exchanges lines of JSON with this one."""

import contextlib
import json
import os
import select
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE = 900  # seconds for one answer; the first one of torch.compile may take minutes


class PeerFault(Exception):
    """A peer has failed at its work; the message is one line."""


class Worker:
    """A process that stays alive between commands and waits while others run."""

    def __init__(self, command: list[str], log: Path, variables: dict[str, str] | None = None):
        """Starts the process.

        Args:
            command: what to run.
            log: receives everything that it prints.
            variables: environment variables in addition to those of this process.
        """
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,  # torch.compile starts processes of its own
                env=os.environ
                | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(ROOT)}
                | (variables or {}),
            )

    def ask(self, command: str, **arguments) -> dict:
        """Sends a command and waits for its answer.

        Args:
            command: its name.
            **arguments: in JSON's types.

        Returns:
            The answer.

        Raises:
            PeerFault: the peer reports a fault, ends, or takes too long.
        """
        self.send(command, **arguments)
        return self.receive()

    def send(self, command: str, **arguments):
        """Sends a command; `receive` returns its answer.

        Args:
            command: its name.
            **arguments: in JSON's types.

        Raises:
            PeerFault: the peer has ended.
        """
        line = json.dumps({"command": command, **arguments}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerFault(self._ended()) from None

    def receive(self) -> dict:
        """Waits for the answer to the last command.

        Returns:
            The answer.

        Raises:
            PeerFault: the peer reports a fault, ends, or takes too long.
        """
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        if not ready:
            raise PeerFault(f"it gave no answer within {PATIENCE} s")
        answer = self._process.stdout.readline()
        if not answer:
            raise PeerFault(self._ended())
        answer = json.loads(answer)
        if "error" in answer:
            raise PeerFault(answer["error"])
        return answer

    def close(self):
        """Ends the process and all its subprocesses; it may have ended already."""
        if self._process.returncode is None:  # its number may be reused by now
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _ended(self) -> str:
        status = self._process.wait()
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line]
        return f"it ended with status {status}: {lines[-1] if lines else 'nothing printed'}"
