// Captures sound: mixes it down, brings it to the server's rate through a windowed sinc, and posts frames of 40 ms.

const FRAME_S = 0.04;
const ZERO_CROSSINGS = 16;
const PASSED = 0.94; // of the band below half the lower rate; what lies above fades out

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

// One filter for each place that a new sample can have between two old ones.
const filters = (from, to) => {
  const phases = to / divisor(from, to);
  const cutoff = (PASSED * Math.min(from, to)) / from; // in units of the old half rate
  const half = Math.ceil(ZERO_CROSSINGS / cutoff);
  return Array.from({ length: phases }, (_, phase) => {
    const taps = Float32Array.from({ length: 2 * half }, (_, tap) => {
      const x = tap - half + 1 - phase / phases;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
      return Math.abs(x) < half ? sinc * Math.cos((Math.PI * x) / (2 * half)) ** 2 : 0;
    });
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
};

class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate } }) {
    super();
    this.filters = filters(sampleRate, rate);
    this.step = sampleRate / divisor(sampleRate, rate);
    this.taps = this.filters[0].length;
    this.heard = new Float32Array(this.taps + 4096);
    this.length = this.taps; // begins with silence
    this.place = 0; // of the next new sample, in old samples times the number of filters
    this.frame = new Int16Array(Math.round(rate * FRAME_S));
    this.filled = 0;
  }

  process([channels]) {
    const block = channels[0]?.length ?? 128; // no channel: nothing plays into the node, which is silence
    for (let i = 0; i < block; i += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.heard[this.length + i] = channels.length ? sum / channels.length : 0;
    }
    this.length += block;
    const phases = this.filters.length;
    while (Math.floor(this.place / phases) + this.taps <= this.length) {
      const start = Math.floor(this.place / phases);
      const filter = this.filters[this.place % phases];
      let sample = 0;
      for (let tap = 0; tap < this.taps; tap += 1) sample += filter[tap] * this.heard[start + tap];
      this.add(sample);
      this.place += this.step;
    }
    const used = Math.min(Math.floor(this.place / phases), this.length);
    this.heard.copyWithin(0, used, this.length);
    this.length -= used;
    this.place -= used * phases;
    return true;
  }

  add(sample) {
    this.frame[this.filled] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
    this.filled += 1;
    if (this.filled === this.frame.length) {
      this.port.postMessage(this.frame.slice());
      this.filled = 0;
    }
  }
}

registerProcessor("capture", Capture);
