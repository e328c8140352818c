// The page: one conversation after the other, from Start to Stop.

import { NoMicrophone, openCapture } from "./capture.js";
import { drawMeter, drawTimeline } from "./drawing.js";
import { Playback } from "./playback.js";
import { Recording, toFloat } from "./recording.js";
import { Transcript, clock } from "./transcript.js";

const USER_RATE = 16000;
const FRAME_S = 0.04;
const INTERRUPTED_S = 2; // for so long the lane's name says it
const CAUGHT_UP_S = 4;
const DRAWN_MS = 80;
const LOST_MS = 500; // a frame that comes later than this has lost some before it: the machine slept
const BROKE_OFF = "The connection to the server was lost. Is it still running?";
const NEVER_OPENED =
  "The server didn't accept the connection. Is it still running? A proxy in front of it must forward Host and Upgrade, and the server then needs a token.";
const MUTED = "The microphone is muted, by its own switch or by the system: the assistant can't hear you.";
const LOST = "The microphone is gone: it was unplugged, or permission was withdrawn.";
const TIMES = { chunk_s: 0.4, compute_s: 0.2 };

const at = (id) => document.getElementById(id);
const transcript = new Transcript(at("said"), at("said-empty"));

// What is to be played once the server has its token: a file, or null for the microphone.
let asked = null;
// Of the conversation that goes on: socket, capture, playback, times; null between conversations.
let current = null;
let recording = null;
let times = TIMES;

const status = (text) => (at("status").textContent = text);
const notice = (text) => {
  at("notice").textContent = text;
  at("notice").hidden = !text;
};

const socketUrl = () => {
  const url = new URL("talk", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return url;
};

// A token may come in the address behind #, which no server sees; it is taken out of sight at once.
let token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
if (token) history.replaceState(null, "", location.pathname);

const show = () => {
  const talking = current !== null;
  at("start").hidden = talking;
  at("stop").hidden = !talking;
  at("save").disabled = !recording?.chunks.length;
  at("recording").disabled = talking;
  at("recording").parentElement.classList.toggle("disabled", talking);
};

const start = async (file) => {
  if (current) return;
  const mine = { file, socket: null, opened: false, capture: null, playback: null, begun: null, ending: false, pending: null, refused: false };
  current = mine;
  notice("");
  at("token-form").hidden = true;
  status(file ? `Opening ${file.name} …` : "Waiting for the microphone …");
  show();
  try {
    mine.capture = await openCapture(file, USER_RATE, {
      frame: (frame) => hear(mine, frame),
      muted: (is) => muted(mine, is),
      lost: () => lost(mine),
    });
  } catch (error) {
    finish(mine, error instanceof NoMicrophone ? "You can let a recording speak for you instead: see “Play a recording” below." : "");
    notice(error.message);
    return;
  }
  if (current !== mine) return mine.capture.close(); // stopped in the meantime
  status("Connecting …");
  mine.socket = new WebSocket(socketUrl());
  mine.socket.binaryType = "arraybuffer";
  mine.socket.onopen = () => {
    mine.opened = true;
    mine.socket.send(JSON.stringify({ type: "hello", token }));
  };
  mine.socket.onmessage = ({ data }) => (typeof data === "string" ? told(mine, JSON.parse(data)) : sounded(mine, data));
  mine.socket.onclose = () => closed(mine);
};

const stop = () => {
  const mine = current;
  if (!mine) return;
  if (mine.ending) return finish(mine, "The conversation is over. Save it, or start a new one."); // who can't wait
  mine.ending = true;
  if (mine.begun === null) return finish(mine, "Stopped.");
  mine.capture.close();
  mine.socket.send(JSON.stringify({ type: "stop" }));
  status("Ending …");
};

const finish = (mine, words) => {
  if (current !== mine) return;
  current = null;
  mine.capture?.close();
  mine.socket?.close();
  mine.playback?.close();
  status(words);
  show();
  draw();
};

const closed = (mine) => {
  if (current !== mine) return;
  if (!mine.ending && !mine.refused) notice(mine.opened ? BROKE_OFF : NEVER_OPENED);
  finish(mine, mine.begun === null ? "" : "The conversation is over. Save it, or start a new one.");
};

const nowS = (mine) => (performance.now() - mine.begun) / 1000;

const hear = (mine, frame) => {
  if (!mine.playback || mine.ending || mine.socket.readyState !== WebSocket.OPEN) return;
  mine.begun ??= performance.now() - 1000 * FRAME_S;
  recording.user.add(frame);
  const lag = performance.now() - mine.begun - 1000 * recording.user.endS;
  if (lag < 0 || lag > LOST_MS) mine.begun += lag; // the conversation's time is that of the user's samples
  mine.socket.send(frame);
};

const muted = (mine, is) => {
  if (current !== mine) return;
  if (is) notice(MUTED);
  else if (at("notice").textContent === MUTED) notice("");
};

const lost = (mine) => {
  if (current !== mine || mine.ending) return;
  stop();
  notice(LOST);
};

const told = (mine, message) => {
  switch (message.type) {
    case "queued":
      status(message.place === 1 ? "Someone is talking; you are next." : `Others are talking; you are number ${message.place} in line.`);
      break;
    case "ready":
      recording = new Recording(message);
      times = message;
      transcript.clear();
      mine.playback = new Playback(message.sound_rate);
      at("title").textContent = message.checkpoint;
      at("delay").textContent = `Delay: ${message.delay}.`;
      at("idle").textContent = `While others wait, a conversation ends if you say nothing for ${Math.round(message.idle_s / 60)} minutes.`;
      status("Talk. You can speak while the assistant is speaking.");
      mine.capture.begin();
      show();
      keepDrawing(mine);
      break;
    case "step":
      recording.addStep(message);
      transcript.add(message);
      mine.pending = message;
      if (message.notice) slipped(message);
      show();
      break;
    case "end":
      recording.addEvents(message.events);
      transcript.add({ ...message, start_s: recording.assistant.endS });
      mine.pending = { start_s: recording.assistant.endS };
      break;
    case "refused":
      mine.refused = true;
      if (message.reason === "token") askForToken(mine.file);
      else notice(`The server ended the conversation: ${message.detail}.`);
      break;
  }
};

// That the clock slips stays in sight until it no longer does.
const slipped = ({ notice: words, late }) => {
  notice(words);
  if (!late) setTimeout(() => at("notice").textContent === words && notice(""), 1000 * CAUGHT_UP_S);
};

const sounded = (mine, data) => {
  const integers = new Int16Array(data);
  recording.assistant.add(integers, mine.pending.start_s);
  mine.playback.play(toFloat(integers), mine.pending.start_s, nowS(mine));
};

const askForToken = (file) => {
  asked = file;
  at("token-label").textContent = token ? "That token is not valid for this server" : "This server requires a token";
  at("token-form").hidden = false;
  at("token").focus();
};

// Not with every frame of the screen: the model may need the same processor.
const keepDrawing = (mine) => {
  if (current !== mine) return;
  requestAnimationFrame(draw);
  setTimeout(keepDrawing, DRAWN_MS, mine);
};

const draw = () => {
  const now = current?.begun ? nowS(current) : 0;
  drawTimeline(at("timeline"), recording, now, current !== null);
  drawMeter(at("meter"), recording?.chunks ?? [], times.chunk_s, times.compute_s);
  at("clock").textContent = clock(current?.begun ? now : (recording?.durationS ?? 0));
  showStates(now);
  showPace();
};

const showStates = (now) => {
  for (const role of ["user", "assistant"]) {
    const last = recording?.events.findLast((event) => event.role === role);
    const cut = last?.kind === "interrupted" && now - last.at_s < INTERRUPTED_S;
    const speaks = last?.kind === "started";
    const state = at(`${role}-state`);
    state.textContent = current && recording ? (cut ? "interrupted" : speaks ? "speaking" : "silent") : "";
    state.className = cut ? "cut" : speaks ? "speaks" : "";
  }
};

const showPace = () => {
  const chunks = recording?.chunks ?? [];
  const last = chunks.at(-1);
  for (const part of ["tokenizer", "model", "vocoder"]) {
    at(`${part}-ms`).textContent = last ? `${Math.round(last[`${part}_s`] * 1000)} ms` : "–";
  }
  const late = recording?.late ?? 0;
  at("late").textContent = late;
  at("late").parentElement.classList.toggle("some", late > 0);
  at("chunks").textContent = chunks.length;
  at("slowest").textContent = last ? `slowest answer after ${Math.max(...chunks.map(({ delay_s }) => delay_s)).toFixed(2)} s` : "";
};

const download = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

const save = async () => {
  const name = `talk-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
  const kept = recording;
  download(await kept.wav(), `${name}.wav`);
  download(kept.json(), `${name}.json`);
};

at("start").addEventListener("click", () => start(null));
at("stop").addEventListener("click", stop);
at("save").addEventListener("click", save);
at("recording").addEventListener("change", ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (file) start(file);
});
at("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  start(asked);
});
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
show();
draw();
