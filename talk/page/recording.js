// What was heard and said: kept for drawing and for saving. Times are seconds from the user's first sample.

const LONGEST_S = 1800; // is kept to be saved: some 140 MB
const FULL_SCALE = 32768;
export const BIN_S = 0.02;

class Channel {
  constructor(rate) {
    this.rate = rate;
    this.pieces = [];
    this.peaks = []; // one for each BIN_S
    this.endS = 0;
  }

  // Takes an Int16Array.
  add(integers, startS = this.endS) {
    this.endS = startS + integers.length / this.rate;
    integers.forEach((integer, i) => {
      const bin = Math.floor((startS + i / this.rate) / BIN_S);
      this.peaks[bin] = Math.max(this.peaks[bin] ?? 0, Math.abs(integer) / FULL_SCALE);
    });
    if (this.endS < LONGEST_S) this.pieces.push({ startS, integers });
  }

  whole(durationS) {
    const samples = new Float32Array(Math.ceil(durationS * this.rate));
    for (const { startS, integers } of this.pieces) samples.set(toFloat(integers), Math.round(startS * this.rate));
    return samples;
  }
}

export const toFloat = (integers) => Float32Array.from(integers, (integer) => integer / FULL_SCALE);

export class Recording {
  constructor({ user_rate: userRate, sound_rate: soundRate, checkpoint }) {
    this.user = new Channel(userRate);
    this.assistant = new Channel(soundRate);
    this.checkpoint = checkpoint;
    this.events = [];
    this.text = [];
    this.chunks = [];
  }

  get durationS() {
    return Math.max(this.user.endS, this.assistant.endS);
  }

  get late() {
    return this.chunks.filter(({ late }) => late).length;
  }

  // Takes events as they become known: an interruption comes when the user has been heard up to it.
  addEvents(events) {
    this.events.push(...events);
    this.events.sort((one, other) => one.at_s - other.at_s);
  }

  addStep({ start_s: at_s, text, events, spent, delay_s, late }) {
    this.addEvents(events);
    if (text) this.text.push({ at_s, text });
    this.chunks.push({ ...spent, delay_s, late });
  }

  json() {
    const round = (item) => ({ ...item, at_s: Math.round(item.at_s * 1000) / 1000 });
    const [events, text] = [this.events.map(round), this.text.map(round)];
    const content = { checkpoint: this.checkpoint, chunks: this.chunks.length, late_chunks: this.late, events, text };
    return new Blob([JSON.stringify(content, null, 1) + "\n"], { type: "application/json" });
  }

  // Stereo at the assistant's rate, the user left; the browser resamples the user's channel.
  async wav() {
    const { rate } = this.assistant;
    const durationS = Math.min(this.durationS, LONGEST_S) + 0.5;
    const sound = this.assistant.whole(durationS);
    const context = new OfflineAudioContext(1, sound.length, rate);
    const heard = this.user.whole(durationS);
    const buffer = new AudioBuffer({ length: heard.length, sampleRate: this.user.rate });
    buffer.copyToChannel(heard, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.start();
    return stereoWav((await context.startRendering()).getChannelData(0), sound, rate);
  }
}

const stereoWav = (left, right, rate) => {
  const bytes = right.length * 4;
  const view = new DataView(new ArrayBuffer(44 + bytes));
  const letters = (place, text) => [...text].forEach((letter, i) => view.setUint8(place + i, letter.charCodeAt(0)));
  letters(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  letters(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  letters(36, "data");
  view.setUint32(40, bytes, true);
  const integer = (sample) => Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE)));
  for (let i = 0; i < right.length; i += 1) {
    view.setInt16(44 + 4 * i, integer(left[i]), true);
    view.setInt16(46 + 4 * i, integer(right[i]), true);
  }
  return new Blob([view], { type: "audio/wav" });
};
