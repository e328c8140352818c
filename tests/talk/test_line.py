"""Who talks and who waits, over a real socket."""

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
