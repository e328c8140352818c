"""Packs from shards: every row once an epoch, in an order that can be gone on with from any pack."""

import itertools
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import datasets.distributed
import numpy as np
import pytest

from manifests.errors import BuildError
from manifests.records import TokenConfig
from tests.training.small_corpus import write_corpus
from training.duplex.corpus import Corpus
from training.duplex.loader import Loader, LoaderPlan
from training.duplex.packing import Pack, fitting_pieces
from training.duplex.rows import RowWindows, Source, read_rows
from training.duplex.token_map import TokenMap
from training.duplex.trainer import describe_counts


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> LoaderPlan:
    corpus = Corpus(str(write_corpus(tmp_path_factory.mktemp("corpus"), dialogues=20, shards=4)))
    files = corpus.split("three_stream", "train").files
    token_map = TokenMap(corpus.vocabulary, corpus.used_text_ids())
    return LoaderPlan((Source(files, 6),), token_map, max_length=512, seed=1, purpose="test", workers=0)


def files_of(plan: LoaderPlan, config: TokenConfig) -> tuple[str, ...]:
    """Return another config's train split of the plan's corpus."""
    return Corpus(str(Path(plan.sources[0].files[0]).parents[3])).split(config, "train").files


def mixed(plan: LoaderPlan) -> LoaderPlan:
    """Return a plan of two configs, of which the second ends long before the first."""
    return replace(plan, sources=(Source(plan.sources[0].files, 3), Source(files_of(plan, "four_stream"), 9)))


def same(one: Pack, other: Pack) -> bool:
    arrays = ("input_ids", "labels", "position_ids", "kinds")
    return one.row_ids == other.row_ids and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays
    )


def taken(loader: Loader, packs: int) -> list[Pack]:
    return [loader.take() for _ in range(packs)]


def test_every_row_comes_once_in_each_epoch_and_each_epoch_has_its_own_order(plan: LoaderPlan) -> None:
    windows = iter(RowWindows(plan.sources, 1, "test"))
    epochs = [[row.row_id for row in itertools.chain.from_iterable(itertools.islice(windows, 4))] for _ in range(2)]
    names = {row.row_id for row in read_rows(plan.sources[0].files)}
    assert [set(epoch) for epoch in epochs] == [names, names]
    assert [len(epoch) for epoch in epochs] == [20, 20]
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("shares", [2, 3])
def test_processes_and_workers_share_the_rows_without_overlap(plan: LoaderPlan, shares: int) -> None:
    read: Counter[str] = Counter()
    for share in range(shares):
        windows = RowWindows([replace(plan.sources[0], window_rows=100)], 1, "test", share, shares)
        read.update(row.row_id for row in next(iter(windows)))
    assert read == Counter(row.row_id for row in read_rows(plan.sources[0].files))


def test_windows_mix_configs_and_every_row_of_each_comes_once_in_an_epoch(plan: LoaderPlan) -> None:
    windows = RowWindows(mixed(plan).sources, 1, "test")
    first: list[list[str]] = []
    second: list[list[str]] = []
    for window in windows:
        if windows.epoch == 2:
            break
        (second if windows.epoch else first).append([row.row_id for row in window])
    names = [row.row_id for source in mixed(plan).sources for row in read_rows(source.files)]
    for epoch in (first, second):
        assert sorted(itertools.chain.from_iterable(epoch)) == sorted(names)
        assert [sum("four_stream" in name for name in window) for window in epoch[:3]] == [9, 9, 2]
        assert [sum("three_stream" in name for name in window) for window in epoch] == [3] * 6 + [2]
    assert first != second


@pytest.mark.parametrize("shares", [2, 3])
def test_processes_and_workers_share_each_of_several_configs(plan: LoaderPlan, shares: int) -> None:
    read: Counter[str] = Counter()
    sources = [replace(source, window_rows=100) for source in mixed(plan).sources]
    for share in range(shares):
        read.update(row.row_id for row in next(iter(RowWindows(sources, 1, "test", share, shares))))
    assert read == Counter(row.row_id for source in sources for row in read_rows(source.files))


def test_readers_of_many_files_read_whole_ones_whatever_their_number(
    plan: LoaderPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [file for source in mixed(plan).sources for file in source.files]
    many = Source(tuple(files * 9)[:9], 100)
    ways = []
    split = datasets.distributed.split_dataset_by_node
    monkeypatch.setattr(
        "datasets.distributed.split_dataset_by_node",
        lambda rows, share, shares, way: ways.append(way) or split(rows, share, shares, way),
    )
    read: Counter[str] = Counter()
    for share in range(2):
        read.update(row.row_id for row in next(iter(RowWindows([many], 1, "test", share, 2))))
    assert read == Counter(row.row_id for row in read_rows(many.files))
    assert ways == ["shards", "shards"]


@pytest.mark.parametrize("mix", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_goes_on_to_the_sample_from_any_pack(plan: LoaderPlan, workers: int, mix: bool) -> None:
    plan = replace(mixed(plan) if mix else plan, workers=workers)
    loader = Loader(plan)
    packs, states = [], []
    for _ in range(15):
        states.append(json.loads(json.dumps(loader.state_dict())))
        packs.append(loader.take())
    for place in (0, 1, 4, 7) if workers else range(15):
        again = Loader(plan, states[place])
        assert all(map(same, taken(again, 15 - place), packs[place:]))
        assert again.counts == loader.counts


@pytest.mark.parametrize("mix", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_goes_on_from_what_one_that_went_on_has_saved(plan: LoaderPlan, workers: int, mix: bool) -> None:
    plan = replace(mixed(plan) if mix else plan, workers=workers)
    packs = taken(Loader(plan), 16)
    for place in (0, 3, 6, 9):
        first = Loader(plan)
        taken(first, place)
        second = Loader(plan, json.loads(json.dumps(first.state_dict())))
        assert same(second.take(), packs[place])
        third = Loader(plan, json.loads(json.dumps(second.state_dict())))
        assert all(map(same, taken(third, 15 - place), packs[place + 1 :]))


def test_another_seed_gives_another_order(plan: LoaderPlan) -> None:
    one, other = (taken(Loader(replace(plan, seed=seed)), 3) for seed in (1, 2))
    assert not all(map(same, one, other))


def test_packs_are_filled_and_what_was_cut_is_counted(plan: LoaderPlan) -> None:
    loader = Loader(replace(plan, sources=(replace(plan.sources[0], window_rows=64),)))
    packs = taken(loader, 40)
    assert sum(pack.tokens for pack in packs) >= 0.98 * 40 * 512
    counts = loader.counts
    assert (counts.packs, counts.left_out) == (40, 0)
    assert counts.tokens == sum(pack.tokens for pack in packs)
    assert counts.longest == max(pack.position_ids[: pack.tokens].max() for pack in packs) + 1
    assert counts.cuts > 0


def test_rows_too_long_to_pack_are_left_out_and_counted(plan: LoaderPlan) -> None:
    files = files_of(plan, "alignment")
    loader = Loader(replace(plan, sources=(Source(files, 6),), max_length=32))
    taken(loader, 5)
    assert loader.counts.left_out > 0


def test_an_exchange_that_is_too_long_is_left_out_and_its_tokens_are_counted(plan: LoaderPlan) -> None:
    files = files_of(plan, "four_stream")
    rows = list(read_rows(files))
    max_length = min(map(len, (row for row in rows if len(row.borders)))) - 1
    pieces = [piece for row in rows for piece in fitting_pieces(row, max_length)]
    loader = Loader(replace(plan, sources=(Source(files, len(rows)),), max_length=max_length))
    while loader.counts.rows < 2 * len(rows):
        loader.take()
    lost = sum(map(len, rows)) - sum(map(len, pieces))
    assert lost > 0
    assert loader.counts.tokens_left_out == 2 * lost
    assert f"{2 * lost:,} tokens dropped" in describe_counts(loader.counts, max_length)


def test_a_stage_whose_rows_are_all_too_long_is_refused_with_one_of_them(plan: LoaderPlan) -> None:
    loader = Loader(replace(plan, max_length=16, workers=1))
    with pytest.raises(BuildError, match=r"none of 20 rows fits into max_length 16; for example, train-\d+.* has \d+"):
        loader.take()


def test_a_window_of_rows_that_are_all_too_long_is_passed_over(plan: LoaderPlan) -> None:
    files = files_of(plan, "alignment")
    lengths = sorted(len(row) for row in read_rows(files))
    loader = Loader(replace(plan, sources=(Source(files, 1),), max_length=lengths[1]))
    taken(loader, 3)
    assert loader.counts.left_out > 0


def test_another_number_of_workers_can_not_go_on(plan: LoaderPlan) -> None:
    state = Loader(plan).state_dict()
    with pytest.raises(BuildError, match=r"loader.workers is 2, but the checkpoint was written with 1"):
        Loader(replace(plan, workers=2), state)
