"""Section `streams`: what is taken and what is refused."""

import pytest
import yaml
from pydantic import ValidationError

from manifests.errors import BuildError
from stages.streams import StreamsConfig, engines, expected_tokens, remarks, vocabulary_of


def read(text: str) -> StreamsConfig:
    return StreamsConfig.model_validate(yaml.safe_load(text) or {})


def test_everything_has_a_default():
    config = read("")
    assert (config.chunk_tokens, config.max_length, config.alignment_max_length) == (22, 8192, 1024)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chunk: {text: 0}", "greater than or equal to 1"),
        ("chunk: {user: 5}", "chunk.user is 5"),
        ("chunk: {assistant: 20}", "chunk.assistant is 20"),
        ("chunk: {text: 60}", "max_length 64 is less than one chunk of 80"),
        ("max_len: 9", "Extra inputs"),
        ("text_tokenizer: {kind: word}", "does not match any of the expected tags"),
        ("text_tokenizer: {kind: file}", "Field required"),
        ("text_at: speech", "'onset' or 'word'"),
    ],
)
def test_what_cannot_be_is_refused(text, message):
    with pytest.raises(ValidationError, match=message):
        read(text if "60" not in text else text + "\nmax_length: 64")


def test_a_missing_bottleneck_is_named():
    config = read("speech_tokenizer: {kind: whisper-vq, model: /nowhere/units.onnx}")
    with pytest.raises(BuildError, match=r"streams\.speech_tokenizer\.model '/nowhere/units\.onnx': no such file"):
        vocabulary_of(config)


def test_the_card_says_of_text_at_words_that_it_is():
    onset, word = (remarks(read(f"text_at: {at}"), "en") for at in ("onset", "word"))
    assert word[:-1] == onset
    assert "streams.text_at: word" in word[-1]


def test_engines_name_both_tokenizers_their_weights_and_licences():
    text, speech = engines(StreamsConfig())
    assert (text.weights, speech.weights) == (("qwen2-tokenizer",), ("whisper-tiny.en",))
    assert all(engine.licence and engine.digest and engine.engine for engine in (text, speech))


def test_an_hour_of_three_streams_is_55_tokens_a_second():
    tokens = expected_tokens(StreamsConfig(), speech_s=3000, audio_s=3600, words=9000)
    assert tokens["three_stream"] == 55 * 3600
    assert tokens["two_stream"] == 50 * 3600
