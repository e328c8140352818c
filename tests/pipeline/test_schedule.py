from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipeline.runners.graph import STAGES
from pipeline.schedule import Schedule, Task


def run_in_any_order(schedule, random):
    """Take and finish tasks in a random order, several at a time; some are given back first."""
    order, taken = [], []
    while not schedule.finished:
        stages = schedule.stages
        if stages and (not taken or random.random() < 0.6):
            task = schedule.take(random.choice(stages))
            if random.random() < 0.1:
                schedule.give_back(task)
            else:
                taken.append(task)
        else:
            task = taken.pop(random.randrange(len(taken)))
            schedule.finish(task)
            order.append(task)
    assert not schedule.stages
    return order


@given(st.integers(1, 6), st.integers(0, 10**6).map(Random))
def test_every_task_runs_once_and_after_what_it_reads(shards, random):
    order = run_in_any_order(Schedule(STAGES, shards, ()), random)

    assert len(order) == len(set(order)) == 2 + 4 * shards
    place = {task: position for position, task in enumerate(order)}
    for shard in range(shards):
        assert place[Task("dialogues", shard)] < place[Task("selection", None)] < place[Task("speech", shard)]
        assert place[Task("noise", None)] < place[Task("scenes", shard)]
        assert place[Task("speech", shard)] < place[Task("scenes", shard)] < place[Task("streams", shard)]


@given(st.integers(1, 6), st.integers(0, 10**6).map(Random), st.data())
def test_a_run_that_stopped_anywhere_goes_on_with_what_is_left(shards, random, data):
    order = run_in_any_order(Schedule(STAGES, shards, ()), random)
    stopped = data.draw(st.integers(0, len(order)))

    rest = run_in_any_order(Schedule(STAGES, shards, order[:stopped]), random)

    assert set(rest) == set(order[stopped:])
    assert len(rest) == len(order) - stopped


def test_shards_come_in_order():
    schedule = Schedule(STAGES, 3, {Task("dialogues", 0)})

    assert [schedule.take("dialogues") for _ in range(2)] == [Task("dialogues", 1), Task("dialogues", 2)]


def test_without_built_in_noise_scenes_wait_for_speech_alone():
    stages = [stage for stage in STAGES if stage.name != "noise"]
    schedule = Schedule(stages, 1, {Task("dialogues", 0), Task("selection", None), Task("speech", 0)})

    assert schedule.stages == ("scenes",)
