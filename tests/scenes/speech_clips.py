"""Real speech for the tests of what is heard: two sentences and a backchannel, by the embedded engine."""

from functools import cache

from manifests.audio import resample
from manifests.randomness import generator
from manifests.records import Role, Slot, SpokenDialogue, SpokenTurn, TextTurn
from stages.speech import SpeechConfig, open_engine
from stages.speech.bounds import find_bounds
from stages.speech.turn_words import KnownWords, turn_words

RATE = 16_000
CONFIG = SpeechConfig()
QUESTION = "Could you tell me a little more about it?"
ANSWER = "Maybe later, I left my umbrella on the train."
AGREEMENT = "All right."


@cache
def clip(role: Role, text: str) -> SpokenTurn:
    """Return a text as spoken, with the engine's word times and measured bounds."""
    engine = open_engine(CONFIG.assistant, 0)
    made = engine.synthesize(text, "joe", "en", 1.0, generator(3, "speech"))
    engine.close()
    samples = resample(made.samples, made.rate, RATE)
    bounds = find_bounds(samples, RATE, CONFIG.vad)
    start_s, end_s = bounds.start / RATE, bounds.end / RATE
    known = KnownWords(made.words, "engine") if made.words else None
    words = turn_words(text, start_s, end_s, known).words
    return SpokenTurn(TextTurn(role, text, text), "joe", samples, start_s, end_s, words, "engine")


def conversation(index: int, turns: int = 6) -> SpokenDialogue:
    """Return a dialogue in which the user asks, the assistant answers, and either may agree."""
    pair = clip("user", QUESTION), clip("assistant", ANSWER)
    said = tuple(pair[turn % 2] for turn in range(turns))
    beside = clip("user", AGREEMENT), clip("assistant", AGREEMENT)
    return SpokenDialogue(Slot(index, f"d{index:08d}", "train"), "en", "test", RATE, said, beside)
