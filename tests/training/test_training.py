"""A small curriculum, run as a user would."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
from tests.training.small_models import VOCABULARY, save_base
from training.duplex.batches import batch_of
from training.duplex.checkpoint import load_checkpoint, read_facts
from training.duplex.config import PretrainedModel, ScratchModel, TrainConfig
from training.duplex.corpus import Corpus
from training.duplex.curriculum import plan_stages, rehearse, train
from training.duplex.loader import Loader
from training.duplex.loss import NextTokenLoss
from training.duplex.model import new_model
from training.duplex.packing import packs_in_order
from training.duplex.rows import read_rows
from training.duplex.steps import Updates, passes_per_step
from training.duplex.token_map import TokenMap
from training.duplex.trainer import StageTraining, loader_plan

SMALL = {"kind": "scratch", "hidden_size": 16, "intermediate_size": 32, "layers": 1, "heads": 2, "key_value_heads": 1}


def stage(name: str, **changes: Any) -> dict[str, Any]:
    given = {
        "name": name,
        "configs": [name],
        "steps": 4,
        "learning_rate": 0.003,
        "max_length": 256,
        "tokens_per_step": 512,
    }
    return {**given, **changes}


def config(corpus: Path, *stages: dict[str, Any], **changes: Any) -> TrainConfig:
    given = {
        "corpus": str(corpus),
        "model": SMALL,
        "curriculum": list(stages),
        "precision": "float32",
        "loader": {"workers": 0, "window_rows": 16},
        "log": {"log_every": 2, "evaluate_every": 2, "save_every": 2, "evaluate_tokens": 512},
    }
    return TrainConfig.model_validate({**given, **changes})


ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    """A terminal at which somebody presses ctrl-C when a certain text is shown."""

    def __init__(self, interrupt_at: str | None = None) -> None:
        super().__init__()
        self._interrupt_at = interrupt_at

    def write(self, text: str) -> int:
        if self._interrupt_at is not None and self._interrupt_at in text:
            raise KeyboardInterrupt
        return super().write(text)


def run(made: TrainConfig, out: Path) -> str:
    terminal = Terminal()
    train(made, out, Console(file=terminal, width=400))
    return terminal.getvalue()


def interrupted(made: TrainConfig, out: Path, at: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(made, out, Console(file=Terminal(at), width=400))


def command(made: TrainConfig, out: Path) -> subprocess.Popen[str]:
    """Start `build-corpus train` in a process of its own."""
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(made.model_dump(exclude_none=True)))
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "train", str(file), "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Have the system refuse to write more into any file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def losses(folder: Path) -> dict[int, float]:
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {record["step"]: record["train"]["loss"] for record in records if "train" in record}


def first_pack_loss(corpus: Path, model: Qwen2ForCausalLM, token_map: TokenMap) -> float:
    """Return a model's mean loss on the first pack of three_stream's validation split."""
    files = Corpus(str(corpus)).split("three_stream", "validation").files
    batch = batch_of([next(packs_in_order(read_rows(files), token_map, 256))], torch.device("cpu"))
    with torch.no_grad():
        return float(NextTokenLoss(model)(batch.input_ids, batch.position_ids, batch.labels).mean())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


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


def test_gradient_checkpointing_computes_layers_again_and_changes_no_weight(corpus: Path, tmp_path: Path) -> None:
    found = []
    for again in (False, True):
        made = config(corpus, stage("three_stream"), gradient_checkpointing=again)
        opened = Corpus(str(corpus))
        token_map = TokenMap(opened.vocabulary, opened.used_text_ids())
        assert isinstance(made.model, ScratchModel)
        model = new_model(made.model, token_map.size, 0)
        computed: list[int] = []
        model.model.layers[0].mlp.register_forward_pre_hook(lambda *_, to=computed: to.append(1))
        (work,) = plan_stages(made, opened, tmp_path, 1)
        updates = Updates(made, work.stage, work.steps, model, Accelerator())
        loader = Loader(loader_plan(work, token_map, 0, 1))
        taken = [updates.take(step, loader) for step in (1, 2)]
        found.append((taken, [*model.parameters()], len(computed)))
    (plain, plain_weights, once), (checkpointed, weights, twice) = found
    assert checkpointed == plain
    assert all(map(torch.equal, weights, plain_weights))
    assert (once, twice) == (4, 8)  # two passes in each of two steps


def test_gradient_checkpointing_may_change(corpus: Path, tmp_path: Path) -> None:
    run(config(corpus, stage("alignment", steps=1)), tmp_path / "out")
    run(config(corpus, stage("alignment", steps=1), gradient_checkpointing=True), tmp_path / "out")


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


def test_a_training_that_was_killed_has_the_losses_of_one_that_was_not(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("three_stream", steps=40), loader={"workers": 1, "window_rows": 16})
    undisturbed, killed = command(made, tmp_path / "undisturbed"), command(made, tmp_path / "killed")
    log = tmp_path / "killed" / "three_stream" / "log.jsonl"
    while killed.poll() is None and (not log.exists() or '"step": 21' not in log.read_text()):
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not (tmp_path / "killed" / "three_stream" / "final").exists()
    told, _ = command(made, tmp_path / "killed").communicate()
    assert "three_stream: goes on from" in told
    undisturbed.communicate()
    assert len(losses(log.parent)) == 40
    assert losses(log.parent) == losses(tmp_path / "undisturbed" / "three_stream")


def test_a_truncated_checkpoint_is_told_and_the_one_before_is_taken(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("two_stream", steps=8))
    run(made, tmp_path / "undisturbed")
    interrupted(made, tmp_path / "out", "two_stream 8/8")
    folder = tmp_path / "out" / "two_stream"
    last = folder / "step-00000006"
    (last / "model.safetensors").write_bytes((last / "model.safetensors").read_bytes()[:5000])
    told = run(made, tmp_path / "out")
    assert "step-00000006/model.safetensors: 5000 bytes" in told
    assert f"two_stream: goes on from {folder}/step-00000004" in told
    assert losses(folder) == losses(tmp_path / "undisturbed" / "two_stream")


def test_damaged_checkpoints_behind_do_not_cost_the_new_ones(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("two_stream", steps=8))
    interrupted(made, tmp_path / "out", "two_stream 8/8")
    folder = tmp_path / "out" / "two_stream"
    for name in ("step-00000004", "step-00000006"):
        (folder / name / "model.safetensors").write_bytes(b"")
    interrupted(made, tmp_path / "out", "two_stream 4/8")
    assert f"goes on from {folder}/step-00000002" in run(made, tmp_path / "out")


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


def test_a_corpus_that_was_built_anew_is_not_gone_on_with(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    made = config(corpus, stage("two_stream", steps=8))
    interrupted(made, tmp_path / "out", "two_stream 8/8")
    write_corpus(corpus, dialogues=13)
    with pytest.raises(BuildError, match=r"built anew .* since .*step-00000006"):
        run(made, tmp_path / "out")


def test_a_stage_that_is_done_is_not_followed_by_one_on_other_data(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    made = config(corpus, stage("alignment", steps=1), stage("two_stream", steps=8))
    interrupted(made, tmp_path / "out", "two_stream 2/8")
    write_corpus(corpus, dialogues=13)
    with pytest.raises(BuildError, match=r"built anew .* since .*alignment/final"):
        run(made, tmp_path / "out")


def test_a_corpus_that_was_withdrawn_is_not_trained_on(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "manifests" / "published.json").unlink()
    with pytest.raises(BuildError, match=r"no published corpus .*published.json"):
        run(config(corpus, stage("two_stream")), tmp_path / "out")


def test_a_loss_that_is_no_number_stops_with_step_and_rows_and_keeps_the_weights(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("alignment", learning_rate=1e30))
    with pytest.raises(
        BuildError, match=r"stage alignment, step 2: the loss is (nan|inf) in \d+ rows: train-\d+"
    ) as told:
        run(made, tmp_path / "out")
    stopped = tmp_path / "out" / "alignment" / "stopped-00000002"
    assert str(stopped) in str(told.value)
    load_checkpoint(stopped)


def test_a_full_disk_is_told_and_leaves_no_half_checkpoint(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("alignment"))
    with (
        no_file_above(12_000),
        pytest.raises(BuildError, match=r"alignment/step-00000002: the checkpoint can't be written.*make room"),
    ):
        run(made, tmp_path / "out")
    left = {path.name for path in (tmp_path / "out" / "alignment").iterdir()}
    assert left == {"log.jsonl", "tensorboard"}
    run(made, tmp_path / "out")


def test_a_finished_stage_that_was_damaged_is_named_with_the_way_out(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("alignment"), stage("four_stream"))
    run(made, tmp_path / "out")
    weights = tmp_path / "out" / "alignment" / "final" / "model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(BuildError, match=r"alignment/final/model.safetensors: .* damaged: .* remove .*out/alignment"):
        run(made, tmp_path / "out")


@pytest.mark.parametrize("save", ["alignment/final", "four_stream/step-00000002"])
def test_weights_in_which_a_byte_has_changed_are_not_built_on(corpus: Path, tmp_path: Path, save: str) -> None:
    made = config(corpus, stage("alignment"), stage("four_stream"))
    interrupted(made, tmp_path / "out", "four_stream 4/4")
    weights = tmp_path / "out" / save / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-100] ^= 1
    weights.write_bytes(data)
    with pytest.raises(BuildError, match=r"model.safetensors: sha256 \w{16}, \w{16} was written; .* damaged"):
        load_checkpoint(weights.parent)
    if "final" in save:
        with pytest.raises(BuildError, match=r"alignment/final/model.safetensors: sha256 .* remove .*out/alignment"):
            run(made, tmp_path / "out")
    else:
        assert "four_stream/step-00000002/model.safetensors: sha256" in run(made, tmp_path / "out")


def test_a_log_that_can_not_be_written_is_told(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("alignment"))
    with no_file_above(0), pytest.raises(BuildError, match=r"out/config.yaml: can't be read or written"):
        run(made, tmp_path / "out")
    (tmp_path / "out" / "alignment" / ".log.jsonl.partial").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"out/alignment: can't be written: .*make room"):
        run(made, tmp_path / "out")


def test_another_config_is_refused_with_the_keys_that_differ(corpus: Path, tmp_path: Path) -> None:
    run(config(corpus, stage("alignment")), tmp_path / "out")
    with pytest.raises(BuildError, match=r"curriculum: .* -> .*; seed: 0 -> 5"):
        run(config(corpus, stage("alignment", steps=9), seed=5), tmp_path / "out")


def test_how_often_is_logged_and_saved_may_change(corpus: Path, tmp_path: Path) -> None:
    run(config(corpus, stage("alignment")), tmp_path / "out")
    run(config(corpus, stage("alignment"), log={"log_every": 1, "save_every": 7}), tmp_path / "out")


def test_going_on_with_a_corpus_of_another_codebook_is_refused_with_both_values(corpus: Path, tmp_path: Path) -> None:
    run(config(corpus, stage("alignment")), tmp_path / "out")
    other = write_corpus(tmp_path / "other", vocabulary=replace(VOCABULARY, units=32, unit_tokenizer="units-b"))
    checkpoint = {"kind": "pretrained", "path": str(tmp_path / "out" / "alignment" / "final")}
    with pytest.raises(BuildError, match=r"other/vocabulary.json: unit_tokenizer is 'units-b', but .* 'units-a'"):
        run(config(other, stage("alignment"), model=checkpoint), tmp_path / "next")


def test_going_on_with_a_corpus_of_other_words_reads_them_all(corpus: Path, tmp_path: Path) -> None:
    run(config(corpus, stage("alignment", steps=1)), tmp_path / "out")
    other = write_corpus(tmp_path / "other", train_text=29)
    used = set(Corpus(str(other)).used_text_ids().tolist())
    assert used - set(Corpus(str(corpus)).used_text_ids().tolist())
    checkpoint = {"kind": "pretrained", "path": str(tmp_path / "out" / "alignment" / "final")}
    run(config(other, stage("alignment", steps=1), model=checkpoint), tmp_path / "next")
    _, token_map, _ = load_checkpoint(tmp_path / "next" / "alignment" / "final")
    assert token_map.text_ids is not None
    assert used <= set(token_map.text_ids.tolist())


def test_the_best_model_is_kept_and_going_on_keeps_the_same(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rising_after_step_5(training: StageTraining) -> dict[str, float]:
        steps = {int(state["step"]) for state in training._updates.optimizer.state.values()}
        return {"loss": float(abs(max(steps) - 5))}

    monkeypatch.setattr(StageTraining, "_evaluate", rising_after_step_5)
    log = {"log_every": 2, "evaluate_every": 1, "save_every": 3, "keep_best": True}
    made = config(corpus, stage("three_stream", steps=8), log=log)
    run(made, tmp_path / "whole")
    facts = read_facts(tmp_path / "whole" / "three_stream" / "best")
    assert (facts["step"], facts["losses"]["validation"]["loss"]) == (5, 0.0)
    interrupted(made, tmp_path / "halves", "three_stream 5/8: validation")
    run(made, tmp_path / "halves")
    one, other = (tmp_path / name / "three_stream" / "best" / "model.safetensors" for name in ("whole", "halves"))
    assert one.read_bytes() == other.read_bytes()


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
    with pytest.raises(BuildError, match="tokens_per_step 256 is no multiple of 2 processes x 256 tokens"):
        passes_per_step(made, 2)
