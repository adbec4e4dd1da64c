// What the explorers' pages share: languages, navigation, colours of the theme, heat maps, elements.
"use strict";

var PAGE = (function () {
  const byId = (id) => document.getElementById(id);

  /** An element with attributes, or properties of the same names, and children. */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // ---- languages -----------------------------------------------------------------------------

  const LANGUAGES = { en: { tag: "en", name: "English" }, zh: { tag: "zh-CN", name: "简体中文" } };
  const NAVIGATION = { en: "Explorers", zh: "交互页面" };
  const PAGES = {
    "index.html": NAVIGATION,
    "digit.html": { en: "Digit", zh: "手写数字" },
    "review.html": { en: "Review", zh: "影评" },
    "gradient.html": { en: "Gradient", zh: "梯度" },
    "two_units.html": { en: "Two units", zh: "两个单元" },
  };
  const ATTRIBUTES = { label: "aria-label", title: "title" };
  let texts = {};

  /** The language that the address ends with, #en or #zh; without it, the browser's. */
  function language() {
    const asked = location.hash.slice(1);
    if (asked in LANGUAGES) return asked;
    return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  }

  /** A text of the page in its language; what follows the name goes to a text that is a function. */
  function text(name, ...values) {
    const found = texts[name][language()];
    return typeof found === "function" ? found(...values) : found;
  }

  /** The links between the pages, which carry the language along, and the switch. */
  function navigation() {
    const now = language(), here = location.pathname.split("/").pop() || "index.html";
    const link = (href, attributes, name) => element("a", { href, ...attributes }, name);
    const pages = Object.entries(PAGES).map(([page, name]) =>
      link(`${page}#${now}`, page === here ? { "aria-current": "page" } : {}, name[now]));
    const switches = Object.entries(LANGUAGES).map(([to, { tag, name }]) =>
      link("#" + to, { lang: tag, hreflang: tag, ...(to === now ? { "aria-current": "true" } : {}) }, name));
    const nav = document.querySelector("nav");
    const focused = [...nav.querySelectorAll("a")].indexOf(document.activeElement);
    nav.setAttribute("aria-label", NAVIGATION[now]);
    nav.replaceChildren(...pages, element("span", { class: "languages" }, switches[0], " | ", switches[1]));
    if (focused >= 0) nav.querySelectorAll("a")[focused].focus();
    for (const tile of document.querySelectorAll("main a[data-page]")) tile.href = `${tile.dataset.page}#${now}`;
  }

  /** Puts the texts into what has data-text (HTML), data-label (aria-label) or data-title (title). */
  function translate() {
    document.documentElement.lang = LANGUAGES[language()].tag;
    document.title = text("title");
    for (const found of document.querySelectorAll("[data-text]")) found.innerHTML = text(found.dataset.text);
    for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
      for (const found of document.querySelectorAll(`[data-${name}]`)) {
        found.setAttribute(attribute, text(found.dataset[name]));
      }
    }
    navigation();
  }

  /** Takes the page's texts, {name: {en, zh}}, each a string or a function of values, and shows them. */
  function speak(ofPage) {
    texts = ofPage;
    translate();
  }

  /** Translates the page and calls `draw`: now, and when the language is switched. */
  function keepTranslated(draw) {
    const both = () => {
      translate();
      draw();
    };
    window.addEventListener("hashchange", both);
    both();
  }

  // ---- colours and pictures ------------------------------------------------------------------

  /** The [red, green, blue] of a colour of page.css, such as "blue", in the present theme. */
  function colour(name) {
    const hex = getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  }

  function mix(a, b, share) {
    return a.map((value, n) => Math.round(value + (b[n] - value) * share));
  }

  /** Scales from a number to a colour. They read the theme when they are made. */
  const scales = {
    /** -1 vermilion, 0 the card's colour, 1 blue. */
    signed() {
      const [low, middle, high] = ["vermilion", "middle", "blue"].map(colour);
      return (v) => mix(middle, v < 0 ? low : high, Math.min(1, Math.abs(v)));
    },
    /** 0 the card's colour, 1 green. */
    gate() {
      const [low, high] = ["middle", "green"].map(colour);
      return (v) => mix(low, high, Math.min(1, Math.max(0, v)));
    },
    /** 0 the card's colour, 1 blue. */
    share() {
      const [low, high] = ["middle", "blue"].map(colour);
      return (v) => mix(low, high, Math.min(1, Math.max(0, v)));
    },
    /** 0 the card's colour, 1 the text's. */
    ink() {
      const [low, high] = ["middle", "plain"].map(colour);
      return (v) => mix(low, high, Math.min(1, Math.max(0, v)));
    },
  };

  /**
   * Paints rows of numbers on a canvas, a pixel per number; page.css enlarges it.
   * Rows from `lit` on are faded towards the card.
   */
  function heatMap(canvas, rows, scale, lit = rows.length) {
    const context = canvas.getContext("2d");
    canvas.width = rows[0].length;
    canvas.height = rows.length;
    const image = context.createImageData(canvas.width, canvas.height), card = colour("card");
    let at = 0;
    rows.forEach((row, r) => {
      for (const value of row) {
        const painted = r < lit ? scale(value) : mix(scale(value), card, 0.84);
        image.data.set([...painted, 255], at);
        at += 4;
      }
    });
    context.putImageData(image, 0, 0);
  }

  /** Calls `draw` now, and again when the language, the theme or the width changes. */
  function keepDrawn(draw) {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    window.addEventListener("resize", draw);
    keepTranslated(draw);
  }

  /** 0.934 as 93 %, 0.0123 as 1.2 %, 0.9996 as 99.96 %; the space does not break. Chinese has none. */
  function percent(p) {
    const digits = p > 0.9995 ? 2 : p > 0.995 || p < 0.0995 ? 1 : 0;
    return (p > 0.99995 ? "100" : p < 0.0005 ? "0" : (100 * p).toFixed(digits)) + (language() === "zh" ? "%" : "\u00a0%");
  }

  return { byId, element, speak, text, keepTranslated, colour, scales, heatMap, keepDrawn, percent };
})();
