"""Records a terminal for the README: docs/terminal.svg.

python -m experiments.recording

The recorded command asks the model of `python -m experiments.imdb_simplernn`, so run that first.
"""

import io
import os
import re
import subprocess
import sys

from rich.console import Console
from rich.text import Text

from experiments import plots
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.storage import files

TERMINAL = plots.PLOTS.parent / "docs" / "terminal.svg"
REVIEW = "I hoped for a boring film, and found a wonderful story. The end is the worst part."
COLUMNS = 80


def main():
    """Writes the recording."""
    command.ArgumentParser(__doc__).parse_args()
    module = "experiments.imdb_simplernn"
    done = subprocess.run(
        [sys.executable, "-m", module, f"--predict={REVIEW}"],
        env=os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise UserError(done.stderr.strip().removeprefix("error: "))
    console = Console(record=True, file=io.StringIO(), width=COLUMNS)
    console.print(Text(f'$ python -m {module} \\\n    --predict="{REVIEW}"', style="bold"))
    console.print(Text.from_ansi(done.stdout))
    title = "Ask a trained SimpleRNN about a film review"
    content = console.export_svg(title=title, unique_id="terminal")
    # rich's font comes from a server; the reader's own is sufficient.
    content = re.sub(r"@font-face \{.*?\}\s*", "", content, flags=re.DOTALL)
    content = content.replace("Fira Code, monospace", "monospace")
    with files.writing(TERMINAL.parent):
        files.write_whole(TERMINAL, content.encode())
    print(TERMINAL)


if __name__ == "__main__":
    with command.user_errors():
        main()
