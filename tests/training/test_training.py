"""A small curriculum, run as a user would."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from transformers import AutoModelForCausalLM

from manifests.errors import BuildError
from tests.training.small_corpus import write_corpus
from training.duplex.checkpoint import load_checkpoint
from training.duplex.config import TrainConfig
from training.duplex.curriculum import rehearse, train

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


def run(made: TrainConfig, out: Path) -> str:
    console = Console(record=True, width=400, quiet=False, file=(out.parent / "console.txt").open("w"))
    train(made, out, console)
    return console.export_text()


def losses(folder: Path) -> dict[int, float]:
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return {record["step"]: record["train"]["loss"] for record in records if "train" in record}


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
    assert AutoModelForCausalLM.from_pretrained(final).num_parameters() == model.num_parameters()
    assert token_map.text_ids is not None
    assert set(token_map.text_ids) <= set(range(20))
    assert "silent_speech" in facts["losses"]["train"]
    assert "tok/s" in told
    assert "alignment -> three_stream" in (final / "README.md").read_text()
    assert (tmp_path / "out" / "three_stream" / "loss.svg").read_text().startswith("<svg")
    assert not list((tmp_path / "out" / "three_stream").glob("step-*"))
    first = losses(tmp_path / "out" / "three_stream")[1]
    assert first != losses(tmp_path / "out" / "alignment")[1]
    assert run(made, tmp_path / "out").splitlines() == [
        f"alignment: done, {tmp_path}/out/alignment/final",
        f"three_stream: done, {tmp_path}/out/three_stream/final",
    ]


def test_a_dry_run_tells_rows_tokens_steps_and_time_and_writes_nothing(corpus: Path, tmp_path: Path) -> None:
    console = Console(record=True, width=200, file=(tmp_path / "console.txt").open("w"))
    rehearse(config(corpus, stage("four_stream", steps=None, epochs=2.0)), tmp_path / "out", console)
    told = console.export_text()
    assert "four_stream" in told
    assert "M parameters" in told
    assert not (tmp_path / "out").exists()


def test_a_pretrained_model_of_another_codebook_is_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="config dialogues_x"):
        raise BuildError("config dialogues_x")
