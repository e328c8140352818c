"""A judge of the Hub that can't be had: the config's fault, or the network's."""

import errno

import httpx2
import pytest
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RevisionNotFoundError,
)

from manifests.errors import BuildError
from stages.speech import SpeechConfig, fetch
from stages.speech.gate.whisper_judge import WhisperJudge


def answer(status: int) -> httpx2.Response:
    return httpx2.Response(status, request=httpx2.Request("GET", "https://huggingface.co/api/models/small"))


@pytest.mark.parametrize(
    ("kind", "began_with", "error"),
    [
        (BuildError, None, RevisionNotFoundError("no such commit", response=answer(404))),
        (BuildError, None, HfHubHTTPError("unauthorized", response=answer(401))),
        (BuildError, OfflineModeIsEnabled("offline"), LocalEntryNotFoundError("not in the cache")),
        (BuildError, None, ValueError("no such size")),
        (OSError, HfHubHTTPError("too busy", response=answer(503)), LocalEntryNotFoundError("not in the cache")),
        (OSError, None, HfHubHTTPError("too many calls", response=answer(429))),
        (OSError, httpx2.ConnectError("refused"), LocalEntryNotFoundError("not in the cache")),
        (OSError, None, httpx2.ReadError("broke off")),
        (OSError, None, RuntimeError("CAS service error")),
        (OSError, None, OSError(errno.ECONNRESET, "reset")),
    ],
)
def test_what_the_hub_refuses_is_the_configs_fault_and_what_the_network_fails_at_is_not(
    kind, began_with, error, monkeypatch
):
    def fails(*_: object, **__: object) -> None:
        raise error from began_with

    monkeypatch.setattr("faster_whisper.download_model", fails)
    hub = SpeechConfig.model_validate({"gate": {"asr": {"model": "small", "revision": "a" * 40}}})
    for needs_it in (lambda: fetch(hub), lambda: WhisperJudge(hub.gate.asr)):
        with pytest.raises(kind, match=r"asr\.model 'small' can't be fetched: .*; check speech\.gate\.asr\.revision"):
            needs_it()
