"""The explorers: their arithmetic compared with Keras', and their pages in a browser."""

import dataclasses
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from experiments import export_explorers, look_inside
from keras_rnn_tutorials import record as record_module
from keras_rnn_tutorials.data import word_ids
from keras_rnn_tutorials.errors import UserError

ROOT = Path(__file__).parent.parent
EXPLORERS = ROOT / "docs" / "explorers"
PAGES = {
    "index.html": 20_000,
    "digit.html": 600_000,
    "gradient.html": 600_000,
    "two_units.html": 600_000,
    "review.html": 2_000_000,
}
BROWSER = os.environ.get("EXPLORERS_BROWSER") or shutil.which("chromium")


@pytest.fixture(scope="module")
def javascript():
    """Runs JavaScript beside rnn.js and words.js: `javascript("x => 2 * x", 3)` is 6."""
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    for name in ("rnn.js", "words.js"):
        engine.eval((EXPLORERS / name).read_text(encoding="utf-8"))
    # Typed arrays become JSON's lists.
    engine.eval("var plain = (key, v) => (ArrayBuffer.isView(v) ? Array.from(v) : v);")

    def call(function, *arguments):
        given = json.dumps(arguments)
        return json.loads(engine.eval(f"JSON.stringify(({function})(...{given}), plain)"))

    return call


def _rounded(rng, *shape):
    return rng.normal(scale=0.3, size=shape).astype(np.float16).astype(np.float32)


def _weights(layer, inputs):
    """A layer's weights as rnn.js takes them; the layer is built and given random float16 ones."""
    layer.build((None, *inputs.shape[1:]))
    rng = np.random.default_rng(1)
    kernel, recurrent, bias = (_rounded(rng, *w.shape) for w in layer.get_weights())
    layer.set_weights([kernel, recurrent, bias])
    return {
        "kernel": kernel.ravel().tolist(),
        "recurrent": recurrent.ravel().tolist(),
        "bias": bias.tolist(),
    }


@pytest.mark.parametrize(("name", "function"), [("LSTM", "lstm"), ("SimpleRNN", "simpleRnn")])
def test_a_layer_is_that_of_keras(javascript, name, function):
    import keras

    x = np.random.default_rng(0).normal(size=(100, 9, 5)).astype(np.float32)
    layer = getattr(keras.layers, name)(7, return_sequences=True)
    w = _weights(layer, x)
    ours = javascript(
        f"(w, x) => x.map(one => RNN.{function}(w, one).map(s => s.h))", w, x.tolist()
    )
    np.testing.assert_allclose(ours, layer(x), atol=1e-6)


def test_float16_is_read_as_numpy_reads_it(javascript):
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    every = every[np.isfinite(every)]
    for values in (every, every[:1], every[:2]):
        text = export_explorers.base64_float16(values)
        np.testing.assert_array_equal(javascript("RNN.float16", text), values.astype(float))
        np.testing.assert_array_equal(export_explorers.float16(text), values.astype(np.float32))


def test_softmax_of_large_numbers(javascript):
    np.testing.assert_allclose(javascript("RNN.softmax", [1e4, 1e4, -1e4]), [0.5, 0.5, 0])


def test_gradients_are_those_of_tensorflow(javascript):
    """dLoss/dh_t by a probe of zeros that is added to every h_t."""
    import tensorflow as tf

    from experiments.vanishing_gradients.gradients import ProbedCell
    from keras_rnn_tutorials import tf1

    units, length = 4, 6
    rng = np.random.default_rng(0)
    x, last = rng.normal(size=(1, length, units)), rng.normal(size=units)
    kinds = {"simpleRnn": "BasicRNNCell", "lstm": "BasicLSTMCell", "gru": "GRUCell"}
    for kind, name in kinds.items():
        cell = ProbedCell(getattr(tf1, name)(units, dtype="float64"))
        w = javascript(f"() => RNN.initial('{kind}', RNN.random(3), {units}, {units}, 1)")
        probes = tf.zeros((1, length, units), "float64")
        cell.build((None, 2 * units))
        cell.built = True
        cell.cell.set_weights(_tf1_weights(kind, w, units))
        with tf.GradientTape() as tape:
            tape.watch(probes)
            both = tf.concat([x, probes], axis=2)
            outputs, _ = tf1.dynamic_rnn(cell, both, dtype="float64")
            loss = tf.reduce_sum(outputs[0, -1] * last)
        ours = javascript(
            "(w, x, last) => { const steps = RNN.KIND(w, x);"
            " return [steps.map(s => s.h), RNN.backward.KIND(w, steps, last)]; }".replace(
                "KIND", kind
            ),
            *(w, x[0].tolist(), last.tolist()),
        )
        np.testing.assert_allclose(ours[0], outputs[0], atol=1e-14)
        np.testing.assert_allclose(ours[1], tape.gradient(loss, probes)[0], rtol=1e-9, atol=1e-15)


def _tf1_weights(kind, w, units):
    """Kernels joined, (features + units, columns), and gates in TensorFlow 1's order i, j, f, o."""

    def joined(part):
        both = np.concatenate([part["kernel"], part["recurrent"]])
        return both.reshape(2 * units, -1), np.array(part["bias"])

    if kind == "gru":
        return [*joined(w["gates"]), *joined(w["candidate"])]
    kernel, bias = joined(w)
    if kind == "lstm":
        i, f, g, o = np.split(kernel, 4, axis=1)
        return [np.concatenate([i, g, f, o], axis=1), np.zeros_like(bias)]  # 1 is added in the cell
    return [kernel, bias]


def test_the_reach_of_a_gradient_grows_with_the_forget_bias(javascript):
    reach = [
        javascript("b => RNN.reach({kind: 'lstm', forgetBias: b, length: 100})", bias)[99]
        for bias in (0, 1, 5)
    ]
    assert 1e3 * reach[0] < reach[1] < 1e-3 * reach[2]
    orthogonal = javascript("() => RNN.reach({kind: 'orthogonal', length: 100})")
    assert orthogonal[99] > 1e-2  # as recorded: 9e-2 at the start


def test_words_and_padding_are_those_of_the_package(javascript):
    from keras.utils import pad_sequences

    texts = ["", "a", "It's  GOOD, isn't it?\n<br />10/10!", "tab\tÉtude\u00a0nbsp [x]_y`z`"]
    vocabulary = ["a", "it's", "good", "10"]
    encoded, offsets = word_ids.encode(texts, vocabulary, 8)
    for text, start, end in zip(texts, offsets, offsets[1:], strict=False):
        ours = javascript(
            "(v, t) => { const id = WORDS.ids(v);"
            " return [WORDS.START, ...WORDS.split(t).map(({ word }) => id(word))]; }",
            *("\n".join(vocabulary), text),
        )
        assert ours == encoded[start:end].tolist()
    for padding in ("pre", "post"):
        for truncating in ("pre", "post"):
            for maxlen in (2, 5, 9):
                ours = javascript("WORDS.pad", [1, 2, 3, 4, 5], maxlen, padding, truncating)
                (theirs,) = pad_sequences(
                    [[1, 2, 3, 4, 5]], maxlen, padding=padding, truncating=truncating
                )
                assert ours["ids"] == theirs.tolist()
                kept = ours["ids"][ours["first"] : ours["first"] + ours["kept"]]
                assert kept == [1, 2, 3, 4, 5][ours["cut"] :][: ours["kept"]]


def _layers(weights, names):
    """Weights of a page's file as rnn.js takes them."""
    numbers = {name: export_explorers.float16(weights[name]).tolist() for name in names}
    return {
        "rnn": {
            "kernel": numbers["kernel"],
            "recurrent": numbers["recurrent_kernel"],
            "bias": numbers["bias"],
        },
        "readout": {"kernel": numbers["readout_kernel"], "bias": numbers["readout_bias"]},
    }


def _set_rounded(model, weights):
    """Gives a Keras model the rounded weights of a page's file."""
    flat = map(export_explorers.float16, weights.values())
    shapes = [w.shape for w in model.get_weights()]
    model.set_weights([w.reshape(shape) for w, shape in zip(flat, shapes, strict=True)])


@pytest.mark.parametrize("variant", ["as_published", "corrected"])
def test_the_digit_reader_answers_as_keras_does(javascript, variant):
    """After every row, 100 images: those of the page, shifted."""
    from experiments import mnist_lstm

    data = export_explorers.defined(export_explorers.DATA / "mnist_lstm.js")
    model = mnist_lstm.build_model(mnist_lstm.Config(variant=variant))
    _set_rounded(model, data[variant]["weights"])
    images = np.stack([np.array(javascript("RNN.bytes", d["pixels"])) for d in data["digits"]])
    shifts = [np.roll(images.reshape(-1, 28, 28), shift, axis=(1, 2)) for shift in range(9)]
    x = np.concatenate(shifts)[:100].astype(np.float32) / np.float32(255)
    keras_answers = look_inside.answers_by_step(model, x)
    layers = _layers(data[variant]["weights"], export_explorers.RECURRENT)
    answers = javascript(
        "(w, x) => x.map(one => RNN.lstm(w.rnn, one)"
        ".map(({ h }) => RNN.softmax(RNN.dense(w.readout, h))))",
        *(layers, x.tolist()),
    )
    np.testing.assert_allclose(answers, keras_answers, atol=1e-5)
    labels = [digit["label"] for digit in data["digits"]]
    assert np.argmax(np.array(answers)[: len(labels), -1], axis=1).tolist() == labels


@pytest.mark.parametrize(("cell", "function"), [("SimpleRNN", "simpleRnn"), ("LSTM", "lstm")])
def test_the_review_reader_answers_as_keras_does(javascript, cell, function):
    """At the last step, 100 lists of 60 ids; of the words, the 100 most frequent."""
    import keras

    data = export_explorers.defined(export_explorers.DATA / f"imdb_{cell.lower()}.js")
    weights = data["weights"]
    model = keras.Sequential([keras.Input((60,), dtype="int32")])
    model.add(keras.layers.Embedding(10_000, 32))
    model.add(getattr(keras.layers, cell)(32))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    _set_rounded(model, weights)
    ids = np.random.default_rng(0).integers(0, 100, (100, 60))
    embedding = export_explorers.float16(weights["embedding"]).reshape(-1, 32)[:100]
    answers = javascript(
        f"(w, vectors, ids) => ids.map(one => RNN.{function}(w.rnn, one.map(id => vectors[id])))"
        ".map(steps => RNN.sigmoid(RNN.dense(w.readout, steps[59].h)[0]))",
        *(_layers(weights, export_explorers.RECURRENT), embedding.tolist(), ids.tolist()),
    )
    np.testing.assert_allclose(answers, model.predict(ids, verbose=0)[:, 0], atol=1e-5)


def _recorded(name):
    path = ROOT / "plots" / f"{name}.json"
    return record_module.read(path), json.loads(path.read_text(encoding="utf-8"))["digest"]


def test_what_the_pages_show_is_what_was_recorded():
    """After a rerecord: train the runs again, and python -m experiments.export_explorers."""
    mnist = export_explorers.defined(export_explorers.DATA / "mnist_lstm.js")
    imdb, lstm, after = (
        export_explorers.defined(export_explorers.DATA / f"{name}.js")
        for name in ("imdb_simplernn", "imdb_lstm", "padded_after")
    )
    for shown, name in (
        (mnist["as_published"], "mnist_lstm/default"),
        (mnist["corrected"], "mnist_lstm/variant-corrected"),
        (imdb, "imdb_simplernn/default"),
        (lstm, "look_inside/dataset-imdb"),
        (after, "imdb_simplernn/padding-post"),
    ):
        (of_seed,) = (run for run in _recorded(name)[0] if run.seed == shown["seed"])
        assert shown["test_accuracy"] == of_seed.test["accuracy"]
    assert after["record"] == _recorded("imdb_simplernn/padding-post")[1]
    gradients = export_explorers.defined(export_explorers.DATA / "gradients.js")
    (one, *_), digest = _recorded("vanishing_gradients/default")
    assert gradients["record"] == digest and gradients["norms"].keys() == {"28", "100", "500"}
    for length, cells in one.measured["norms"].items():
        for cell, states in cells.items():
            for state, norms in states.items():
                np.testing.assert_allclose(
                    gradients["norms"][length][cell][state], norms, rtol=0.005, atol=1e-300
                )
    assert len(mnist["digits"]) <= 20
    words = export_explorers.defined(export_explorers.DATA / "vocabulary.js").split("\n")
    assert len(words) == 9_996 and words[:3] == ["the", "and", "a"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small_and_names_only_files_beside_it(page):
    text = (EXPLORERS / page).read_text(encoding="utf-8")
    assert "://" not in text
    parts = [EXPLORERS / name for name in re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', text)]
    assert (EXPLORERS / page).stat().st_size + sum(p.stat().st_size for p in parts) < PAGES[page]
    for linked in re.findall(r'href="([^":,]+)"', text):
        assert (EXPLORERS / linked).exists()
    assert text.count(" en: ") == text.count(" zh: ") > 5


def test_an_export_without_runs_on_real_data_is_refused(record, tmp_path):
    with pytest.raises(UserError, match=r"record\.json cannot be read"):
        export_explorers.read_run(tmp_path)
    for data in (None, dataclasses.replace(record.dataset, origin="sample")):
        record_module.write(tmp_path / "record.json", dataclasses.replace(record, dataset=data))
        with pytest.raises(UserError, match="is not a complete run on real data: python -m"):
            export_explorers.read_run(tmp_path)


# ---- in a browser ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    if not BROWSER:
        pytest.skip("no chromium on the PATH and EXPLORERS_BROWSER is not set")
    if "EXPLORERS_BROWSER" not in os.environ:
        pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser):
    """Opens a page from the disk; what it says on the console or asks for elsewhere fails."""
    complaints, pages = [], []

    def open_page(name, width=1280, scheme="light", language="", locale="en-US"):
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale
        )
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _refuse_elsewhere(request.url, complaints))
        page.goto((EXPLORERS / name).as_uri() + language)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


def _refuse_elsewhere(url, complaints):
    if not url.startswith((EXPLORERS.as_uri(), "data:,")):
        complaints.append(f"asks for {url}")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_speaks(opened, name):
    for width, scheme in ((400, "dark"), (1280, "light")):
        page = opened(name, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(18, 22, 28)") == (scheme == "dark")
        assert page.evaluate(_WITHOUT_A_NAME) == []
        assert page.title() and page.locator("h1").count() == 1
        assert page.locator("p.lead").inner_text()


# Controls and pictures that a screen reader would have no words for.
_WITHOUT_A_NAME = """() => [...document.querySelectorAll(
    "button, input, select, textarea, canvas:not([aria-hidden]), svg[role=img]")]
  .filter(e => !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length))
  .map(e => e.outerHTML)"""


# Texts, names and titles in another language than the page's, before and after every button,
# checkbox and radio button is clicked. Code, the switch and reviews are in no language.
_NOT_TRANSLATED = """() => {
  const elsewhere = "script, style, noscript, code, textarea, .languages, #examples, #read";
  const isChinese = document.documentElement.lang === "zh-CN";
  const isWrong = (text) => {
    const hasChinese = /[\u4e00-\u9fff\uff01-\uff5e\u3001\u3002]/.test(text);
    const words = text.match(/[A-Za-z]{2,}/g) ?? [];
    return /undefined|NaN/.test(text) || (isChinese ? words.length > 2 && !hasChinese : hasChinese);
  };
  const found = new Set();
  const look = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement.closest(elsewhere) && isWrong(node.data)) found.add(node.data.trim());
    }
    for (const element of document.querySelectorAll("[aria-label], [title]")) {
      const names = [element.getAttribute("aria-label"), element.title].filter(Boolean);
      if (!element.closest(elsewhere)) names.filter(isWrong).forEach((name) => found.add(name));
    }
  };
  look();
  const controls = "button, input[type=checkbox], input[type=radio]";
  for (let n = 0; n < document.querySelectorAll(controls).length; n++) {
    document.querySelectorAll(controls)[n].click();
    look();
  }
  return [...found];
}"""
_CONTROLS = """() => [...document.querySelectorAll("a, button, input, select, option, textarea")]
  .map(e => [e.tagName, e.id, e.name, e.type, e.dataset.cell, e.pathname].join(" "))"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_the_same_in_chinese(opened, name):
    page = opened(name, 400, language="#zh")
    heading, title = page.locator("h1").inner_text(), page.title()
    assert re.search("[\u4e00-\u9fff]", heading) and heading == title
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert page.evaluate(_WITHOUT_A_NAME) == []
    controls = page.evaluate(_CONTROLS)
    assert page.evaluate(_NOT_TRANSLATED) == []
    page.reload()
    page.locator("nav a[hreflang=en]").focus()
    _press(page, "Enter")
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.evaluate("document.activeElement.hreflang") == "en"
    assert page.evaluate(_CONTROLS) == controls
    assert page.locator("h1").inner_text() == page.title() != title
    assert page.evaluate(_NOT_TRANSLATED) == []


def test_the_language_is_kept_from_page_to_page_and_a_switch_keeps_what_was_typed(opened):
    page = opened("review.html")
    page.locator("input[name=padding][value=post]").check()
    page.locator("#text").fill("A very good film")
    page.locator("nav a[hreflang=zh-CN]").click()
    assert page.locator("#text").input_value() == "A very good film"
    assert "个零" in page.locator("#trap").inner_text()
    for name in ("手写数字", "交互页面"):
        page.locator("nav a", has_text=name).click()
        assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.locator("main a[data-page='two_units.html']").click()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.locator("nav a[hreflang=en]").click()
    page.locator("nav a", has_text="Gradient").click()
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_page_starts_in_the_browsers_language_unless_the_link_names_one(opened):
    languages = [
        opened("index.html", language=language, locale=locale).locator("html").get_attribute("lang")
        for locale, language in (("zh-CN", ""), ("zh-CN", "#en"), ("de-DE", ""))
    ]
    assert languages == ["zh-CN", "en", "en"]
    page = opened("index.zh-CN.html")
    page.wait_for_url("**/index.html#zh")
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def _press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_a_digit_is_picked_drawn_and_read_by_keyboard(opened):
    page = opened("digit.html")
    says = page.locator("#says")
    assert says.inner_text().startswith("After 28 rows the network answers 2 (")
    page.locator("#picks button").nth(7).focus()
    _press(page, "Enter")
    assert says.inner_text().startswith("After 28 rows the network answers 7 (")
    page.locator("#rows").focus()
    _press(page, "Home")
    assert says.inner_text().startswith("After 1 row the")
    _press(page, "ArrowRight")
    assert says.inner_text().startswith("After 2 rows the")
    _press(page, "End")
    page.locator("input[value=as_published]").focus()
    _press(page, "ArrowDown")
    assert "--variant=corrected" in page.locator("#source").inner_text()
    page.locator("#clear").focus()
    _press(page, "Enter")
    empty = says.inner_text()
    page.locator("#board").focus()
    _press(page, " ", *["Shift+ArrowDown"] * 19)  # a stroke from row 5 to row 24
    assert says.inner_text() != empty
    assert "answers 1 (" in says.inner_text()


def test_a_digit_is_drawn_with_the_mouse(opened):
    page = opened("digit.html", width=400)
    page.locator("#clear").click()
    page.locator("#says").evaluate("element => element.scrollIntoView()")
    box = page.locator("#board").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    assert "answers 1 (" in page.locator("#says").inner_text()
    page.locator("#play").click()
    page.wait_for_function("document.querySelector('#count').value === '3'")
    assert page.locator("#play").inner_text() == "Pause"


def test_reviews_are_typed_and_the_padding_trap_shows(opened):
    page = opened("review.html")
    verdict = page.locator("#verdict")
    answers = {}
    for padding in ("pre", "post"):
        page.locator(f"input[name=padding][value={padding}]").check()
        for text in (
            "Wonderful, excellent, the best film of all.",
            "Awful, boring, a waste of time.",
        ):
            page.locator("#text").fill(text[:-2])
            page.locator("#text").press_sequentially(text[-2:])
            answers[padding, text[:5]] = verdict.inner_text()
        assert page.locator("#trap").is_visible() == (padding == "post")
    assert "positive." in answers["pre", "Wonde"] and "negative." in answers["pre", "Awful"]
    assert answers["post", "Wonde"] == answers["post", "Awful"]  # it forgot both
    page.locator("input[name=cell][value=LSTM]").check()
    page.locator("input[name=padding][value=pre]").check()
    page.locator("#text").fill("Awful, boring, a waste of time.")
    assert "negative." in verdict.inner_text()
    assert "look_inside --dataset=imdb" in page.locator("#source").inner_text()
    page.locator("#text").fill("one two three four five six zzzzz")
    page.locator("#maxlen").select_option("5")
    assert page.locator("#read .cut").all_inner_texts() == ["one", "two"]
    assert page.locator("#read .unknown").all_inner_texts() == ["zzzzz"]
    page.locator("#text").fill("")
    assert verdict.inner_text()


def test_the_gradient_follows_the_sliders(opened):
    page = opened("gradient.html")
    page.locator("#bias").focus()
    before = page.locator("#says").inner_text()
    _press(page, *["ArrowRight"] * 8)
    page.wait_for_function("document.querySelector('#says').textContent.includes('keeps 0.99')")
    assert page.locator("#says").inner_text() != before
    page.locator("#cell-lstm").focus()
    _press(page, " ")
    assert "LSTM 1" not in page.locator("#says").inner_text()
    page.locator("#words").select_option("28")
    page.locator("#state").select_option("at the start")
    assert page.locator("#recorded-chart polyline").count() == 6


@pytest.mark.long
def test_the_spreadsheet_gives_the_published_numbers_until_a_weight_is_changed(opened):
    page = opened("two_units.html")
    numbers = page.locator("#sheet button").all_inner_texts()
    published = "1 2 0.6 1.2923401 0.5 1.39225678 0.53704957 0.85973818 0.46211716 0.88366641"
    assert numbers == [*published.split(), "1.56128388", "2.72707101"]
    assert "numbers that the tutorial prints" in page.locator("#verdict").inner_text()
    page.locator("#sheet button").last.focus()
    _press(page, "Enter")
    assert page.locator("#formula").inner_text().startswith("0.85973818·1 + 0.88366641·2 + 0.1 = ")
    page.locator("[data-value=W0]").fill("0.5")
    assert "Changed" in page.locator("#verdict").inner_text()
    changed = page.locator("#sheet button").all_inner_texts()
    assert changed[:2] == numbers[:2] and changed[2] == numbers[2] and changed[3] != numbers[3]
    page.locator("#reset").click()
    assert page.locator("#sheet button").all_inner_texts() == numbers
    for preset in page.locator("#presets button").all():
        preset.click()
        assert page.locator("#sheet th[scope=col]").count() == 6
