"""What is an outage of a speech server, what is one text's fault, and what is every call's."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from manifests.errors import BuildError, RejectedError
from tests.speech.fake_speech_server import wav
from tests.speech.server_stages import dialogue, open_users, speak, stage_of

pytestmark = pytest.mark.usefixtures("waits")


def between_calls(monkeypatch, act):
    """Do something wherever a call waits to be tried again."""
    monkeypatch.setattr("stages.speech.retrying.time.sleep", lambda _: act())


@pytest.mark.parametrize("has_spoken", [True, False])
@pytest.mark.parametrize("status", [429, 502, 503])
def test_an_outage_is_waited_out_and_spends_no_retry(server, speech, waits, status, has_spoken):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=0)
    if has_spoken:
        speak(engine)
    server.failures, server.fault = 9, status
    assert len(speak(engine)[0]) == len(speech)
    assert sum(waits) > 60


@pytest.mark.parametrize("has_spoken", [True, False])
def test_an_outage_that_lasts_stops_the_run_and_loses_no_dialogue(server, speech, waits, has_spoken):
    server.body = wav(speech)
    stage = stage_of(server.base_url, retries=1, rest={"gate": {"asr": {"model": "none"}}})
    if has_spoken:
        list(stage.process([dialogue()]))
    server.status = 503
    said = (
        rf"speech: {server.base_url}/audio/speech: the server answered 503; no call has been answered for 10 minutes\. "
        r"Check base_url, that the server is running and knows the model 'tts-9', and .*; "
        "then run the same command to resume"
    )
    with pytest.raises(BuildError, match=said):
        list(stage.process([dialogue()]))
    assert 600 < sum(waits) < 660
    waits_before = len(waits)
    with pytest.raises(BuildError, match=said):
        list(stage.process([dialogue()]))
    assert len(waits) == waits_before


def test_what_strikes_one_text_while_others_are_spoken_is_no_outage(server, speech, monkeypatch):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1, concurrency=2)

    def another_is_spoken() -> None:
        server.status = 200
        speak(engine)
        server.status = 503

    between_calls(monkeypatch, another_is_spoken)
    server.status = 503
    with pytest.raises(RejectedError, match=r"tts_failed: the server answered 503, after 3 call"):
        speak(engine)


def test_a_server_that_hangs_for_a_while_is_waited_for(server, speech, monkeypatch):
    server.body, server.delay_s = wav(speech), 30.0
    engine = open_users(server.base_url, retries=1, timeout_s=0.2)

    def come_back() -> None:
        if len(server.requests) >= 5:
            server.delay_s = 0.0

    between_calls(monkeypatch, come_back)
    assert len(speak(engine)[0]) == len(speech)


def test_a_server_that_hangs_for_good_stops_the_run(server):
    server.delay_s = 30.0
    engine = open_users(server.base_url, retries=1, timeout_s=0.05, concurrency=5)
    with ThreadPoolExecutor(5) as pool:
        calls = [pool.submit(speak, engine) for _ in range(5)]
    for call in calls:
        with pytest.raises(
            BuildError, match=r"within 0\.05 s \(timeout_s\); no call has been answered for 1\d minutes"
        ):
            call.result()


def test_a_text_that_times_out_alone_is_lost_in_the_end_and_stops_nothing(server, speech, waits):
    server.body, server.delay_s = wav(speech), 30.0
    engine = open_users(server.base_url, retries=1, timeout_s=0.05)
    with pytest.raises(RejectedError, match=r"tts_failed: nothing arrived within 0\.05 s"):
        speak(engine)
    assert 600 < sum(waits) < 700
    with pytest.raises(RejectedError, match=r"nothing arrived within 0\.05 s \(timeout_s\), after 2 call"):
        speak(engine)


def test_a_text_that_times_out_while_others_are_spoken_is_lost_after_its_retries(server, speech, monkeypatch):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1, timeout_s=0.3, concurrency=2)

    def another_is_spoken() -> None:
        server.delay_s = 0.0
        speak(engine)
        server.delay_s = 30.0

    between_calls(monkeypatch, another_is_spoken)
    server.delay_s = 30.0
    with pytest.raises(RejectedError, match=r"within 0\.3 s \(timeout_s\), after 3 call"):
        speak(engine)


def test_a_server_that_fails_text_after_text_is_out(server, waits):
    server.status = 500
    engine = open_users(server.base_url, retries=1)
    for _ in range(4):
        with pytest.raises(RejectedError, match="tts_failed: the server answered 500, after 2 call"):
            speak(engine)
    assert len(waits) == 4
    with pytest.raises(BuildError, match=r"answered 500; no call has been answered for 10 minutes"):
        speak(engine)


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_server_may_refuse_texts_but_not_one_after_another(server, speech, status):
    server.body = wav(speech)
    engine = open_users(server.base_url)
    for _ in range(2):
        server.status = status
        for _ in range(4):
            with pytest.raises(RejectedError, match=f"tts_failed: the server answered {status}"):
                speak(engine)
        server.status = 200
        speak(engine)
    server.status = status
    for _ in range(4):
        with pytest.raises(RejectedError):
            speak(engine)
    with pytest.raises(
        BuildError, match=f"text after text is refused and none is spoken: the server answered {status}"
    ):
        speak(engine)


def test_a_server_that_refuses_every_text_is_found_out_however_many_voices_there_are(server):
    server.status, server.body = 422, b'{"error": {"message": "no model is named tts-9"}}'
    stage = stage_of(server.base_url, user_voices=[f"voice-{number}" for number in range(40)])
    with pytest.raises(BuildError, match=r"text after text is refused.*no model is named tts-9.*Check base_url"):
        list(stage.process([dialogue(index) for index in range(9)]))
    assert len({request["voice"] for request in server.requests}) > 1
    assert len(server.requests) == 5


def test_json_from_a_server_that_has_spoken_is_a_passing_fault(server, speech, monkeypatch):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1)
    speak(engine)

    def pass_by() -> None:
        server.kind = ""

    between_calls(monkeypatch, pass_by)
    server.kind, server.answers = "application/json", [b'{"error": "overloaded"}']
    assert len(speak(engine)[0]) == len(speech)
    monkeypatch.undo()
    server.kind, server.body = "application/json", b'{"error": "overloaded"}'
    with pytest.raises(RejectedError, match=r"it returns application/json, not audio: .*overloaded"):
        speak(engine)
