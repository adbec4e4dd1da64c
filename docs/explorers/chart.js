// A line chart as SVG, with text as text; used by the pages gradient.html and review.html.
"use strict";

var CHART = (function () {
  const NS = "http://www.w3.org/2000/svg";

  function svg(tag, attributes, text) {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const SUPERSCRIPT = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((s, n) => [n, s])) };
  const power = (exponent) => "10" + [...String(exponent)].map((sign) => SUPERSCRIPT[sign]).join("");

  /** A number with one digit before the power of ten: 4·10⁻⁸. */
  function scientific(x) {
    if (!(x > 0)) return "0";
    const [digits, exponent] = x.toExponential(0).split("e");
    return `${digits}·${power(Number(exponent))}`;
  }

  /**
   * Draws lines by distance, their values on a logarithmic axis.
   * lines: a list of {values, colour (a name of page.css), dash}.
   */
  function logarithmic(box, lines, { xLabel, yLabel, floor, label }) {
    const width = Math.max(280, box.clientWidth), height = width < 500 ? 300 : 380;
    const left = 66, right = 14, top = 12, bottom = 46;
    const count = Math.max(...lines.map(({ values }) => values.length), 2);
    const every = lines.flatMap(({ values }) => Array.from(values)).filter((v) => v > 0);
    const logs = every.map(Math.log10);
    const high = Math.ceil(Math.max(0, ...logs) + 0.01);
    const low = Math.max(Math.log10(floor), Math.min(high - 2, Math.floor(Math.min(...logs, 0))));
    const x = (n) => left + (n / (count - 1)) * (width - left - right);
    const y = (log) => top + ((high - log) / (high - low)) * (height - top - bottom);
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
    const step = Math.ceil((high - low) / 7);
    for (let exponent = Math.ceil(low); exponent <= high; exponent += step) {
      root.append(svg("line", { x1: left, x2: width - right, y1: y(exponent), y2: y(exponent), class: "grid" }));
      root.append(svg("text", { x: left - 6, y: y(exponent) + 4, "text-anchor": "end" }, power(exponent)));
    }
    const ticks = width < 500 ? 4 : 8, unit = 10 ** Math.floor(Math.log10(count / ticks));
    const each = [1, 2, 5, 10].map((n) => n * unit).find((n) => count / n <= ticks);
    for (let n = 0; n < count; n += Math.max(1, each)) {
      root.append(svg("text", { x: x(n), y: height - bottom + 18, "text-anchor": "middle" }, n));
    }
    root.append(svg("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle", class: "axis" }, xLabel));
    root.append(svg("text", { transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "axis" }, yLabel));
    for (const { values, colour, dash } of lines) {
      const points = [];
      for (let n = 0; n < values.length; n++) {
        const log = Math.log10(values[n]);
        if (!(log >= low)) {
          points.push(`${x(n)},${y(low)}`);
          break;
        }
        points.push(`${x(n)},${y(log)}`);
      }
      root.append(svg("polyline", { points: points.join(" "), fill: "none", "stroke-width": 2.5, "stroke-linejoin": "round", "stroke-dasharray": dash || "none", style: `stroke: var(--${colour})` }));
    }
    box.replaceChildren(root);
  }

  return { svg, power, scientific, logarithmic };
})();
