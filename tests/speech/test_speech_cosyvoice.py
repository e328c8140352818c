"""CosyVoice's server over a real socket: what it is asked, and what becomes of its faults."""

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from manifests.errors import BuildError, RejectedError
from manifests.records import Dialogue, Slot, SpokenDialogue, TextTurn
from stages.speech import SpeechConfig, SpeechStage, check, engines, open_engine, outside_paths
from tests.speech.fake_cosyvoice import serving

RATE = 24000
SPEECH = (np.sin(np.arange(RATE) * 0.05) * 9000).astype(np.int16)


@pytest.fixture
def server():
    with serving() as opened:
        opened.speech = SPEECH
        yield opened


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    waits = []
    monkeypatch.setattr("stages.speech.retrying.time.sleep", waits.append)
    return waits


def config_of(base_url: str, **section) -> SpeechConfig:
    user = {"engine": "cosyvoice", "base_url": base_url, "model": "CosyVoice2-0.5B", "sample_rate": RATE, **section}
    if "prompts" not in section:
        user.setdefault("voices", ["英文女", "中文男"])
    return SpeechConfig.model_validate({"user": user})


def open_users(base_url: str, **section):
    return open_engine(config_of(base_url, **section).user, 0)


def speak(engine, text="Hello there.", voice="英文女", speed=1.0):
    clip = engine.synthesize(text, voice, "en", speed, np.random.default_rng(0))
    assert clip.words is None
    return clip.samples, clip.rate


@pytest.fixture
def bank(tmp_path):
    for name in ("anna", "ben"):
        soundfile.write(tmp_path / f"{name}.wav", np.sin(np.arange(3 * 16000) * 0.1) * 0.3, 16000)
    (tmp_path / "bank.tsv").write_text(
        "audio\ttext\tspeaker\tgender\nanna.wav\tThe quick brown fox.\tanna\tf\nben.wav\tJumps over.\tben\tm\n"
    )
    return tmp_path / "bank.tsv"


def test_a_speaker_of_the_model_is_asked_for_by_form_and_answered_in_bare_pcm(server):
    samples, rate = speak(open_users(server.base_url), "今天天气很好, isn't it?", "中文男")
    assert server.requests == [
        {"path": "/inference_sft", "key": None, "tts_text": "今天天气很好, isn't it?", "spk_id": "中文男"}
    ]
    assert rate == RATE
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, SPEECH / np.float32(32768))


def test_a_prompt_voice_sends_its_recording_and_transcript_but_not_its_files_name(server, bank):
    engine = open_users(server.base_url, prompts=str(bank), prompt_prefix="You.<|endofprompt|>")
    assert engine.voices() == ("anna", "ben")
    speak(engine, "Hello.", "ben")
    (asked,) = server.requests
    assert (asked["path"], asked["tts_text"]) == ("/inference_zero_shot", "Hello.")
    assert asked["prompt_text"] == "You.<|endofprompt|>Jumps over."
    assert asked["prompt_wav"] == ("prompt.wav", (bank.parent / "ben.wav").read_bytes())


def test_speed_goes_only_to_a_server_that_is_said_to_read_it(server):
    speak(open_users(server.base_url), speed=1.1)
    speak(open_users(server.base_url, sends_speed=True), speed=1.1)
    assert [request.get("speed") for request in server.requests] == [None, "1.100"]


@pytest.mark.parametrize("fault", [429, 500, 503, "empty", "odd", "dies", "stalls"])
def test_a_passing_fault_is_retried_and_leaves_no_trace_in_the_sound(server, fault):
    server.faults = [fault, fault]
    samples, _ = speak(open_users(server.base_url, timeout_s=0.5 if fault == "stalls" else 60.0))
    np.testing.assert_array_equal(samples, SPEECH / np.float32(32768))
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (500, "answered 500"),
        ("empty", "holds no audio"),
        ("odd", "inside a sample"),
        ("dies", "broke off"),
    ],
)
def test_a_fault_that_does_not_pass_rejects_the_turn_readably(server, fault, said):
    server.faults = [fault] * 3
    with pytest.raises(RejectedError, match=rf"tts_failed: .*{said}.*after 3 call\(s\) with voice '英文女'"):
        speak(open_users(server.base_url, retries=2))
    assert len(server.requests) == 3


def test_waits_between_retries_double(server, no_waits):
    server.faults = [500] * 4
    speak(open_users(server.base_url, retries=5))
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(no_waits))
    assert len(no_waits) == 4


@pytest.mark.parametrize("fault", [307, 401, 402, 404, 405, 410, "page", "wav"])
def test_what_no_call_can_mend_stops_the_run_at_once(server, fault):
    server.faults = [fault]
    with pytest.raises(BuildError, match=rf"{server.base_url}/inference_sft: .*server\.py"):
        speak(open_users(server.base_url))
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_text_is_rejected_at_once_and_the_next_is_spoken(server, status):
    server.faults = [status]
    engine = open_users(server.base_url)
    with pytest.raises(RejectedError, match=f"tts_failed: the server answered {status}"):
        speak(engine)
    assert len(speak(engine)[0]) == len(SPEECH)
    assert len(server.requests) == 2


def test_a_prompt_that_has_gone_since_the_run_began_stops_it_by_name(server, bank):
    engine = open_users(server.base_url, prompts=str(bank))
    (bank.parent / "anna.wav").unlink()
    with pytest.raises(BuildError, match=r"prompt .*anna\.wav of voice 'anna'.*restore it and resume"):
        speak(engine, voice="anna")


def test_a_disk_that_is_gone_for_a_moment_does_not(server, bank, monkeypatch):
    engine = open_users(server.base_url, prompts=str(bank))

    def stale(path):
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(Path, "read_bytes", stale)
    with pytest.raises(OSError, match="Stale file handle"):
        speak(engine, voice="anna")


def test_no_server_stops_the_run_after_the_retries(no_waits):
    with pytest.raises(BuildError, match=r"http://127\.0\.0\.1:9/inference_sft: can't connect"):
        speak(open_users("http://127.0.0.1:9", retries=2))
    assert len(no_waits) == 2


def test_a_server_that_never_stops_is_left(server, monkeypatch):
    monkeypatch.setattr("stages.speech.cosyvoice._LONGEST_ANSWER_S", 0)
    with pytest.raises(RejectedError, match=r"did not stop after 0 bytes"):
        speak(open_users(server.base_url))


def test_as_many_calls_are_in_flight_as_the_config_allows_and_no_more(server):
    server.hold_s = 0.05
    engine = open_users(server.base_url, concurrency=4)
    assert engine.concurrency == 4
    with ThreadPoolExecutor(12) as pool:
        lengths = list(pool.map(lambda _: len(speak(engine)[0]), range(12)))
    assert lengths == [len(SPEECH)] * 12
    assert server.most_in_flight == 4


def test_the_key_comes_from_the_named_variable(server, monkeypatch):
    monkeypatch.setenv("COSY_KEY", "for-this-host")
    speak(open_users(server.base_url, api_key_env="COSY_KEY"))
    assert server.requests[0]["key"] == "Bearer for-this-host"
    monkeypatch.delenv("COSY_KEY")
    with pytest.raises(BuildError, match=r"\$COSY_KEY, which is not set"):
        check(config_of(server.base_url, api_key_env="COSY_KEY"), "en")


def test_all_voices_need_a_bank():
    with pytest.raises(ValueError, match="needs a bank of prompts"):
        config_of("http://x", voices="all")


def test_a_speaking_rate_that_the_server_does_not_read_is_refused_beforehand():
    config = config_of("http://x").model_dump()
    config["casting"] = {"user_speed": {"sd": 0.1}}
    with pytest.raises(BuildError, match="sends_speed: true"):
        check(SpeechConfig.model_validate(config), "en")
    config["user"]["sends_speed"] = True
    check(SpeechConfig.model_validate(config), "en")


def test_disjoint_splits_with_too_few_voices_are_refused_beforehand():
    config = config_of("http://x").model_dump()
    config["casting"] = {"disjoint_splits": True}
    with pytest.raises(BuildError, match="2 user voice"):
        check(SpeechConfig.model_validate(config), "en")


def test_the_identity_follows_the_prompts_sound_and_words(bank):
    def identity() -> str:
        from stages.speech.prompts import read_bank

        read_bank.cache_clear()
        return engines(config_of("http://x", prompts=str(bank)))[1].digest

    first = identity()
    assert identity() == first
    bank.write_text(bank.read_text().replace("Jumps", "Leaps"))
    second = identity()
    soundfile.write(bank.parent / "ben.wav", np.sin(np.arange(3 * 16000) * 0.2) * 0.3, 16000)
    assert len({first, second, identity()}) == 3


def test_turns_of_several_threads_get_their_own_answers(server):
    engine = open_users(server.base_url, concurrency=8)
    together = threading.Barrier(8)

    def one(number: int) -> str:
        together.wait(5)
        speak(engine, f"text {number}")
        return f"text {number}"

    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(one, range(8)))
    assert {request["tts_text"] for request in server.requests} == said


def test_what_every_node_must_see_is_named(bank):
    config = config_of("http://x", prompts=str(bank))
    assert outside_paths(config) == {"speech.user.prompts": str(bank)}


def test_a_corpus_is_the_same_however_many_calls_are_in_flight_and_whatever_breaks(server):
    text = "I was thinking about the garden this morning."
    joe = open_engine(SpeechConfig().assistant, 0)
    clip = joe.synthesize(text, "joe", "en", 1.0, np.random.default_rng(0))
    joe.close()
    server.speech = (clip.samples * 32767).astype(np.int16)
    items = [
        Dialogue(
            Slot(n, f"d{n}", "train"),
            "en",
            "file",
            "",
            (TextTurn("user", text, text), TextTurn("assistant", text, text)),
        )
        for n in range(4)
    ]
    section = {"engine": "cosyvoice", "base_url": server.base_url, "model": "m", "sample_rate": clip.rate}
    section |= {"retries": 4}  # one call may get all four faults

    def spoken(concurrency: int, faults: list) -> list[SpokenDialogue]:
        server.faults = faults
        both = {**section, "concurrency": concurrency}
        config = {"user": {**both, "voices": ["a", "b", "c"]}, "assistant": {**both, "voice": "d"}}
        stage = SpeechStage(SpeechConfig.model_validate(config), seed=1)
        results = list(stage.process(items))
        stage.close()
        return results

    def seen(results: list[SpokenDialogue]) -> list:
        return [(one.slot, [(turn.voice, turn.samples.tobytes()) for turn in one.turns]) for one in results]

    assert seen(spoken(1, [])) == seen(spoken(4, ["dies", 503, "odd", "empty"]))
