"""A small curriculum, from its corpus to its models."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from accelerate import Accelerator
from rich.console import Console
from transformers import AutoModelForCausalLM, Qwen2ForCausalLM

from manifests.errors import BuildError
from tests.training.small_corpus import CHUNK_TOKENS, write_corpus
from tests.training.small_models import save_base
from tests.training.small_trainings import ROOT, Terminal, config, losses, run, stage
from training.duplex.batches import batch_of
from training.duplex.checkpoint import load_checkpoint
from training.duplex.config import PretrainedModel, ScratchModel
from training.duplex.corpus import Corpus
from training.duplex.curriculum import plan_stages, rehearse
from training.duplex.loader import Loader
from training.duplex.loss import NextTokenLoss
from training.duplex.model import new_model
from training.duplex.packing import packs_in_order
from training.duplex.rows import read_rows
from training.duplex.token_map import TokenMap
from training.duplex.trainer import loader_plan
from training.duplex.updates import Update, Updates, passes_per_step


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


def first_pack_loss(corpus: Path, model: Qwen2ForCausalLM, token_map: TokenMap) -> float:
    """Return a model's mean loss on the first pack of three_stream's validation split."""
    files = Corpus(str(corpus)).split("three_stream", "validation").files
    batch = batch_of([next(packs_in_order(read_rows(files), token_map, 256))], torch.device("cpu"))
    with torch.no_grad():
        return float(NextTokenLoss(model)(batch.input_ids, batch.position_ids, batch.labels).mean())


def test_each_stage_starts_from_the_last_ones_weights_and_leaves_a_model_that_from_pretrained_reads(
    corpus: Path, tmp_path: Path
) -> None:
    made = config(corpus, stage("alignment"), stage("three_stream"))
    told = run(made, tmp_path / "out")
    final = tmp_path / "out" / "three_stream" / "final"
    model, token_map, facts = load_checkpoint(final)
    assert facts["stages"] == ["alignment", "three_stream"]
    assert facts["losses"]["validation"]["loss"] > 0
    assert facts["longest_row"] == 11 * CHUNK_TOKENS  # as many as fit into max_length
    assert AutoModelForCausalLM.from_pretrained(final).num_parameters() == model.num_parameters()
    assert token_map.text_ids is not None
    assert set(token_map.text_ids) <= set(range(20))
    assert "silent_speech" in facts["losses"]["train"]
    assert "tok/s" in told
    assert "alignment -> three_stream" in (final / "README.md").read_text()
    assert (tmp_path / "out" / "three_stream" / "loss.svg").read_text().startswith("<svg")
    assert not list((tmp_path / "out" / "three_stream").glob("step-*"))
    first = losses(tmp_path / "out" / "three_stream")[1]
    assert first < losses(tmp_path / "out" / "alignment")[1]
    assert run(made, tmp_path / "out").splitlines() == [
        f"alignment: done, {tmp_path}/out/alignment/final",
        f"three_stream: done, {tmp_path}/out/three_stream/final",
    ]


def test_a_stage_of_several_configs_is_validated_on_each_and_on_all(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("mixed", configs=["four_stream", "three_stream"], steps=2))
    told = run(made, tmp_path / "out")
    final = tmp_path / "out" / "mixed" / "final"
    model, token_map, facts = load_checkpoint(final)
    assert {"user_text", "silent_speech"} <= set(facts["losses"]["train"])
    found = facts["losses"]["validation"]
    assert {"markers", "silent_speech"} <= set(found)
    assert found["three_stream"] == pytest.approx(first_pack_loss(corpus, model, token_map), rel=1e-5)
    low, high = sorted([found["four_stream"], found["three_stream"]])
    assert low < found["loss"] < high
    assert f"four_stream {found['four_stream']:.3f}, three_stream {found['three_stream']:.3f}" in told
    assert "| silent_speech | markers | four_stream | three_stream |" in (final / "README.md").read_text()
    run(config(corpus, stage("alignment", steps=1)), tmp_path / "one")
    assert "alignment" not in load_checkpoint(tmp_path / "one" / "alignment" / "final")[2]["losses"]["validation"]


def opened(corpus: Path, out: Path, **changes: Any) -> tuple[Updates, Loader, Qwen2ForCausalLM]:
    """Open a training of three_stream before its first update; the weights are always the same."""
    stage_changes = changes.pop("stage", {})
    made = config(corpus, stage("three_stream", **stage_changes), **changes)
    read = Corpus(str(corpus))
    token_map = TokenMap(read.vocabulary, read.used_text_ids())
    assert isinstance(made.model, ScratchModel)
    model = new_model(made.model, token_map.size, 0)
    (work,) = plan_stages(made, read, out, 1)
    updates = Updates(made, work.stage, work.steps, model, Accelerator())
    return updates, Loader(loader_plan(work, token_map, 0, 1)), model


def test_gradient_checkpointing_computes_layers_again_and_changes_no_weight(corpus: Path, tmp_path: Path) -> None:
    found = []
    for again in (False, True):
        updates, loader, model = opened(corpus, tmp_path, gradient_checkpointing=again)
        computed: list[int] = []
        model.model.layers[0].mlp.register_forward_pre_hook(lambda *_, to=computed: to.append(1))
        taken = [updates.take(step, loader) for step in (1, 2)]
        found.append((taken, [*model.parameters()], len(computed)))
    (plain, plain_weights, once), (checkpointed, weights, twice) = found
    assert checkpointed == plain
    assert all(map(torch.equal, weights, plain_weights))
    assert (once, twice) == (4, 8)  # two passes in each of two steps


def first_update(corpus: Path, out: Path, **loss_weights: float) -> tuple[Update, Qwen2ForCausalLM]:
    """Take the first update with such weights of the loss."""
    updates, loader, model = opened(corpus, out, stage={"loss_weights": loss_weights})
    return updates.take(1, loader), model


def test_losses_are_weighted_by_kind_and_reported_without_weights(corpus: Path, tmp_path: Path) -> None:
    plain, plain_model = first_update(corpus, tmp_path)
    ones, same_model = first_update(corpus, tmp_path, units=1)
    assert ones == plain
    assert all(map(torch.equal, same_model.parameters(), plain_model.parameters()))

    others = {"text": 0, "silent_text": 0, "silent_speech": 0, "markers": 0}
    of_units, _ = first_update(corpus, tmp_path, **others)
    doubled, _ = first_update(corpus, tmp_path, units=2, **others)
    assert of_units.losses == plain.losses
    assert of_units.gradient_norm != pytest.approx(plain.gradient_norm, rel=0.01)
    assert doubled.gradient_norm == pytest.approx(of_units.gradient_norm)  # a mean by weight


def test_a_folder_named_like_markup_is_told_as_it_is_called(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "[v2]" / "[" / "out]"
    told = run(config(corpus, stage("alignment", steps=1)), out)
    assert f"alignment: {out}/alignment/final" in told.splitlines()


def test_a_dry_run_tells_rows_tokens_steps_and_time_and_writes_nothing(corpus: Path, tmp_path: Path) -> None:
    terminal = Terminal()
    made = config(corpus, stage("four_stream", steps=None, epochs=2.0))
    rehearse(made, tmp_path / "out", Console(file=terminal, width=200))
    told = terminal.getvalue()
    assert "four_stream" in told
    assert "M parameters" in told
    assert not (tmp_path / "out").exists()


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    for shard in (corpus / "data" / "two_stream" / "train").glob("*.parquet"):
        shard.write_bytes(shard.read_bytes()[:-4])
    with pytest.raises(BuildError, match=r"data/two_stream/train/.*parquet can't be read .*build-corpus validate"):
        run(config(corpus, stage("two_stream")), tmp_path / "out")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_page_of_a_shard_is_told_as_such(tmp_path: Path, workers: int) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    made = config(corpus, stage("alignment", configs=["two_stream"]), loader={"workers": workers, "window_rows": 16})
    made = made.model_copy(update={"model": PretrainedModel(kind="pretrained", path=str(save_base(tmp_path / "base")))})
    for shard in (corpus / "data" / "two_stream" / "train").glob("*.parquet"):
        data = bytearray(shard.read_bytes())
        data[4 : len(data) // 2] = bytes(len(data) // 2 - 4)
        shard.write_bytes(data)
    with pytest.raises(BuildError, match=r"data/two_stream/train/.*parquet can't be read .*build-corpus validate"):
        run(made, tmp_path / "out")


def test_a_corpus_that_was_withdrawn_is_not_trained_on(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "manifests" / "published.json").unlink()
    with pytest.raises(BuildError, match=r"no published corpus .*published.json"):
        run(config(corpus, stage("two_stream")), tmp_path / "out")


def test_a_missing_split_of_the_last_stage_is_found_before_the_first_begins(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", splits=("train",))
    with pytest.raises(BuildError, match="alignment has no validation split"):
        run(config(corpus, stage("alignment")), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_readers_than_rows_are_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="rows are too few for 1 processes with 500 readers each"):
        run(config(corpus, stage("two_stream"), loader={"workers": 500}), tmp_path / "out")


def test_two_processes_train_one_model_and_validate_on_one_pack(corpus: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "two.yaml", tmp_path / "out"
    log = {"log_every": 2, "evaluate_every": 2, "save_every": 2, "evaluate_tokens": 256}
    made = config(corpus, stage("three_stream", tokens_per_step=1024), log=log)
    file.write_text(yaml.safe_dump(made.model_dump(exclude_none=True)))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    launched = subprocess.Popen(
        [*launcher, "-m", "cli", "train", str(file), "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        told, _ = launched.communicate(timeout=300)
    finally:
        launched.terminate()  # the launcher then ends both
        launched.wait()
    assert launched.returncode == 0, told
    assert len(losses(out / "three_stream")) == 4
    model, token_map, facts = load_checkpoint(out / "three_stream" / "final")
    assert facts["losses"]["validation"]["loss"] == pytest.approx(first_pack_loss(corpus, model, token_map), rel=1e-5)


def test_two_processes_can_not_share_a_step_that_has_one_pass(corpus: Path) -> None:
    made = config(corpus, stage("two_stream", tokens_per_step=256)).curriculum[0]
    with pytest.raises(BuildError, match="tokens_per_step 256 is not a multiple of 2 processes x 256 tokens"):
        passes_per_step(made, 2)
