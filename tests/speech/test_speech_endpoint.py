"""An endpoint of `/v1/audio/speech` over a real socket: what it answers, and what becomes of the dialogue."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import numpy as np
import pytest

from manifests.audio import encode_flac
from manifests.errors import BuildError, RejectedError
from manifests.names import SPLITS
from manifests.records import Reject, SpokenDialogue, TextTurn
from stages.speech import SpeechStage
from stages.speech.takes import RefusedTakeError
from tests.speech.fake_speech_server import RATE, wav
from tests.speech.server_stages import CLIP_TEXT, dialogue, open_users, speak, stage_of
from tests.streamed_flac import without_length

pytestmark = pytest.mark.usefixtures("waits")


def test_a_server_speaks_every_turn_with_its_voice(server, speech):
    server.body = wav(speech)
    (spoken,) = stage_of(server.base_url).process([dialogue()])
    assert isinstance(spoken, SpokenDialogue)
    assert spoken.sample_rate == 16000
    assert [turn.voice for turn in spoken.turns][1] == "alto"
    assert [request["path"] for request in server.requests] == ["/v1/audio/speech"] * 2
    assert server.requests[1] == {
        "path": "/v1/audio/speech",
        "model": "tts-9",
        "voice": "alto",
        "input": CLIP_TEXT,
        "response_format": "wav",
    }
    seconds = len(speech) / RATE
    assert len(spoken.turns[0].samples) == pytest.approx(seconds * 16000, abs=2)


def test_the_judge_times_a_servers_words_near_where_the_engine_that_made_them_does(server, speech, clip):
    server.body = wav(speech)
    (spoken,) = stage_of(server.base_url).process([dialogue()])
    turn = spoken.turns[0]
    assert turn.words_from == "asr"
    assert [word.text for word in turn.words] == [word.text for word in clip.words] == CLIP_TEXT.split()
    apart_s = [abs(heard.start_s - told.start_s) for heard, told in zip(turn.words, clip.words, strict=True)]
    assert np.median(apart_s) < 0.08
    assert max(apart_s) < 0.25


def test_a_passing_fault_is_retried(server, speech):
    server.body, server.failures = wav(speech), 1
    (spoken,) = stage_of(server.base_url, retries=2).process([dialogue()])
    assert isinstance(spoken, SpokenDialogue)
    assert len(server.requests) == 3


def test_an_answer_that_breaks_off_is_asked_for_again(server, speech):
    server.body, server.breaks = wav(speech), 1
    engine = open_users(server.base_url, retries=2)
    assert len(speak(engine)[0]) == len(speech)
    assert len(server.requests) == 2


def test_speed_is_sent_where_it_is_not_the_voices_own(server, speech):
    server.body = wav(speech)
    engine = open_users(server.base_url)
    for speed in (1.0, 1.1):
        speak(engine, speed=speed)
    assert [request.get("speed") for request in server.requests] == [None, 1.1]


def test_a_server_is_sent_no_emoji_and_no_text_without_words(server, speech):
    server.body = wav(speech)
    engine = open_users(server.base_url)
    speak(engine, "Nice 😀 day")
    with pytest.raises(RejectedError, match="unspeakable"):
        speak(engine, "😀!")
    assert [request["input"] for request in server.requests] == ["Nice day"]


def test_as_many_calls_are_in_flight_as_the_config_allows_and_no_more(server, speech):
    server.body, server.delay_s = wav(speech), 0.1
    engine = open_users(server.base_url, concurrency=3)
    with ThreadPoolExecutor(9) as pool:
        lengths = list(pool.map(lambda _: len(speak(engine)[0]), range(9)))
    assert lengths == [len(speech)] * 9
    assert server.most_in_flight == 3


@pytest.mark.parametrize("rate", [1, 200, 4_000_000])
def test_a_rate_that_no_speech_has_is_refused(server, speech, rate):
    server.body = bytearray(wav(speech))
    server.body[24:28] = rate.to_bytes(4, "little")
    with pytest.raises(RejectedError, match=f"wrong_rate: the server's file says {rate} Hz"):
        speak(open_users(server.base_url))


FAULTS = {
    "not_finite": lambda speech: wav(np.where(np.arange(len(speech)) == 9, np.nan, speech)),
    "silent": lambda speech: wav(np.zeros_like(speech)),
    "wrong_shape": lambda speech: wav(np.stack([speech, speech], axis=1)),
    "empty_audio": lambda speech: wav(speech[:0]),
    "unreadable_audio": lambda speech: b"<html>hello</html>" * 50,
    "clipped": lambda speech: wav(np.clip(speech * 40, -1, 1)),
    "no_speech": lambda speech: wav(np.sin(np.arange(len(speech)) * 0.05) * 0.3),
    "too_short": lambda speech: wav(speech[: len(speech) // 4]),
    "too_long": lambda speech: wav(np.tile(speech, 9)),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_faulty_clip_rejects_its_dialogue_and_no_other(server, speech, reason):
    stage = stage_of(server.base_url)
    server.body = FAULTS[reason](speech)
    results = stage.process([dialogue(0), dialogue(1)])
    refused = next(result for result in results if isinstance(result, SpokenDialogue) or result.final)
    server.body = wav(speech)
    assert isinstance(refused, Reject)
    assert (refused.reason, refused.dialogue_id, refused.stage) == (reason, "d0", "speech")
    assert "turn 0, user" in refused.detail
    assert isinstance(next(results), SpokenDialogue)


def test_flac_without_a_length_is_refused_with_what_to_ask_the_server_for(server, speech):
    server.body = without_length(encode_flac(speech, RATE))
    with pytest.raises(RefusedTakeError, match=r"unreadable_audio: .*no length.*response_format: wav"):
        speak(open_users(server.base_url, response_format="flac"))


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_text_rejects_its_dialogue_at_once_and_the_next_is_spoken(server, speech, status):
    stage = stage_of(server.base_url, retries=3)
    server.status, server.body = status, b'{"error": {"message": "no such word"}}'
    results = stage.process([dialogue(0), dialogue(1)])
    refused = next(results)
    server.status, server.body = 200, wav(speech)
    assert isinstance(refused, Reject)
    assert (refused.reason, refused.dialogue_id, refused.content) == ("tts_failed", "d0", CLIP_TEXT)
    assert f"answered {status}" in refused.detail
    assert "no such word" in refused.detail
    assert len(server.requests) == 1
    assert isinstance(next(results), SpokenDialogue)


def test_a_voice_that_the_server_does_not_know_stops_the_run_although_others_speak(server, speech):
    engine = open_users(server.base_url, voices=["bass", "base"])
    for refused in range(5):
        server.status, server.body = 200, wav(speech)
        speak(engine, voice="bass")
        server.status, server.body = 422, b'{"error": {"message": "no voice is named base"}}'
        told = BuildError if refused == 4 else RejectedError
        with pytest.raises(told, match="no voice is named base"):
            speak(engine, voice="base")


@pytest.mark.parametrize("status", [408, 500, 504])
def test_a_fault_that_does_not_pass_rejects_the_dialogue_after_waits_that_double(server, waits, status):
    server.status, server.body = status, b'{"error": {"message": "no"}}'
    (refused,) = stage_of(server.base_url, retries=3).process([dialogue()])
    assert isinstance(refused, Reject)
    assert refused.reason == "tts_failed"
    assert f"answered {status}, after 4 call(s) with voice" in refused.detail
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits))
    assert (len(server.requests), len(waits)) == (4, 3)


def test_a_server_that_says_how_long_to_wait_is_left_alone_so_long(server, speech, waits):
    server.body, server.failures, server.retry_after = wav(speech), 2, "7"
    speak(open_users(server.base_url))
    server.failures, server.retry_after = 1, "86400"
    speak(open_users(server.base_url))
    assert waits == [7, 7, 30]


def test_a_file_that_is_no_audio_is_asked_for_again(server, speech):
    server.answers, server.body = [b"noise"], wav(speech)
    refused, spoken = stage_of(server.base_url).process([dialogue()])
    assert (refused.reason, refused.final) == ("unreadable_audio", False)
    assert isinstance(spoken, SpokenDialogue)
    assert [turn.scores.attempts for turn in spoken.turns] == [2, 1]


def test_what_nobody_foresaw_loses_its_dialogue_with_its_turn_and_the_takes_before_it(server, speech, monkeypatch):
    server.answers, server.body = [b"noise"], wav(speech)

    def fail(*_):
        raise ZeroDivisionError("no such luck")

    stage = stage_of(server.base_url)
    monkeypatch.setattr(stage._gate, "judge", fail)
    refused, lost = stage.process([dialogue()])
    assert (refused.reason, refused.final) == ("unreadable_audio", False)
    assert (lost.reason, lost.final, lost.content) == ("unexpected_ZeroDivisionError", True, CLIP_TEXT)
    assert lost.detail.startswith("turn 0, user ")
    assert "no such luck" in lost.detail


@pytest.mark.parametrize("told", [0, 2**31 - 1 - 36, 2**32 - 1])
def test_a_wav_that_was_streamed_and_does_not_know_its_length_is_read_to_its_end(server, speech, told):
    pcm = (speech * 32767).astype("<i2").tobytes()
    unknown = told.to_bytes(4, "little")
    form = np.array([16, 1 | 1 << 16, RATE, 2 * RATE, 2 | 16 << 16], "<u4").tobytes()
    server.body = b"RIFF" + unknown + b"WAVEfmt " + form + b"data" + unknown + pcm
    samples, rate = speak(open_users(server.base_url))
    assert (rate, len(samples)) == (RATE, len(speech))


def test_a_wav_that_is_shorter_than_it_says_is_asked_for_again(server, speech):
    whole = wav(speech)
    server.answers, server.body = [whole[: len(whole) // 2]], whole
    assert len(speak(open_users(server.base_url, retries=1))[0]) == len(speech)
    server.body = whole[: len(whole) // 2]
    with pytest.raises(RejectedError, match=r"tts_failed: the audio broke off after \d+ of \d+ bytes"):
        speak(open_users(server.base_url))


def test_an_answer_without_end_is_given_up(server, speech, monkeypatch):
    monkeypatch.setattr("stages.speech.endpoint._MOST_BYTES", 10_000)
    server.body = wav(speech)
    with pytest.raises(RejectedError, match="tts_failed: the server did not stop after 10000 bytes"):
        speak(open_users(server.base_url))


def test_a_server_that_dies_between_two_turns_stops_the_run(server, speech):
    server.body, server.last_request = wav(speech), 1
    with pytest.raises(BuildError, match=rf"{server.base_url}/audio/speech: can't connect.*Check base_url"):
        list(stage_of(server.base_url, retries=2).process([dialogue()]))
    assert len(server.requests) == 1


def test_the_stage_keeps_as_many_calls_in_flight_as_the_config_allows_and_gives_the_same_corpus(server, speech):
    server.body, server.delay_s = wav(speech), 0.1
    unjudged = {"gate": {"asr": {"model": "none"}}}

    def spoken(concurrency: int) -> list:
        server.most_in_flight = 0
        stage = stage_of(server.base_url, rest=unjudged, concurrency=concurrency)
        results = list(stage.process([dialogue(index) for index in range(8)]))
        stage.close()
        assert server.most_in_flight == concurrency
        return [(one.slot, [(turn.voice, turn.samples.tobytes()) for turn in one.turns]) for one in results]

    assert spoken(1) == spoken(4)


def test_a_dialogues_speaking_rate_reaches_the_server_and_is_stored_with_each_turn(server, speech):
    server.body = wav(speech)
    law = {"sd": 0.1}
    stage = stage_of(server.base_url, rest={"casting": {"user_speed": law, "assistant_speed": law}})
    first, second = stage.process([dialogue(0), dialogue(1)])
    sent = [request["speed"] for request in server.requests]
    assert sent == [turn.speed for one in (first, second) for turn in one.turns]
    assert len(set(sent)) == 4
    assert all(0.75 <= speed <= 1.3 for speed in sent)


def test_an_answer_that_breaks_off_rejects_the_dialogue(server, speech):
    server.body, server.withheld = wav(speech), 1000
    (refused,) = stage_of(server.base_url).process([dialogue()])
    assert isinstance(refused, Reject)
    assert (refused.reason, "broke off" in refused.detail) == ("tts_failed", True)


@pytest.mark.parametrize("status", [307, 401, 402, 404, 405, 410])
def test_a_refused_key_or_address_stops_the_run(server, status):
    server.status, server.body = status, b'{"error": {"message": "no"}}'
    with pytest.raises(BuildError, match=rf"{server.base_url}/audio/speech.*answered {status}\. Check base_url"):
        list(stage_of(server.base_url, retries=3).process([dialogue()]))
    assert len(server.requests) == 1


def test_a_web_page_instead_of_sound_stops_the_run(server):
    server.body, server.kind = b"<html>hello</html>", "text/html; charset=utf-8"
    with pytest.raises(BuildError, match=r"it returns text/html; charset=utf-8, not audio: <html>.*Check base_url"):
        list(stage_of(server.base_url).process([dialogue()]))


def test_no_server_stops_the_run():
    with pytest.raises(BuildError, match=r"http://127\.0\.0\.1:9/v1/audio/speech.*can't connect"):
        list(stage_of("http://127.0.0.1:9/v1").process([dialogue()]))


def test_an_address_that_swallows_every_packet_stops_the_run(monkeypatch, waits):
    def connect(*_, **__):
        raise httpx2.ConnectTimeout("timed out")

    monkeypatch.setattr("httpx2.Client.stream", connect)
    with pytest.raises(BuildError, match=r"/audio/speech: can't connect \(ConnectTimeout\)\. Check base_url"):
        list(stage_of("http://127.0.0.1:9/v1", retries=2).process([dialogue()]))
    assert len(waits) == 2


def test_an_answer_that_cannot_be_unpacked_is_asked_for_again_and_then_loses_its_turn(server, speech):
    server.encoding, server.body = "gzip", wav(speech)
    (refused,) = stage_of(server.base_url, retries=1).process([dialogue()])
    assert (refused.reason, "broke off" in refused.detail) == ("tts_failed", True)
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [200, 400])
def test_a_server_that_sends_byte_after_byte_is_given_up_at_the_deadline(server, speech, status):
    server.status, server.body, server.trickle_s = status, wav(speech), 0.02
    (refused,) = stage_of(server.base_url, deadline_s=0.3).process([dialogue()])
    assert (refused.reason, "incomplete after 0.3 s" in refused.detail) == ("tts_failed", True)


def test_held_out_splits_are_spoken_by_voices_that_training_never_hears(server, speech):
    server.body = wav(speech)
    rest = {"casting": {"disjoint_splits": True}, "gate": {"asr": {"model": "none"}}}
    stage = stage_of(server.base_url, rest=rest, user_voices=[f"voice-{number}" for number in range(6)])
    heard: dict[str, set[str]] = {}
    for one in stage.process([dialogue(index, SPLITS[index % 3]) for index in range(18)]):
        heard.setdefault(one.slot.split, set()).add(one.turns[0].voice)
    assert set(heard) == set(SPLITS)
    assert sum(map(len, heard.values())) == len(set.union(*heard.values()))


def test_backchannels_are_spoken_in_the_voices_of_the_turns_and_one_that_fails_is_left_out(server, speech):
    server.body = wav(speech)
    texts = (("user", CLIP_TEXT), ("assistant", " "), ("assistant", "Right."))
    wanted = tuple(TextTurn(role, text, text) for role, text in texts)
    plain = stage_of(server.base_url)
    (alone,) = plain.process([dialogue()])
    listening = SpeechStage(plain._config, 1, backchannels_of=lambda written: wanted)
    *refused, spoken = listening.process([dialogue()])
    assert isinstance(alone, SpokenDialogue)
    assert isinstance(spoken, SpokenDialogue)
    assert [(clip.turn.role, clip.turn.text, clip.voice) for clip in spoken.backchannels] == [
        ("user", CLIP_TEXT, spoken.turns[0].voice)
    ]
    # The server says a whole sentence instead of "Right."; a blank text is not even asked for.
    rejects = [reject for reject in refused if isinstance(reject, Reject)]
    assert {(reject.content, reject.final) for reject in rejects} == {("Right.", False), (" ", False)}
    assert [(reject.reason, reject.detail) for reject in rejects if reject.content == " "] == [
        ("unspeakable", "backchannel ' ', assistant: the turn has no text to speak")
    ]
    assert [turn.words for turn in spoken.turns] == [turn.words for turn in alone.turns]
