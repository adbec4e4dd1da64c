"""Runs the commands of the pages that take minutes: `python -m tests.long`.

It runs the commands that the README and docs/ mark as long, at full length and one after the other,
on the prepared data in TFDS_DATA_DIR, if there are any. It prints a table; the exit status is 1 if
a command failed.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import page_commands


def main():
    """Runs them and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="commands that hold this, such as --full")
    only = parser.parse_args().only
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        for text in page_commands.of_experiments(long=True):
            if only in text:
                print(f"python -m {text}", flush=True)
                rows.append((text, *_run(text, Path(directory, str(len(rows))))))
    print("\n| command | seconds | exit status |\n|---|---|---|")
    for text, seconds, status in rows:
        print(f"| `python -m {text}` | {seconds:.0f} | {status} |")
    sys.exit(1 if any(status for *_, status in rows) else 0)


def _run(text: str, out_dir: Path) -> tuple[float, int]:
    command = [sys.executable, "-m", *shlex.split(text), f"--out_dir={out_dir}"]
    start = time.monotonic()
    status = subprocess.run(command, cwd=page_commands.ROOT).returncode
    return time.monotonic() - start, status


if __name__ == "__main__":
    main()
