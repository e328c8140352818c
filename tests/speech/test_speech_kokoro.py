"""Kokoro for real: Chinese, a voices file of one's own, texts beyond its 510 phonemes, speed."""

import numpy as np
import pytest

from manifests.errors import BuildError, RejectedError
from manifests.records import Dialogue, Slot, SpokenDialogue, TextTurn
from stages.speech import SpeechConfig, SpeechStage, cast_of, check, engines, open_engine
from stages.speech.kokoro import read_voices
from stages.weights import ensure

CHINESE = "你好，明天北京的天气怎么样？"


def users(**section) -> SpeechConfig:
    return SpeechConfig.model_validate({"user": {"engine": "kokoro", "voices": ["jf_alpha"], **section}})


@pytest.fixture(scope="module")
def kokoro():
    engine = open_engine(users(speed_spread=0.0).user, 0)
    yield engine
    engine.close()


def speak(engine, text, language="en", speed=1.0, voice="jf_alpha"):
    return engine.synthesize(text, voice, language, speed, np.random.default_rng(0)).samples


@pytest.fixture
def tokens(kokoro, monkeypatch):
    """What reaches the graph; it answers with a tenth of a second of noise, so that long texts cost nothing."""

    class Graph:
        def __init__(self) -> None:
            self.seen: list[list[int]] = []

        def run(self, _, inputs):
            (ids,) = inputs["tokens"]
            self.seen.append([int(one) for one in ids[1:-1]])
            noise = np.random.default_rng(0).normal(0, 0.1, 2400).astype(np.float32)
            return [noise, np.ones(len(ids), np.float32)]

    graph = Graph()
    monkeypatch.setattr(kokoro, "_session", graph)
    return graph.seen


def test_a_chinese_sentence_is_spoken_by_a_voice_of_the_pool(kokoro):
    samples, rate = speak(kokoro, CHINESE, "zh"), 24000
    assert (samples.dtype, samples.ndim) == (np.float32, 1)
    assert np.isfinite(samples).all()
    seconds, characters = len(samples) / rate, 12
    assert 0.1 < seconds / characters < 0.45
    assert 0.01 < np.abs(samples).max() <= 1.0


def test_a_chinese_dialogue_goes_through_the_whole_stage_unjudged_by_an_english_judge():
    section = {"engine": "kokoro", "speed_spread": 0.0}
    cast = {"user": {**section, "voices": ["jf_alpha", "jm_kumo"]}, "assistant": {**section, "voice": "jf_nezumi"}}
    turns = tuple(TextTurn(role, text, text) for role, text in (("user", CHINESE), ("assistant", "北京明天晴天。")))
    stage = SpeechStage(SpeechConfig.model_validate(cast), 0)
    (spoken,) = stage.process([Dialogue(Slot(0, "d0", "train"), "zh", "file", "", turns)])
    stage.close()
    assert isinstance(spoken, SpokenDialogue)
    assert spoken.turns[1].voice == "jf_nezumi"
    for turn in spoken.turns:
        assert turn.scores is not None
        assert 2.5 < turn.scores.characters_per_s < 9
        assert (turn.scores.heard, turn.scores.cer) == (None, None)


def test_speed_changes_how_long_a_sentence_takes(kokoro):
    plain, slow, fast = (len(speak(kokoro, "Tell me about your day.", speed=speed)) for speed in (1.0, 0.8, 1.3))
    assert 1.08 < slow / plain < 1.45
    assert 0.6 < fast / plain < 0.92


@pytest.mark.parametrize("join", [". ", " "])
def test_two_thousand_characters_are_spoken_in_parts_without_losing_a_word(kokoro, tokens, join):
    words = [f"word{'s' * (number % 3)} and then {number % 10}" for number in range(200)]
    text = join.join(words)[:2000].rsplit(" ", 1)[0]
    speak(kokoro, text)
    space = kokoro._tokenizer.vocab[" "]
    whole = kokoro._tokenizer.phonemize(text, "en-us")
    expected = [one for one in kokoro._tokenizer.tokenize(whole, limit=None) if one != space]
    assert len(tokens) > 2
    assert max(map(len, tokens)) <= 510
    assert [one for part in tokens for one in part if one != space] == expected


def test_long_chinese_is_cut_at_its_sentences(kokoro, tokens):
    speak(kokoro, "今天我们去北京看朋友。" * 60, "zh")
    stop = kokoro._tokenizer.vocab["."]
    assert len(tokens) > 1
    assert all(part[-1] == stop for part in tokens)
    assert sum(part.count(stop) for part in tokens) == 60


@pytest.mark.parametrize("text", ["", "😀", "?!", "Привет"])
def test_what_cannot_be_spoken_is_refused(kokoro, text):
    with pytest.raises(RejectedError, match="unspeakable"):
        speak(kokoro, text)


@pytest.fixture
def voices_file(tmp_path):
    """Two voices under Mandarin's names, out of the embedded tables."""
    with np.load(ensure("kokoro-voices-ja") / "voices_ja.npz") as tables:
        np.savez(tmp_path / "voices.npz", zf_one=tables["jf_alpha"], zm_two=tables["jm_kumo"])
    return tmp_path / "voices.npz"


def test_a_voices_file_takes_the_place_of_the_embedded_voices(voices_file):
    config = users(voices_file=str(voices_file), voices="all", blends=1)
    assert cast_of(config.user) == ("zf_one", "zm_two", "blend-01")
    check(config, "en")
    voices = read_voices(config.user, seed=0)
    with np.load(voices_file) as tables:
        np.testing.assert_array_equal(voices["zm_two"].style, tables["zm_two"])
    engine = open_engine(config.user, 0)
    assert len(speak(engine, "好的。", "zh", voice="zf_one")) > 4000
    engine.close()


def test_a_voices_file_belongs_to_the_engines_identity(voices_file):
    embedded, own = (engines(users(**extra))[1] for extra in ({}, {"voices_file": str(voices_file), "voices": "all"}))
    assert own.digest != embedded.digest
    assert own.model.endswith("voices of voices.npz")
    assert own.weights == ("kokoro-82m",)


def test_an_archive_that_runs_code_or_holds_other_shapes_stops_the_run(tmp_path):
    path = tmp_path / "bad.npz"
    for content, said in (
        ({"zf_one": np.zeros((3, 256), np.float32)}, r"'zf_one' has shape \(3, 256\)"),
        ({"zf_one": np.array([{"a": 1}], dtype=object)}, "can't read style tables"),
    ):
        np.savez(path, **content)
        with pytest.raises(BuildError, match=said):
            open_engine(users(voices_file=str(path), voices="all").user, 0)
    path.write_bytes(b"nothing")
    with pytest.raises(BuildError, match=r"bad\.npz can't be read as an \.npz archive"):
        check(users(voices_file=str(path), voices="all"), "en")
