import contextlib
import dataclasses
import json
import os

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import keras_rnn_tutorials
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.errors import UserError


def test_a_record_is_read_as_it_was_written_to_the_last_bit(record, tmp_path):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    assert record_module.read(path) == [record]
    assert json.loads(path.read_text())["runs"][0]["history"]["accuracy"] == [0.1, 1 / 3]
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
        assert _read_error(path) == " is truncated or not JSON: make the run again."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"history": {}}, "(it holds neither a history nor a measurement):"),
        ({"history": {"loss": []}}, "(its history is not lists of numbers):"),
        ({"history": {"loss": ["1"]}}, "(its history is not lists"),
        ({"history": {"loss": [True]}}, "(its history is not lists"),
        (
            {"history": {"loss": [1.0], "accuracy": [1.0, 2.0]}},
            "(its metrics have different numbers of epochs):",
        ),
        ({"seed": "7"}, "(seed is not of type int):"),
        ({"status": "fine"}, "(its status is not one of complete, inter"),
        ({"test": {"loss": None}}, "(its test metrics are not numbers):"),
        ({"test": {"loss": False}}, "(its test metrics are not numbers):"),
        ({"seconds": {"load": 1.0}}, "(its fields are not those of seconds):"),
        ({"code": {"version": 1, "commit": None, "clean": None}}, "(version is not of type str):"),
        ({"more": 1}, "(its fields are not those of a run):"),
        ({"seed": 8}, "(its digest does not match its content):"),
    ],
)
def test_what_is_wrong_with_a_run_is_said(record, tmp_path, change, message):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    fields = json.loads(path.read_text())
    fields["runs"][0] |= change
    path.write_text(json.dumps(fields))
    assert _read_error(path).startswith(f" is a damaged record {message}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 1}, " is a record of schema 1, but this version reads schema 3:"),
        ({"dataset": {"name": "mnist"}}, " is a damaged record (its fields are not those of data"),
        ({"runs": []}, " is a damaged record (its fields are not those of a file of runs):"),
        ({"runs": [1]}, " is a damaged record (its fields are not those of a run):"),
        ({"more": 1}, " is a damaged record (its fields are not those of a file of runs):"),
        ({"experiment": "x"}, " is a damaged record (its digest does not match its content):"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(record, tmp_path, change, message):
    path = tmp_path / "record.json"
    record_module.write(path, record)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert _read_error(path).startswith(message)


def test_a_file_holds_the_runs_of_one_configuration(record, tmp_path):
    path = tmp_path / "default.json"
    runs = [dataclasses.replace(record, seed=seed) for seed in (0, 1, 2)]
    record_module.write(path, *runs)
    assert record_module.read(path) == runs
    assert json.loads(path.read_text())["config"] == record.config
    with pytest.raises(ValueError, match="one configuration"):
        record_module.write(path, record, dataclasses.replace(record, config={}))


def test_the_code_is_named_by_the_commit_it_was_run_from():
    code = record_module.Code.here()
    assert code.version == keras_rnn_tutorials.__version__
    if code.commit is not None:  # in a clone
        assert len(code.commit) == 40 and type(code.clean) is bool


def test_outside_of_a_clone_no_commit_is_named(monkeypatch):
    monkeypatch.setattr(record_module, "_git", lambda *_: None)
    code = record_module.Code.here.__wrapped__(record_module.Code)
    assert code == record_module.Code(keras_rnn_tutorials.__version__, None, None)


def test_the_environment_tells_float_types_apart():
    here = record_module.Environment.here()
    keras.config.set_floatx("float64")
    try:
        other = record_module.Environment.here()
    finally:
        keras.config.set_floatx("float32")
    assert (here.backend, here.floatx, other.floatx) == ("tensorflow", "float32", "float64")
    assert dataclasses.replace(other, floatx="float32") == here


def test_other_files_are_no_records(tmp_path):
    path = tmp_path / "record.json"
    assert _read_error(path).startswith(" cannot be read (No such file or directory)")
    path.write_text("[1, 2]")
    assert _read_error(path).startswith(" is JSON, but not a record of a run")
    path.write_text("[" * 100_000)
    assert _read_error(path).startswith(" is truncated or not JSON")


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
        assert [type(run) for run in damaged] == [type(record)]


def _hostile(fields, where, text):
    """The JSON of a record with some text in the place of a value, under a true digest."""
    fields = json.loads(json.dumps(fields))
    fields.pop("digest")
    where(fields, "HERE")
    as_text = json.dumps(fields).replace('"HERE"', text)
    with contextlib.suppress(ValueError, RecursionError):
        fields["digest"] = record_module.digest(json.loads(as_text))
        as_text = json.dumps(fields).replace('"HERE"', text)
    return as_text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900 + "]" * 900,
        '{"a":' * 900 + "1" + "}" * 900,
        "[" * 100_000 + "]" * 100_000,
        "1" + "0" * 400,
        "-1" + "0" * 400,
        "9" * 5_000,
        '"' + "x" * 1_000_000 + '"',
        '{"a": 1, "a": 1}',
    ],
    ids=["900 lists", "900 objects", "100,000 lists", "10**400", "-10**400", "5,000 digits",
         "a text of a megabyte", "a name twice"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["measured", "config", "history"])
def test_json_that_no_run_wrote_is_refused_in_a_line(record, tmp_path, text, place):
    def put(fields, value):
        if place == "config":
            fields["config"]["variant"] = value
        elif place == "measured":
            fields["runs"][0]["measured"] = {"rows": value}
        else:
            fields["runs"][0]["history"] = {"loss": [value, value]}

    path = tmp_path / "record.json"
    record_module.write(path, record)
    path.write_text(_hostile(json.loads(path.read_text()), put, text))
    assert len(_read_error(path)) < 200


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_history_is_of_finite_numbers(record, tmp_path, number):
    def put(fields, value):
        fields["runs"][0]["history"] = {"loss": [value, value]}

    path = tmp_path / "record.json"
    record_module.write(path, record)
    path.write_text(_hostile(json.loads(path.read_text()), put, number))
    assert "its history is not lists of numbers" in _read_error(path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_record_that_is_no_file_is_not_waited_for(tmp_path, make):
    make(tmp_path / "record.json")
    assert _read_error(tmp_path / "record.json").startswith(" cannot be read (")
