"""The executor on one CPU: workers that die or fail, and two stages that share the place."""

import os
import signal

import pytest
import ray
from ray.exceptions import RuntimeEnvSetupError

from manifests.errors import BuildError
from pipeline import patience, pools
from pipeline.config import ExecutionConfig
from pipeline.execute import ray_session
from pipeline.worker import Worker
from tests.pipeline.executing import Run, place_of, stage

SPEECH = [stage("speech")]


@pytest.fixture(scope="module", autouse=True)
def _one_cpu():
    with ray_session(ExecutionConfig(workers=1)):
        yield


def shards_of(run):
    return [record.shard for record in run.records]


def test_a_unit_whose_worker_dies_is_done_again(monkeypatch, tmp_path):
    died = tmp_path / "died"

    def dies_once(calls, shard):
        if not died.exists():
            died.touch()
            os._exit(1)
        return place_of(calls, shard)

    run = Run(monkeypatch, tmp_path, SPEECH, 2, {}, dies_once)
    run.executor.run()

    assert shards_of(run) == [0, 1]


def test_a_unit_whose_workers_always_die_ends_the_run_with_what_may_help(monkeypatch, tmp_path):
    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, lambda calls, shard: os._exit(1), attempts=2)

    with pytest.raises(BuildError, match=r"speech, shard 0: its worker died 2 times.*stages\.speech\.max_workers"):
        run.executor.run()


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_node_that_can_not_set_up_a_worker_ends_the_run_only_if_it_happens_again(monkeypatch, tmp_path, attempts):
    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, place_of, attempts=attempts)
    real_get, broken = ray.get, []

    def get(asked, **options):
        if broken:
            return real_get(asked, **options)
        broken.append(asked)
        raise RuntimeEnvSetupError("no space left on /tmp")

    monkeypatch.setattr(ray, "get", get)
    if attempts == 2:
        run.executor.run()
        assert shards_of(run) == [0]
    else:
        with pytest.raises(BuildError, match=r"(?s)could not set up its worker.*no space left"):
            run.executor.run()


def test_a_unit_whose_disk_fails_rests_while_others_are_done_and_has_made_no_attempt(monkeypatch, tmp_path):
    monkeypatch.setattr(patience, "_FIRST_S", 0.2)

    def fails_twice(calls, shard):
        if shard == 0 and calls < 4:  # the same worker does shards 0, 1 and 0 again
            raise OSError("Stale file handle")
        return place_of(calls, shard)

    run = Run(monkeypatch, tmp_path, SPEECH, 2, {}, fails_twice, attempts=1)
    run.executor.run()

    assert shards_of(run) == [1, 0]
    assert len(run.said) == 1
    assert "speech, shard 0: the network or a disk failed (Stale file handle); such failures are" in run.said[0]


def test_the_worker_of_a_resting_unit_keeps_its_place(monkeypatch, tmp_path):
    monkeypatch.setattr(patience, "_FIRST_S", 1.0)
    failed = tmp_path / "failed"

    def fails_once(calls, shard):
        if not failed.exists():
            failed.touch()
            raise ConnectionError("HTTP 503")
        record = place_of(calls, shard)
        record.calls = calls
        return record

    run = Run(monkeypatch, tmp_path, [stage("dialogues"), stage("noise")], 1, {}, fails_once)
    run.executor.run()

    assert [record.calls for record in run.records] == [2, 1]


def test_a_disk_that_keeps_failing_ends_the_run(monkeypatch, tmp_path):
    monkeypatch.setattr(patience, "_FIRST_S", 0.1)
    monkeypatch.setattr(patience, "PATIENCE_S", 0.3)

    def fails(calls, shard):
        raise OSError("Stale file handle")

    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, fails)

    with pytest.raises(BuildError, match=r"^speech, shard 0: .*kept failing through .*: Stale file handle; fix that"):
        run.executor.run()


def test_a_worker_that_does_not_reach_the_folder_asks_again(monkeypatch, tmp_path):
    monkeypatch.setattr(patience, "_FIRST_S", 0.1)
    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, place_of, attempts=1)
    arrive, failed = pools.Worker.arrive, tmp_path / "failed"

    def arrive_later(self):
        if not failed.exists():
            failed.touch()
            raise OSError("Connection refused")
        return arrive(self)

    monkeypatch.setattr(pools.Worker, "arrive", arrive_later)
    run.executor.run()

    assert shards_of(run) == [0]


def test_two_stages_take_turns_in_one_place(monkeypatch, tmp_path):
    run = Run(monkeypatch, tmp_path, [stage("dialogues"), stage("speech", ("dialogues",))], 2, {}, place_of)

    run.executor.run()

    assert shards_of(run) == [0, 1, 0, 1]
    assert len({record.pid for record in run.records}) == 2


def test_a_stage_that_this_machine_cannot_hold_stops_the_run_before_any_work(monkeypatch, tmp_path):
    stages = [stage("dialogues"), stage("speech", ("dialogues",))]
    run = Run(monkeypatch, tmp_path, stages, 1, {"speech": {"cpus": 2}}, place_of)

    with pytest.raises(BuildError, match=r"speech needs 2 CPUs and 0 GPUs, but the cluster has 1 and 0 in total"):
        run.executor.run()

    assert (run.records, run.said) == ([], [])


def test_an_idle_workers_death_is_no_attempt(monkeypatch, tmp_path):
    def kill_idle(record):
        if record.shard == 0:
            os.kill(record.pid, signal.SIGKILL)

    run = Run(monkeypatch, tmp_path, SPEECH, 2, {}, place_of, on_done=kill_idle, attempts=1)
    run.executor.run()

    assert shards_of(run) == [0, 1]


def test_workers_that_never_come_up_end_the_run(monkeypatch, tmp_path):
    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, place_of, attempts=2)
    monkeypatch.setattr(pools.Worker, "__init__", lambda self, *_: os._exit(1))

    with pytest.raises(BuildError, match="speech: its worker died 2 times"):
        run.executor.run()


def test_a_node_that_does_not_see_the_runs_folder_ends_the_run(monkeypatch, tmp_path):
    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, place_of)
    monkeypatch.setattr(pools, "Worker", Worker)

    with pytest.raises(BuildError, match=r"/nowhere/manifests/run\.json: missing on"):
        run.executor.run()


def test_a_node_without_the_driver_of_the_runs_storage_is_told_of_as_that_and_not_as_a_death(monkeypatch, tmp_path):
    run = Run(monkeypatch, tmp_path, SPEECH, 1, {}, place_of, root="unheard-of://bucket/corpus")
    monkeypatch.setattr(pools, "Worker", Worker)

    told = r"^\S+, where Ray has placed a worker of speech: unheard-of://bucket/corpus: no such storage .*give a folder"
    with pytest.raises(BuildError, match=told):
        run.executor.run()
