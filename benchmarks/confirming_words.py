"""Words that survive the units, on sentences written after tokenizer and voice were chosen.

`benchmarks/units.py` measures on sentences by which one voice was preferred to another; these have decided nothing.
Piper's joe says each of them twice, Kokoro's unheard voice once; the judge is Whisper tiny.en with 30 s windows.
"""

from collections.abc import Iterable

from reporting import Figures, parser, report
from rich.progress import track
from unit_speech import Clip, ThroughUnits, whisper_error

from manifests.randomness import generator
from stages.speech.gate.config import AsrConfig
from stages.speech.gate.whisper_judge import WhisperJudge
from stages.units.bottleneck import EMBEDDED as EMBEDDED_TOKENS
from stages.units.vocoder import EMBEDDED as EMBEDDED_PRIOR
from stages.units.vocoder import JoeVocoder
from stages.units.whisper_vq import WhisperUnits
from training.units.aligned_speech import HELD_OUT_VOICE, JoeWithPrior, KokoroWithTimes
from training.units.held_out import CONFIRMING

SEED = 78_000
TAKES = 2

NOTES = {
    "wer_original_assistant": "word error of Piper's joe",
    "wer_units_assistant": "the same speech through units and vocoder; goal <= .12 and <= the bound",
    "wer_units_assistant_live": "the same in chunks of 400 ms with 80 ms of look-ahead",
    "wer_bound": "1.3 x joe's own + .05",
    "wer_original_users": f"of Kokoro's {HELD_OUT_VOICE}, a voice unheard in training",
    "wer_units_users": "its speech through units, in the assistant's voice; goal <= .15",
    "words_assistant": "words that joe says in all takes",
    "words_users": "words that the other voice says",
}


def main() -> None:
    """Measure and report."""
    arguments = parser(__doc__ or "").parse_args()
    judge, again = WhisperJudge(AsrConfig()), ThroughUnits(WhisperUnits(), JoeVocoder())
    assistant, users = _speak()

    def error(name: str, clips: Iterable[Clip], count: int) -> float:
        measured = whisper_error(judge, track(clips, name, total=count))
        print(f"{name}: {measured:.4f}", flush=True)
        return measured

    own = error("joe himself", assistant, len(assistant))
    figures: Figures = {
        "wer_original_assistant": own,
        "wer_units_assistant": error("joe through units", map(again.whole, assistant), len(assistant)),
        "wer_units_assistant_live": error("the same, live", map(again.live, assistant), len(assistant)),
        "wer_bound": 1.3 * own + 0.05,
        "wer_original_users": error("another voice", users, len(users)),
        "wer_units_users": error("that voice through units", map(again.whole, users), len(users)),
        "words_assistant": sum(len(clip.text.split()) for clip in assistant),
        "words_users": sum(len(clip.text.split()) for clip in users),
    }
    report("confirming_words", figures, NOTES, arguments.save, (EMBEDDED_TOKENS, EMBEDDED_PRIOR))


def _speak() -> tuple[list[Clip], list[Clip]]:
    """Return joe's takes of the sentences and the unheard voice's."""
    joe, kokoro = JoeWithPrior(), KokoroWithTimes()
    assistant, users = [], []
    for index, text in enumerate(track(CONFIRMING, "speaking")):
        rng = generator(SEED, "benchmark confirming words", index)
        for symbols in joe.phonemize(text):
            assistant += [Clip(text, joe.speak(symbols, rng)[0].samples) for _ in range(TAKES)]
            users.append(Clip(text, kokoro.speak(symbols, rng, HELD_OUT_VOICE).samples))
    return assistant, users


if __name__ == "__main__":
    main()
