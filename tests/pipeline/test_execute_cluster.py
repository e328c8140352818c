"""The executor on a cluster of several nodes, each a raylet of its own on this machine."""

import os
import time

import pytest
import ray
from ray.cluster_utils import Cluster

from manifests.errors import BuildError
from pipeline import execute, pools
from tests.pipeline.executing import Run, place_of, stage

SPEECH = [stage("speech")]


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of 3 CPUs and a GPU each."""
    head = {"num_cpus": 3, "num_gpus": 1, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    made.add_node(num_cpus=3, num_gpus=1)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def others():
    """Let other jobs of the cluster hold CPUs until they are told to release them."""

    def hold(*cpus):
        held = [ray.remote(type("Other", (), {})).options(num_cpus=count).remote() for count in cpus]
        ray.get([actor.__ray_ready__.remote() for actor in held])
        return lambda: [ray.kill(actor) for actor in held]

    return hold


@pytest.mark.parametrize("wanted", [{"cpus": 2}, {"gpus": 0.6}])
def test_what_is_left_on_several_nodes_is_no_room_for_a_worker(cluster, monkeypatch, tmp_path, wanted):
    monkeypatch.setattr(pools, "_PLACE_S", 600)
    met = tmp_path / "met"
    met.mkdir()

    def beside_another(calls, shard):
        (met / str(os.getpid())).touch()
        while len(list(met.iterdir())) < 2:
            time.sleep(0.05)
        return place_of(calls, shard)

    run = Run(monkeypatch, tmp_path, SPEECH, 8, {"speech": wanted}, beside_another)

    run.executor.run()

    assert sorted(record.shard for record in run.records) == list(range(8))
    assert len({record.pid for record in run.records}) == len({record.node for record in run.records}) == 2
    assert run.said == []


def test_a_run_waits_for_what_others_hold_and_says_so_once(cluster, monkeypatch, tmp_path, others):
    monkeypatch.setattr(pools, "_PLACE_S", 0.5)
    release = others(2.5, 2.5)
    run = Run(monkeypatch, tmp_path, SPEECH, 2, {"speech": {"cpus": 1}}, place_of, on_said=lambda line: release())

    run.executor.run()

    assert sorted(record.shard for record in run.records) == [0, 1]
    assert len(run.said) == 1
    assert "speech is waiting for its first worker: a worker of speech needs 1 CPUs and 0 GPUs" in run.said[0]


def test_a_run_that_no_node_can_hold_waits_for_one_that_comes(cluster, monkeypatch, tmp_path):
    added = []

    def add(line):
        if line.startswith("waiting"):
            added.append(cluster.add_node(num_cpus=4))

    run = Run(monkeypatch, tmp_path, SPEECH, 1, {"speech": {"cpus": 4}}, place_of, on_said=add, ray_address="auto")
    try:
        run.executor.run()
    finally:
        cluster.remove_node(added[0])

    assert [record.node for record in run.records] == [added[0].node_id]
    assert run.said[1:] == [
        "waiting up to 300 s for a larger node: a worker of speech needs 4 CPUs and 0 GPUs, and no node has that many"
    ]


def test_a_node_that_does_not_come_is_told_of_at_once_and_not_waited_for_for_ever(cluster, monkeypatch, tmp_path):
    monkeypatch.setattr(execute, "_NODE_S", 0.1)
    stages = [stage("dialogues"), stage("speech", ("dialogues",))]
    done_when_said = []
    run = Run(
        monkeypatch,
        tmp_path,
        stages,
        1,
        {"speech": {"cpus": 9}},
        place_of,
        on_said=lambda line: done_when_said.append(len(run.records)),
        ray_address="auto",
    )

    with pytest.raises(BuildError, match=r"execution\.stages\.speech: a worker of speech needs 9 CPUs and 0 GPUs"):
        run.executor.run()

    assert done_when_said == [0, 1]
    assert run.said[0].startswith("no node is large enough yet for speech: a worker of speech needs 9 CPUs and 0 GPUs")
