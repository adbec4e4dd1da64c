// What the explorers' pages share: colours of the theme, heat maps, elements.
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

  /** Calls `draw` now, and again when the theme or the width changes. */
  function keepDrawn(draw) {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    window.addEventListener("resize", draw);
    draw();
  }

  /** 0.934 as 93 %, 0.0123 as 1.2 %, 0.9996 as 99.96 %; the space does not break. */
  function percent(p) {
    const digits = p > 0.9995 ? 2 : p > 0.995 || p < 0.0995 ? 1 : 0;
    return (p > 0.99995 ? "100" : p < 0.0005 ? "0" : (100 * p).toFixed(digits)) + "\u00a0%";
  }

  return { byId, element, colour, scales, heatMap, keepDrawn, percent };
})();
