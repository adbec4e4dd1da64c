"""Converts records of schema 2 to schema 3.

python -m experiments.migrate_records plots    the records in plots/
python -m experiments.migrate_records runs     your own runs

A file of schema 2 holds one run; a file of schema 3 holds all runs of one configuration. No number
changes. Values that schema 2 did not record are null: the code, Keras' backend and float type.
"""

import importlib
import json
from pathlib import Path

from experiments.__main__ import summaries
from keras_rnn_tutorials import record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from keras_rnn_tutorials.runner.config import options, run_name
from keras_rnn_tutorials.storage import files


def migrated(path: Path) -> record.Record:
    """Reads a record of schema 2.

    Raises:
        UserError: it is damaged.
    """
    try:
        fields = json.loads(path.read_bytes())
        if fields.pop("digest") != record.digest(fields):
            raise ValueError("its digest does not match its content")
        del fields["schema"]
        fields["dataset"] = record.Data(**fields["dataset"]) if fields["dataset"] else None
        fields["seconds"] = record.Seconds(**fields["seconds"])
        fields["environment"] = record.Environment(
            **fields["environment"], backend=None, floatx=None
        )
        for name in ("history", "test"):  # unrolled_lstm had them among its measurements
            fields[name] = fields[name] or fields["measured"].pop(name, {})
        return record.Record(**fields)
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise UserError(f"{path} is a damaged record ({error}): make the run again.") from error


def name_of(one: record.Record) -> str:
    """The name of a configuration, as new runs use it."""
    if one.experiment not in summaries():
        raise UserError(f"{one.experiment} is recorded but no experiment: remove its records.")
    config_class = importlib.import_module(f"experiments.{one.experiment}").Config
    known = {option.name for option in options(config_class)}
    return run_name(config_class(**{k: v for k, v in one.config.items() if k in known}))


def main():
    """Converts the records in the folder that the command line names."""
    parser = command.ArgumentParser(__doc__)
    parser.add_argument("folder", type=Path, help="where to look for records, subfolders included")
    folder = parser.parse_args().folder
    found = {}
    for path in sorted(folder.rglob("*.json")):
        if json.loads(path.read_bytes()).get("schema") == 2:
            one = migrated(path)
            alone = path.name == "record.json" or one.experiment == "benchmarks"
            kept = path if alone else path.with_name(f"{name_of(one)}.json")
            found.setdefault(kept, []).append((path, one))
    for kept, runs in found.items():
        with files.writing(kept.parent):
            record.write(kept, *(one for _, one in runs))
            for path, one in runs:
                if path != kept:
                    path.unlink()
                    figure = path.with_suffix(".png")
                    figure.rename(kept.with_name(f"{kept.stem}-seed{one.seed}.png"))
        print(kept)


if __name__ == "__main__":
    with command.user_errors():
        main()
