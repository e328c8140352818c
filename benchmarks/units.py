"""Speech units and the voice that speaks them again, on sentences and voices that no training has heard.

Word error is counted by Whisper tiny.en (the gate's judge, 30 s windows) and by PocketSphinx with its own
language model, on the same clips: the engine's own, the same from units whole, and from units in live chunks.
Channels for stability are the same clips with gaps of digital silence between them, in the built-in noise of another
seed than training's.
"""

import time
from collections.abc import Sequence

import numpy as np
from reporting import Figures, check_saved_weights, parser, report
from rich.progress import track
from sphinx_judge import SphinxJudge
from unit_speech import Clip, ThroughUnits, sphinx_error, whisper_error
from unseen_voices import UNSEEN_VOICES, describe, say

from manifests.randomness import generator
from stages.speech.gate.config import AsrConfig
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.units import grid
from stages.units.bottleneck import EMBEDDED as EMBEDDED_TOKENS
from stages.units.vocoder import EMBEDDED as EMBEDDED_PRIOR
from stages.units.vocoder import JoeVocoder
from stages.units.whisper_vq import WhisperUnits
from training.units.aligned_speech import HELD_OUT_VOICE, SAMPLE_RATE, AlignedSentence, JoeWithPrior, KokoroWithTimes
from training.units.channels import Channel, assemble, recordings_of
from training.units.held_out import HELD_OUT
from training.units.measure import stability

SEED = 77_000
SENTENCES_PER_CHANNEL = 6

NOTES = {
    "wer_original_assistant": "word error (Whisper tiny.en) of Piper's joe, sentences unheard in training",
    "wer_units_assistant": "the same speech through units and vocoder; goal <= .12 and <= 1.3 x original + .05",
    "wer_units_assistant_live": "the same in chunks of 400 ms with 80 ms of look-ahead",
    "wer_original_users": f"of Kokoro's {HELD_OUT_VOICE}, a voice unheard in training",
    "wer_units_users": "its speech through units, in the assistant's voice; goal <= .15",
    **{f"wer_original_users_{name}": f"of another unheard voice: {describe(name)}" for name in UNSEEN_VOICES},
    **{f"wer_units_users_{name}": "its speech through units, in the assistant's voice" for name in UNSEEN_VOICES},
    "sphinx_original_assistant": "word error by PocketSphinx and its trigrams",
    "sphinx_units_assistant": "units and vocoder, by PocketSphinx",
    "sphinx_original_users": "the unheard voice, by PocketSphinx",
    "sphinx_units_users": "units and vocoder, by PocketSphinx",
    **{f"sphinx_original_users_{name}": f"the voice {name}, by PocketSphinx" for name in UNSEEN_VOICES},
    **{f"sphinx_units_users_{name}": "units and vocoder, by PocketSphinx" for name in UNSEEN_VOICES},
    "same_token_20db": "units equal clean and in MUSAN-like noise at 20 dB, gaps between sentences too; goal .75",
    "same_token_20db_speech": "the same over units of speech alone",
    "same_token_10db": "gaps too; goal .60",
    "same_token_10db_speech": "over speech alone",
    "silence_recall_20db": "gap units that are the silence unit at 20 dB",
    "silence_recall_10db": "at 10 dB",
    "same_token_shift_200ms": "units equal on a chunk grid moved by 200 ms, gaps too; goal .80",
    "same_token_shift_200ms_speech": "over speech alone",
    "silence_recall": "gap units that are the silence unit; goal .95",
    "silence_false": "speech units that are the silence unit; goal <= .01",
    "codes_used": "different units in the speech",
    "perplexity": "of the units in the speech",
}
SPEED_NOTES = {
    "live_equals_offline": "chunks whose units are the same live and offline; goal 1",
    "tokenizer_rtf": "CPU seconds per second of audio, one thread, whole channels; goal <= .03",
    "tokenizer_chunk_ms": "median of a live chunk, one thread; goal <= 25",
    "vocoder_chunk_ms": "median of a live chunk that is not silent (the network rests in silence); goal <= 60",
    "vocoder_chunk_ms_p95": "95th percentile of these",
    "first_sound_ms": "95th percentile of tokenizer and vocoder together, window to sound, of these; goal <= 150",
    "speaking_chunks": "chunks that are not silent, over all",
    "vocoder_rtf": "CPU seconds per second of audio, whole channels",
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "")
    options.add_argument("--speed", action="store_true", help="measure live chunks and speed alone")
    arguments = options.parse_args()
    weights = (EMBEDDED_TOKENS, EMBEDDED_PRIOR)
    if arguments.speed and arguments.save:
        check_saved_weights("units", weights)
    tokenizer, vocoder = WhisperUnits(), JoeVocoder()
    assistant, users, channels = _speak()
    if not arguments.speed:
        report("units", _kept(tokenizer, vocoder, assistant, users, channels), NOTES, arguments.save, weights)
    report("units_speed", _live_and_speed(tokenizer, vocoder, channels), SPEED_NOTES, arguments.save, weights)


def _kept(
    tokenizer: WhisperUnits, vocoder: JoeVocoder, assistant: list[Clip], users: list[Clip], channels: list[Channel]
) -> Figures:
    """Return how stable the units are and how many words survive them."""
    judge = WhisperJudge(AsrConfig())
    sphinx = SphinxJudge()

    again = ThroughUnits(tokenizer, vocoder)
    spoken = {
        "original_assistant": assistant,
        "units_assistant": [again.whole(clip) for clip in track(assistant, "assistant from units")],
        "units_assistant_live": [again.live(clip) for clip in track(assistant, "assistant from units, live")],
        "original_users": users,
        "units_users": [again.whole(clip) for clip in track(users, "users from units")],
    }
    for name in UNSEEN_VOICES:
        others = [Clip(text, samples) for text, samples in zip(HELD_OUT, say(name, HELD_OUT, SEED), strict=True)]
        spoken[f"original_users_{name}"] = others
        spoken[f"units_users_{name}"] = [again.whole(clip) for clip in track(others, f"the voice {name} from units")]
    recordings = recordings_of([clip.samples for clip in users[::5]], SEED)
    figures: Figures = {**stability(tokenizer, channels, recordings, SEED)}
    print(figures, flush=True)
    for name, clips in spoken.items():
        figures[f"wer_{name}"] = whisper_error(judge, track(clips, f"Whisper hears {name}"))
        print(name, figures[f"wer_{name}"], flush=True)
    for name, clips in spoken.items():
        if name == "units_assistant_live":
            continue
        figures[f"sphinx_{name}"] = sphinx_error(sphinx, track(clips, f"PocketSphinx hears {name}"))
        print(name, figures[f"sphinx_{name}"], flush=True)
    return figures


def _speak() -> tuple[list[Clip], list[Clip], list[Channel]]:
    """Return the assistant's clips, the unheard user's, and channels of both."""
    joe, kokoro = JoeWithPrior(), KokoroWithTimes()
    assistant, users = [], []
    takes = []
    for index, text in enumerate(track(HELD_OUT, "speaking")):
        rng = generator(SEED, "benchmark units", index)
        for symbols in joe.phonemize(text):
            take, mean, share = joe.speak(symbols, rng)
            other = kokoro.speak(symbols, rng, HELD_OUT_VOICE)
            sentence = AlignedSentence(tuple(symbols), take, other, mean, share)
            takes += [(sentence, take), (sentence, other)]
            assistant.append(Clip(text, take.samples))
            users.append(Clip(text, other.samples))
    order = generator(SEED, "benchmark channels").permutation(len(takes))
    groups = [order[start:][:SENTENCES_PER_CHANNEL] for start in range(0, len(takes), SENTENCES_PER_CHANNEL)]
    channels = [assemble([takes[place] for place in group], SEED, index) for index, group in enumerate(groups)]
    return assistant, users, channels


def _live_and_speed(tokenizer: WhisperUnits, vocoder: JoeVocoder, channels: Sequence[Channel]) -> Figures:
    same = chunks = 0
    token_s: list[float] = []
    voice_s: list[float] = []
    speaking: list[bool] = []
    whole_s = voice_whole_s = audio_s = 0.0
    for channel in track(channels, "live against offline"):
        samples = channel.samples
        begin = time.process_time()
        offline = tokenizer.encode(samples, SAMPLE_RATE).reshape(-1, grid.CHUNK_UNITS)
        whole_s += time.process_time() - begin
        begin = time.process_time()
        vocoder.decode(offline.reshape(-1))
        voice_whole_s += time.process_time() - begin
        audio_s += len(offline) * grid.CHUNK_UNITS / grid.RATE_HZ
        heard = np.pad(samples, (grid.PAST_SAMPLES, grid.WINDOW_SAMPLES))
        stream = vocoder.stream()
        for chunk, wanted in enumerate(offline):
            window = heard[chunk * grid.CHUNK_SAMPLES :][: grid.WINDOW_SAMPLES].copy()
            begin = time.perf_counter()
            units = tokenizer.encode_window(window)
            told = time.perf_counter()
            sound = stream.push(units)
            token_s.append(told - begin)
            voice_s.append(time.perf_counter() - told)
            speaking.append(bool(sound.any()))
            same += bool(np.array_equal(units, wanted))
            chunks += 1
    token_ms, voice_ms = 1000 * np.array(token_s), 1000 * np.array(voice_s)[speaking]
    return {
        "live_equals_offline": same / chunks,
        "tokenizer_rtf": whole_s / audio_s,
        "tokenizer_chunk_ms": float(np.median(token_ms)),
        "vocoder_chunk_ms": float(np.median(voice_ms)),
        "vocoder_chunk_ms_p95": float(np.quantile(voice_ms, 0.95)),
        "first_sound_ms": float(np.quantile(token_ms[speaking] + voice_ms, 0.95)),
        "speaking_chunks": float(np.mean(speaking)),
        "vocoder_rtf": voice_whole_s / audio_s,
    }


if __name__ == "__main__":
    main()
