"""What is decided before a word is written, and what is found out after all are."""

import re
from pathlib import Path

import fsspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from manifests.errors import BuildError
from manifests.records import Dialogue, Slot, TextTurn
from stages.dialogues import DialoguesConfig, check, engines, expected_calls, find_duplicates, source_digest
from stages.dialogues.outline import draw_outline
from stages.dialogues.planned_events import holds_interruption
from stages.dialogues.scenarios import scenario_book
from stages.llm.answers import ChatRequest, Message, Sampling, answer_key


def config(**changes) -> DialoguesConfig:
    return DialoguesConfig.model_validate(changes)


@given(st.integers(0, 2**32), st.floats(0, 1), st.integers(1, 300), st.integers(0, 1000))
def test_any_run_of_dialogues_holds_the_share_of_interruptions(seed: int, share: float, count: int, start: int):
    held = sum(holds_interruption(seed, i, share) for i in range(start, start + count))
    assert abs(held - count * share) <= 1 + 1e-6


@given(st.integers(0, 2**32), st.integers(0, 5000), st.integers(0, 20))
def test_an_outline_keeps_to_the_config(seed: int, index: int, attempt: int):
    settings = config(turns={"min": 4, "max": 10})
    outline = draw_outline(settings, seed, index, attempt)
    assert 2 <= outline.exchanges <= 5
    assert outline == draw_outline(settings, seed, index, attempt)
    assert len(outline.lead_ins) == outline.exchanges
    assert len(outline.scenario.points) == outline.exchanges - outline.goodbye
    again = draw_outline(settings, seed, index, attempt + 1)
    assert (again.exchanges, again.interrupting) == (outline.exchanges, outline.interrupting)
    assert (outline.interrupting is not None) == holds_interruption(seed, index, 0.25)
    if outline.interrupting is not None:
        assert 1 <= outline.interrupting < outline.exchanges - outline.goodbye


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_many_thousands_of_scenarios(language: str):
    llm = {"provider": "openai", "model": "m", "base_url": "http://h/v1"}
    book = scenario_book(config(language=language, llm=llm))
    assert book.combinations(3) > 10_000
    assert re.search(
        rf"\b{len(book.topics)} (topics )?in {language}\b", DialoguesConfig.model_fields["scenarios"].description
    )


SCENARIOS = """
language: en
personas: [a baker]
moods: [calm]
settings: [at home]
topics:
  - wish: plant a pear tree
    points:
      When do I plant it?: in October
      How deep?: two feet
      How much water?: a bucket a week
"""


def test_scenarios_of_ones_own_are_drawn_from(tmp_path: Path):
    file = tmp_path / "pears.yaml"
    file.write_text(SCENARIOS, encoding="utf-8")
    settings = config(scenarios=str(file), turns={"min": 4, "max": 6})
    check(settings)
    assert draw_outline(settings, 1, 0, 0).scenario.wish == "plant a pear tree"
    other = tmp_path / "cooks.yaml"
    other.write_text(SCENARIOS.replace("a baker", "a cook"), encoding="utf-8")
    assert source_digest(settings) != source_digest(config(scenarios=str(other)))


@pytest.mark.parametrize(
    ("content", "changes", "said"),
    [
        ("", {}, "contains NoneType, expected a mapping"),
        (SCENARIOS + "colours: [red]\n", {}, "colours: unknown key"),
        (SCENARIOS.replace("[calm]", "[]"), {}, "moods"),
        (SCENARIOS.replace("language: en", "language: zh"), {}, "language is zh, but dialogues.language is en"),
        (SCENARIOS, {"turns": {"min": 4, "max": 8}}, "has 3 points, one per exchange; set it to 6 or less"),
    ],
)
def test_scenarios_that_will_not_do_are_named(tmp_path: Path, content: str, changes: dict, said: str):
    file = tmp_path / "pears.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BuildError, match=f"(?s){re.escape(str(file))}.*{said}|{said}"):
        check(config(scenarios=str(file), **{"turns": {"min": 4, "max": 6}, **changes}))


def test_a_file_of_scenarios_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(
        BuildError, match=r"dialogues\.scenarios '.*none\.yaml' can't be read .* name an existing, readable file"
    ):
        check(config(scenarios=str(tmp_path / "none.yaml")))


def test_scenarios_are_read_from_object_storage():
    address = "memory://scenarios/pears.yaml"
    with fsspec.open(address, "wb") as opened:
        opened.write(SCENARIOS.encode())
    settings = config(scenarios=address, turns={"min": 4, "max": 6})
    check(settings)
    assert draw_outline(settings, 1, 0, 0).scenario.wish == "plant a pear tree"


def test_an_answer_has_room_for_the_longest_dialogue():
    assert config(turns={"max": 10}).answer_tokens == 1024
    assert config(turns={"max": 60}).answer_tokens == 3600
    assert config(turns={"max": 60}, llm={"max_tokens": 500}).answer_tokens == 500


def test_attempts_and_dialogues_draw_different_scenarios():
    drawn = {draw_outline(config(), 1, i, a).scenario for i in range(50) for a in range(4)}
    assert len(drawn) > 190


def test_a_config_is_read_from_yaml():
    llm = "{provider: openai, base_url: 'https://h/v1', model: m}"
    text = f"{{source: llm, language: zh, turns: {{min: 2, max: 6}}, llm: {llm}}}"
    settings = DialoguesConfig.model_validate(yaml.safe_load(text))
    assert settings.llm.resolved_mode == "whole"
    assert DialoguesConfig().llm.resolved_mode == "exchanges"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"turns": {"min": 3, "max": 6}}, "turns.min is 3"),
        ({"turns": {"min": 8, "max": 6}}, r"turns.min \(8\)"),
        ({"turns": {"min": 2, "max": 2}}, "interruption_share is 0.25"),
        ({"interruption_share": 1.5}, "interruption_share"),
        ({"source": "file"}, "section file"),
        ({"file": {"path": "x"}}, "source is llm"),
        ({"language": "zh"}, "language is zh"),
        ({"llm": {"provider": "openai"}}, "base_url is missing"),
        ({"llm": {"provider": "openai", "base_url": "ftp://h"}}, r"not an http\(s\) address"),
        ({"llm": {"provider": "openai", "base_url": "https://h/v1"}}, "model is missing"),
        ({"llm": {"model": "gpt"}}, "provider local has only SmolLM2"),
        ({"llm": {"provider": "openai", "base_url": "http://me:secret@h/v1"}}, "credentials"),
        ({"llm": {"base_url": "http://h/v1"}}, "provider local has no endpoint"),
        ({"turn": 3}, "turn"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(changes: dict, said: str):
    with pytest.raises(ValidationError, match=said):
        config(**changes)


def dialogue(index: int, *texts: str) -> Dialogue:
    turns = tuple(TextTurn("assistant" if i % 2 else "user", text, text) for i, text in enumerate(texts))
    return Dialogue(Slot(index, f"d{index}", "train"), "en", "test", "", turns)


def test_near_duplicates_leave_and_the_lowest_index_stays():
    talk = (
        "I would like to bake bread. How long does the dough have to rest?",
        "Let the dough rest for about one hour.",
    )
    nearly = (talk[0], "Let the dough rest for about one hour, please.")
    other = ("Can you tell me when the train to the coast leaves?", "The first one leaves at six in the morning.")
    dialogues = [dialogue(1, *talk), dialogue(2, *other), dialogue(3, *nearly)]
    (reject,) = find_duplicates(dialogues, config())
    assert (reject.dialogue_id, reject.stage, reject.final) == ("d3", "selection", True)
    assert (reject.reason, reject.detail) == ("near_duplicate", "of d1")
    assert find_duplicates(iter(dialogues), config()) == (reject,)


@pytest.mark.parametrize("similarity", [0.985, 1.0])
def test_near_a_similarity_of_one_only_the_same_words_are_a_duplicate(similarity: float):
    talk = ("How long does the dough have to rest?", "Let the dough rest for about one hour.")
    dialogues = [dialogue(1, *talk), dialogue(2, talk[0], "Let the dough rest for two hours."), dialogue(3, *talk)]
    (reject,) = find_duplicates(dialogues, config(filters={"duplicate_similarity": similarity}))
    assert (reject.dialogue_id, reject.detail) == ("d3", "of d1")


def test_the_key_of_an_answer_changes_with_everything_that_decides_it():
    def request(text: str = "hi", seed: int = 1, schema: str = "object") -> ChatRequest:
        return ChatRequest((Message("user", text),), Sampling(0.5, 0.9, 100, seed), {"type": schema})

    keys = {
        answer_key("https://h/v1", "m", request()),
        answer_key("https://other/v1", "m", request()),
        answer_key("https://h/v1", "n", request()),
        answer_key("https://h/v1", "m", request("ho")),
        answer_key("https://h/v1", "m", request(seed=2)),
        answer_key("https://h/v1", "m", request(schema="array")),
    }
    assert len(keys) == 6
    assert answer_key("https://h/v1", "m", request()) in keys


def test_the_plan_knows_the_calls_to_expect():
    assert expected_calls(config(source="file", file={"path": "x"}), 100).llm_calls == 0
    assert expected_calls(config(), 100).llm_calls > 350
    assert expected_calls(config(), 100).words_per_dialogue > 20


def test_engines_name_the_weights_and_never_a_key():
    writer, normaliser = engines(config())
    assert writer.weights == ("smollm2-135m-instruct",)
    assert len(writer.digest) == 64
    assert normaliser.engine.startswith("wetext ")
    (remote, _) = engines(config(llm={"provider": "openai", "base_url": "https://h/v1", "model": "big"}))
    assert (remote.model, remote.digest, remote.weights) == ("big", "https://h/v1", ())
