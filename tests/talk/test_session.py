"""A session: what is heard is what training heard, what is said is what the units say, and the seed decides."""

import numpy as np
import pytest

from manifests.errors import RejectedError
from stages.units import grid
from talk.session import CHUNK_SAMPLES, DelayBudget
from talk.talker import TalkOptions, open_talker
from tests.talk.small_talkers import speech_like, write_talker

SPEECH = speech_like(2.4)


def chunks_of(samples):
    return samples.reshape(-1, CHUNK_SAMPLES)


def test_the_delays_add_up():
    budget = DelayBudget()

    assert budget.longest_s == pytest.approx(0.84)
    assert budget.shortest_s == pytest.approx(0.44)
    assert budget.described.startswith("440 to 840 ms")


def test_what_is_heard_live_is_what_the_whole_recording_holds(talker):
    session = talker.session()
    live = np.concatenate([session.push(chunk).user_units for chunk in chunks_of(SPEECH)])
    whole = talker.tokenizer.encode(np.pad(SPEECH, (grid.LOOKAHEAD_SAMPLES, 0)), 16_000)

    assert np.array_equal(live, whole[: len(live)])
    assert live.any()


def test_the_sound_is_the_vocoders_two_units_late(talker):
    session = talker.session(seed=2)
    said = [session.push(chunk) for chunk in chunks_of(SPEECH)[:3]]
    rest, _ = session.finish()
    stream = talker.vocoder.stream()
    wanted = np.concatenate([*(stream.push(chunk.units) for chunk in said), stream.finish()])
    sound = np.concatenate([*(chunk.sound for chunk in said), rest])

    assert [len(chunk.sound) for chunk in said] == [session.sound_samples] * 3 == [8820] * 3
    assert not sound[: 2 * 882].any()
    assert np.array_equal(sound[2 * 882 :], wanted)


def test_chunks_are_numbered_and_say_what_they_took(talker):
    session = talker.session()
    said = [session.push(chunk) for chunk in chunks_of(SPEECH)[:2]]

    assert [chunk.index for chunk in said] == [0, 1]
    for chunk in said:
        spent = chunk.spent
        assert spent.sum_s == spent.tokenizer_s + spent.model_s + spent.vocoder_s > 0
        assert chunk.units.shape == chunk.speaking.shape == (10,)


def test_the_same_sound_and_seed_say_the_same(talker):
    def said(seed):
        session = talker.session(seed)
        return [(session.push(chunk).units.tolist(), session.push(chunk).text) for chunk in chunks_of(SPEECH)[:2]]

    assert said(1) == said(1)
    assert said(1) != said(2)


def test_two_streams_say_no_text(tmp_path):
    session = open_talker(write_talker(tmp_path / "final", "two_stream"), TalkOptions()).session()
    said = [session.push(chunk) for chunk in chunks_of(SPEECH)[:2]]

    assert [chunk.text for chunk in said] == ["", ""]
    assert all(chunk.speaking.any() for chunk in said)


def test_broken_samples_are_refused_and_the_conversation_goes_on(talker):
    broken = chunks_of(SPEECH)[0].copy()
    broken[7] = np.nan
    session, other = talker.session(), talker.session()

    with pytest.raises(RejectedError, match="audio_not_finite"):
        session.push(broken)
    with pytest.raises(ValueError, match="6400"):
        session.push(SPEECH)
    assert np.array_equal(session.push(chunks_of(SPEECH)[0]).units, other.push(chunks_of(SPEECH)[0]).units)
