"""The words that the voice alone learns from: which they are, and how they are heard."""

import numpy as np

from stages.units.bottleneck import EMBEDDED
from stages.units.whisper_vq import WhisperUnits
from tests.training.tiny_units import drawn_channels
from training.units.aligned_speech import SAMPLE_RATE
from training.units.log import Log
from training.units.word_units import hear_words
from training.units.words import WORDS, word_sentences


def test_drawn_words_are_many_and_the_same_for_a_seed():
    sentences = word_sentences(3, 300)
    assert sentences == word_sentences(3, 300)
    assert sentences != word_sentences(4, 300)
    said = [sentence.rstrip(".").lower().split() for sentence in sentences]
    assert all(WORDS[0] <= len(words) <= WORDS[1] for words in said)
    assert len(set().union(*said)) > 1_000


def test_words_are_heard_clean_first_and_no_second_time(tmp_path):
    channels, log = drawn_channels(2, units=25), Log(tmp_path / "log.jsonl")
    noise = [np.random.default_rng(1).standard_normal(SAMPLE_RATE).astype(np.float32)]
    heard = hear_words(tmp_path / "units", EMBEDDED, channels, noise, 3, 1, log)
    tokenizer = WhisperUnits()
    for hearings, channel in zip(heard, channels, strict=True):
        assert len(hearings) == 3
        assert len({len(units) for units in hearings}) == 1
        assert np.array_equal(hearings[0], tokenizer.encode(channel.samples, SAMPLE_RATE)[: len(hearings[0])])
    logged = log.file.read_bytes()
    again = hear_words(tmp_path / "units", EMBEDDED, channels, noise, 3, 1, log)
    assert all(map(np.array_equal, heard, again))
    assert log.file.read_bytes() == logged
