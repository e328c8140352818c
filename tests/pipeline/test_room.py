from pipeline.config import StageResources
from pipeline.room import NodeSize, has_room

GPU_SHARE = StageResources(cpus=1, gpus=0.6)


def test_a_share_of_a_gpu_is_of_one_gpu():
    nodes = {"a": NodeSize(8, 1), "b": NodeSize(8, 1)}

    assert has_room(nodes, [("a", GPU_SHARE)], [], GPU_SHARE)
    assert not has_room(nodes, [("a", GPU_SHARE), ("b", GPU_SHARE)], [], GPU_SHARE)
    assert not has_room({"a": NodeSize(8, 2)}, [("a", GPU_SHARE)] * 2, [], GPU_SHARE)


def test_ten_tenths_of_a_gpu_are_one():
    tenth = StageResources(cpus=0.1, gpus=0.1)

    assert has_room({"a": NodeSize(1, 1)}, [("a", tenth)] * 9, [], tenth)
    assert not has_room({"a": NodeSize(1, 1)}, [("a", tenth)] * 10, [], tenth)


def test_whole_gpus_are_wholly_free_ones():
    two = StageResources(cpus=1, gpus=2)

    assert has_room({"a": NodeSize(8, 3)}, [("a", GPU_SHARE)], [], two)
    assert not has_room({"a": NodeSize(8, 2)}, [("a", GPU_SHARE)], [], two)


def test_rests_of_several_nodes_make_no_room():
    three = StageResources(cpus=3)
    nodes = {"a": NodeSize(4, 0), "b": NodeSize(4, 0)}

    assert has_room(nodes, [("a", three)], [], three)
    assert not has_room(nodes, [("a", three)], [three], three)


def test_workers_of_lost_nodes_hold_nothing():
    assert has_room({"a": NodeSize(1, 0)}, [("lost", StageResources())], [], StageResources())
    assert not has_room({}, [], [], StageResources())
