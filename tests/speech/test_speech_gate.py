"""The gate with its real judges: good speech passes, planted faults do not; what becomes of a turn that fails."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import soxr

from manifests.audio import decode_audio
from manifests.errors import BuildError
from manifests.randomness import generator
from manifests.records import Dialogue, Reject, Slot, SpokenDialogue, TextTurn, TurnScores
from stages.speech import SpeechConfig, SpeechStage, check, engines, fetch, open_engine
from stages.speech.base import Clip
from stages.speech.bounds import find_bounds
from stages.speech.config import VadConfig
from stages.speech.gate.config import GateConfig
from stages.speech.gate.gate import Gate
from stages.speech.gate.whisper_judge import RecognisedText, WhisperJudge
from stages.speech.takes import RefusedTakeError
from tests.speech.fake_speech_server import RATE, SpeechServer, serving, wav

TEXT = "I was thinking about the garden this morning."
OTHER = "Could you tell me how long the train takes?"


@pytest.fixture(scope="module")
def clips() -> dict[str, np.ndarray]:
    """Both texts in Joe's voice, at 16 kHz."""
    engine = open_engine(SpeechConfig().assistant, 0)
    spoken = {text: engine.synthesize(text, "joe", "en", 1.0, generator(1, "speech")) for text in (TEXT, OTHER)}
    engine.close()
    return {text: soxr.resample(clip.samples, clip.rate, 16000) for text, clip in spoken.items()}


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(SpeechConfig())


def judge(gate: Gate, samples: np.ndarray, text: str = TEXT, language: str = "en") -> TurnScores:
    return gate.judge(Clip(samples, 16000), text, language, 1.0, 1).scores


def gate_with(**section: object) -> Gate:
    return Gate(SpeechConfig.model_validate({"gate": section}))


def test_good_speech_passes_with_all_its_scores(gate, clips):
    scores = judge(gate, clips[TEXT])
    assert scores.heard is not None
    assert "this morning" in scores.heard
    assert scores.cer is not None
    assert scores.cer < 0.1
    assert (scores.attempts, scores.dnsmos) == (1, None)
    assert 8 < scores.characters_per_s < 25
    assert scores.speech_over_floor_db > 40


FAULTS = {
    "word_error": lambda clips: clips[OTHER],
    "clipped": lambda clips: np.clip(clips[TEXT] * 40, -1, 1),
    "too_short": lambda clips: clips[TEXT][: round(len(clips[TEXT]) * 0.4)],
    "too_long": lambda clips: np.tile(clips[TEXT], 9),
    "unheard_end": lambda clips: clips[TEXT][: round(len(clips[TEXT]) * 0.62)],
    "silence_inside": lambda clips: np.concatenate(
        [clips[TEXT][:16000], np.zeros(32000, np.float32), clips[TEXT][16000:]]
    ),
    "noisy": lambda clips: clips[TEXT] + np.random.default_rng(0).normal(0, 0.02, len(clips[TEXT])).astype(np.float32),
    "repeated_words": lambda clips: np.concatenate([clips[TEXT], clips[TEXT]]),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_planted_fault_is_refused_with_its_scores(gate, clips, reason):
    with pytest.raises(RefusedTakeError) as caught:
        judge(gate, FAULTS[reason](clips))
    assert caught.value.scores is not None
    # What is wrong with words may show in more than one way; sound has one.
    words = {"word_error", "unheard_end", "repeated_words"}
    assert caught.value.reason == reason or {caught.value.reason, reason} <= words


@pytest.mark.parametrize(("number", "text"), [(0, "Yes."), (1, "No.")])
def test_a_short_turn_cut_at_its_bounds_passes_by_its_sound_and_one_with_noise_does_not(number, text):
    engine = open_engine(SpeechConfig().assistant, 0)
    clip = engine.synthesize(text, "joe", "en", 1.0, generator(1, "speech", number))
    engine.close()
    bounds = find_bounds(clip.samples, clip.rate, VadConfig())
    bare = Clip(clip.samples[bounds.start : bounds.end], clip.rate)
    unjudged = gate_with(asr={"model": "none"})
    assert unjudged.judge(bare, text, "en", 1.0, 1).scores.speech_over_floor_db < 30
    level = float(np.sqrt((clip.samples**2).mean()))
    for snr_db in (5, 20):
        hiss = np.random.default_rng(number).normal(0, level * 10 ** (-snr_db / 20), len(clip.samples))
        with pytest.raises(RefusedTakeError, match="noisy: speech"):
            unjudged.judge(Clip((clip.samples + hiss).astype(np.float32), clip.rate), text, "en", 1.0, 1)


def test_a_judge_that_does_not_know_the_language_judges_no_words(gate, clips):
    scores = judge(gate, clips[OTHER], "今天天气很好", "zh")
    assert (scores.heard, scores.wer, scores.cer) == (None, None, None)


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        ("今天天氣很好，我們去公園吧！", None),
        ("今天天气好，我们去公园吧", None),
        ("明天下雨，不要去公司", "word_error"),
        ("今天天气很好我们去公园公园吧", "repeated_words"),
        ("今天天气很好我们去", "unheard_end"),
    ],
)
def test_chinese_is_judged_by_characters_where_the_judge_hears_it(gate, clips, monkeypatch, heard, reason):
    """No judge of Chinese comes along: what it would write stands in for it, the bars are the gate's own."""
    monkeypatch.setattr(WhisperJudge, "understands", lambda _, language: language == "zh")
    monkeypatch.setattr(WhisperJudge, "hear", lambda *_, **__: RecognisedText(heard))
    try:
        scores = judge(gate, clips[TEXT], "今天天气很好，我们去公园吧。", "zh")
        found = None
    except RefusedTakeError as refused:
        scores, found = refused.scores, refused.reason
    assert found == reason
    assert scores is not None
    assert (scores.heard, scores.wer) == (heard, None)
    assert scores.cer is not None
    assert (scores.cer == 0) == (heard == "今天天氣很好，我們去公園吧！")


@pytest.mark.parametrize(
    ("text", "heard", "language", "reason"),
    [
        ("Yes.", "No.", "en", "word_error"),
        ("Yes.", "Yes.", "en", None),
        ("Okay.", "OK", "en", None),
        ("Goodbye.", "Good bye.", "en", None),
        ("Mm-hmm.", "Hm.", "en", None),
        ("Hmm", "Thank you.", "en", None),
        ("Mm-hm.", "", "en", None),
        ("Ask Bess.", "Ask Beth.", "en", None),
        ("好的", "不行", "zh", "word_error"),
        ("好的", "好", "zh", None),
        ("今天天气好", "今天下雨了", "zh", "word_error"),
        ("今天天气好", "今天天汽好", "zh", None),
    ],
)
def test_a_turn_of_a_word_or_two_is_judged_too(monkeypatch, text, heard, language, reason):
    """What a judge would write stands in for it; the clip is two words long, and the bars are the gate's own."""
    monkeypatch.setattr(WhisperJudge, "understands", lambda *_: True)
    monkeypatch.setattr(WhisperJudge, "hear", lambda *_, **__: RecognisedText(heard))
    engine = open_engine(SpeechConfig().assistant, 0)
    clip = engine.synthesize("Good morning.", "joe", "en", 1.0, generator(1, "speech"))
    engine.close()
    try:
        Gate(SpeechConfig()).judge(clip, text, language, 1.0, 1)
        found = None
    except RefusedTakeError as refused:
        found = refused.reason
    assert found == reason


@pytest.mark.parametrize("said_hz", [8000, 32000])
def test_a_clip_whose_file_names_half_or_twice_its_rate_is_refused(gate, clips, said_hz):
    with pytest.raises(RefusedTakeError):
        gate.judge(Clip(clips[TEXT], said_hz), TEXT, "en", 1.0, 1)


@pytest.mark.parametrize("rate", [8000, 24000, 192000])
@pytest.mark.parametrize("size", [1, 10, 100, 2000])
def test_a_clip_of_a_few_samples_is_refused_whatever_its_rate(gate, rate, size):
    with pytest.raises(RefusedTakeError):
        gate.judge(Clip(np.random.default_rng(size).normal(0, 0.3, size).astype(np.float32), rate), TEXT, "en", 1.0, 1)


def test_without_a_judge_only_sound_is_judged(clips):
    assert judge(gate_with(asr={"model": "none"}), clips[OTHER]).heard is None


def test_the_judge_hears_the_same_every_time_and_all_of_a_clip_longer_than_its_window(clips):
    whisper = WhisperJudge(GateConfig().asr)
    once = whisper.hear(clips[TEXT], 16000, "en", full_window=False)
    pause = np.zeros(8000, np.float32)
    long = np.concatenate([part for _ in range(7) for part in (clips[TEXT], pause, clips[OTHER], pause)])
    heard = whisper.hear(long, 16000, "en", full_window=False)
    assert len(long) > 30 * 16000
    assert 6 <= heard.text.count("this morning") <= 7
    assert whisper.hear(clips[TEXT], 16000, "en", full_window=False) == once


def test_dnsmos_is_measured_where_it_is_asked_for(clips):
    scores = judge(gate_with(min_dnsmos=1.5), clips[TEXT])
    assert scores.dnsmos is not None
    assert 2.5 < scores.dnsmos < 4.5
    with pytest.raises(RefusedTakeError, match=r"low_dnsmos: DNSMOS \d\.\d\d; min_dnsmos is 4\.9"):
        judge(gate_with(min_dnsmos=4.9), clips[TEXT])


def test_a_judge_that_is_not_there_is_found_before_the_run(tmp_path):
    config = SpeechConfig.model_validate({"gate": {"asr": {"model": str(tmp_path)}}})
    with pytest.raises(BuildError, match=r"speech\.gate\.asr\.model .*no model\.bin"):
        check(config, "en")


@pytest.mark.parametrize(
    ("asr", "said"),
    [
        ({"model": "smal"}, r"asr\.model 'smal': no Whisper model has that name; did you mean 'small'\?"),
        ({"model": "whisper-tiny-en"}, r"did you mean 'whisper-tiny\.en'\?"),
        ({"model": "piper-joe"}, r"'piper-joe': no Whisper model has that name; .* Sizes: tiny\.en, "),
        (
            {"model": "small"},
            r"'small' is fetched from the Hub: set speech\.gate\.asr\.revision to its full 40-digit commit",
        ),
        ({"model": "someone/whisper"}, r"'someone/whisper' is fetched from the Hub: set speech\.gate\.asr\.revision"),
        ({"revision": "0" * 40}, r"speech\.gate\.asr\.revision: 'whisper-tiny\.en' is not fetched"),
        ({"compute_type": "float16"}, r"speech\.gate\.asr\.compute_type 'float16': this processor supports .*int8"),
    ],
)
def test_a_judge_that_could_not_be_opened_or_could_change_is_found_before_the_run(asr, said):
    with pytest.raises(BuildError, match=said):
        check(SpeechConfig.model_validate({"gate": {"asr": asr}}), "en")


@pytest.mark.parametrize("model", ["small", "someone/whisper"])
def test_a_judge_of_the_hub_is_known_by_its_commit(model, monkeypatch):
    first, second = (
        SpeechConfig.model_validate({"gate": {"asr": {"model": model, "revision": digit * 40}}}) for digit in "ab"
    )
    check(first, "en")
    assert engines(first)[-1].digest != engines(second)[-1].digest
    asked: list[str] = []
    monkeypatch.setattr("faster_whisper.download_model", lambda _, revision: f"/cache/{revision}")
    monkeypatch.setattr("faster_whisper.WhisperModel", lambda folder, **_: asked.append(folder))
    WhisperJudge(first.gate.asr)
    assert asked == ["/cache/" + "a" * 40]


def test_a_judge_of_the_hub_is_fetched_before_the_run(monkeypatch):
    asked: list[tuple[str, str]] = []

    def download(model: str, revision: str) -> str:
        asked.append((model, revision))
        return "/cache"

    monkeypatch.setattr("faster_whisper.download_model", download)
    fetch(SpeechConfig())
    hub = SpeechConfig.model_validate({"gate": {"asr": {"model": "small", "revision": "a" * 40}}})
    fetch(hub)
    assert asked == [("small", "a" * 40)]


def test_a_judge_in_a_folder_is_known_by_all_that_is_read_of_it(tmp_path):
    config = SpeechConfig.model_validate({"gate": {"asr": {"model": str(tmp_path)}}})
    (tmp_path / "model.bin").write_bytes(b"weights")
    known = set()
    for words in ("a", "b"):
        (tmp_path / "tokenizer.json").write_text(words)
        (tmp_path / "notes.txt").write_text("of no account")
        known.add(engines(config)[-1].digest)
        (tmp_path / "notes.txt").write_text("still of none")
        known.add(engines(config)[-1].digest)
    assert len(known) == 2


def test_the_judges_are_named_with_their_weights():
    parts = {info.part: info.weights for info in engines(SpeechConfig(gate=GateConfig(min_dnsmos=2.0)))}
    assert parts["speech judge"] == ("whisper-tiny.en",)
    assert parts["speech quality"] == ("dnsmos",)


@pytest.fixture
def play(clips) -> Iterator[Callable]:
    """Speak a dialogue of three turns through a server that answers with the clips of these texts, in their order."""
    with serving(SpeechServer()) as server:

        def speak(*answers: str, keep: dict[str, bytes] | None = None, **gate: object) -> tuple[list[str], list]:
            server.answers = [wav(soxr.resample(clips[text], 16000, RATE)) for text in answers]
            section = {"engine": "openai", "base_url": server.base_url, "model": "m", "concurrency": 1}
            cast = {"assistant": {**section, "voice": "alto"}, "user": {**section, "voices": ["bass", "tenor"]}}
            config = SpeechConfig.model_validate({**cast, "gate": gate})
            stage = SpeechStage(config, 1, None if keep is None else keep.__setitem__)
            turns = tuple(TextTurn(role, TEXT, TEXT) for role in ("user", "assistant", "user"))
            results = list(stage.process([Dialogue(Slot(7, "d7", "train"), "en", "file", "", turns)]))
            stage.close()
            return [request["voice"] for request in server.requests], results

        yield speak


def test_a_turn_that_fails_is_made_again_in_the_same_voice(play):
    kept: dict[str, bytes] = {}
    voices, (refused, spoken) = play(OTHER, TEXT, TEXT, TEXT, keep=kept)
    assert isinstance(spoken, SpokenDialogue)
    assert [turn.scores.attempts for turn in spoken.turns] == [2, 1, 1]
    assert (refused.reason, refused.final, refused.content) == ("word_error", False, TEXT)
    assert refused.scores.heard.lower().startswith("could you tell me")
    assert "turn 0, user" in refused.detail
    assert len(set(voices[:3])) == 1
    assert (kept, refused.audio) == ({}, "")


def test_a_voice_that_keeps_failing_is_replaced_in_the_whole_dialogue(play):
    voices, results = play(TEXT, OTHER, OTHER, TEXT, TEXT, TEXT)
    spoken = results[-1]
    assert isinstance(spoken, SpokenDialogue)
    assert voices[0] == voices[1] == voices[2] != voices[3] == voices[4]
    assert [turn.voice for turn in spoken.turns] == [voices[3], "alto", voices[3]]
    assert [turn.scores.attempts for turn in spoken.turns] == [2, 1, 3]


def test_a_dialogue_whose_turn_fails_to_the_last_is_rejected_with_its_clips_and_scores(play):
    kept: dict[str, bytes] = {}
    _, results = play(TEXT, TEXT, OTHER, OTHER, keep=kept)
    first, second, lost = results
    assert all(isinstance(result, Reject) for result in results)
    assert [result.final for result in results] == [False, False, True]
    assert list(kept) == [first.audio, second.audio] == [f"rejected/000007-turn-01-take-{n}.flac" for n in (1, 2)]
    assert (lost.reason, lost.audio, lost.scores) == ("word_error", second.audio, second.scores)
    samples, rate = decode_audio(kept[lost.audio])
    assert rate == RATE
    assert len(samples) > RATE


def test_rejected_audio_is_not_kept_where_it_is_not_wanted(play):
    kept: dict[str, bytes] = {}
    _, results = play(OTHER, keep=kept, keep_rejected_audio=False, attempts_per_voice=1, voices=1)
    assert (kept, results[-1].audio) == ({}, "")
