"""Casting: one assistant, users spread evenly, each dialogue by itself."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stages.speech import Cast, user_voice

VOICES = st.integers(1, 40).map(lambda count: tuple(f"voice-{number}" for number in range(count)))
SEEDS = st.integers(0, 2**31)


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


def test_the_assistant_keeps_one_voice():
    cast = Cast("joe", ("a", "b"), seed=3)
    assert {cast.voice("assistant", index) for index in range(10)} == {"joe"}
    assert {cast.voice("user", index) for index in range(10)} == {"a", "b"}
