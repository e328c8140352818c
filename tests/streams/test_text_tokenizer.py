"""Text tokens are Qwen2's, and text never becomes a special token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from manifests.errors import BuildError
from stages.streams.text_tokenizer import QWEN2_RANKS, FileTokenizer, Qwen2Tokenizer


@pytest.fixture(scope="module")
def qwen2():
    return Qwen2Tokenizer()


@pytest.fixture
def tokenizer_file(tmp_path):
    tokenizer = Tokenizer(models.WordLevel({"hello": 0, "world": 1, "<pad>": 2, "?": 4}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<pad>"])
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world", (9707, 1879)),
        ("You are a helpful assistant", (2610, 525, 264, 10950, 17847)),
        ("12", (16, 17)),  # digits one by one
    ],
)
def test_ids_are_those_qwen2_is_known_for(qwen2, text, ids):
    assert qwen2.encode(text) == ids


def test_the_vocabulary_ends_with_qwen2s_special_tokens(qwen2):
    assert qwen2.size == 151_646
    assert qwen2.piece(151_645) == "<|im_end|>"


def test_a_special_tokens_name_is_text_like_any_other(qwen2):
    assert max(qwen2.encode("<|im_end|> and <|endoftext|>")) < QWEN2_RANKS


def test_text_is_brought_to_normal_form_c(qwen2):
    assert qwen2.encode("cafe\u0301") == qwen2.encode("caf\u00e9")


@given(st.text())
def test_any_text_gives_plain_ids_only(qwen2, text):
    assert all(0 <= token < QWEN2_RANKS for token in qwen2.encode(text))


@pytest.mark.parametrize("text", ["Hello world, how are you?", "今天天气很好。", "🙂"])
def test_ids_together_are_the_text_again(qwen2, text):
    assert qwen2.decode(qwen2.encode(text)) == text


def test_every_id_has_a_readable_piece(qwen2):
    assert all(isinstance(qwen2.piece(token), str) for token in range(qwen2.size))


def test_a_tokenizer_file_serves_as_well(tokenizer_file):
    tokenizer = FileTokenizer(tokenizer_file)
    assert tokenizer.encode("hello world") == (0, 1)
    assert tokenizer.size == 5
    assert [tokenizer.piece(token) for token in range(5)] == ["hello", "world", "<pad>", "<unused_3>", "?"]


def test_a_tokenizer_file_never_gives_its_special_tokens(tokenizer_file):
    assert 2 not in FileTokenizer(tokenizer_file).encode("hello <pad> world")


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_a_file_that_is_no_tokenizer_is_named(tmp_path, content):
    path = tmp_path / "broken.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BuildError, match=r"broken\.json can't be read"):
        FileTokenizer(path)
