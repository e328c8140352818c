"""The key of a speech server: where it comes from, and that nothing repeats it."""

import httpx2
import pytest

from manifests.errors import BuildError
from tests.speech.fake_speech_server import wav
from tests.speech.server_stages import dialogue, open_users, stage_of

pytestmark = pytest.mark.usefixtures("waits")


def test_the_key_comes_from_the_named_variable_and_no_other(server, speech, monkeypatch):
    server.body = wav(speech)
    monkeypatch.setenv("OPENAI_API_KEY", "for-another-host")
    monkeypatch.setenv("TTS_KEY", "for-this-host")
    list(stage_of(server.base_url).process([dialogue()]))
    list(stage_of(server.base_url, api_key_env="TTS_KEY").process([dialogue()]))
    assert "for-another-host" not in str(server.keys)
    assert server.keys[-1] == "Bearer for-this-host"


def test_a_key_is_not_repeated_in_a_reject(server, monkeypatch):
    monkeypatch.setenv("TTS_KEY", "abc123secret")
    server.status, server.body = 400, b'{"error": {"message": "abc123secret may not say this"}}'
    (refused,) = stage_of(server.base_url, api_key_env="TTS_KEY").process([dialogue()])
    assert refused.detail.endswith('answered 400: {"error": {"message": "*** may not say this"}}')


def test_a_key_that_is_refused_is_not_repeated(server, monkeypatch):
    monkeypatch.setenv("TTS_KEY", "abc123secret")
    server.status, server.body = 401, b'{"error": {"message": "wrong key abc123secret"}}'
    with pytest.raises(BuildError) as caught:
        list(stage_of(server.base_url, api_key_env="TTS_KEY").process([dialogue()]))
    assert "abc123secret" not in str(caught.value)
    assert "$TTS_KEY" in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_key_with_the_line_break_of_a_mounted_secret_is_sent_without_it(server, speech, monkeypatch, status):
    monkeypatch.setenv("TTS_KEY", " abc123secret\n")
    server.status, server.body = status, wav(speech)
    results = list(stage_of(server.base_url, api_key_env="TTS_KEY").process([dialogue()]))
    assert set(server.keys) == {"Bearer abc123secret"}
    assert "abc123secret" not in str(results)


@pytest.mark.parametrize("key", ["abc123sécret", "abc\n123secret", "abc123secret\x00"])
def test_what_can_be_no_key_stops_the_run_before_it_begins_and_is_not_repeated(monkeypatch, key):
    monkeypatch.setattr("stages.server_keys.os.environ", {"TTS_KEY": key})
    with pytest.raises(
        BuildError, match=r"api_key_env names \$TTS_KEY, whose value can't go into an HTTP header"
    ) as caught:
        open_users("http://127.0.0.1:9/v1", api_key_env="TTS_KEY")
    assert "123" not in str(caught.value)


@pytest.mark.parametrize("filling", [290, 299, 4080, 4090])
def test_a_key_that_stands_where_a_long_refusal_is_cut_leaves_none_of_its_letters(server, monkeypatch, filling):
    monkeypatch.setenv("TTS_KEY", "Q" * 40)
    server.status, server.body = 400, b"x" * filling + b"Q" * 4000
    (refused,) = stage_of(server.base_url, api_key_env="TTS_KEY").process([dialogue()])
    assert "Q" not in refused.detail
    assert len(refused.detail) < 400


def test_the_text_of_a_transports_fault_is_not_told(server, monkeypatch):
    def fail(*_, **__):
        raise httpx2.LocalProtocolError("Illegal header value b'Bearer abc123secret'")

    monkeypatch.setattr("httpx2.Client.stream", fail)
    (refused,) = stage_of(server.base_url).process([dialogue()])
    assert (refused.reason, "LocalProtocolError" in refused.detail) == ("tts_failed", True)
    assert "abc123secret" not in refused.detail
