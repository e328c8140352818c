"""The training's config file: what is read, and what is said of a wrong one."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli import app
from manifests.errors import BuildError
from training.duplex.config import SEEDS, OptimizerConfig, load_train_config
from training.duplex.schedule import rate_share

ROOT = Path(__file__).resolve().parents[2]
STAGE = {"name": "s", "configs": ["alignment"], "steps": 2, "learning_rate": 1.0, "max_length": 64}
SMALL = {"kind": "scratch", "hidden_size": 16, "intermediate_size": 32, "layers": 1, "heads": 2, "key_value_heads": 1}


def problem(folder: Path, **changes: object) -> str:
    """Return what is said of a config with changes."""
    given = {"corpus": "c", "model": SMALL, "curriculum": [{**STAGE, "tokens_per_step": 64}], **changes}
    file = folder / "train.yaml"
    file.write_text(yaml.safe_dump(given))
    with pytest.raises(BuildError) as told:
        load_train_config(file)
    return str(told.value)


@pytest.mark.parametrize("name", ["train-tiny", "train-qwen2-0.5b"])
def test_the_configs_that_come_along_follow_the_papers_curriculum(name: str) -> None:
    config = load_train_config(ROOT / "configs" / f"{name}.yaml")
    assert [stage.name for stage in config.curriculum] == ["alignment", "four_stream", "three_stream", "two_stream"]
    assert (config.optimizer.beta1, config.optimizer.beta2, config.optimizer.weight_decay) == (0.9, 0.95, 0.1)


def test_the_resolved_config_reads_back_as_the_same(tmp_path: Path) -> None:
    config = load_train_config(ROOT / "configs" / "train-tiny.yaml")
    (tmp_path / "again.yaml").write_text(config.to_yaml())
    assert load_train_config(tmp_path / "again.yaml").to_yaml() == config.to_yaml()


def test_an_unknown_key_is_told_with_the_nearest_known_one(tmp_path: Path) -> None:
    stage = {**STAGE, "tokens_per_step": 64, "learning_rat": 1.0}
    told = problem(tmp_path, curriculum=[stage])
    assert "curriculum.0.learning_rat: unknown key; did you mean 'learning_rate'?" in told


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ({"epochs": 1.0}, "give either epochs or steps"),
        ({"configs": ["dialogues"]}, "configs.0: Input should be 'alignment'"),
        ({"configs": ["alignment", "alignment"]}, "contain a duplicate"),
        ({"tokens_per_pass": 100}, "tokens_per_pass 100 is not a multiple of max_length 64"),
        ({"tokens_per_step": 100}, "tokens_per_step 100 is not a multiple of the 64 tokens of a pass"),
        ({"name": "../up"}, "curriculum.0.name"),
    ],
)
def test_a_stage_that_can_not_be_is_told_by_its_key(tmp_path: Path, stage: dict[str, object], told: str) -> None:
    assert told in problem(tmp_path, curriculum=[{**STAGE, "tokens_per_step": 64, **stage}])


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({**SMALL, "heads": 3}, "hidden_size 16 is not a multiple of twice the 3 heads"),
        ({**SMALL, "key_value_heads": 3}, "key_value_heads 3 doesn't divide the 2 heads"),
        ({"kind": "pretrained", "hub": "Qwen/Qwen2-0.5B"}, "hub and revision go together"),
        ({"kind": "pretrained"}, "give either path (a local copy) or hub with revision"),
    ],
)
def test_a_model_that_can_not_be_is_told(tmp_path: Path, model: dict[str, object], told: str) -> None:
    assert told in problem(tmp_path, model=model)


@pytest.mark.parametrize(("seed", "told"), [(-1, "greater than or equal to 0"), (2**32, "less than 4294967296")])
def test_a_seed_beyond_the_generators_is_told(tmp_path: Path, seed: int, told: str) -> None:
    assert f"seed: Input should be {told} (found {seed})" in problem(tmp_path, seed=seed)


@pytest.mark.parametrize(("command", "option"), [("train", "--seed"), ("ablate", "--train-seed")])
def test_a_seed_on_the_command_line_is_bound_alike(tmp_path: Path, command: str, option: str) -> None:
    arguments = [command, str(ROOT / "configs" / "train-tiny.yaml"), "--out", str(tmp_path / "out")]
    told = CliRunner().invoke(app, [*arguments, option, str(SEEDS)], env={"COLUMNS": "200"})
    assert told.exit_code == 2
    assert f"'{option}': Input should be less than or equal to {SEEDS - 1}" in told.output


def test_two_stages_of_one_name_are_refused(tmp_path: Path) -> None:
    stage = {**STAGE, "tokens_per_step": 64}
    assert "two stages of the curriculum are called 's'" in problem(tmp_path, curriculum=[stage, stage])


def test_the_learning_rate_rises_in_a_line_and_falls_along_a_cosine() -> None:
    shares = [rate_share(step, 100, OptimizerConfig(warmup_share=0.1, final_share=0.2)) for step in range(1, 101)]
    assert shares[:10] == pytest.approx([0.1 * step for step in range(1, 11)])
    assert shares[9:] == sorted(shares[9:], reverse=True)
    assert shares[54] == pytest.approx(0.6)
    assert shares[-1] == pytest.approx(0.2)


def test_a_stage_of_one_step_has_a_learning_rate() -> None:
    assert rate_share(1, 1, OptimizerConfig()) == 1
    assert rate_share(1, 1, OptimizerConfig(warmup_share=0.0)) > 0
