"""Speech to text and text to speech, by a model that knows one turn by heart, through the real voice and judge."""

import numpy as np
import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from manifests.randomness import generator
from stages.speech.engine_config import PiperAssistant
from stages.speech.engines import open_engine
from stages.speech.gate.word_error import heard_error
from stages.streams import StreamsConfig, open_text_tokenizer, vocabulary_of
from stages.streams.flatten import SceneTokens, TurnTokens, flatten_alignment
from stages.units import WhisperVq, open_speech_tokenizer, open_vocoder
from training.duplex.token_map import TokenMap
from training.evaluation.speaking import speak
from training.evaluation.transcription import AlignmentTurn, error_rates, transcribe
from training.loop.sampling import Sampling

TEXT = "My brother took the early train to the coast."
OTHER = "A grey cat sleeps on the old wooden chair."


@pytest.fixture(scope="module")
def text():
    return open_text_tokenizer(StreamsConfig().text_tokenizer)


@pytest.fixture(scope="module")
def rows(text):
    """The `asr` and the `tts` row of a spoken sentence."""
    clip = open_engine(PiperAssistant(engine="piper"), 0).synthesize(TEXT, "joe", "en", 1.0, generator(1, "say"))
    units = open_speech_tokenizer(WhisperVq()).encode(clip.samples, clip.rate)
    turn = TurnTokens("assistant", 0, len(units), text.encode(TEXT))
    scene = SceneTokens("d", "test", units, units, (turn,))
    return flatten_alignment(scene, vocabulary_of(StreamsConfig()), 1024).rows


@pytest.fixture(scope="module")
def learned(rows, text):
    """A model that knows both rows by heart, and its map."""
    vocabulary = vocabulary_of(StreamsConfig())
    tokens = TokenMap(vocabulary, np.unique(text.encode(f"{TEXT} {OTHER}")).astype(np.int32))
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=tokens.size,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    model = Qwen2ForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    ids = [torch.from_numpy(tokens.to_model(row.input_ids).astype(np.int64))[None] for row in rows]
    for _ in range(150):
        loss = sum(model(each, labels=each).loss for each in ids)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval(), tokens


def test_a_turn_that_is_known_by_heart_is_written_down_without_error(learned, rows, text):
    model, tokens = learned
    turns = [AlignmentTurn(rows[0], "en")]

    rates = transcribe(model, tokens, text, turns, lambda _: None)

    assert (rates.turns, rates.wer, rates.cer) == (1, 0, 0)


def test_a_turn_that_is_known_by_heart_is_spoken_as_the_corpus_speaks_it(learned, rows, text):
    model, tokens = learned
    vocoder = open_vocoder(WhisperVq())

    errors = speak(
        model, tokens, text, vocoder, [AlignmentTurn(rows[1], "en")], Sampling(temperature=0), 0, lambda _: None
    )

    assert errors.model == errors.corpus
    assert errors.corpus.wer < 0.3


def test_a_turn_that_was_never_learned_is_written_down_wrongly(learned, text):
    model, tokens = learned
    vocabulary = tokens.vocabulary
    units = np.random.default_rng(0).integers(0, vocabulary.units, 60).astype(np.int32)
    turn = TurnTokens("user", 0, 60, text.encode(OTHER))
    other = flatten_alignment(SceneTokens("d", "test", units, units, (turn,)), vocabulary, 1024).rows[0]

    assert transcribe(model, tokens, text, [AlignmentTurn(other, "en")], lambda _: None).wer > 0.5


def test_rates_are_over_all_words_and_characters_of_the_turns():
    rates = error_rates([heard_error("a red fox", "a red", "en"), heard_error("sleeps", "sleeps", "en")])

    assert rates.turns == 2
    assert rates.wer == pytest.approx(1 / 4)
    assert rates.cer == pytest.approx(3 / 13)


def test_a_language_without_spaces_has_characters_alone():
    rates = error_rates([heard_error("今天", "今", "zh")])

    assert rates.wer is None
    assert rates.cer == pytest.approx(0.5)


def test_no_turns_have_no_rates():
    assert error_rates([]).wer is None
