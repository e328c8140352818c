"""The embedded engines and the VAD, for real: determinism, levels, and bounds on planted silence."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from manifests.audio import resample
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator
from manifests.records import Dialogue, Reject, Slot, SpokenDialogue, TextTurn
from stages.speech import SpeechConfig, SpeechStage, engines, open_engine
from stages.speech.bounds import find_bounds
from stages.speech.config import TurnLimits, VadConfig
from stages.speech.level import active_level_dbfs
from stages.units.bottleneck import EMBEDDED as BOTTLENECK
from stages.voice_activity import SpeechBounds
from stages.weights import ensure

CONFIG = SpeechConfig.model_validate({"user": {"engine": "kokoro", "blends": 2}})
SENTENCE = "Sure, tell me what you need. I can help."


def dialogue(index: int, *texts: str) -> Dialogue:
    turns = tuple(TextTurn(("user", "assistant")[n % 2], text, text) for n, text in enumerate(texts))
    return Dialogue(Slot(index, f"d{index}", "train"), "en", "file", "", turns)


ITEMS = (
    dialogue(0, "Hello there.", "Hi! How are you?"),
    dialogue(1, "What a day it was.", "Tell me about it."),
    dialogue(2, "Thank you.", "You are welcome."),
)


@pytest.fixture(scope="module")
def stage() -> Iterator[SpeechStage]:
    opened = SpeechStage(CONFIG, seed=7)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spoken(stage) -> list[SpokenDialogue]:
    return list(stage.process(ITEMS))


def same(one: SpokenDialogue, other: SpokenDialogue) -> bool:
    return one.slot == other.slot and all(
        (a.voice, a.speech_start_s, a.speech_end_s) == (b.voice, b.speech_start_s, b.speech_end_s)
        and a.samples.tobytes() == b.samples.tobytes()
        for a, b in zip(one.turns, other.turns, strict=True)
    )


def test_a_dialogue_sounds_the_same_whatever_was_spoken_before(stage, spoken):
    again = list(stage.process(ITEMS[::-1]))[::-1]
    assert all(same(one, other) for one, other in zip(spoken, again, strict=True))


def test_a_dialogue_sounds_the_same_from_freshly_opened_engines(spoken):
    fresh = SpeechStage(CONFIG, seed=7)
    (alone,) = fresh.process(ITEMS[1:2])
    fresh.close()
    assert same(alone, spoken[1])


def test_turns_come_with_voice_bounds_rate_and_level(spoken):
    for one in spoken:
        assert one.sample_rate == 16000
        assert [turn.voice for turn in one.turns][1] == "joe"
        for turn in one.turns:
            assert turn.samples.dtype == np.float32
            assert 0 <= turn.speech_start_s < turn.speech_end_s <= len(turn.samples) / 16000
            assert 0.1 < np.sqrt(np.mean(turn.samples**2)) / 10 ** (-26 / 20) < 2


def test_a_turn_that_cannot_be_spoken_rejects_only_its_dialogue(stage):
    odd = [dialogue(5, "...!?", "Hi."), dialogue(6, " ", "Hi."), ITEMS[2]]
    first, second, third = stage.process(odd)
    assert [(item.reason, item.dialogue_id) for item in (first, second)] == [
        ("unspeakable", "d5"),
        ("unspeakable", "d6"),
    ]
    assert (first.content, second.content) == ("...!?", " ")
    assert isinstance(third, SpokenDialogue)


def test_a_language_that_no_voice_speaks_is_rejected(stage):
    foreign = Dialogue(Slot(9, "d9", "train"), "ja", "file", "", (TextTurn("user", "こんにちは", "こんにちは"),))
    (refused,) = stage.process([foreign])
    assert isinstance(refused, Reject)
    assert (refused.reason, refused.content) == ("unsupported_language", "こんにちは")


def test_what_is_judged_is_what_was_spoken(stage, monkeypatch):
    judged = []
    judge = stage._gate.judge
    monkeypatch.setattr(stage._gate, "judge", lambda clip, text, *more: judged.append(text) or judge(clip, text, *more))
    *_, spoken = stage.process([dialogue(0, "We live in Hai\u2060fa \u2067now\u2069.", "Hmm.")])
    assert isinstance(spoken, SpokenDialogue)
    assert set(judged) == {"We live in Hai fa now .", "Hmm."}


@pytest.fixture(scope="module")
def piper():
    engine = open_engine(CONFIG.assistant, 0)
    yield engine
    engine.close()


def test_pipers_noise_comes_from_the_generator_alone(piper):
    def speak(seed: int) -> bytes:
        return piper.synthesize(SENTENCE, "joe", "en", 1.0, generator(seed, "speech")).samples.tobytes()

    first = speak(1)
    assert speak(2) != first
    assert speak(1) == first


def test_text_cannot_smuggle_raw_phonemes_into_piper(piper, monkeypatch):
    rng = generator(1, "speech")
    assert len(piper.synthesize("[[ ]] hello", "joe", "en", 1.0, rng).samples) > 0
    with monkeypatch.context() as patched:
        phonemize = piper._voices["joe"].piper.phonemize
        read: list[str] = []
        patched.setattr(piper._voices["joe"].piper, "phonemize", lambda text: read.append(text) or phonemize(text))
        piper.synthesize("Say [[[kæt]]] or [[[[kæt]]]] now.", "joe", "en", 1.0, rng)
    assert read[0] == "Say [kæt] or [kæt] now."
    with pytest.raises(RejectedError, match="unspeakable"):
        piper.synthesize("   ", "joe", "en", 1.0, rng)


def test_piper_speaks_faster_and_slower(piper):
    def seconds(speed: float) -> float:
        clip = piper.synthesize(SENTENCE, "joe", "en", speed, generator(1, "speech"))
        return len(clip.samples) / clip.rate

    assert seconds(0.8) > 1.1 * seconds(1.0) > 1.2 * seconds(1.3)


def test_two_thousand_characters_are_spoken_to_the_end_and_heard_where_the_limits_let_them():
    story = (
        "My grandmother lived in a small house at the end of the village. Every morning she fed the chickens before "
        "anyone else was awake. I visited her in the summer, when school was over and the days were long. She taught "
        "me how to bake bread, and how to tell which mushrooms were safe to eat. In the evening we sat by the window "
        "and she told me about the war. My uncle sometimes came with fresh fish from the lake. "
    )
    text = (story * 5)[:2100].rsplit(". ", 1)[0] + "."
    assert len(text) > 2000
    patient = SpeechStage(CONFIG.model_copy(update={"limits": TurnLimits(max_s=200)}), seed=7)
    turn = TextTurn("assistant", text, text)
    *_, spoken = patient.process([Dialogue(Slot(0, "d0", "train"), "en", "file", "", (turn,))])
    patient.close()
    assert isinstance(spoken, SpokenDialogue)
    scores = spoken.turns[0].scores
    assert scores is not None
    assert 11 < scores.characters_per_s < 20
    assert scores.cer is not None
    assert scores.cer < 0.05


@pytest.mark.parametrize("text", ["😀", "Привет", "好的"])
def test_piper_spells_out_no_foreign_letters_and_no_emoji(piper, text):
    with pytest.raises(RejectedError, match="unspeakable"):
        piper.synthesize(text, "joe", "en", 1.0, generator(1, "speech"))


def test_piper_reads_an_address(piper):
    clip = piper.synthesize("See https://example.com/a?b=25", "joe", "en", 1.0, generator(1, "speech"))
    assert len(clip.samples) > 2 * clip.rate


def test_a_piper_voice_can_be_a_file_and_is_known_by_its_stem():
    path = ensure("piper-joe") / "en_US-joe-medium.onnx"
    config = SpeechConfig.model_validate({"assistant": {"engine": "piper", "voice": str(path)}})
    engine = open_engine(config.assistant, 0)
    assert engine.voices() == ("en_US-joe-medium",)
    assert engines(config)[0].model == "en_US-joe-medium"


def test_speakers_of_one_piper_file_speak_by_their_number(tmp_path):
    """The graph says a tone of a third of its speaker's number, whatever the text."""
    helper = onnx.helper
    floats, ints = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    constants = [
        onnx.numpy_helper.from_array(np.array([1, 1, 4000]), "shape"),
        onnx.numpy_helper.from_array(np.array([3], np.float32), "three"),
    ]
    nodes = [
        helper.make_node("Cast", ["sid"], ["number"], to=floats),
        helper.make_node("Div", ["number", "three"], ["level"]),
        helper.make_node("Expand", ["level", "shape"], ["output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", ints, [1, "ids"]),
        helper.make_tensor_value_info("input_lengths", ints, [1]),
        helper.make_tensor_value_info("scales", floats, [3]),
        helper.make_tensor_value_info("sid", ints, [1]),
    ]
    outputs = [helper.make_tensor_value_info("output", floats, [1, 1, 4000])]
    path = tmp_path / "many.onnx"
    graph = helper.make_graph(nodes, "many", inputs, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    joe = json.loads((ensure("piper-joe") / "en_US-joe-medium.onnx.json").read_text(encoding="utf-8"))
    path.with_name("many.onnx.json").write_text(json.dumps({**joe, "num_speakers": 3}), encoding="utf-8")
    voices = [f"{path}#1", f"{path}#2"]
    engine = open_engine(SpeechConfig.model_validate({"user": {"engine": "piper", "voices": voices}}).user, 0)
    levels = [
        engine.synthesize("Hello.", voice, "en", 1.0, generator(1, "speech")).samples.max() for voice in engine.voices()
    ]
    assert engine.voices() == ("many#1", "many#2")
    assert identity_of_voice(path, espeak="en-us") != identity_of_voice(path, espeak="en-gb")
    np.testing.assert_allclose(levels, [1 / 3, 2 / 3], rtol=1e-6)


def identity_of_voice(path: Path, espeak: str) -> str:
    description = path.with_name(path.name + ".json")
    content = json.loads(description.read_text(encoding="utf-8"))
    description.write_text(json.dumps({**content, "espeak": {"voice": espeak}}), encoding="utf-8")
    return engines(SpeechConfig.model_validate({"assistant": {"engine": "piper", "voice": str(path)}}))[0].digest


def test_a_file_that_is_no_piper_voice_stops_the_run(tmp_path):
    path = tmp_path / "amy.onnx"
    description = path.with_name("amy.onnx.json")
    config = SpeechConfig.model_validate({"assistant": {"engine": "piper", "voice": str(path)}})
    path.write_bytes(b"no graph")
    description.write_text("{}", encoding="utf-8")
    with pytest.raises(BuildError, match=r"amy\.onnx\.json doesn't describe a Piper voice"):
        open_engine(config.assistant, 0)
    description.write_bytes((ensure("piper-joe") / "en_US-joe-medium.onnx.json").read_bytes())
    with pytest.raises(BuildError, match=r"amy\.onnx can't be opened as a Piper voice"):
        open_engine(config.assistant, 0)
    path.write_bytes(BOTTLENECK.read_bytes())
    with pytest.raises(
        BuildError, match=r"amy\.onnx is not a Piper voice: its graph takes features, but one with 1 speaker"
    ):
        open_engine(config.assistant, 0)


@pytest.fixture(scope="module")
def bare_speech(piper) -> dict[int, np.ndarray]:
    """Speech without padding, by rate: from its first to its last sample above -38 dB of its peak."""
    spoken = piper.synthesize("Could you tell me more about it?", "joe", "en", 1.0, generator(3, "speech"))
    bare = {}
    for wanted in (16000, 24000):
        clip = resample(spoken.samples, spoken.rate, wanted)
        loud = np.flatnonzero(np.abs(clip) > np.abs(clip).max() * 10 ** (-38 / 20))
        bare[wanted] = clip[loud[0] : loud[-1] + 1]
    return bare


@pytest.mark.parametrize("rate", [16000, 24000])
@pytest.mark.parametrize(("before_s", "after_s"), [(0.0, 0.0), (0.317, 0.2), (1.003, 0.05), (0.05, 1.471)])
@pytest.mark.parametrize("gain", [1.0, 0.02])
def test_bounds_find_speech_planted_in_silence_to_10_ms(bare_speech, rate, before_s, after_s, gain):
    bare = bare_speech[rate] * np.float32(gain)
    before = round(before_s * rate)
    clip = np.concatenate([np.zeros(before), bare, np.zeros(round(after_s * rate))]).astype(np.float32)
    bounds = find_bounds(clip, rate, VadConfig())
    assert bounds.start == pytest.approx(before, abs=0.010 * rate)
    assert bounds.end == pytest.approx(before + len(bare), abs=0.010 * rate)


def test_bounds_hold_over_a_noise_floor(bare_speech):
    bare, rate = bare_speech[16000], 16000
    before, after = 9000, 7000
    clip = np.concatenate([np.zeros(before), bare, np.zeros(after)])
    clip += np.random.default_rng(0).normal(0, np.abs(bare).max() * 10 ** (-50 / 20), len(clip))
    bounds = find_bounds(clip.astype(np.float32), rate, VadConfig())
    assert bounds.start == pytest.approx(before, abs=0.03 * rate)
    assert bounds.end == pytest.approx(before + len(bare), abs=0.06 * rate)


@pytest.mark.parametrize("sound", ["hum", "hiss", "click"])
def test_sound_that_is_no_speech_has_no_bounds(sound):
    time = np.arange(32000) / 16000
    clip = {
        "hum": np.sin(2 * np.pi * 50 * time),
        "hiss": np.random.default_rng(0).normal(0, 0.2, 32000),
        "click": (time == 1.0) * 0.9,
    }[sound].astype(np.float32)
    with pytest.raises(RejectedError, match="no_speech"):
        find_bounds(clip, 16000, VadConfig())


def test_two_engines_come_to_one_level(spoken):
    levels = []
    for one in spoken:
        for turn in one.turns:
            start, end = (round(time * 16000) for time in (turn.speech_start_s, turn.speech_end_s))
            levels.append(active_level_dbfs(turn.samples, 16000, SpeechBounds(start, end)))
    np.testing.assert_allclose(levels, -26, atol=0.05)


def kept_clips(section: dict, *turns: TextTurn) -> tuple[dict[str, bytes], list]:
    """Speak a dialogue under a bar that no clip reaches; return the clips that are kept, and the results."""
    bars = {"limits": {"min_s": 39.0}, "gate": {"asr": {"model": "none"}}}
    kept: dict[str, bytes] = {}
    stage = SpeechStage(SpeechConfig.model_validate({**section, **bars}), 7, kept.__setitem__)
    results = list(stage.process([Dialogue(Slot(3, "d3", "train"), "en", "file", "", turns)]))
    stage.close()
    return kept, results


def test_piper_says_a_refused_turn_again_with_another_seed():
    kept, results = kept_clips({}, TextTurn("assistant", "Of course.", "Of course."))
    assert [result.final for result in results] == [False, False, True]
    first, second = kept.values()
    assert first != second


def test_kokoro_which_draws_nothing_says_a_refused_turn_once_in_each_voice_that_is_tried():
    section = {"user": {"engine": "kokoro", "voices": ["jf_alpha", "jm_kumo", "jf_nezumi"]}}
    kept, results = kept_clips(section, TextTurn("user", "Of course.", "Of course."))
    assert [result.final for result in results] == [False, False, True]
    assert len(kept) == 2
    assert len({result.detail.split(":")[0] for result in results[:2]}) == 2


def test_two_thousand_characters_in_a_turn_lose_their_dialogue_before_anything_is_spoken(stage):
    text = "The museum opens at nine, and the guide waits for us. " * 38
    assert len(text) > 2000
    (refused,) = stage.process([dialogue(8, "Hello there.", text)])
    assert isinstance(refused, Reject)
    assert (refused.reason, refused.content) == ("too_long", text)
    assert refused.detail.startswith("turn 1, assistant: 1558 characters take at least 87 s; speech.limits.max_s is 40")


def test_emoji_and_digits_in_a_turn_are_spoken_as_if_they_stood_in_words(stage):
    (spoken,) = stage.process([dialogue(4, "I have 2 cats 😀 at home.", "Nice! 👍🏽 What are they called?")])
    assert isinstance(spoken, SpokenDialogue)
    assert spoken.turns[0].scores.cer == 0


@pytest.mark.parametrize(
    ("text", "spoken", "reason"),
    [
        (
            "Call me at 5:30pm, the price is $19.99 for 12 pieces.",
            "Call me at five thirty PM, the price is nineteen point nine nine dollars for twelve pieces.",
            None,
        ),
        (
            "You can look it up at https://www.example.com/help if you like.",
            "You can look it up at HTTPS colon slash slash WWW dot example dot com slash help if you like.",
            None,
        ),
        ("I live in 北京 now.", "I live in 北京 now.", "unspeakable"),
    ],
)
def test_digits_and_addresses_pass_the_gate_as_words_and_mixed_scripts_are_refused_by_name(stage, text, spoken, reason):
    turn = TextTurn("assistant", text, spoken)
    (result,) = stage.process([Dialogue(Slot(1, "d1", "train"), "en", "file", "", (turn,))])
    assert getattr(result, "reason", None) == reason
    assert reason is None or "'北京'" in result.detail
