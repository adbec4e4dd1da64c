"""A change to one file, and the tests that must detect it."""

import fnmatch
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Mutation:
    """A mistake that somebody could make.

    Attributes:
        name: what the mistake is, in words.
        file: the file that it is made in, below `keras_rnn_tutorials`.
        old: the text as it stands; it occurs there exactly once.
        new: what the mistake makes of it.
        tests: what to run: files below `tests`, or `file::function`.
        only: as pytest's `-k`, which of those tests; empty for all.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    only: str = ""

    def applied(self, root: Path = ROOT) -> str:
        """The file's text with the mistake in it.

        Args:
            root: of a copy of the repository.

        Raises:
            ValueError: the old text does not occur exactly once.
        """
        text = self.path(root).read_text()
        if (count := text.count(self.old)) != 1:
            raise ValueError(
                f"{self.name}: its old text occurs {count} times in {self.file}: "
                "write the mutation anew, as that file was changed."
            )
        return text.replace(self.old, self.new)

    def path(self, root: Path = ROOT) -> Path:
        """Where the file is in a copy of the repository."""
        return root / "keras_rnn_tutorials" / self.file

    def is_named(self, pattern: str) -> bool:
        """Whether the pattern, a part of the name or one with `*`, means this mutation."""
        return fnmatch.fnmatchcase(f"{self.file}: {self.name}", f"*{pattern}*")
