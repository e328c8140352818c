"""What the card of a checkpoint tells of how to run it, and of its limits."""

from dataclasses import replace

import pytest

from manifests.records import TokenConfig
from stages.streams.vocabulary import Vocabulary
from stages.units import WhisperVq, identity
from tests.training.small_models import VOCABULARY
from training.duplex.card import ModelFacts, render_model_card
from training.duplex.token_map import TokenMap

EMBEDDED = replace(VOCABULARY, unit_tokenizer=identity(WhisperVq()).tokenizer)


def card_of(config: TokenConfig, vocabulary: Vocabulary = EMBEDDED, engines: str = "") -> str:
    facts = ModelFacts(
        corpus="corpus/small",
        corpus_name="small",
        corpus_identity="0" * 64,
        licence="apache-2.0",
        engines=engines,
        text_slots=2,
        stage=config,
        stages=(config,),
        configs=(config,),
        step=4,
        steps=4,
        rows=10,
        tokens=1000,
        longest_row=200,
        parameters=1_000_000,
        losses={},
        made_with={"torch": "1"},
        config_yaml="seed: 0",
    )
    return render_model_card(facts, TokenMap(vocabulary))


@pytest.mark.parametrize("config", ["three_stream", "two_stream"])
def test_a_full_duplex_stage_tells_how_to_talk_to_it(config: TokenConfig) -> None:
    assert "build-corpus talk DIR --serve" in card_of(config)


@pytest.mark.parametrize("config", ["alignment", "four_stream"])
def test_a_stage_that_can_not_talk_promises_no_talk(config: TokenConfig) -> None:
    card = card_of(config)
    assert "--serve" not in card
    assert "has no vocoder" not in card


def test_units_without_a_vocoder_are_a_limit() -> None:
    card = card_of("three_stream", VOCABULARY)
    assert "--serve" not in card
    assert "- `build-corpus` has no vocoder for its units" in card


def test_of_voices_and_words_the_corpus_s_card_is_asked() -> None:
    card = card_of("three_stream")
    assert "only as good as its corpus, whose card describes" in card
    assert "synthetic" not in card


def test_licence_and_engines_are_those_of_the_corpus_s_card() -> None:
    card = card_of("three_stream", engines="| part |\n|---|\n| a voice |")
    assert "\nlicense: apache-2.0\n" in card
    assert "\n\n| part |\n|---|\n| a voice |\n\n" in card


def test_a_corpus_whose_card_was_left_out_is_told_of() -> None:
    assert "See the corpus's card, which was not stored with the data." in card_of("three_stream")
