import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.errors import UserError


def test_a_record_is_read_as_it_was_written_to_the_last_bit(record, tmp_path):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    assert record_module.read(path) == record
    assert json.loads(path.read_text())["history"]["accuracy"] == [0.1, 1 / 3]
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


def _read_error(path):
    with pytest.raises(UserError) as error:
        record_module.read(path)
    message = str(error.value)
    assert "\n" not in message and str(path) in message
    return message.removeprefix(str(path))


def test_a_record_cut_short_is_refused(record, tmp_path):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 17):
        path.write_bytes(whole[:length])
        assert _read_error(path) == " is cut short or no JSON: make the run again."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 1}, " is a record of schema 1 and this version reads schema 2:"),
        ({"history": {}}, " is a damaged record (it holds neither a history nor a measurement):"),
        ({"history": {"loss": []}}, " is a damaged record (its history is not lists of numbers):"),
        ({"history": {"loss": ["1"]}}, " is a damaged record (its history is not lists"),
        (
            {"history": {"loss": [1.0], "accuracy": [1.0, 2.0]}},
            " is a damaged record (its metrics have different numbers of epochs):",
        ),
        ({"seed": "7"}, " is a damaged record (seed is not of type int):"),
        ({"status": "fine"}, " is a damaged record (its status is not one of complete, inter"),
        ({"dataset": {"name": "mnist"}}, " is a damaged record (its data set is not described):"),
        ({"test": {"loss": None}}, " is a damaged record (its test metrics are not numbers):"),
        ({"more": 1}, " is a damaged record (its fields are not those of a run):"),
        ({"seed": 8}, " is a damaged record (its digest is not that of its content):"),
    ],
)
def test_what_is_wrong_with_a_record_is_said(record, tmp_path, change, message):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert _read_error(path).startswith(message)


def test_other_files_are_no_records(tmp_path):
    path = tmp_path / "record.json"
    assert _read_error(path).startswith(" cannot be read (No such file or directory)")
    path.write_text("[1, 2]")
    assert _read_error(path).startswith(" is JSON but no record of a run")
    path.write_text("[" * 100_000)
    assert _read_error(path).startswith(" is cut short or no JSON")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(position=st.integers(0, 10_000), byte=st.binary(min_size=1, max_size=3))
def test_a_damaged_record_is_read_or_refused_but_never_a_crash(record, tmp_path, position, byte):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    whole = path.read_bytes()
    position %= len(whole)
    path.write_bytes(whole[:position] + byte + whole[position + len(byte) :])
    try:
        damaged = record_module.read(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert type(damaged) is type(record)
