"""Going on with a training: from its checkpoints and finished stages, with its config, and what stands against it."""

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from manifests.errors import BuildError
from tests.training.small_corpus import write_corpus
from tests.training.small_models import VOCABULARY
from tests.training.small_trainings import command, config, interrupted, losses, run, stage
from training.duplex.checkpoint import load_checkpoint, read_facts
from training.duplex.corpus import Corpus
from training.duplex.trainer import StageTraining


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Have the system refuse to write more into any file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_gradient_checkpointing_may_change(corpus: Path, tmp_path: Path) -> None:
    run(config(corpus, stage("alignment", steps=1)), tmp_path / "out")
    run(config(corpus, stage("alignment", steps=1), gradient_checkpointing=True), tmp_path / "out")


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
    assert "three_stream: resuming from" in told
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
    assert f"two_stream: resuming from {folder}/step-00000004" in told
    assert losses(folder) == losses(tmp_path / "undisturbed" / "two_stream")


def test_damaged_checkpoints_behind_do_not_cost_the_new_ones(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("two_stream", steps=8))
    interrupted(made, tmp_path / "out", "two_stream 8/8")
    folder = tmp_path / "out" / "two_stream"
    for name in ("step-00000004", "step-00000006"):
        (folder / name / "model.safetensors").write_bytes(b"")
    interrupted(made, tmp_path / "out", "two_stream 4/8")
    assert f"resuming from {folder}/step-00000002" in run(made, tmp_path / "out")


def test_a_corpus_that_was_built_anew_is_not_gone_on_with(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    made = config(corpus, stage("two_stream", steps=8))
    interrupted(made, tmp_path / "out", "two_stream 8/8")
    write_corpus(corpus, dialogues=13)
    with pytest.raises(BuildError, match=r"was rebuilt .* since .*step-00000006"):
        run(made, tmp_path / "out")


def test_a_stage_that_is_done_is_not_followed_by_one_on_other_data(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    made = config(corpus, stage("alignment", steps=1), stage("two_stream", steps=8))
    interrupted(made, tmp_path / "out", "two_stream 2/8")
    write_corpus(corpus, dialogues=13)
    with pytest.raises(BuildError, match=r"was rebuilt .* since .*alignment/final"):
        run(made, tmp_path / "out")


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
        pytest.raises(BuildError, match=r"alignment/step-00000002: the checkpoint can't be written.*free some space"),
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
    with pytest.raises(BuildError, match=r"model.safetensors: sha256 is \w{16}, but \w{16} was written; .* damaged"):
        load_checkpoint(weights.parent)
    if "final" in save:
        with pytest.raises(BuildError, match=r"alignment/final/model.safetensors: sha256 .* remove .*out/alignment"):
            run(made, tmp_path / "out")
    else:
        assert "four_stream/step-00000002/model.safetensors: sha256" in run(made, tmp_path / "out")


def test_a_log_that_can_not_be_written_is_told(corpus: Path, tmp_path: Path) -> None:
    made = config(corpus, stage("alignment"))
    with no_file_above(0), pytest.raises(BuildError, match=r"out/config.yaml can't be read or written"):
        run(made, tmp_path / "out")
    (tmp_path / "out" / "alignment" / ".log.jsonl.partial").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"out/alignment can't be written: .*free some space"):
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
