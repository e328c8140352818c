// Plays the assistant's pieces where the server places them, without a seam; what comes late is played at once.

const SOON_S = 0.01;

export class Playback {
  constructor(rate) {
    this.context = new AudioContext({ sampleRate: rate }); // the pieces' own rate: nothing is resampled at their seams
    this.rate = rate;
    this.offset = null; // from the conversation's time to the context's, held while sound goes on
    this.freeAt = 0; // when the sound that is placed ends, in the context's time
    this.context.resume().catch(() => {}); // a browser may hold it back; refused where the page closes it meanwhile
  }

  // Takes Float32Array `samples` that begin at `startS`; it is `nowS` in the conversation.
  play(samples, startS, nowS) {
    if (!samples.some((sample) => sample !== 0)) {
      this.offset = null; // silence: the next sound is placed afresh, which makes lost time good
      return;
    }
    const now = this.context.currentTime;
    this.offset ??= now - nowS;
    this.offset = Math.max(this.offset, now + SOON_S - startS, this.freeAt - startS);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: this.rate });
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    const startAt = Math.round((startS + this.offset) * this.rate) / this.rate;
    source.start(startAt);
    this.freeAt = startAt + samples.length / this.rate;
  }

  close() {
    this.context.close();
  }
}
