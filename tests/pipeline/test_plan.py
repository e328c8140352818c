from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import CorpusConfig, RunConfig
from pipeline.plan import Plan


def plan_of(dialogues, per_shard, share=0.1, seed=0):
    corpus = CorpusConfig(dialogues=dialogues, dialogues_per_shard=per_shard, validation_share=share, test_share=share)
    return Plan(RunConfig.model_construct(seed=seed, corpus=corpus))


@given(st.integers(1, 300), st.integers(1, 50), st.floats(0, 0.4), st.integers(0, 5))
def test_every_dialogue_has_one_seat_and_splits_have_their_sizes(dialogues, per_shard, share, seed):
    plan = plan_of(dialogues, per_shard, share, seed)
    slots = [slot for shard in range(plan.shards) for slot in plan.slots(shard)]

    assert [slot.index for slot in slots] == list(range(dialogues))
    assert len({slot.dialogue_id for slot in slots}) == dialogues
    for split, size in plan.split_sizes().items():
        assert sum(slot.split == split for slot in slots) == size


def test_splits_do_not_depend_on_how_dialogues_are_sharded():
    def splits(per_shard):
        plan = plan_of(40, per_shard)
        return [slot.split for shard in range(plan.shards) for slot in plan.slots(shard)]

    assert splits(1) == splits(7) == splits(40)
