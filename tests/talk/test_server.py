import asyncio
import http.client
import socket
import threading
from contextlib import suppress
from dataclasses import replace

import aiohttp
import numpy as np
import pytest

from manifests.errors import BuildError
from talk.serve import ServeOptions, addresses, listen
from talk.session import CHUNK_SAMPLES
from talk.wire import LONGEST_BYTES
from tests.talk.scripted_sessions import YieldingSession
from tests.talk.served import served
from tests.talk.small_talkers import speech_like
from tests.talk.visitors import over, visiting

TOKEN = "a-token-that-nobody-guesses"


def fetch(address, path, **headers):
    connection = http.client.HTTPConnection(address)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response, response.read()


def test_a_conversation_over_the_socket_is_the_sessions_own(address, talker):
    said = speech_like(2.0)

    async def talk():
        async with visiting(address) as visitor:
            ready = await visitor.hear("ready")
            assert (ready["user_rate"], ready["sound_rate"], ready["checkpoint"]) == (16_000, 22_050, "tiny")
            await visitor.say(said)
            await visitor.say_bye()
            await visitor.page.receive()
            return visitor

    visitor = over(talk())
    steps = [one for one in visitor.told if one["type"] == "step"]
    assert [one["index"] for one in steps] == list(range(5))
    assert all(one["start_s"] >= (one["index"] + 1) * 0.4 for one in steps)
    assert all(one["spent"][f"{part}_s"] > 0 for one in steps for part in ("tokenizer", "model", "vocoder"))

    session = talker.session()
    heard = (said * 32767).astype("<i2").astype(np.float32) / 32768
    texts = [session.push(chunk).text for chunk in heard.reshape(-1, CHUNK_SAMPLES)]
    assert "".join(one["text"] for one in steps) == "".join(texts)


def test_the_page_comes_with_all_it_loads_and_a_policy_that_lets_nothing_else_in(address):
    response, page = fetch(address, "/")
    assert b"page.js" in page
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in ("page.js", "page.css", "worklet.js"):
        assert fetch(address, f"/{name}")[0].status == 200
    assert b"http" not in page.lower().replace(b"https pages", b"")


@pytest.mark.parametrize("path", ["/../server.py", "/%2e%2e/server.py", "/page/../../session.py", "/nothing.js"])
def test_only_the_pages_own_files_can_be_had(address, path):
    assert fetch(address, path)[0].status == 404


def test_by_default_only_this_machine_reaches_the_server():
    with listen(ServeOptions(port=0)) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_host_that_others_reach_needs_a_token_that_nobody_guesses():
    with pytest.raises(BuildError, match=r"--host 0\.0\.0\.0 lets others use this machine.*--token"):
        listen(ServeOptions(host="0.0.0.0", port=0))
    with pytest.raises(BuildError, match="--token has 4 characters"):
        listen(ServeOptions(host="0.0.0.0", port=0, token="1234"))
    listen(ServeOptions(host="0.0.0.0", port=0, token=TOKEN)).close()


def test_a_second_server_on_the_port_says_which_and_what_to_do():
    with listen(ServeOptions(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(BuildError, match=rf"port {port} of 127\.0\.0\.1.*another --port"):
            listen(ServeOptions(port=port))


def test_an_address_of_another_machine_is_an_error():
    with pytest.raises(BuildError, match=r"--host nowhere\.invalid"):
        listen(ServeOptions(host="nowhere.invalid", port=0))


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", "ü" * 20])
def test_without_the_token_nobody_talks(token):
    async def talk(address):
        async with visiting(address, token) as visitor:
            return (await visitor.hear("refused"))["reason"]

    with served(YieldingSession, TOKEN) as address:
        assert over(talk(address)) == "token"


def test_with_the_token_one_talks():
    async def talk(address):
        async with visiting(address, TOKEN) as visitor:
            await visitor.hear("ready")

    with served(YieldingSession, TOKEN) as address:
        over(talk(address))


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://localhost:1", "null", "http://["])
def test_a_page_of_another_site_can_not_talk(address, origin):
    async def talk():
        async with visiting(address, Origin=origin):
            pass

    with pytest.raises(aiohttp.WSServerHandshakeError, match=r"40[03]"):
        over(talk())


def test_the_servers_own_page_can_talk(address):
    async def talk():
        async with visiting(address, Origin=f"http://{address}") as visitor:
            await visitor.hear("ready")

    over(talk())


BEHIND_TLS = {"Origin": "https://talk.example", "Host": "talk.example"}


def test_behind_a_proxy_one_talks_with_a_token_where_host_is_handed_on():
    async def talk(address):
        async with visiting(address, TOKEN, **BEHIND_TLS) as visitor:
            await visitor.hear("ready")
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            async with visiting(address, TOKEN, Origin="https://talk.example"):
                pass

    with served(YieldingSession, TOKEN) as address:
        over(talk(address))
        assert b"a proxy must forward the host" in fetch(address, "/", Origin="https://talk.example")[1].lower()


def test_behind_a_proxy_nobody_talks_without_a_token(address):
    response, said = fetch(address, "/", **BEHIND_TLS)

    assert response.status == 403
    assert b"Behind a proxy, it needs a --token" in said


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.2:8765", "[::1]:8765"])
def test_every_loopback_address_is_the_servers_own(address, host):
    assert fetch(address, "/", Host=host)[0].status == 200


def test_the_page_is_told_by_addresses_that_browsers_can_open():
    assert addresses("127.0.0.1", 8765) == "http://127.0.0.1:8765/"
    assert addresses("::1", 8765) == "http://[::1]:8765/"
    for every in ("0.0.0.0", "::"):
        assert "http://localhost:8765/" in addresses(every, 8765)
        assert f"http://{socket.gethostname()}:8765/" in addresses(every, 8765)


def test_a_name_that_another_site_gave_this_machine_is_refused(address):
    assert fetch(address, "/", Host="rebound.example")[0].status == 403


GARBAGE = {
    "no JSON": ("{", "bad_message"),
    "no object": ("[]", "bad_message"),
    "an unknown type": ('{"type": "shutdown"}', "bad_message"),
    "an unknown key": ('{"type": "stop", "now": true}', "bad_message"),
    "a second hello": ('{"type": "hello"}', "bad_message"),
    "deep nesting": ("[" * 900, "bad_message"),
    "long text": ("x" * 2000, "bad_message"),
    "half a sample": (b"abc", "bad_sound"),
    "nothing": (b"", "bad_sound"),
    "more than a chunk": (bytes(12_802), "bad_sound"),
}


@pytest.mark.parametrize(("message", "reason"), GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_with_a_reason_and_the_next_visitor_talks(message, reason):
    async def talk(address):
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            await (visitor.page.send_str if isinstance(message, str) else visitor.page.send_bytes)(message)
            refused = await visitor.hear("refused")
            assert refused["reason"] == reason
            assert refused["detail"]
            assert (await visitor.page.receive()).type is aiohttp.WSMsgType.CLOSE
            assert visitor.page.close_code == 1008
        async with visiting(address) as visitor:
            await visitor.hear("ready")

    with served(YieldingSession) as address:
        over(talk(address))


def test_a_message_that_is_far_too_large_closes_that_connection_alone(address):
    async def talk():
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            # beyond the limit, but whole in the socket's buffer: a page that is still sending may meet a closed socket
            await visitor.page.send_bytes(bytes(3 * LONGEST_BYTES))
            while (await visitor.page.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass
            assert visitor.page.close_code == 1009
        async with visiting(address) as visitor:
            await visitor.hear("ready")

    over(talk())


def test_bytes_that_are_no_http_harm_nobody(address):
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as rude:
        rude.sendall(b"\x00\xff\x16\x03 garbage\r\n\r\n")
        assert b"400" in rude.recv(1000)
    assert fetch(address, "/")[0].status == 200


@pytest.mark.parametrize("first", ['{"type": "stop"}', b"\0\0"])
def test_who_says_anything_before_hello_is_refused(address, first):
    async def talk():
        async with visiting(address, hello=False) as visitor:
            await (visitor.page.send_str if isinstance(first, str) else visitor.page.send_bytes)(first)
            assert (await visitor.hear("refused"))["reason"] == "bad_message"

    over(talk())


def test_sound_that_comes_faster_than_time_is_refused(address):
    async def talk():
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            await visitor.say(speech_like(10.0))
            refused = await visitor.hear("refused")
            assert refused["reason"] == "too_fast"
            assert "s of audio arrived within" in refused["detail"]

    over(talk())


def waiting_session(goes_on):
    """Return a class of sessions that answer nothing before an event."""

    class Waiting(YieldingSession):
        def push(self, samples):
            goes_on.wait()
            return super().push(samples)

    return Waiting


def test_a_machine_that_falls_too_far_behind_says_so(monkeypatch):
    monkeypatch.setattr("talk.visit.BEHIND_S", 0.5)
    goes_on = threading.Event()

    async def talk(address):
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            await visitor.say(speech_like(2.8))
            await asyncio.sleep(0.5)
            goes_on.set()
            assert (await visitor.hear("refused"))["reason"] == "too_slow"

    with served(waiting_session(goes_on)) as address:
        over(talk(address))


def test_who_never_reads_is_cut_off_and_loses_the_place(monkeypatch):
    monkeypatch.setattr("talk.visit.BEHIND_S", 2.0)
    monkeypatch.setattr("talk.visit.AHEAD_S", 1000.0)

    class Loud(YieldingSession):
        def push(self, samples):
            return replace(super().push(samples), sound=np.ones(1_000_000, np.float32))

    async def talk(address):
        async with visiting(address) as deaf:
            await deaf.hear("ready")
            deaf.page._response.connection.transport.pause_reading()
            async with visiting(address) as second:
                await second.hear("queued")
                with suppress(ConnectionError):
                    for _ in range(200):
                        await deaf.page.send_bytes(bytes(12_800))
                        await asyncio.sleep(0.05)
                await second.hear("ready")

    with served(Loud) as address:
        over(talk(address))


def test_who_sends_nothing_loses_the_place(monkeypatch):
    """Though its page answers heartbeats, as every browser's does."""
    monkeypatch.setattr("talk.server.SILENT_S", 0.3)
    monkeypatch.setattr("talk.server.HEARTBEAT_S", 0.05)
    monkeypatch.setattr("talk.server.MINDED_S", 0.05)

    async def talk(address):
        async with visiting(address) as first:
            await first.hear("ready")
            assert (await first.hear("refused"))["reason"] == "silent"
            async with visiting(address) as second:
                await second.hear("ready")

    with served(YieldingSession) as address:
        over(talk(address))


def test_who_has_stopped_is_still_answered_by_a_slow_machine(monkeypatch):
    monkeypatch.setattr("talk.server.SILENT_S", 0.2)
    monkeypatch.setattr("talk.server.MINDED_S", 0.05)
    goes_on = threading.Event()

    async def talk(address):
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            await visitor.say(speech_like(0.8))
            asyncio.get_running_loop().call_later(0.5, goes_on.set)
            await visitor.say_bye()

    with served(waiting_session(goes_on)) as address:
        over(talk(address))


def test_a_session_that_fails_ends_its_conversation_and_no_other(caplog):
    class Broken(YieldingSession):
        def push(self, samples):
            raise RuntimeError("cables crossed")

    sessions = iter([Broken(), YieldingSession()])

    async def talk(address):
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            await visitor.say(speech_like(0.4))
            refused = await visitor.hear("refused")
            assert refused["reason"] == "broken"
            assert "cables" not in refused["detail"]
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            await visitor.say(speech_like(0.4))
            await visitor.say_bye()

    with served(lambda: next(sessions)) as address:
        over(talk(address))
    assert "cables crossed" in caplog.text


def test_an_interruption_is_told_as_the_assistant_stops():
    async def talk(address):
        async with visiting(address) as visitor:
            await visitor.hear("ready")
            silence, speech = np.zeros(4 * CHUNK_SAMPLES), 0.5 * np.ones(3 * CHUNK_SAMPLES)
            await visitor.say(np.concatenate([silence, speech]))
            await visitor.say_bye()
            return [(event["role"], event["kind"]) for one in visitor.told for event in one.get("events", ())]

    with served(YieldingSession) as scripted:
        events = over(talk(scripted))
    assert ("assistant", "interrupted") in events


def test_the_token_is_in_no_log(caplog):
    caplog.set_level("DEBUG")

    async def talk(address):
        async with visiting(address, TOKEN) as visitor:
            await visitor.hear("ready")
        async with visiting(address, TOKEN[:-1]) as visitor:
            await visitor.hear("refused")

    with served(YieldingSession, TOKEN) as address:
        over(talk(address))
    assert TOKEN[:-1] not in caplog.text
