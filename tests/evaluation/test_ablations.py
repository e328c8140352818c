"""The variants of a curriculum, trained and compared in one command."""

import json

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from cli import app
from manifests.errors import BuildError
from tests.building import ROOT
from tests.evaluation.held_out import TRAIN_CONFIG, write_corpus, write_model
from training.duplex.config import TrainConfig
from training.evaluation.ablations import ablate, variants
from training.evaluation.subject import Options


def config(*names, corpus="corpus"):
    curriculum = [stage for stage in TRAIN_CONFIG["curriculum"] if not names or stage["name"] in names]
    return TrainConfig.model_validate({**TRAIN_CONFIG, "corpus": str(corpus), "curriculum": curriculum})


def stages(found):
    return {name: [stage.name for stage in variant.curriculum] for name, variant in found.items()}


def test_each_variant_leaves_out_what_its_name_says():
    assert stages(variants(config())) == {
        "full curriculum": ["alignment", "half", "full"],
        "without alignment": ["half", "full"],
        "without half-duplex": ["alignment", "full"],
        "direct": ["full"],
    }


def test_a_stage_of_several_configs_loses_the_one_that_is_left_out():
    mixed = {**TRAIN_CONFIG["curriculum"][0], "configs": ["alignment", "four_stream"]}
    curriculum = [mixed, TRAIN_CONFIG["curriculum"][2]]
    found = variants(TrainConfig.model_validate({**TRAIN_CONFIG, "corpus": "corpus", "curriculum": curriculum}))

    assert found["without alignment"].curriculum[0].configs == ["four_stream"]
    assert stages(found)["direct"] == ["full"]


def test_a_variant_that_leaves_out_nothing_is_not_trained_twice():
    assert stages(variants(config("half", "full"))) == {
        "full curriculum": ["half", "full"],
        "without half-duplex": ["full"],
    }


def test_a_curriculum_without_three_stream_has_nothing_to_compare():
    with pytest.raises(BuildError, match="no stage has the config three_stream"):
        variants(config("alignment", "half"))


def test_another_training_is_not_taken_for_the_full_curriculum(tmp_path):
    trained = config("alignment", "full").model_copy(update={"seed": 1})
    (tmp_path / "config.yaml").write_text(trained.to_yaml())

    with pytest.raises(BuildError, match=r"--trained .* has a different config: seed: 1 -> 0; name"):
        ablate(Console(), config("alignment", "full"), "corpus", Options(), tmp_path / "out", tmp_path)


@pytest.mark.parametrize("there", [None, "name: demo\n"])
def test_a_folder_that_is_no_training_is_not_taken_for_one(tmp_path, there):
    if there:
        (tmp_path / "config.yaml").write_text(there)

    with pytest.raises(BuildError, match=r"--trained .*: not a training of `build-corpus train` .*--out") as told:
        ablate(Console(), config("alignment", "full"), "corpus", Options(), tmp_path / "out", tmp_path)
    assert "train-tiny" not in str(told.value)


def test_a_training_on_other_data_is_not_taken_for_the_full_curriculum(tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    trained = config(corpus=corpus)
    (tmp_path / "config.yaml").write_text(trained.to_yaml())
    write_model(tmp_path / "full" / "final", corpus)
    write_corpus(corpus, voices={"train": ("a",), "test": ("c",)})

    with pytest.raises(
        BuildError, match=r"--trained .* was trained on different data \('.*'\) from what .*corpus holds now"
    ):
        ablate(Console(), trained, str(corpus), Options(), tmp_path / "out", tmp_path)


def test_all_variants_are_trained_and_stand_in_one_table(tmp_path):
    corpus = write_corpus(tmp_path / "corpus", voices={"train": ("a", "b"), "validation": ("a",), "test": ("c",)})
    written = tmp_path / "train.yaml"
    settings = {**TRAIN_CONFIG, "corpus": str(corpus), "loader": {"workers": 0}}
    written.write_text(yaml.safe_dump(settings))
    command = ["ablate", str(written), "--out", str(tmp_path / "out")]

    first = CliRunner().invoke(app, command, env={"COLUMNS": "200"})
    again = CliRunner().invoke(app, command, env={"COLUMNS": "200"})

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    found = json.loads((tmp_path / "out" / "ablations.json").read_text())
    assert {name: one["tokens"] for name, one in found.items()} == {
        "full curriculum": 3 * 440,
        "without alignment": 2 * 440,
        "without half-duplex": 2 * 440,
        "direct": 440,
    }
    assert all(one["losses"]["three_stream"]["all"]["nats"] > 0 for one in found.values())
    table = (tmp_path / "out" / "ablations.md").read_text()
    assert "| direct | full | 440 |" in table
    assert "alignment → half → full" in table


def test_seed_is_that_of_sampling_and_train_seed_that_of_training(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(
        "training.evaluation.ablations.ablate",
        lambda console, config, corpus, options, *_: given.append((config.seed, options.seed)),
    )
    command = ["ablate", str(ROOT / "configs" / "train-tiny.yaml"), "--out", str(tmp_path)]
    for seeds in ([], ["--seed", "1"], ["--train-seed", "2"], ["--seed", "3", "--train-seed", "4"]):
        assert CliRunner().invoke(app, [*command, *seeds]).exit_code == 0

    assert given == [(0, 0), (0, 1), (2, 0), (4, 3)]
