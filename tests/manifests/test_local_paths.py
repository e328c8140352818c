"""Local paths as people write them."""

from pathlib import Path

import pytest

from manifests.errors import BuildError
from manifests.local_paths import expanded


def test_a_tilde_stands_for_the_home():
    assert expanded("~/a", "key") == Path.home() / "a"
    assert expanded("a/~b", "key") == Path("a/~b")


@pytest.mark.parametrize("path", ["~nouser_x/a", "a\0b", "\ud800", "a/" + "b" * 256, "a/" * 2048])
def test_what_no_file_can_have_is_named_with_its_key(path):
    with pytest.raises(BuildError, match=r"^streams\.text_tokenizer\.path '.* can't be a path here .*; write it out"):
        expanded(path, "streams.text_tokenizer.path")
