"""A server that has spoken: what is an outage of it, what is one text's fault, and what is every call's."""

import pytest

from manifests.errors import BuildError, RejectedError
from tests.speech.fake_speech_server import wav
from tests.speech.server_stages import open_users, speak

pytestmark = pytest.mark.usefixtures("waits")


@pytest.mark.parametrize("status", [429, 502, 503])
def test_an_outage_of_a_server_that_has_spoken_is_waited_out(server, speech, waits, status):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1)
    speak(engine)
    server.failures, server.fault = 9, status
    assert len(speak(engine)[0]) == len(speech)
    assert sum(waits) > 60


def test_an_outage_that_lasts_is_given_up_and_the_calls_after_it_are_not_waited_for_as_long(server, speech, waits):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1)
    speak(engine)
    server.status = 503
    with pytest.raises(RejectedError, match=r"tts_failed: the server answered 503, after \d\d call"):
        speak(engine)
    assert 600 < sum(waits) < 660
    waits_before = len(waits)
    with pytest.raises(RejectedError, match=r"answered 503, after 2 call"):
        speak(engine)
    assert len(waits) == waits_before + 1


def test_what_strikes_one_text_while_others_are_spoken_is_no_outage(server, speech, monkeypatch):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1, concurrency=2)
    speak(engine)

    def another_is_spoken(_: float) -> None:
        server.status = 200
        speak(engine)
        server.status = 503

    monkeypatch.setattr("stages.speech.retrying.time.sleep", another_is_spoken)
    server.status = 503
    with pytest.raises(RejectedError, match=r"answered 503, after 2 call"):
        speak(engine)


def test_a_server_that_has_spoken_may_forbid_texts_but_not_all_of_them(server, speech):
    server.body = wav(speech)
    engine = open_users(server.base_url)
    for _ in range(2):
        server.status = 200
        speak(engine)
        server.status = 403
        for _ in range(4):
            with pytest.raises(RejectedError, match="tts_failed: the server answered 403"):
                speak(engine)
    with pytest.raises(BuildError, match="5 calls in a row are forbidden"):
        speak(engine)


def test_json_from_a_server_that_has_spoken_is_a_passing_fault(server, speech, monkeypatch):
    server.body = wav(speech)
    engine = open_users(server.base_url, retries=1)
    speak(engine)

    def pass_by(_: float) -> None:
        server.kind = ""

    monkeypatch.setattr("stages.speech.retrying.time.sleep", pass_by)
    server.kind, server.answers = "application/json", [b'{"error": "overloaded"}']
    assert len(speak(engine)[0]) == len(speech)
    monkeypatch.undo()
    server.kind, server.body = "application/json", b'{"error": "overloaded"}'
    with pytest.raises(RejectedError, match=r"it answers application/json, not sound: .*overloaded"):
        speak(engine)
