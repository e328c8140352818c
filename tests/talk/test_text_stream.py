"""Text as it comes: whole characters, and the spaces of the whole."""

from stages.streams.text_tokenizer import Qwen2Tokenizer
from talk.text_stream import TextStream

TEXT = "Grüße aus 東京 🙂 and no farther."


def test_pieces_make_the_whole_text_and_end_between_characters():
    tokenizer = Qwen2Tokenizer()
    stream = TextStream(tokenizer)
    pieces = [*(stream.push([token]) for token in tokenizer.encode(TEXT)), stream.finish()]

    assert "".join(pieces) == TEXT
    assert not any("\ufffd" in piece for piece in pieces)


def test_a_broken_character_is_not_waited_for_without_end():
    tokenizer = Qwen2Tokenizer()
    half = tokenizer.encode("𓀀")[:1]
    stream = TextStream(tokenizer)

    assert any("\ufffd" in stream.push(half) for _ in range(10))
    stream.push(half)
    assert "\ufffd" in stream.finish()
