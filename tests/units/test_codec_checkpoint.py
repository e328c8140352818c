"""Where a checkpoint comes from: a local copy, or a commit of the Hub, which a server here speaks for."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pydantic import ValidationError

from manifests.errors import BuildError
from stages.units import Encodec, Mimi, S3Tokenizer, identity
from stages.units.codecs.checkpoint import checkpoint_digest, model_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    f"/kyutai/mimi/resolve/{COMMIT}/config.json": b"{}",
    f"/kyutai/mimi/resolve/{COMMIT}/model.safetensors": b"weights",
    f"/FunAudioLLM/CosyVoice2-0.5B/resolve/{COMMIT}/speech_tokenizer_v2.onnx": b"graph",
}


@pytest.fixture
def hub():
    """A server that answers for files as the Hub does; yields its address and the count of requests."""
    asked: Counter[str] = Counter()

    class Hub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.wfile.write(self.answer())

        def answer(self) -> bytes:
            asked[f"{self.command} {self.path}"] += 1
            content = FILES.get(self.path)
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            else:
                self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
                self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            return content or b""

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def resolved(config, address: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a process of its own, as the Hub's address and cache are read when its package is imported."""
    function = "onnx_file" if isinstance(config, S3Tokenizer) else "model_folder"
    program = (
        "import sys\n"
        f"from stages.units import {type(config).__name__}\n"
        f"from stages.units.codecs.checkpoint import {function}\n"
        f"print({function}({type(config).__name__}.model_validate_json(sys.argv[1])))"
    )
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", program, config.model_dump_json()]
    return subprocess.run(command, env=environment, cwd=Path.cwd(), capture_output=True, text=True, check=False)


MIMI = Mimi(kind="mimi", hub="kyutai/mimi", revision=COMMIT)
S3 = S3Tokenizer(kind="s3tokenizer", variant="v2_25hz", hub="FunAudioLLM/CosyVoice2-0.5B", revision=COMMIT)


def test_a_model_on_the_hub_is_fetched_once(hub, tmp_path):
    address, asked = hub
    for _ in range(2):
        run = resolved(MIMI, address, tmp_path)
        assert run.returncode == 0, run.stderr
        assert (Path(run.stdout.strip()) / "model.safetensors").read_bytes() == b"weights"
    fetched = {request: count for request, count in asked.items() if request.startswith("GET /kyutai")}
    assert fetched == {f"GET {path}": 1 for path in FILES if "mimi" in path}


def test_a_tokenizer_on_the_hub_is_its_onnx_file(hub, tmp_path):
    run = resolved(S3, hub[0], tmp_path)
    assert Path(run.stdout.strip()).read_bytes() == b"graph", run.stderr


def test_a_file_that_the_hub_lacks_is_named_with_the_way_out(hub, tmp_path):
    run = resolved(Encodec(kind="encodec", hub="facebook/encodec_24khz", revision=COMMIT), hub[0], tmp_path)
    assert f"BuildError: streams.speech_tokenizer: config.json of facebook/encodec_24khz at {COMMIT}" in run.stderr
    assert "or give a local copy as path" in run.stderr


def test_a_hub_out_of_reach_is_a_fault_of_the_machine_with_the_way_out(tmp_path):
    run = resolved(MIMI, "http://127.0.0.1:9", tmp_path)
    assert f"OSError: streams.speech_tokenizer: config.json of kyutai/mimi at {COMMIT} can't be fetched" in run.stderr
    assert "or give a local copy as path" in run.stderr


@pytest.mark.parametrize("name", ["a/b--c", "a/b.git", "a-/b"])
def test_a_name_that_the_hub_does_not_allow_is_refused_with_the_way_out(name):
    with pytest.raises(
        BuildError, match=rf"config\.json of {name} at {COMMIT} can't be fetched.*check hub and revision"
    ):
        model_folder(MIMI.model_copy(update={"hub": name}))


def test_the_identity_of_a_commit_needs_no_network():
    assert checkpoint_digest(MIMI) == COMMIT
    assert COMMIT[:16] in identity(MIMI).tokenizer
    assert (identity(MIMI).rate_hz, identity(MIMI).size) == (12.5, 2048)
    assert identity(S3).size == 6561


@pytest.mark.parametrize(
    "config", [Mimi(kind="mimi", path="/nowhere"), S3.model_copy(update={"path": "/nowhere.onnx"})]
)
def test_a_local_copy_that_is_missing_is_named(config):
    with pytest.raises(BuildError, match="there is no /nowhere"):
        identity(config)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({}, r"give either path \(a local copy\) or hub with revision"),
        ({"path": "a", "hub": "kyutai/mimi", "revision": COMMIT}, "give either path"),
        ({"hub": "kyutai/mimi"}, "hub and revision go together"),
        ({"path": "a", "revision": COMMIT}, "hub and revision go together"),
        ({"hub": "kyutai/mimi", "revision": "main"}, "should match pattern"),
        ({"hub": "../mimi", "revision": COMMIT}, "should match pattern"),
        ({"hub": "mimi", "revision": COMMIT}, "should match pattern"),
        ({"path": "a", "frame_rate_hz": 86.13}, r"puts 34\.452 frames into a 400 ms chunk"),
        ({"path": "a", "codebooks": 0}, "greater than or equal to 1"),
    ],
)
def test_a_place_that_is_none_is_refused(place, message):
    with pytest.raises(ValidationError, match=message):
        Mimi(kind="mimi", **place)
