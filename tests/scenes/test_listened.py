"""Which scenes of a corpus are listened to."""

from dataclasses import replace

import pytest

from manifests.records import NoiseMix, Scene
from stages.scenes import Listened, hear
from tests.pipeline.published_scenes import config, scenes_of


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return scenes_of(config({"profile": "human"}))[:3]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_scenes_are_listened_to_and_those_in_loud_noise_passed_over(scenes, threads):
    loud = replace(scenes[1], noise=NoiseMix("noise/a.wav", "noise", 3.0, 3.0))
    listened = Listened(2)
    left = iter((scenes[0], loud, scenes[2]))
    listened.add(left, threads)

    assert next(left) is scenes[2]
    heard = hear(scenes[0])
    assert (listened.scenes, listened.passed_over) == (1, 1)
    assert listened.onset_errors_s == list(heard.onset_errors_s)
    assert listened.unheard == heard.unheard
    assert sorted(value for values in listened.values.values() for value in values) == sorted(
        value for _, value in heard.values
    )
