"""Which word of a text each of its tokens belongs to, whatever the tokenizer."""

from itertools import takewhile

from stages.streams.text_tokenizer import TextTokenizer
from stages.written_words import split_words


def words_of_tokens(text: str, tokenizer: TextTokenizer) -> tuple[int, ...]:
    """Return for each token of the text the number of its word, in non-decreasing order.

    The text is encoded up to the end of each word, and a token belongs to the first word at whose end all tokens up to
    it are the same as in the whole text. So a token that spans several words, as in Chinese, belongs to the last of
    them, and none to a word before its own.
    """
    whole = tokenizer.encode(text)
    ends = [word.end for word in split_words(text)]
    found: list[int] = []
    for number, end in enumerate(ends):
        pairs = zip(tokenizer.encode(text[:end]), whole, strict=False)
        there = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        found += [number] * (there - len(found))
    return (*found, *[max(len(ends) - 1, 0)] * (len(whole) - len(found)))
