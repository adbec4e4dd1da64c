"""Questions to trained models: with a text, with an image, for text, and for their mistakes."""

import dataclasses
import io
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from experiments import _digits, _reviews, imdb_simplernn, mnist_lstm, unrolled_lstm
from experiments.unrolled_lstm import characters
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.data import picture, source, word_ids
from keras_rnn_tutorials.data.dataset import Dataset, Split
from keras_rnn_tutorials.errors import UserError
from keras_rnn_tutorials.runner import command, sweep, trained
from keras_rnn_tutorials.runner.config import flags, options, own_values, questions, run_name

ROOT = Path(__file__).parents[1]
WORDS = tuple("the and a of to is it movie was not good bad film plot dull fine".split())
NUMBERS = {"num_words": len(WORDS) + 4, "maxlen": 8, "units": 4}


@pytest.fixture(autouse=True)
def no_data(monkeypatch):
    """No question reads a data set, except for the mistakes'."""
    monkeypatch.setattr(source, "find", lambda *_: pytest.fail("a data set was looked for"))


def save(path, module, config, record, model, origin="tfds", **others):
    """Writes what a run leaves of itself that a question needs."""
    path.mkdir(exist_ok=True)
    model.save(path / "model.keras")
    name = module.__name__.rpartition(".")[2]
    data = dataclasses.replace(record.dataset, name="of tests", origin=origin)
    values = {"experiment": name, "config": own_values(config), "seed": 0, "dataset": data}
    record_module.write(path / "record.json", dataclasses.replace(record, **(values | others)))


@pytest.fixture
def review_run(tmp_path, record):
    """The folder of a run of `imdb_simplernn` on real reviews, and its model."""

    def make(origin="tfds", others=None, **config):
        config = imdb_simplernn.Config(**NUMBERS, **config)
        keras.utils.set_random_seed(0)
        model = imdb_simplernn.build_model(config)
        model.set_weights([np.random.default_rng(i).normal(size=w.shape) for i, w in
                           enumerate(model.get_weights())])  # fmt: skip
        save(tmp_path / "run", imdb_simplernn, config, record, model, origin, **(others or {}))
        (tmp_path / "run" / "vocabulary.txt").write_bytes(word_ids.to_lines(WORDS))
        return tmp_path / "run", model

    return make


TEXTS = ["The movie was not good.", "a film, a plot: DULL & unheard-of " * 4]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_answer_after_every_word_is_keras(review_run, padding, truncating, text):
    _, model = review_run(padding=padding, truncating=truncating)
    config = {**NUMBERS, "padding": padding, "truncating": truncating}
    answers, final = _reviews.answers(_reviews.Reader(model.get_weights()), text, WORDS, config)

    ids = word_ids.pad(
        *word_ids.encode([text], WORDS, config["num_words"]), NUMBERS["maxlen"], padding, truncating
    )
    assert final == pytest.approx(model.predict(ids, verbose=0)[0, 0], abs=1e-6)
    embedding, rnn, readout = model.layers
    every = keras.layers.SimpleRNN(NUMBERS["units"], return_sequences=True)
    every.build((None, None, NUMBERS["units"]))
    every.set_weights(rnn.get_weights())
    expected = np.asarray(readout(every(embedding(ids))))[0, :, 0]
    place = slice(-len(answers), None) if padding == "pre" else slice(len(answers))
    np.testing.assert_allclose([a.probability for a in answers], expected[place], atol=1e-6)
    np.testing.assert_allclose([a.move for a in answers[1:]], np.diff(expected[place]), atol=1e-6)
    for answer, number in zip(answers, ids[0][place], strict=True):
        known = answer.word in WORDS or answer.word == _reviews.START
        assert answer.known == known == (number != word_ids.UNKNOWN)


def test_a_review_is_answered_word_by_word(review_run, capsys):
    path, _ = review_run()
    imdb_simplernn.main(out_dir=str(path), predict="The movie was not good, said Bob.")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "The probability that the review is positive after each word, and its change:"
    )
    text = " ".join(lines)
    for word in ("(start) 0.", "the ", "movie ", "not ", "good ", "said* ", "bob* "):
        assert word in text
    assert "* not among the 16 words that the model knows" in lines
    (answer,) = [line for line in lines if line.startswith("Answer: ")]
    assert re.fullmatch(
        r"Answer: (posi|nega)tive\. The probability of a positive review is 0\.\d\d\.", answer
    )
    assert f"The model is that of {path}." in " ".join(map(str.strip, lines))
    assert max(map(len, lines)) <= 80 and "\x1b" not in text


def test_what_is_not_read_and_the_zeros_are_named(review_run, capsys):
    path, _ = review_run(padding="post")
    imdb_simplernn.main(out_dir=str(path), padding="post", predict="good " * 20)
    assert "The model reads the last 8 words of 20." in capsys.readouterr().out
    imdb_simplernn.main(out_dir=str(path), padding="post", predict="good")
    assert "Then it reads 6 zeros, which lead to 0." in capsys.readouterr().out


def test_words_are_coloured_by_their_move_on_a_terminal(review_run, monkeypatch, capsys):
    path, _ = review_run()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    imdb_simplernn.main(out_dir=str(path), predict="The movie was not good.")
    assert "\x1b[" in capsys.readouterr().out
    styles = [_reviews._style(move) for move in (None, 0.0, -0.019, 0.02, 0.1, -0.05, -0.3)]
    up, down = _reviews.UP, _reviews.DOWN
    assert styles == ["", "", "", up[1], up[0], down[1], down[0]]


def test_a_review_is_read_from_a_file_or_standard_input(review_run, tmp_path, monkeypatch, capsys):
    path, _ = review_run()
    text = "not\ngood \xff\N{SNOWMAN}".encode()
    (tmp_path / "review.txt").write_bytes(text)
    shown = []
    for name in (str(tmp_path / "review.txt"), "-"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        imdb_simplernn.main(out_dir=str(path), predict_file=name)
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] and "not " in shown[0] and "\N{SNOWMAN}*" in shown[0]


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_the_words_that_move_the_model_most(review_run, padding, capsys):
    path, model = review_run(padding=padding)
    imdb_simplernn.main(out_dir=str(path), padding=padding, words=3)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if " 0." in line]
    reader = _reviews.Reader(model.get_weights())
    config = {**NUMBERS, "padding": padding, "truncating": "pre"}
    alone = {w: _reviews.answers(reader, w, WORDS, config)[0][-1].probability for w in WORDS}
    order = sorted(WORDS, key=alone.get)
    assert [row[1] for row in rows] == order[:-4:-1] and [row[3] for row in rows] == order[:3]
    assert float(rows[0][0]) == pytest.approx(alone[order[-1]], abs=0.0051)


@pytest.fixture
def digit_run(tmp_path, record):
    """The folder of a run of `mnist_lstm`, and its model."""

    def make(origin="tfds", **others):
        config = mnist_lstm.Config(units=6)
        keras.utils.set_random_seed(0)
        model = mnist_lstm.build_model(config)
        save(tmp_path / "run", mnist_lstm, config, record, model, origin, **others)
        return tmp_path / "run", model

    return make


def png(grey, mode="L"):
    content = io.BytesIO()
    Image.fromarray(np.asarray(grey, np.uint8)).convert(mode).save(content, "png")
    return content.getvalue()


@pytest.fixture(scope="module")
def digit():
    """A seven of 20 by 12 pixels as MNIST has it."""
    image = np.zeros((28, 28), np.float32)
    image[4:7, 8:20] = 1
    for row in range(4, 24):
        image[row, 18 - (row - 4) // 2 : 20 - (row - 4) // 2] = 1
    return picture.read(png(255 * image), "seven.png")


def test_an_image_of_mnist_stays_as_it_is(digit):
    assert digit.shape == (28, 28) and digit.dtype == np.float32
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (20, 12)
    np.testing.assert_allclose(picture.read(png(255 * digit), "x"), digit, atol=1e-6)
    for axis in (0, 1):
        mean = (digit.sum(axis=axis) * np.arange(28)).sum() / digit.sum()
        assert abs(mean - 14) <= 0.5


@pytest.mark.parametrize(
    "kind", ["dark on light", "large", "off the centre", "faint", "noisy", "clear", "colour"]
)
def test_a_digit_of_another_kind_is_read_as_mnist_has_it(digit, kind):
    grey = 255 * digit
    if kind == "dark on light":
        content = png(255 - grey)
    elif kind == "large":
        content = png(255 - np.kron(grey, np.ones((9, 9))))
    elif kind == "off the centre":
        content = png(np.pad(grey, ((90, 0), (0, 40))))
    elif kind == "faint":
        content = png(200 - grey / 4)
    elif kind == "noisy":
        noise = np.random.default_rng(0).normal(0, 3, (84, 84))
        content = png(np.clip(230 - 0.8 * np.kron(grey, np.ones((3, 3))) + noise, 0, 255))
    elif kind == "clear":
        layers = np.zeros((28, 28, 4), np.uint8)
        layers[..., 3] = grey  # black on nothing
        file = io.BytesIO()
        Image.fromarray(layers).save(file, "png")
        content = file.getvalue()
    else:
        content = png(255 - grey, "RGB")
    image = picture.read(content, "x")
    assert np.abs(image - digit).mean() < 0.02
    assert image.max() == pytest.approx(1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no picture", "x.png is no picture that can be read: give a PNG or JPEG."),
        (
            png(np.random.default_rng(0).integers(0, 255, (9, 9)))[:60],
            "x.png is no picture that can be read: give a PNG or JPEG.",
        ),
        (
            png(np.full((9, 9), 128)),
            "x.png shows no digit: give one that is darker or lighter than its ground.",
        ),
    ],
)
def test_what_is_no_digit_is_refused(content, message):
    with pytest.raises(UserError) as error:
        picture.read(content, "x.png")
    assert str(error.value) == message


def test_the_answer_after_every_row_is_keras(digit_run, digit):
    _, model = digit_run()
    lstm, readout = model.layers
    every = keras.layers.LSTM(6, return_sequences=True)
    every.build((None, 28, 28))
    every.set_weights(lstm.get_weights())
    by_row = _digits.probabilities(model.get_weights(), digit)
    np.testing.assert_allclose(by_row, np.asarray(readout(every(digit[None])))[0], atol=1e-6)
    np.testing.assert_allclose(by_row[-1], model.predict(digit[None], verbose=0)[0], atol=1e-6)


@pytest.mark.parametrize("origin", ["tfds", "sample"])
def test_a_picture_is_read_row_by_row(digit_run, digit, tmp_path, capsys, origin):
    path, _ = digit_run(origin)
    (tmp_path / "seven.png").write_bytes(png(255 - 255 * digit))
    mnist_lstm.main(out_dir=str(path), predict_file=str(tmp_path / "seven.png"))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = lines[2:30]
    for row, pixels in zip(rows, digit, strict=True):
        assert row[:56] == "".join("@@" if pixel else "  " for pixel in pixels)
    assert all(row[58].isdigit() and row[59:62] == " 0." for row in rows)
    assert lines[31].startswith(f"Answer: {rows[-1][58]}. Its probability is 0.")
    sample = "The model was trained on generated digits, not MNIST: expect mistakes."
    assert (lines[-1] == sample) == (origin == "sample")


def test_the_worst_mistakes_are_drawn_into_the_runs_folder(digit_run, digit, monkeypatch, capsys):
    x = np.stack([digit] * 12)
    test = Split(x, np.arange(12) % 10)
    dataset = Dataset("mnist", "tfds", test, test, test)
    path, model = digit_run(dataset=dataset.describe())
    monkeypatch.setattr(mnist_lstm, "load_data", lambda config: dataset)
    mnist_lstm.main(out_dir=str(path), mistakes=True)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"written to {path}:",
        "  mistakes.png, mistakes.svg",
    ]
    assert (path / "mistakes.png").exists() and not (path / ".lock").exists()
    scores = model.predict(x, verbose=0)
    (found, *_) = record_module.read(path / "record.json")
    figure = _digits.draw_mistakes(test, scores, found)
    answer = scores[0].argmax()
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert len(titles) == (test.y != answer).sum()
    assert titles[0] == f"{test.y[test.y != answer][0]}, read as {answer} ({scores[0].max():.3f})"

    other = dataclasses.replace(dataset, test=Split(x + 1, test.y))
    monkeypatch.setattr(mnist_lstm, "load_data", lambda config: other)
    with pytest.raises(UserError) as error:
        mnist_lstm.main(out_dir=str(path), mistakes=True)
    assert str(error.value) == (
        f"The run in {path} was made with other data (MNIST): give its --data and --data_dir."
    )


def test_the_worst_judged_reviews_are_drawn_as_their_words(review_run, monkeypatch, capsys):
    read = [word_ids.START, word_ids.FIRST_WORD, word_ids.UNKNOWN, word_ids.FIRST_WORD + 1]
    x = np.array([[0] * (NUMBERS["maxlen"] - 4) + read] * 6)
    test = Split(x, np.array([0, 1, 0, 1, 0, 1]))
    words = ("a", "b", *(f"w{i}" for i in range(NUMBERS["num_words"])))
    dataset = Dataset("imdb_reviews", "tfds", test, test, test, words)
    path, model = review_run(others={"dataset": dataset.describe()})
    monkeypatch.setattr(imdb_simplernn, "load_data", lambda config: dataset)
    imdb_simplernn.main(out_dir=str(path), mistakes=True)
    assert capsys.readouterr().out.splitlines()[-1] == "  mistakes.png, mistakes.svg"
    (found, *_) = record_module.read(path / "record.json")
    scores = np.array([0.9, 0.2, 0.1, 0.4, 0.7, 0.8])
    figure = _reviews.draw_mistakes(test, scores, words, found)
    assert "4 of 6 are misjudged (IMDB, seed 0)" in figure.get_suptitle()
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert [t for t in titles if t] == [
        "taken for positive (0.900)",
        "taken for negative (0.800)",
        "taken for positive (0.700)",
        "taken for negative (0.600)",
    ]
    assert figure.axes[0].texts[0].get_text() == "a . b"


def test_a_trained_model_writes(tmp_path, record, capsys):
    config = unrolled_lstm.Config(steps=6, units=4)
    save(tmp_path, unrolled_lstm, config, record, unrolled_lstm.build_model(config))
    written = []
    for seed in (0, 0):
        unrolled_lstm.main(out_dir=str(tmp_path), seed=seed, generate=30)
        written.append(capsys.readouterr().out)
    assert written[0] == written[1] and written[0].startswith(unrolled_lstm.BEGINNING[-6:].strip())
    assert max(map(len, written[0].splitlines())) <= 80


def test_a_continued_text_has_as_many_characters_as_asked_for():
    class Even:
        def predict_on_batch(self, ids):
            return np.zeros((*ids.shape, len(characters.KNOWN)))

    ids = characters.continued(Even(), characters.encode("ab")[None], 5, 1.0, 0)
    assert ids.shape == (1, 7) and characters.decode(ids[0, :2]) == "ab"


ADVICE = "python -m experiments.imdb_simplernn"


def refusal(main=imdb_simplernn.main, **keywords):
    with pytest.raises(UserError) as error:
        main(**keywords)
    return str(error.value)


def test_what_cannot_be_asked_ends_in_a_line(review_run, tmp_path):
    here = tmp_path / "run"
    ask = {"out_dir": str(here), "predict": "good"}
    assert refusal(**ask) == f"There is no run in {here}: train it with {ADVICE} --out_dir={here}"
    review_run(others={"status": "interrupted"})
    assert refusal(**ask) == (
        f"The run in {here} is interrupted: train it with {ADVICE} --out_dir={here}"
    )
    review_run(others={"experiment": "mnist_lstm"})
    assert refusal(**ask) == (
        f"The run in {here} is a run of mnist_lstm: choose another folder with --out_dir."
    )
    review_run("sample")
    assert refusal(**ask) == (
        f"The model in {here} does not know English, as it was trained on the generated sample: "
        f"train one with {ADVICE} --out_dir={here} --data=tfds"
    )
    review_run()
    assert refusal(**ask, units=5) == (
        f"The run in {here} has --units=4, not 5: train one with {ADVICE} --units=5 "
        f"--out_dir={here}"
    )
    assert refusal(**ask, seed=3) == (
        f"The run in {here} has --seed=0, not 3: train one with {ADVICE} --seed=3 --out_dir={here}"
    )
    assert refusal(out_dir=str(here), predict="...") == "The review holds no word: give some text."
    assert refusal(out_dir=str(here), predict_file=f"{here}/none") == (
        f"{here}/none cannot be read (No such file or directory): check the path."
    )
    (here / "vocabulary.txt").write_bytes(b"the\nthe\n")
    assert refusal(**ask) == (
        f"{here}/vocabulary.txt is damaged (a word is missing or stands there twice): train again "
        f"with {ADVICE} --out_dir={here}"
    )
    (here / "vocabulary.txt").unlink()
    assert refusal(**ask) == (
        f"{here}/vocabulary.txt cannot be read (No such file or directory): train again with "
        f"{ADVICE} --out_dir={here}"
    )
    (here / "model.keras").unlink()
    (here / "vocabulary.txt").write_bytes(word_ids.to_lines(WORDS))
    assert refusal(**ask) == (
        f"{here}/model.keras does not exist: give the folder of a complete run."
    )


def test_a_model_of_the_sample_does_not_write(tmp_path, record):
    config = unrolled_lstm.Config(steps=2, units=2)
    save(tmp_path, unrolled_lstm, config, record, unrolled_lstm.build_model(config), "sample")
    assert refusal(unrolled_lstm.main, out_dir=str(tmp_path), generate=9) == (
        f"The model in {tmp_path} does not know English, as it was trained on the generated "
        "sample: train one with python -m experiments.unrolled_lstm "
        f"--out_dir={tmp_path} --data=tfds"
    )


def test_the_command_answers_without_importing_tensorflow_if_there_is_no_run(tmp_path):
    code = (
        "import sys, runpy\n"
        "sys.argv = ['experiments.imdb_simplernn', '--predict=good']\n"
        "try: runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
        "except SystemExit as exit: print('status', exit.code)\n"
        "print('tensorflow' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "status 2\nFalse\n"
    assert done.stderr == (
        f"error: There is no run in runs/imdb_simplernn/default-seed0: train it with {ADVICE}\n"
    )


def test_a_question_is_no_number_of_a_run():
    config = imdb_simplernn.Config(predict="good", words=3, padding="post")
    assert questions(config) == ["predict", "words"]
    assert config == imdb_simplernn.Config(padding="post")
    assert flags(config) == ["--padding=post"] and run_name(config) == "padding-post"
    assert not {"predict", "predict_file", "words"} & set(own_values(config))
    assert run_name(mnist_lstm.Config(mistakes=True)) == "default"
    assert questions(mnist_lstm.Config(mistakes=False)) == []
    assert trained.find  # what answers them


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--predict=", "--predict=: give some text."),
        ("--predict_file=", "--predict_file=: give a path."),
        ("--words=0", "--words=0: give a whole number from 1."),
        ("--words=many", "--words=many: give a whole number from 1."),
    ],
)
def test_a_wrong_question_is_refused(flag, message):
    config_class = imdb_simplernn.Config
    with pytest.raises(UserError) as error:
        config_class(**command.parse([flag], config_class))
    assert str(error.value) == message


def test_text_that_is_not_utf_8_is_refused():
    with pytest.raises(UserError, match="--predict=.*: give some text in UTF-8."):
        imdb_simplernn.Config(predict="\udcff")


def test_a_question_is_asked_of_a_single_run(tmp_path):
    with pytest.raises(UserError) as error:
        command._run_seeds("0:3", {"predict": "good"}, ["predict"])
    assert str(error.value) == "--predict is for a single run: give either it or --seeds."
    with pytest.raises(UserError, match="imdb_simplernn has no option 'predict': choose from num"):
        sweep.combinations("imdb_simplernn", {"predict": ["good"]}, [0], tmp_path)
    assert "predict" in [option.name for option in options(imdb_simplernn.Config)]
