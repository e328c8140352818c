// Where the user's sound comes from: the microphone, or a recording that is played in its place.

export class NoMicrophone extends Error {}

const MICROPHONE = { echoCancellation: true, autoGainControl: true, noiseSuppression: false };

const FAULTS = {
  NotAllowedError: "Microphone access was denied; you can allow it in the browser's address bar.",
  NotFoundError: "No microphone is connected.",
  NotReadableError: "The microphone can't be opened; another program may be using it.",
};

const openMicrophone = async () => {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new NoMicrophone(
      window.isSecureContext
        ? "This browser provides no microphone."
        : "Browsers allow the microphone only on https pages and localhost: open the page as localhost, for example through ssh -L.",
    );
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: MICROPHONE });
  } catch (error) {
    throw new NoMicrophone(FAULTS[error.name] ?? `The microphone can't be opened (${error.name}).`);
  }
};

// Calls `frame` with an Int16Array of 40 ms at `rate`, again and again, until `close`. Of a microphone it also tells
// whether the system mutes it, by `muted` with true or false, and that it is gone, by `lost`: both sound like silence.
export const openCapture = async (recording, rate, { frame, muted, lost }) => {
  const stream = recording ? null : await openMicrophone();
  stream?.getAudioTracks().forEach((track) => {
    track.onmute = () => muted(true);
    track.onunmute = () => muted(false);
    track.onended = lost; // `close` does not call it: who stops a track is not told of its end
    if (track.muted) muted(true);
  });
  const context = new AudioContext();
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    if (context.state !== "closed") context.close();
  };
  try {
    const sound = recording && (await context.decodeAudioData(await recording.arrayBuffer()));
    await context.audioWorklet.addModule("worklet.js");
    const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, processorOptions: { rate } });
    node.port.onmessage = ({ data }) => frame(data);
    await context.resume();
    let begin = () => {};
    if (stream) {
      context.createMediaStreamSource(stream).connect(node);
    } else {
      const source = new AudioBufferSourceNode(context, { buffer: sound });
      source.connect(node);
      begin = () => source.start(); // not before the conversation begins: none of it is to be lost in the line
    }
    return { begin, close };
  } catch (error) {
    close();
    throw recording && error.name === "EncodingError" ? new Error(`${recording.name} is not an audio file that this browser can read.`) : error;
  }
};
