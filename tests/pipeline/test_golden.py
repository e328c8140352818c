"""What a fixed config and fixed speech give, against what they gave: other bytes must come with another version.

No bytes are compared: sums of floats differ in their last digits from one machine to another. What is compared is
rounded far above that, and units come from a tokenizer of whole numbers, for the embedded one's weights have a
fingerprint of their own.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from manifests.audio import Samples, decode_audio
from manifests.names import StageName
from manifests.records import Dialogue, Role, Scene, Slot, SpokenDialogue, SpokenTurn, TextTurn
from noise import builtin_noise
from pipeline.fingerprint import FORMAT_VERSIONS
from stages.dialogues import DialoguesConfig, find_duplicates
from stages.scenes import ScenesConfig, SceneStage
from stages.speech.turn_words import turn_words
from stages.streams import StreamsConfig, StreamStage
from stages.streams import stage as streams_stage
from stages.units.base import Units

RATE = 16_000
SEED = 5
FRAME = RATE // 25
CONFIG: dict[str, Any] = {
    "noise": {"source": "none"},
    "timing": {
        "profile": "paper",
        "backchannel": {"user": {"per_minute": 30.0}, "assistant": {"per_minute": 30.0}},
        "pause": {"user": {"rate": 0.5}, "assistant": {"rate": 0.5}},
    },
    "acoustics": {"echo": {"share": 1.0}, "gain": {"share": 1.0}, "line": {"share": 1.0, "codecs": {"mulaw": 1.0}}},
}
GOLDEN: dict[StageName, tuple[int, str]] = {
    "selection": (5, "e50d851a5282d85b0e35b8697ed75d723017a69e64a945b587e245d8c8896671"),
    "noise": (6, "98415c2e9dca4a2b374b26558cda852defec97da6b9bfd25f2cc785442e5be30"),
    "scenes": (9, "4b7090290d32120fd98942366b84fc03b70aa711adb04c5d2b27e13d2b2cc995"),
    "streams": (5, "a800fbe4e2d30ec6f3dfc491d4e4ad742131162fc4e42d3ce1b323b754969f52"),
}
"""By stage: its version, and the sha256 of what it made with that version."""


class WholeNumbers:
    """Units that say how loud a frame is, to 6 dB; see `stages.units.base.SpeechTokenizer`."""

    size, codebooks, chunk_units, rate_hz = 4096, 1, 10, 25.0

    def encode(self, samples: Samples, sample_rate: int) -> Units:
        chunk = self.chunk_units * FRAME
        whole = np.pad(samples, (0, -len(samples) % chunk)).astype(np.float64)
        power = np.mean(whole.reshape(-1, FRAME) ** 2, axis=1)
        return np.clip(np.rint(20 + 5 * np.log10(power + 1e-10) / 3), 0, None).astype(np.int32)


def spoken(seed: int, role: Role, text: str, seconds: float, *, interrupts: bool = False) -> SpokenTurn:
    """Return noise that swells and fades once a second as speech, padded as engines do."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    loudness = 0.1 * np.abs(np.sin(np.pi * time_s))
    speech = loudness * np.random.default_rng(seed).uniform(-1, 1, len(time_s))
    samples = np.pad(speech, RATE // 4).astype(np.float32)
    words = turn_words(text, 0.25, 0.25 + seconds, None).words
    return SpokenTurn(TextTurn(role, text, text, interrupts), role, samples, 0.25, 0.25 + seconds, words, "characters")


def conversation() -> SpokenDialogue:
    turns = (
        spoken(0, "user", "Hello, when does the museum open tomorrow?", 2.4),
        spoken(1, "assistant", "It opens at nine, as always. The ticket is free on Sundays, and so is the guide.", 5.2),
        spoken(2, "user", "Wait, is tomorrow a Sunday?", 1.6, interrupts=True),
        spoken(3, "assistant", "Yes, it is. So you pay nothing at all, and you get the guide.", 3.9),
    )
    beside = tuple(spoken(4 + place, role, "Right.", 0.4) for place, role in enumerate(("user", "assistant")))
    return SpokenDialogue(Slot(3, "golden-000003", "train"), "en", "test", RATE, turns, beside)


@pytest.fixture(scope="module")
def scene() -> Scene:
    (made,) = SceneStage(ScenesConfig.model_validate(CONFIG), SEED, None).process([conversation()])
    assert isinstance(made, Scene), made
    return made


def rewritten() -> list[Dialogue]:
    """Return a dialogue of forty words, again and again with one word more that is another."""
    ends = ("a", "e", "i", "o", "u", "y", "an", "en")
    written = [start + end for start in ("bat", "con", "del", "fin", "gar") for end in ends]
    dialogues = []
    for number in range(30):
        said = ["other" + word for word in written[:number]] + written[number:]
        turns = tuple(
            TextTurn(role, text, text)
            for role, text in (("user", " ".join(said[:15])), ("assistant", " ".join(said[15:])))
        )
        dialogues.append(Dialogue(Slot(number, f"golden-{number:06d}", "train"), "en", "test", "", turns))
    return dialogues


def digest(what: Any) -> str:
    return hashlib.sha256(json.dumps(_rounded(what), sort_keys=True).encode()).hexdigest()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value


def check(stage: StageName, found: str) -> None:
    assert (FORMAT_VERSIONS[stage], found) == GOLDEN[stage], (
        f"stage {stage} gives other data for the same config and the same input. If that is meant, raise {stage!r} in "
        f"pipeline.fingerprint.FORMAT_VERSIONS, or a corpus that is gone on with mixes the old with the new; then "
        f"write version and digest into GOLDEN"
    )


def test_selection_is_as_it_was() -> None:
    rejects = find_duplicates(rewritten(), DialoguesConfig.model_validate({"source": "llm"}))
    assert 0 < len(rejects) < 29
    check("selection", digest([[one.dialogue_id, one.reason, one.detail, one.content, one.final] for one in rejects]))


def test_noise_is_as_it_was() -> None:
    """But for what an engine speaks, as of given talkers: each recording's loudness, and the signs of some samples."""
    talkers = [spoken(number, "user", "Words.", 2.0 + number).samples for number in range(3)]
    heard = {}
    for path, data in builtin_noise(SEED, talkers, RATE):
        samples, rate = decode_audio(data)
        heard[path] = [rate, WholeNumbers().encode(samples, rate).tolist(), (samples[::997] > 0).tolist()]
    check("noise", digest(heard))


def test_the_golden_scene_holds_what_scenes_can_hold(scene: Scene) -> None:
    assert {event.kind for event in scene.events} >= {"turn", "interruption", "backchannel", "pause"}
    assert any(turn.cut and turn.text != turn.written for turn in scene.turns)
    assert scene.asides
    assert scene.acoustics.echo
    assert scene.acoustics.line


def test_scenes_are_as_they_were(scene: Scene) -> None:
    record = asdict(scene)
    samples = record.pop("samples")
    levels = [WholeNumbers().encode(samples[:, side], RATE).tolist() for side in (0, 1)]
    check("scenes", digest([record, levels]))


def test_streams_are_as_they_were(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another scene they are others: while the scene's own test fails, this one tells nothing of the streams."""
    monkeypatch.setattr(streams_stage, "open_speech_tokenizer", lambda config: WholeNumbers())
    found = []
    for text_at in ("onset", "word"):
        (made,) = StreamStage(StreamsConfig(text_at=text_at)).process([scene])
        rows = [
            [row.config, row.row_id, row.task, row.start_s, row.input_ids.tolist(), row.loss_mask.tolist()]
            for row in made.rows
        ]
        found.append([rows, dict(made.notes)])
    check("streams", digest(found))
