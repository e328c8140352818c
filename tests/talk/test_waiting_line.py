"""Who talks and who waits, over a real socket."""

import asyncio

import numpy as np

from talk.session import CHUNK_SAMPLES
from tests.talk.scripted_sessions import YieldingSession
from tests.talk.served import served
from tests.talk.small_talkers import speech_like
from tests.talk.visitors import over, visiting


def test_who_comes_while_another_talks_sees_the_place_in_the_line_and_moves_up():
    async def talk(address):
        async with visiting(address) as first:
            await first.hear("ready")
            async with visiting(address) as second, visiting(address) as third:
                assert (await second.hear("queued"))["place"] == 1
                assert (await third.hear("queued"))["place"] == 2
                await first.say_bye()
                await second.hear("ready")
                assert (await third.hear("queued"))["place"] == 1

    with served(YieldingSession) as address:
        over(talk(address))


def test_a_server_with_two_places_lets_two_talk():
    async def talk(address):
        async with visiting(address) as first, visiting(address) as second:
            await first.hear("ready")
            await second.hear("ready")
            async with visiting(address) as third:
                assert (await third.hear("queued"))["place"] == 1

    with served(YieldingSession, places=2) as address:
        over(talk(address))


def test_leaving_mid_turn_frees_the_place(address):
    async def talk():
        async with visiting(address) as first:
            await first.hear("ready")
            await first.say(speech_like(1.0))
            await first.hear("step")
            async with visiting(address) as second:
                await second.hear("queued")
                first.page._response.connection.transport.abort()
                await second.hear("ready")
                await second.say(speech_like(0.4))
                await second.say_bye()

    over(talk())


def test_leaving_the_line_lets_those_behind_move_up():
    async def talk(address):
        async with visiting(address) as first:
            await first.hear("ready")
            async with visiting(address) as second:
                await second.hear("queued")
                async with visiting(address) as third:
                    assert (await third.hear("queued"))["place"] == 2
                    await second.page.close()
                    assert (await third.hear("queued"))["place"] == 1

    with served(YieldingSession) as address:
        over(talk(address))


def test_sound_from_the_line_is_refused():
    async def talk(address):
        async with visiting(address) as first, visiting(address) as second:
            await first.hear("ready")
            await second.hear("queued")
            await second.say(speech_like(0.4))
            assert "wait for ready" in (await second.hear("refused"))["detail"]

    with served(YieldingSession) as address:
        over(talk(address))


def test_who_says_nothing_loses_the_place_once_somebody_waits(monkeypatch):
    monkeypatch.setattr("talk.server.IDLE_S", 0.4)
    monkeypatch.setattr("talk.server.MINDED_S", 0.05)

    async def talk(address):
        async with visiting(address) as first:
            await first.hear("ready")
            for _ in range(6):
                await first.say(np.zeros(CHUNK_SAMPLES))
                await asyncio.sleep(0.1)
            assert not any(message["type"] == "refused" for message in first.told)
            async with visiting(address) as second:
                assert (await first.hear("refused"))["reason"] == "idle"
                await second.hear("ready")

    with served(YieldingSession) as address:
        over(talk(address))


def test_who_speaks_keeps_the_place_while_others_wait(monkeypatch):
    monkeypatch.setattr("talk.server.IDLE_S", 2.0)
    monkeypatch.setattr("talk.server.MINDED_S", 0.05)

    async def talk(address):
        async with visiting(address) as first, visiting(address) as second:
            await first.hear("ready")
            await second.hear("queued")
            for _ in range(15):
                await first.say(np.full(CHUNK_SAMPLES // 2, 0.5))
                await asyncio.sleep(0.2)
            await first.say_bye()

    with served(YieldingSession) as address:
        over(talk(address))
