from hypothesis import given
from hypothesis import strategies as st

from pipeline.schedule import Schedule, Unit
from pipeline.steps.graph import STEPS


def run_in_any_order(schedule, shards, choose):
    """Finish units in an order that `choose` picks, checking that inputs come first."""
    order = []
    while not schedule.finished:
        unit = choose(schedule.ready())
        schedule.start(unit)
        assert unit not in schedule.ready()
        schedule.finish(unit)
        order.append(unit)
    return order


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_every_unit_runs_once_and_after_what_it_reads(shards, random):
    order = run_in_any_order(Schedule(STEPS, shards, ()), shards, random.choice)

    assert len(order) == len(set(order)) == 2 + 4 * shards
    place = {unit: position for position, unit in enumerate(order)}
    for shard in range(shards):
        assert place[Unit("dialogues", shard)] < place[Unit("selection", None)] < place[Unit("speech", shard)]
        assert place[Unit("noise", None)] < place[Unit("scenes", shard)]
        assert place[Unit("speech", shard)] < place[Unit("scenes", shard)] < place[Unit("streams", shard)]


def test_what_is_done_is_not_handed_out_again():
    schedule = Schedule(STEPS, 2, {Unit("noise", None), Unit("dialogues", 0)})

    assert schedule.ready() == [Unit("dialogues", 1)]


def test_a_unit_whose_worker_died_is_ready_again():
    schedule = Schedule(STEPS, 1, ())
    schedule.start(Unit("dialogues", 0))
    schedule.give_back(Unit("dialogues", 0))

    assert Unit("dialogues", 0) in schedule.ready()


def test_without_built_in_noise_scenes_wait_for_speech_alone():
    steps = [step for step in STEPS if step.name != "noise"]
    schedule = Schedule(steps, 1, {Unit("dialogues", 0), Unit("selection", None), Unit("speech", 0)})

    assert schedule.ready() == [Unit("scenes", 0)]
