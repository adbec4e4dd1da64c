"""The quick part: a few faults of each kind. `python -m tests.faults` causes many."""

import dataclasses
import random
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import figure
from experiments import bidirectional_lstm, imdb_simplernn, mnist_lstm, plots
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command
from tests.faults import damage, hostile, writes


def test_killed_runs_are_resumed_to_the_last_bit(run_command):
    done = run_command("tests.faults", "--rounds=1", "--only=small:")
    assert done.returncode == 0, done.stdout + done.stderr
    _, table = done.stdout.split("|---|---|---|---|")
    assert table.count("| 1 | 1 |") == table.count("| small: ") == 4


def test_the_same_seed_gives_the_same_bits_in_two_processes(run_command):
    done = run_command("tests.faults.cores", "mnist_lstm")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mnist_lstm: the same bits in two processes" in done.stdout


def test_a_write_that_fails_is_told_in_a_line_and_loses_nothing(tmp_path):
    directory = writes.Directory(tmp_path)
    for at, number in zip((10, 60, 85), writes.NUMBERS, strict=True):
        assert directory.fail(at, number) == (True, None)


@pytest.mark.parametrize("kind", [kind for kind in damage.KINDS if not kind.needs_data])
def test_a_damaged_file_is_refused_in_a_line(kind, tmp_path):
    rng, one = random.Random(0), kind(tmp_path)
    assert [one.round(rng) for _ in range(50)] == [None] * 50


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_hostile_file_is_refused_in_a_line(kind, tmp_path):
    rng, one = random.Random(0), kind(tmp_path)
    assert [one.round(rng) for _ in range(20)] == [None] * 20


@pytest.mark.real_data
@pytest.mark.usefixtures("real_data_dir")
@pytest.mark.parametrize("kind", [kind for kind in damage.KINDS if kind.needs_data])
def test_damaged_prepared_data_are_refused_in_a_line(kind, tmp_path):
    rng, one = random.Random(0), kind(tmp_path)
    assert [one.round(rng) for _ in range(10)] == [None] * 10


words = st.text(max_size=8) | st.sampled_from(
    [
        "--resume",
        "--epochs=3",
        "--seed=-1",
        "--save_every",
        "--variant=corrected",
        "--nodeterministic",
    ]
)


@given(
    st.lists(words, max_size=4), st.sampled_from([mnist_lstm, imdb_simplernn, bidirectional_lstm])
)
def test_any_command_line_is_understood_or_refused_in_a_line(arguments, experiment):
    try:
        given = command.parse(arguments, experiment.Config)
        if given is not None:
            experiment.Config(**given)
    except UserError as error:
        assert str(error)


numbers = st.integers() | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    experiment=st.sampled_from(
        ["mnist_lstm", "long_sequences", "cell_variants", "plots", "benchmarks", "\x1b[2J"]
    ),
    history=st.dictionaries(
        st.sampled_from(["loss", "accuracy", "val_loss", "\x1b[31m$_{"]),
        st.lists(numbers, min_size=2, max_size=2),
    ),
    text=st.text() | st.just("\x1b]0;$x_{$ <svg onload=a()> -->\n"),
    measured=st.dictionaries(st.sampled_from(["rows", "other"]), values),
)
def test_any_record_is_drawn_or_refused_in_a_line(experiment, history, text, measured):
    recorded, *_ = record_module.read(plots.PLOTS / "mnist_lstm" / "variant-corrected.json")
    one = dataclasses.replace(
        recorded,
        experiment=experiment,
        config=recorded.config | {"variant": text},
        history=history,
        measured=measured,
    )
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "record.json")
        try:
            record_module.write(path, one)
        except UnicodeEncodeError:  # half a character: no record holds it
            return
        try:
            (one,) = record_module.read(path)
            assert all(map(str.isprintable, _texts(dataclasses.asdict(one))))
            drawn = plots.draw(path, [one], (".svg",)).values()
            drawn = [figure.rendered(path, "svg")] if experiment == "benchmarks" else drawn
            for content in drawn:
                ElementTree.fromstring(content)
        except UserError as error:
            assert str(error)


def _texts(value):
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
