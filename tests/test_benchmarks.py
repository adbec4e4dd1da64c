"""The comparison with the peers, without the peers: no environment but this one is needed."""

import dataclasses
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    compare,
    environments,
    figure,
    floor,
    jobs,
    ratios,
    results,
    roster,
    turns,
    worker,
)
from benchmarks.peers import protocol, weights
from keras_rnn_tutorials import numpy_rnn, plotting, record
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.tf1.saving import keras_lstm_weights

ROOT = Path(__file__).parent.parent


def _row(job, **seconds):
    return {
        "job": job,
        "seconds": seconds,
        "check": {},
        "megabytes": {peer: 500.0 + i for i, peer in enumerate(seconds)},
        "file_megabytes": dict.fromkeys(seconds, 200.0),
        "versions": {},
        "skipped": {"tf1": "skipped, for a reason"},
    }


@pytest.fixture
def compared() -> record.Record:
    mnist = _row("mnist", ours=[2.0, 1.5, 4.0], torch=[3.0, 3.5, 3.0], keras_tf=[8.0, 9.0, 7.0])
    described = {"name": "mnist", "origin": "tfds", "examples": {"train": 9}, "fingerprint": "f"}
    return record.Record(
        experiment="benchmarks",
        status="complete",
        config={"rounds": 3, "rows": None},
        seed=0,
        dataset=None,
        environment=dataclasses.replace(
            record.Environment.here(), processor="a processor", cores=2
        ),
        measured={
            "rows": [
                {**mnist, "floor": {"seconds": 1.25, "products": []}},
                _row("time-28", ours=[1.0], torch=[2.0]),
                _row("time-1000", ours=[1.0], torch=[2.0]),
            ],
            "datasets": {"mnist": described},
        },
    )


def _small(cell):
    """A job small enough for NumPy, its weights of one direction, and inputs."""
    job = jobs.Job(name="small", title="", cell=cell, units=5, features=3, time=4)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, job.time, job.features)).astype(np.float32)
    return jobs.initial_weights(job, rng)[:3], x


def _gates(w, u, b, order):
    """Takes `(gates * units, ...)` apart, as PyTorch's documents lay it out."""
    parts = zip(
        np.split(w, len(order)), np.split(u, len(order)), np.split(b, len(order)), strict=True
    )
    denses = [numpy_rnn.Dense(w.T, u.T, b) for w, u, b in parts]
    return dict(zip(order, denses, strict=True))


def _from_torch(cell, w, u, b_ih, b_hh):
    if cell == "gru":
        units = len(b_hh) // 3
        b = np.concatenate([(b_ih + b_hh)[: 2 * units], b_ih[2 * units :]])
        gates = _gates(w, u, b, "rzn")
        own = numpy_rnn.GRU(gates["r"], gates["z"], gates["n"], b_hh[2 * units :])
        return lambda x, s: numpy_rnn.gru_step(x, s, own, reset_after=True)
    assert not b_hh.any()
    if cell == "lstm":
        gates = _gates(w, u, b_ih, "ifgo")
        own = numpy_rnn.LSTM(gates["i"], gates["g"], gates["f"], gates["o"])
        return lambda x, s: numpy_rnn.lstm_step(x, s, own)
    return lambda x, s: numpy_rnn.simple_rnn_step(x, s, numpy_rnn.Dense(w.T, u.T, b_ih))


def _from_tf1(cell, arrays):
    if cell == "lstm":
        own = numpy_rnn.lstm_from_tf1(*arrays)
        return lambda x, s: numpy_rnn.lstm_step(x, s, own, forget_bias=1)
    return lambda x, s: numpy_rnn.simple_rnn_step(x, s, numpy_rnn.simple_rnn_from_tf1(*arrays))


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_the_peers_weights_make_keras_outputs(cell):
    import keras

    keras_weights, x = _small(cell)
    kinds = {
        "lstm": keras.layers.LSTM,
        "gru": keras.layers.GRU,
        "simple_rnn": keras.layers.SimpleRNN,
    }
    layer = kinds[cell](5)
    layer.build(x.shape)
    layer.set_weights(keras_weights)
    wanted = np.asarray(layer(x))
    steps = [_from_torch(cell, *weights.torch_recurrent(cell, *keras_weights))]
    if cell != "gru":
        convert = {"lstm": weights.tf1_lstm, "simple_rnn": weights.tf1_simple_rnn}[cell]
        steps.append(_from_tf1(cell, convert(*keras_weights)))
    state = (np.zeros((2, 5)),) * (2 if cell == "lstm" else 1)
    for step in steps:
        outputs, _ = numpy_rnn.run(step, x, state)
        np.testing.assert_allclose(outputs[:, -1], wanted, atol=1e-6)


def test_an_lstms_weights_go_to_tensorflow_1_and_back():
    keras_weights, _ = _small("lstm")
    for there_and_back, own in zip(
        keras_lstm_weights(*weights.tf1_lstm(*keras_weights)), keras_weights, strict=True
    ):
        np.testing.assert_allclose(there_and_back, own, atol=1e-6)


@pytest.mark.parametrize("name", jobs.JOBS)
def test_initial_weights_have_the_shapes_of_keras_model(name):
    job = jobs.JOBS[name]
    shapes = [weight.shape for weight in jobs.initial_weights(job, np.random.default_rng(0))]
    units = job.units
    known = {
        "mnist": [(28, 400), (100, 400), (400,), (100, 10), (10,)],
        "imdb": [(10000, 32), (32, 32), (32, 32), (32,), (32, 1), (1,)],
        "gru": [(28, 300), (100, 300), (2, 300), (100, 10), (10,)],
        "bidirectional": 2 * [(28, 512), (128, 512), (512,)] + [(256, 10), (10,)],
    }
    grown = [(28, 4 * units), (units, 4 * units), (4 * units,), (units, 10), (10,)]
    assert shapes == known.get(name.removesuffix("_predict"), grown)


def test_ratios_and_the_table_are_of_medians():
    row = _row("mnist", torch=[3.0, 3.5, 3.0], ours=[2.0, 1.5, 4.0])
    assert results.ratio(row, "torch") == 1.5
    heading, titles, ours, torch, skipped = results.table(row).splitlines()
    assert titles.split()[:4] == ["seconds", "MB", "own", "MB"]
    assert heading == "mnist: MNIST epoch, LSTM 100"
    assert ours.split() == ["this", "package", "2.000", "501", "301"]
    # By round 1.5, 2.33 and 0.75.
    assert torch.split() == [
        *("PyTorch", "3.000", "500", "300", "1.50×", "(0.75-2.33)", "within", "the", "noise")
    ]
    assert skipped == "  TensorFlow 1.15.5: skipped, for a reason"
    alone = _row("mnist", torch=[3.0])
    assert results.ratio(alone, "torch") is None
    assert results.table(alone).splitlines()[2].split() == ["PyTorch", "3.000", "500", "300"]


@pytest.mark.parametrize("after", [2.2865, 2.2855, math.nan])
def test_another_loss_is_refused(after):
    reference = {"before": 2.3016, "after": 2.2860}
    assert results.disagreement({"before": 2.3017, "after": 2.2861}, reference, "Keras") is None
    why = results.disagreement({"before": 2.3016, "after": after}, reference, "Keras")
    assert why.startswith("not the same work: the loss after the checked steps is ")
    assert why.endswith(", Keras's 2.286000")


def test_the_floors_products_are_those_of_the_equations():
    operations = {
        name: sum(2 * math.prod(p.shape) * p.count for p in floor.products(jobs.JOBS[name]))
        for name in floor.JOBS
    }
    # x to gates and its gradient, h to gates and both its gradients (none for the first state),
    # and the readout's three.
    assert operations == {
        "mnist": 2 * (2 * 1400 * 28 * 400 + (28 + 27 + 28) * 50 * 100 * 400 + 3 * 50 * 100 * 10),
        "imdb": 2 * (3 * 64000 * 32 * 32 + (500 + 499 + 500) * 128 * 32 * 32 + 3 * 128 * 32),
    }
    rows = [
        {"count": 3, "seconds": {"a": 2.0, "b": 1.0}},
        {"count": 1, "seconds": {"a": 4.0, "b": 9.0}},
    ]
    assert floor.epoch_seconds(rows, 10) == 70.0


def test_a_comparison_is_read_and_drawn_twice_alike(compared, tmp_path):
    record.write(tmp_path / "compare.json", compared)
    read = figure.read(tmp_path / "compare.json")
    assert read == compared
    for name in ("a.png", "b.png"):
        plotting.save(figure.draw(read), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_figure_says_what_it_shows(compared):
    drawn = figure.draw(compared)
    assert "a processor" in drawn.get_suptitle() and "trial" not in drawn.get_suptitle()
    bars, grown, memory, grown_memory = drawn.axes
    assert {t.get_text() for t in bars.texts} == {
        "2 s   1.00×",
        "3 s   1.50×",
        "8 s   4.00×",
        "1.25 s   0.62×",
    }
    assert [t.get_text() for t in grown.texts] == ["2.0×", "2.0×"]
    assert memory.get_title() == "Memory: MNIST epoch, LSTM 100"
    assert [t.get_text() for t in memory.texts] == ["500 MB", "502 MB", "501 MB"]
    assert [bar.get_width() for bar in memory.patches] == [500, 502, 501, 300, 302, 301]
    assert [list(line.get_ydata()) for line in grown_memory.lines] == [
        [500, 500],
        [300, 300],
        [501, 501],
        [301, 301],
    ]
    compared.config["rows"] = 1000
    compared.measured["datasets"]["mnist"]["origin"] = "sample"
    title = figure.draw(compared).get_suptitle()
    assert "A trial with 1,000 examples" in title and "generated sample, not MNIST" in title


def test_comparisons_in_turns_are_printed_recorded_and_drawn(tmp_path, capsys):
    times = {"Keras": [2.0] * 7, "one import": [1.0] * 7, "fast.fit": [0.4, *[0.5] * 6]}
    published = iter([turns.Comparison("a model", "fit", "ms", times)])
    turns.publish("plain_fit", 7, tmp_path, published)
    _, heading, *lines, _ = capsys.readouterr().out.splitlines()
    assert heading == "a model: fit"
    assert [" ".join(line.split()) for line in lines] == [
        "Keras 2.00 ms",
        "one import 1.00 ms 2.00× (2.00-2.00) faster",
        "fast.fit 0.50 ms 4.00× (4.00-5.00) faster",
    ]
    read = figure.read(tmp_path / "plain_fit.json")
    assert read.config == {"measurement": "plain_fit", "rounds": 7}
    found = {
        "one import": {"median": 2.0, "low": 2.0, "high": 2.0, "words": "faster"},
        "fast.fit": {"median": 4.0, "low": 4.0, "high": 5.0, "words": "faster"},
    }
    assert read.measured["comparisons"] == [
        {"job": "a model", "part": "fit", "unit": "ms", "times": times, "ratios": found}
    ]
    (axes,) = figure.draw(read).axes
    assert [text.get_text() for text in axes.texts] == ["2.00×", "4.00×"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a model: fit"]
    assert axes.get_xlabel() == "times as fast as Keras"


def test_a_folder_that_cannot_be_written_is_found_before_the_measurement():
    with pytest.raises(UserError, match="^/dev/null/x cannot be written .*--out_dir"):
        turns.publish("grid", 7, Path("/dev/null/x"), iter([None]))


def test_another_records_figure_is_refused(record, tmp_path):
    from keras_rnn_tutorials.record import write

    write(tmp_path / "record.json", record)
    with pytest.raises(UserError, match="records mnist_lstm, no comparison"):
        figure.read(tmp_path / "record.json")


def test_a_missing_peer_is_skipped_and_said_so(tmp_path):
    given = compare.arguments([f"--environments={tmp_path}", "--peers=torch", "--rounds=1"])
    row = compare.measure(jobs.JOBS["units-32"], given, None)
    assert row["seconds"] == {}
    assert results.table(row).splitlines()[-1] == (
        f"  PyTorch: skipped, for {tmp_path} holds no environment torch: "
        "python -m benchmarks.environments torch builds it"
    )
    assert roster.PEERS["tf1"].why_not(jobs.JOBS["gru"], tmp_path).startswith("skipped, for")


PEER = """
import protocol, sys

class Model:
    def __init__(self, job, weights):
        self.probability = float(weights[0])

    def fit(self, x, y, first=None):
        assert first is None or first <= len(x), first
        print("on the protocol's channel")
        self.probability = 0.5

    def predict(self, x, batch):
        if batch == 13:
            sys.exit("a last word")
        return [[self.probability]] * len(x)

protocol.serve(protocol.model_commands(Model, {"it": "1.0"}))
"""


@pytest.fixture
def peer(tmp_path):
    (tmp_path / "peer.py").write_text(PEER)
    x, y = np.zeros((8, 1)), np.ones(8, int)
    np.savez(tmp_path / "arrays.npz", x=x, y=y, weight_0=0.25)
    started = worker.Worker(
        [sys.executable, str(tmp_path / "peer.py")],
        tmp_path / "log",
        {"PYTHONPATH": str(roster.SCRIPTS)},
    )
    yield started
    started.close()


def test_a_peer_answers_line_by_line(peer, tmp_path):
    job = {"timed": "epoch", "checked_steps": 20, "batch": 2, "predicted": 4}  # of 8 examples
    answer = peer.ask("load", job=job, data=str(tmp_path / "arrays.npz"))
    assert answer["versions"]["it"] == "1.0"
    assert 1 < answer["file_megabytes"] < answer["megabytes"] < 1000
    checked = peer.ask("check")
    assert checked["before"] == -math.log(0.25) and checked["after"] == -math.log(0.5)
    for timed in ("epoch", "predict"):
        assert peer.ask(timed)["seconds"] > 0
    with pytest.raises(worker.PeerFault, match="^KeyError: 'nothing'$"):
        peer.ask("nothing")
    assert peer.ask("predict")["seconds"] > 0
    assert "on the protocol's channel" in (tmp_path / "log").read_text()


def test_a_peers_end_is_told_in_its_last_words(peer, tmp_path):
    job = {"timed": "predict", "predicted": 13}
    peer.ask("load", job=job, data=str(tmp_path / "arrays.npz"))
    for _ in range(2):
        with pytest.raises(worker.PeerFault, match="^it ended with status 1: a last word$"):
            peer.ask("predict")


def test_the_loss_of_probabilities():
    of_classes = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]], np.float32)
    wanted = (math.log(2) + math.log(4)) / 2
    assert protocol.cross_entropy(of_classes, np.array([0, 2])) == pytest.approx(wanted)
    of_one = np.array([[0.5], [0.75]], np.float32)
    assert protocol.cross_entropy(of_one, np.array([1, 0])) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--jobs=mnist,nothing"], "No job is called 'nothing': choose from time, units, batch"),
        (["--peers="], "No peer is called '': choose from ours, keras_tf,"),
        (["--rounds=0"], "--rounds=0: give a whole number from 1."),
        (["--rounds=many"], "argument --rounds: invalid int value: 'many'"),
        (["--rows=-1"], "--rows=-1: give a whole number from 1."),
        (["mnist"], "unrecognized arguments: mnist"),
    ],
)
def test_a_wrong_flag_is_the_users_error(arguments, message):
    with pytest.raises(UserError) as caught:
        compare.arguments(arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("compare", ["--jobs=nothing"], "error: No job is called 'nothing': "),
        ("compare", ["--out_dir=/dev/null/x"], "error: /dev/null/x cannot be written ("),
        ("environments", ["nothing"], "error: No environment 'nothing': choose from torch, "),
        ("environments", ["tf1"], "error: tf1 needs Python 3.7: name one with --python37=PATH."),
        ("start", ["--rounds=0"], "error: argument --rounds: '0' is not a whole number from 1: "),
        ("figure", ["/nowhere.json"], "error: /nowhere.json cannot be read "),
    ],
)
def test_wrong_arguments_are_answered_in_one_line(module, arguments, message):
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message) and done.stderr.count("\n") == 1


def test_an_environment_that_fails_is_not_left_half_built(tmp_path):
    with pytest.raises(
        UserError, match="^broken was not built .*Errno 2.*: the lines above say why"
    ):
        environments.build(tmp_path / "broken", "/no/python3.7", [], [])
    with pytest.raises(UserError, match="^broken was not built "):
        environments.build(tmp_path / "broken", "false", [], [])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("values", "ends"),
    # The sign test's ranks, from the table of Conover's book: 7 values 1 and 7, 10 values 2 and 9.
    [([3.0], (3, 3)), (range(7), (0, 6)), (range(10), (1, 8)), (range(20), (5, 14))],
)
def test_the_medians_interval(values, ends):
    assert ratios.interval([float(value) for value in reversed(values)]) == ends


def test_a_ratio_says_what_is_beyond_the_noise():
    own = [1.0] * 7
    assert str(ratios.ratio([1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.1], own)) == "1.40× (1.10-1.70) faster"
    assert str(ratios.ratio([0.9] * 7, own)) == "0.90× (0.90-0.90) slower"
    assert ratios.ratio([0.9, *[1.2] * 6], own).words == "within the noise"
