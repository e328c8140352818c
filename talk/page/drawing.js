// Draws the timeline and the meter on canvases, in the colours of the style sheet.

import { BIN_S } from "./recording.js";

const SHOWN_S = 20;
const AHEAD_S = 0.8; // the assistant's sound is known so long before it is heard
const LOUD = 0.5;
const LANES = { user: { top: 12, height: 80 }, assistant: { top: 152, height: 80 } };
const BARS = { user: 108, assistant: 128 };
const METER_CHUNKS = 60;

// Returns the canvas's context with one unit to a CSS pixel, cleared, and a way to look up colours.
const prepared = (canvas) => {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "11px system-ui, sans-serif";
  const style = getComputedStyle(canvas);
  return { pen, width, height, colour: (name) => style.getPropertyValue(`--${name}`).trim() };
};

// From when to when somebody spoke, and where that was cut short.
export const spans = (events, role) => {
  const found = [];
  for (const { kind, at_s: at, role: whose } of events) {
    if (whose !== role) continue;
    if (kind === "started") found.push({ from: at, to: null, cut: false });
    else if (kind === "stopped" && found.length) found.at(-1).to = at;
    else if (kind === "interrupted" && found.length) found.at(-1).cut = true;
  }
  return found;
};

// While the conversation is live the last seconds are shown, afterwards all of it.
export const drawTimeline = (canvas, recording, nowS, live) => {
  const { pen, width, colour } = prepared(canvas);
  const toS = live ? Math.max(nowS + AHEAD_S, SHOWN_S) : Math.max(recording?.durationS ?? 0, SHOWN_S);
  const fromS = live ? toS - SHOWN_S : 0;
  const x = (seconds) => ((seconds - fromS) / (toS - fromS)) * width;
  drawSeconds(pen, colour, fromS, toS, x);
  for (const role of Object.keys(LANES)) {
    const { top, height } = LANES[role];
    pen.fillStyle = colour("line");
    pen.fillRect(0, top + height / 2, width, 1);
    if (!recording) continue;
    const endS = live ? Math.min(nowS, recording[role].endS) : recording[role].endS;
    for (const { from, to, cut } of spans(recording.events, role)) {
      const [left, right] = [x(from), x(to ?? Math.max(endS, from))];
      if (right < 0) continue;
      pen.fillStyle = colour(`${role}-tint`);
      pen.fillRect(left, top, right - left, height);
      pen.fillStyle = colour(role);
      pen.fillRect(left, BARS[role] - 3, Math.max(right - left, 2), 6);
      if (cut) drawCut(pen, colour, right, top, height, width);
    }
    drawWave(pen, recording[role].peaks, colour(role), fromS, Math.min(toS, recording[role].endS), x, top, height);
  }
  if (live) {
    pen.fillStyle = colour("ink");
    pen.fillRect(x(nowS), 6, 1.5, 230);
  }
};

const drawSeconds = (pen, colour, fromS, toS, x) => {
  const every = [2, 5, 10, 30, 60, 120, 300, 600].find((step) => x(fromS + step) >= 60) ?? 600;
  for (let second = Math.ceil(fromS / every) * every; second <= toS; second += every) {
    pen.fillStyle = colour("line");
    pen.fillRect(x(second), 6, 1, 230);
    pen.fillStyle = colour("soft");
    pen.fillText(`${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`, x(second) + 4, 254);
  }
};

const drawWave = (pen, peaks, colour, fromS, toS, x, top, height) => {
  pen.fillStyle = colour;
  const binWidth = Math.max(x(BIN_S) - x(0), 0.5);
  for (let bin = Math.max(Math.floor(fromS / BIN_S), 0); bin * BIN_S < toS; bin += 1) {
    const half = (Math.sqrt(Math.min((peaks[bin] ?? 0) / LOUD, 1)) * height) / 2;
    if (half > 0.5) pen.fillRect(x(bin * BIN_S), top + height / 2 - half, binWidth, 2 * half);
  }
};

const drawCut = (pen, colour, x, top, height, width) => {
  pen.strokeStyle = pen.fillStyle = colour("alert");
  pen.lineWidth = 2;
  pen.setLineDash([4, 3]);
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x, top + height);
  pen.stroke();
  pen.setLineDash([]);
  pen.fillRect(x - 1, BARS.assistant - 7, 3, 14);
  pen.textAlign = x > width - 70 ? "right" : "left";
  pen.fillText("interrupted", pen.textAlign === "left" ? x + 6 : x - 6, BARS.assistant + 4);
  pen.textAlign = "left";
};

// A column for each chunk: tokenizer, model and vocoder, against the 400 ms it may take and the budget within.
export const drawMeter = (canvas, chunks, chunkS, computeS) => {
  const { pen, width, height, colour } = prepared(canvas);
  const y = (seconds) => height - (Math.min(seconds / (chunkS * 1.15), 1) * height);
  const column = width / METER_CHUNKS;
  chunks.slice(-METER_CHUNKS).forEach((chunk, place) => {
    let bottom = 0;
    for (const part of ["tokenizer", "model", "vocoder"]) {
      const top = bottom + chunk[`${part}_s`];
      pen.fillStyle = colour(part);
      pen.fillRect(place * column, y(top), Math.max(column - 1, 1), y(bottom) - y(top));
      bottom = top;
    }
    if (chunk.late) {
      pen.fillStyle = colour("alert");
      pen.fillRect(place * column, 0, Math.max(column - 1, 1), 4);
    }
  });
  for (const [seconds, name] of [[chunkS, "alert"], [computeS, "soft"]]) {
    pen.fillStyle = colour(name);
    pen.fillRect(0, y(seconds), width, 1);
    pen.textAlign = "right";
    pen.fillText(`${Math.round(seconds * 1000)} ms`, width, y(seconds) + 12);
  }
};
