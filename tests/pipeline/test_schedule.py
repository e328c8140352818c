from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipeline.runners.graph import STAGES
from pipeline.schedule import Schedule, Unit


def run_in_any_order(schedule, random):
    """Take and finish units in a random order, several at a time; some are given back first."""
    order, taken = [], []
    while not schedule.finished:
        stages = schedule.stages
        if stages and (not taken or random.random() < 0.6):
            unit = schedule.take(random.choice(stages))
            if random.random() < 0.1:
                schedule.give_back(unit)
            else:
                taken.append(unit)
        else:
            unit = taken.pop(random.randrange(len(taken)))
            schedule.finish(unit)
            order.append(unit)
    assert not schedule.stages
    return order


@given(st.integers(1, 6), st.integers(0, 10**6).map(Random))
def test_every_unit_runs_once_and_after_what_it_reads(shards, random):
    order = run_in_any_order(Schedule(STAGES, shards, ()), random)

    assert len(order) == len(set(order)) == 2 + 4 * shards
    place = {unit: position for position, unit in enumerate(order)}
    for shard in range(shards):
        assert place[Unit("dialogues", shard)] < place[Unit("selection", None)] < place[Unit("speech", shard)]
        assert place[Unit("noise", None)] < place[Unit("scenes", shard)]
        assert place[Unit("speech", shard)] < place[Unit("scenes", shard)] < place[Unit("streams", shard)]


@given(st.integers(1, 6), st.integers(0, 10**6).map(Random), st.data())
def test_a_run_that_stopped_anywhere_goes_on_with_what_is_left(shards, random, data):
    order = run_in_any_order(Schedule(STAGES, shards, ()), random)
    stopped = data.draw(st.integers(0, len(order)))

    rest = run_in_any_order(Schedule(STAGES, shards, order[:stopped]), random)

    assert set(rest) == set(order[stopped:])
    assert len(rest) == len(order) - stopped


def test_shards_come_in_order():
    schedule = Schedule(STAGES, 3, {Unit("dialogues", 0)})

    assert [schedule.take("dialogues") for _ in range(2)] == [Unit("dialogues", 1), Unit("dialogues", 2)]


def test_without_built_in_noise_scenes_wait_for_speech_alone():
    stages = [stage for stage in STAGES if stage.name != "noise"]
    schedule = Schedule(stages, 1, {Unit("dialogues", 0), Unit("selection", None), Unit("speech", 0)})

    assert schedule.stages == ("scenes",)
