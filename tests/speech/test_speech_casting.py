"""Casting: one assistant, users spread evenly, each dialogue by itself; speeds, and voices of a split's own."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from manifests.errors import BuildError
from manifests.names import SPLITS
from manifests.records import Slot
from stages.speech import user_voice
from stages.speech.casting import make_cast, split_voices
from stages.speech.casting_config import CastingConfig, SpeedLaw

VOICES = st.integers(1, 40).map(lambda count: tuple(f"voice-{number}" for number in range(count)))
SEEDS = st.integers(0, 2**31)
DISJOINT = CastingConfig(disjoint_splits=True)


def slot(index: int, split="train") -> Slot:
    return Slot(index, f"d{index}", split)


@given(VOICES, SEEDS, st.integers(0, 50))
def test_each_block_of_dialogues_uses_every_voice_once(voices, seed, block):
    indices = range(block * len(voices), (block + 1) * len(voices))
    assert sorted(user_voice(voices, index, seed) for index in indices) == sorted(voices)


@given(VOICES, SEEDS, st.integers(1, 300))
def test_voices_are_balanced_over_any_corpus(voices, seed, dialogues):
    counts = Counter(user_voice(voices, index, seed) for index in range(dialogues))
    assert max(counts.values()) - min(counts[voice] for voice in voices) <= 1


@given(VOICES, SEEDS, st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
def test_a_dialogues_voice_does_not_depend_on_which_others_are_cast(voices, seed, indices):
    alone = {index: user_voice(voices, index, seed) for index in indices}
    assert all(user_voice(voices, index, seed) == alone[index] for index in reversed(indices))


def test_another_seed_casts_in_another_order():
    voices = tuple(f"voice-{number}" for number in range(12))
    first, second = ([user_voice(voices, index, seed) for index in range(12)] for seed in (1, 2))
    assert first != second


def test_the_assistant_keeps_one_voice_whatever_the_attempt():
    cast = make_cast(CastingConfig(), "joe", ("a", "b"), seed=3)
    assert {cast.voice("assistant", slot(index), attempt) for index in range(10) for attempt in (0, 1)} == {"joe"}
    assert {cast.voice("user", slot(index)) for index in range(10)} == {"a", "b"}


@given(VOICES, SEEDS, st.integers(0, 500))
def test_each_attempt_is_another_voice_until_the_pool_is_through(voices, seed, index):
    cast = make_cast(CastingConfig(), "joe", voices, seed)
    assert sorted(cast.voice("user", slot(index), attempt) for attempt in range(len(voices))) == sorted(voices)
    assert cast.voice("user", slot(index), 0) == user_voice(voices, index, seed)


@given(st.integers(3, 60), SEEDS, st.floats(0.01, 0.3))
def test_disjoint_splits_share_no_voice_and_lose_none(count, seed, share):
    voices = tuple(f"voice-{number}" for number in range(count))
    pools = split_voices(voices, share, seed)
    assert sorted(voice for pool in pools.values() for voice in pool) == sorted(voices)
    assert all(pools[split] for split in SPLITS)
    assert pools == split_voices(voices, share, seed)


@given(SEEDS, st.lists(st.integers(0, 5_000), min_size=30, max_size=60, unique=True))
def test_a_held_out_dialogue_hears_only_voices_that_training_never_hears_second_voices_included(seed, indices):
    voices = tuple(f"voice-{number}" for number in range(20))
    cast = make_cast(DISJOINT, "joe", voices, seed)
    heard = {split: set() for split in SPLITS}
    for number, index in enumerate(indices):
        one = slot(index, SPLITS[number % 3])
        heard[one.split] |= {cast.voice("user", one, attempt) for attempt in (0, 1)}
    assert not heard["train"] & heard["validation"]
    assert not heard["train"] & heard["test"]
    assert not heard["validation"] & heard["test"]


def test_too_few_voices_for_disjoint_splits_stop_the_run():
    with pytest.raises(BuildError, match=r"disjoint_splits: there are 2 user voice.*name more voices"):
        make_cast(DISJOINT, "joe", ("a", "b"), seed=1)


def test_speeds_follow_the_declared_law_one_draw_a_role_and_dialogue():
    law = SpeedLaw(mean=1.05, sd=0.1, min=0.9, max=1.2)
    cast = make_cast(CastingConfig(user_speed=law), "joe", ("a",), seed=5)
    drawn = np.array([cast.speed("user", slot(index)) for index in range(2000)])
    assert drawn.min() >= 0.9
    assert drawn.max() <= 1.2
    assert drawn.mean() == pytest.approx(1.05, abs=0.01)
    assert 0.06 < drawn.std() < 0.1
    assert cast.speed("user", slot(7)) == drawn[7]
    assert {cast.speed("assistant", slot(index)) for index in range(20)} == {1.0}


def test_by_default_every_voice_keeps_its_own_pace():
    cast = make_cast(CastingConfig(), "joe", ("a",), seed=5)
    assert {cast.speed("user", slot(index)) for index in range(20)} == {1.0}


@pytest.mark.parametrize(
    ("law", "share"),
    [({"min": 1, "max": 1, "sd": 0.05}, "0%"), ({"min": 1, "max": 1.01, "sd": 0.2}, "2%")],
)
def test_a_law_whose_bounds_leave_next_to_no_draw_is_refused_instead_of_drawn_for_ever(law, share):
    with pytest.raises(
        ValidationError, match=rf"only {share} of draws with mean 1 and sd .* between min 1 and max 1[.01]*;"
    ):
        SpeedLaw.model_validate(law)


@given(st.floats(0.5, 2), st.floats(0, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_any_law_that_is_accepted_draws_inside_its_bounds(mean, sd, below, above):
    try:
        law = SpeedLaw(mean=mean, sd=sd, min=max(0.5, mean - below), max=min(2, mean + above))
    except ValidationError:
        return
    cast = make_cast(CastingConfig(user_speed=law), "joe", ("a",), seed=1)
    assert all(law.min <= cast.speed("user", slot(index)) <= law.max for index in range(5))


def test_a_mean_outside_its_bounds_is_refused():
    with pytest.raises(ValidationError, match=r"mean 1\.5 is not between min 0\.75 and max 1\.3"):
        SpeedLaw(mean=1.5)
