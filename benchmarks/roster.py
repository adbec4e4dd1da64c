"""The libraries that are compared (peers): their scripts, environments and settings."""

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.jobs import Job

SCRIPTS = Path(__file__).parent / "peers"
OURS = "ours"


@dataclass(frozen=True)
class Peer:
    """One row of the comparison.

    Attributes:
        title: to show in tables and figures.
        script: under peers/.
        environment: the name of its environment; None for the Python that runs the comparison.
        arguments: of the script.
        variables: environment variables of its process.
        unable: by cell, the reason why it cannot do jobs with that cell.
    """

    title: str
    script: str
    environment: str | None = None
    arguments: tuple[str, ...] = ()
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    unable: dict[str, str] = dataclasses.field(default_factory=dict)

    def python(self, environments: Path) -> Path:
        """The Python that runs its script.

        Args:
            environments: the directory of the environments that `benchmarks.environments` built.

        Returns:
            A path, which may not exist.
        """
        if self.environment is None:
            return Path(sys.executable)
        return environments / self.environment / "bin" / "python"

    def why_not(self, job: Job, environments: Path) -> str | None:
        """Why the peer cannot do a job.

        Args:
            job: the work.
            environments: the directory that `benchmarks.environments` has filled.

        Returns:
            A line, or None if it can.
        """
        if not self.python(environments).exists():
            return (
                f"skipped, for {environments} holds no environment {self.environment}: "
                f"python -m benchmarks.environments {self.environment} builds it"
            )
        return self.unable.get(job.cell)


_RESETS_BEFORE = {
    "gru": "skipped, for its GRU resets the state before the product, which is other work"
}

PEERS = {
    OURS: Peer("this package", "ours.py"),
    "keras_tf": Peer("Keras 3 on TensorFlow", "keras_peer.py"),
    "keras_tf_xla": Peer("Keras 3 on TensorFlow, XLA", "keras_peer.py", arguments=("xla",)),
    "keras_jax": Peer("Keras 3 on JAX", "keras_peer.py", "jax", variables={"KERAS_BACKEND": "jax"}),
    "torch": Peer("PyTorch", "torch_peer.py", "torch"),
    "torch_compile": Peer("PyTorch, torch.compile", "torch_peer.py", "torch", ("compile",)),
    "tf1": Peer("TensorFlow 1.15.5", "tf1_peer.py", "tf1", unable=_RESETS_BEFORE),
    "compat_v1": Peer(
        "compat.v1 cells on TensorFlow 2",
        "tf1_peer.py",
        "compat",
        variables={"TF_USE_LEGACY_KERAS": "1"},
        unable=_RESETS_BEFORE,
    ),
}
