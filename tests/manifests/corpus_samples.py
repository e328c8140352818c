"""Small records that the tests of formats, card and previews share."""

import numpy as np

from manifests.names import SPLITS, Split
from manifests.records import Aside, Event, NoiseMix, PlacedTurn, Scene, Slot, TokenConfig, TokenRow, TurnScores, Word

SAMPLE_RATE = 16000
SCORES = TurnScores(1, 12.5, 0.0, 0.05, 0.2, 61.5, "Well, thank you.", 0.0, 0.0)


def words(text: str, start_s: float, end_s: float) -> tuple[Word, ...]:
    parts = text.split()
    step = (end_s - start_s) / max(len(parts), 1)
    return tuple(Word(part, start_s + i * step, start_s + (i + 1) * step) for i, part in enumerate(parts))


def scene(index: int, split: Split = "train", *, interrupted: bool = False, text: str = "How are you?") -> Scene:
    """Four seconds: the user for one, the assistant for two.

    If interrupted, the user says "uh huh" at 1.5 s and starts again at 2.6 s.
    """
    time_s = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    samples = np.zeros((len(time_s), 2), np.float32)
    samples[:SAMPLE_RATE, 0] = 0.5 * np.sin(2 * np.pi * 220 * time_s[:SAMPLE_RATE])
    samples[SAMPLE_RATE : 3 * SAMPLE_RATE, 1] = 0.25 * np.sin(2 * np.pi * 330 * time_s[: 2 * SAMPLE_RATE])
    turns = [
        PlacedTurn("user", text, text, "u1", 0.0, 1.0, words(text, 0.0, 1.0), "engine"),
        PlacedTurn(
            "assistant",
            "Well thank you",
            "Well thank you very much" if interrupted else "Well thank you",
            "joe",
            1.0,
            3.0,
            words("Well thank you", 1.0, 3.0),
            "characters",
            interrupted,
            SCORES,
        ),
    ]
    events = [Event("turn", "user", 0, 0.0, 1.0), Event("turn", "assistant", 1, 1.0, 3.0, 0.0)]
    asides = []
    if interrupted:
        turns.append(PlacedTurn("user", "Wait", "Wait", "u1", 2.6, 3.5, words("Wait", 2.6, 3.5), "asr"))
        events.append(Event("interruption", "user", 2, 2.6, 3.0, 0.4, 0.8))
        said = words("uh huh", 1.5, 1.9)
        asides.append(Aside("backchannel", "user", 1, "uh huh", "u1", 1.5, 1.9, said, "characters"))
        events.append(Event("backchannel", "user", 1, 1.5, 1.9, 0.1))
    return Scene(
        slot=Slot(index, f"demo-{index:06d}", split),
        language="en",
        source="llm:test",
        sample_rate=SAMPLE_RATE,
        samples=samples,
        turns=tuple(turns),
        events=tuple(events),
        noise=NoiseMix("noise/hum/hum-0001.wav", "noise", 20.0, 20.1) if index % 2 == 0 else None,
        notes=("interruption_dropped",) if index == 1 else (),
        asides=tuple(asides),
    )


def token_row(config: TokenConfig, index: int, split: Split = "train", length: int = 44) -> TokenRow:
    ids = np.arange(length, dtype=np.int32) + index
    return TokenRow(
        config=config,
        row_id=f"demo-{index:06d}-{config}",
        dialogue_id=f"demo-{index:06d}",
        split=split,
        task="asr" if config == "alignment" else config,
        start_s=0.4 * index,
        input_ids=ids,
        loss_mask=ids % 2 == 0,
    )


def split_of(index: int) -> Split:
    return SPLITS[index % len(SPLITS)]
