// The arithmetic of the explorers: LSTM, SimpleRNN, GRU, Dense and softmax, and how far back a
// gradient reaches. Plain functions of arrays; no page, no network, no dependence.
// tests/test_explorers.py compares every function with Keras or TensorFlow.
"use strict";

var RNN = (function () {
  // ---- numbers -------------------------------------------------------------------------------

  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  /** The bytes of a base64 text. */
  function bytes(text) {
    const clean = text.replace(/=+$/, "");
    const out = new Uint8Array(Math.floor((clean.length * 3) / 4));
    let held = 0, bits = 0, at = 0;
    for (const letter of clean) {
      held = ((held << 6) | DIGITS.indexOf(letter)) & 0xffffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        out[at++] = (held >> bits) & 0xff;
      }
    }
    return out;
  }

  /** The numbers of a base64 text of little-endian float16. */
  function float16(text) {
    const raw = bytes(text);
    const out = new Float64Array(raw.length / 2);
    for (let n = 0; n < out.length; n++) {
      const half = raw[2 * n] | (raw[2 * n + 1] << 8);
      const exponent = (half >> 10) & 31, fraction = half & 1023;
      const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      out[n] = half & 0x8000 ? -size : size;
    }
    return out;
  }

  const sigmoid = (z) => 1 / (1 + Math.exp(-z));

  /** x @ kernel + bias; the kernel is (x.length, width), row by row; without a bias 0 is added. */
  function affine(x, kernel, width, bias) {
    const out = bias ? Float64Array.from(bias) : new Float64Array(width);
    for (let row = 0; row < x.length; row++) {
      const value = x[row];
      if (value === 0) continue;
      for (let column = 0, at = row * width; column < width; column++, at++) {
        out[column] += value * kernel[at];
      }
    }
    return out;
  }

  /** kernel @ d: what `affine` passes back from d = dLoss/d(out) to x. */
  function transposed(d, kernel, rows) {
    const width = d.length, out = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let column = 0, at = row * width; column < width; column++, at++) {
        sum += kernel[at] * d[column];
      }
      out[row] = sum;
    }
    return out;
  }

  function plus(a, b) {
    return a.map((value, n) => value + b[n]);
  }

  // ---- layers --------------------------------------------------------------------------------

  /** exp(z) over its sum, computed from the largest down so that nothing overflows. */
  function softmax(z) {
    const largest = Math.max(...z);
    const powers = Array.from(z, (value) => Math.exp(value - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((value) => value / sum);
  }

  /** A dense layer without its activation. w: {kernel (inputs, outputs), bias}. */
  function dense(w, x) {
    return affine(x, w.kernel, w.bias.length, w.bias);
  }

  /**
   * h_t = tanh(x_t W + h_{t-1} R + b), from h_0 = 0.
   * w: {kernel (features, units), recurrent (units, units), bias (units)}, as Keras holds them.
   * Returns a list of {z, h}, one per step; z is the value before the activation.
   */
  function simpleRnn(w, inputs) {
    const units = w.bias.length;
    let h = new Float64Array(units);
    return Array.from(inputs, (x) => {
      const z = plus(affine(x, w.kernel, units, w.bias), affine(h, w.recurrent, units));
      h = z.map(Math.tanh);
      return { z, h };
    });
  }

  /**
   * i, f, o = sigmoid(...); g = tanh(...); c_t = f c_{t-1} + i g; h_t = o tanh(c_t).
   * w: {kernel (features, 4 units), recurrent (units, 4 units), bias (4 units)}, gates in Keras'
   * order i, f, g, o. Returns a list of {i, f, g, o, c, h}, one per step.
   */
  function lstm(w, inputs) {
    const units = w.bias.length / 4;
    let h = new Float64Array(units), c = new Float64Array(units);
    return Array.from(inputs, (x) => {
      const z = plus(affine(x, w.kernel, 4 * units, w.bias), affine(h, w.recurrent, 4 * units));
      const part = (n) => z.slice(n * units, (n + 1) * units);
      const i = part(0).map(sigmoid), f = part(1).map(sigmoid);
      const g = part(2).map(Math.tanh), o = part(3).map(sigmoid);
      c = c.map((value, n) => f[n] * value + i[n] * g[n]);
      h = c.map((value, n) => o[n] * Math.tanh(value));
      return { i, f, g, o, c, h };
    });
  }

  /**
   * TensorFlow 1's GRUCell: r, u = sigmoid([x, h] Wg + bg); n = tanh([x, r h] Wn + bn);
   * h_t = u h_{t-1} + (1 - u) n.
   * w: {gates: {kernel, recurrent, bias}, candidate: {kernel, recurrent, bias}}, gates in order r, u.
   * Returns a list of {r, u, n, h}, one per step.
   */
  function gru(w, inputs) {
    const units = w.candidate.bias.length;
    let h = new Float64Array(units);
    return Array.from(inputs, (x) => {
      const gates = plus(
        affine(x, w.gates.kernel, 2 * units, w.gates.bias),
        affine(h, w.gates.recurrent, 2 * units)
      ).map(sigmoid);
      const r = gates.slice(0, units), u = gates.slice(units);
      const n = plus(
        affine(x, w.candidate.kernel, units, w.candidate.bias),
        affine(h.map((value, k) => r[k] * value), w.candidate.recurrent, units)
      ).map(Math.tanh);
      h = h.map((value, k) => u[k] * value + (1 - u[k]) * n[k]);
      return { r, u, n, h };
    });
  }

  // ---- the backward pass ---------------------------------------------------------------------

  /**
   * dLoss/dh_t for every step, from dLoss/dh_T. All three take the weights of the forward pass,
   * the list that it returned, and the gradient at the last step; they return a list like it.
   */
  const backward = {
    simpleRnn(w, steps, last) {
      return walk(steps, last, (dh, { h }) => {
        return transposed(dh.map((d, k) => d * (1 - h[k] ** 2)), w.recurrent, h.length);
      });
    },

    lstm(w, steps, last) {
      const units = last.length;
      let dc = new Float64Array(units);
      return walk(steps, last, (dh, { i, f, g, o, c }, before) => {
        const dz = new Float64Array(4 * units);
        for (let k = 0; k < units; k++) {
          const squashed = Math.tanh(c[k]);
          dc[k] += dh[k] * o[k] * (1 - squashed ** 2);
          dz[k] = dc[k] * g[k] * i[k] * (1 - i[k]);
          dz[units + k] = dc[k] * (before ? before.c[k] : 0) * f[k] * (1 - f[k]);
          dz[2 * units + k] = dc[k] * i[k] * (1 - g[k] ** 2);
          dz[3 * units + k] = dh[k] * squashed * o[k] * (1 - o[k]);
          dc[k] *= f[k];
        }
        return transposed(dz, w.recurrent, units);
      });
    },

    gru(w, steps, last) {
      const units = last.length, zero = new Float64Array(units);
      return walk(steps, last, (dh, { r, u, n }, before) => {
        const h = before ? before.h : zero;
        const dn = dh.map((d, k) => d * (1 - u[k]) * (1 - n[k] ** 2));
        const through = transposed(dn, w.candidate.recurrent, units);
        const dz = new Float64Array(2 * units);
        for (let k = 0; k < units; k++) {
          dz[k] = through[k] * h[k] * r[k] * (1 - r[k]);
          dz[units + k] = dh[k] * (h[k] - n[k]) * u[k] * (1 - u[k]);
        }
        const gated = transposed(dz, w.gates.recurrent, units);
        return gated.map((d, k) => d + dh[k] * u[k] + through[k] * r[k]);
      });
    },
  };

  /** Goes from the last step to the first; `previous` gives dLoss/dh_{t-1} from dLoss/dh_t. */
  function walk(steps, last, previous) {
    const found = new Array(steps.length);
    let dh = Float64Array.from(last);
    for (let t = steps.length - 1; t >= 0; t--) {
      found[t] = dh;
      if (t > 0) dh = previous(dh, steps[t], steps[t - 1]);
    }
    return found;
  }

  /** The Euclidean norm. */
  function norm(x) {
    return Math.sqrt(x.reduce((sum, value) => sum + value ** 2, 0));
  }

  // ---- initial weights -----------------------------------------------------------------------

  /** A function that draws the same uniform numbers in [0, 1) for the same seed (mulberry32). */
  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  function uniform(draw, count, limit) {
    return Float64Array.from({ length: count }, () => (2 * draw() - 1) * limit);
  }

  /** TensorFlow 1's initial weights: one joint kernel, (features + units, columns), Glorot-uniform. */
  function glorot(draw, features, units, columns, bias) {
    const limit = Math.sqrt(6 / (features + units + columns));
    return {
      kernel: uniform(draw, features * columns, limit),
      recurrent: uniform(draw, units * columns, limit),
      bias: Float64Array.from({ length: columns }, bias),
    };
  }

  /** A random orthogonal matrix, row by row: random rows, each made orthogonal to those before. */
  function orthogonal(draw, units) {
    const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
    const rows = [];
    while (rows.length < units) {
      let row = Float64Array.from({ length: units }, normal);
      for (let twice = 0; twice < 2; twice++) {
        for (const other of rows) {
          const shared = row.reduce((sum, value, k) => sum + value * other[k], 0);
          row = row.map((value, k) => value - shared * other[k]);
        }
      }
      const size = norm(row);
      rows.push(row.map((value) => value / size));
    }
    return Float64Array.from(rows.flatMap((row) => Array.from(row)));
  }

  /** Initial weights of "simpleRnn", "orthogonal", "lstm" or "gru". */
  function initial(kind, draw, features, units, forgetBias) {
    if (kind === "lstm") {
      const isForget = (n) => n >= units && n < 2 * units;
      return glorot(draw, features, units, 4 * units, (_, n) => (isForget(n) ? forgetBias : 0));
    }
    if (kind === "gru") {
      return {
        gates: glorot(draw, features, units, 2 * units, () => 1),
        candidate: glorot(draw, features, units, units, () => 0),
      };
    }
    const w = glorot(draw, features, units, units, () => 0);
    return kind === "orthogonal" ? { ...w, recurrent: orthogonal(draw, units) } : w;
  }

  /**
   * How much of the gradient reaches a step that lies far back: the norm of dLoss/dh_t by distance
   * from the last step, mean over sequences of small random vectors. The weights are initial ones.
   */
  function reach({ kind, forgetBias, length, units = 32, sequences = 8, seed = 0 }) {
    const draw = random(seed);
    const w = initial(kind, draw, units, units, forgetBias);
    const readout = uniform(draw, units, Math.sqrt(6 / (units + 1)));
    const forward = { lstm, gru }[kind] || simpleRnn;
    const back = backward[kind] || backward.simpleRnn;
    const sums = new Float64Array(length);
    for (let n = 0; n < sequences; n++) {
      const inputs = Array.from({ length }, () => uniform(draw, units, 0.05));
      const steps = forward(w, inputs);
      const p = sigmoid(steps[length - 1].h.reduce((sum, h, k) => sum + h * readout[k], 0));
      const last = readout.map((value) => value * (p - (n % 2)));
      back(w, steps, last).forEach((dh, t) => (sums[length - 1 - t] += norm(dh) / sequences));
    }
    return sums;
  }

  return {
    bytes, float16, sigmoid, softmax, affine, dense, simpleRnn, lstm, gru, backward, norm,
    random, initial, reach,
  };
})();
