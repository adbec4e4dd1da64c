"""Records of schema 2, as earlier versions wrote them."""

import dataclasses
import json
import sys

import pytest

from experiments import migrate_records
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.errors import UserError


@pytest.fixture
def old(record):
    """The fields of a record of schema 2."""
    fields = dataclasses.asdict(record)
    for name in ("code", "command", "date"):
        del fields[name]
    for name in ("backend", "floatx"):
        del fields["environment"][name]
    del fields["seconds"]["measure"]
    return fields | {"schema": 2}


def migrate(monkeypatch, folder):
    monkeypatch.setattr(sys, "argv", ["migrate_records", str(folder)])
    migrate_records.main()


def write(path, fields):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields | {"digest": record_module.digest(fields)}))
    path.with_suffix(".png").write_bytes(b"figure")


def test_runs_of_a_configuration_come_into_one_file(old, record, tmp_path, monkeypatch):
    for seed in (0, 1):
        write(tmp_path / "mnist_lstm" / f"corrected-seed{seed}.json", old | {"seed": seed})
    migrate(monkeypatch, tmp_path)
    names = sorted(path.name for path in (tmp_path / "mnist_lstm").iterdir())
    assert names == [
        "variant-corrected-seed0.png", "variant-corrected-seed1.png", "variant-corrected.json"
    ]  # fmt: skip
    runs = record_module.read(tmp_path / "mnist_lstm" / "variant-corrected.json")
    assert [run.seed for run in runs] == [0, 1]
    environment = dataclasses.replace(record.environment, backend=None, floatx=None)
    expected = dataclasses.replace(
        record, seed=0, environment=environment, code=None, command="", date=""
    )
    assert runs[0] == expected


def test_an_own_run_stays_where_it_is(old, tmp_path, monkeypatch):
    write(tmp_path / "mnist_lstm" / "0" / "record.json", old)
    migrate(monkeypatch, tmp_path)
    (run,) = record_module.read(tmp_path / "mnist_lstm" / "0" / "record.json")
    assert run.history == old["history"]


def test_a_damaged_record_is_refused(old, tmp_path, monkeypatch):
    write(tmp_path / "record.json", old)
    path = tmp_path / "record.json"
    path.write_text(path.read_text().replace('"seed": 7', '"seed": 8'))
    with pytest.raises(UserError, match="its digest does not match its content"):
        migrate(monkeypatch, tmp_path)
