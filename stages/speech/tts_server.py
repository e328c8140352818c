"""Calls to a TTS server over HTTP: limited in number, retried after passing faults, refusals told apart.

What an answer means is the same for every server:

- 408, 425, 429, 5xx, a timeout, a lost connection, a body that is empty, breaks off or can't be unpacked: a passing
  fault, tried again; once the retries are spent, the turn is lost;
- 429, 502, 503, a timeout, and nobody listening where the server has spoken before, while no other call is answered;
  any passing fault once five calls in a row have met one: an outage. It costs no retries, is waited out for minutes,
  and then stops the run; but a call that times out while hardly another does is lost, as its text may be too long;
- 400, 403, 422 and every other 4xx: this text is refused, the turn is lost, and others may be spoken; but once text
  after text is refused and none is spoken, or none of a voice, no call can succeed;
- 401, 402, 404, 405, 410, any other status but 200, a web page or JSON instead of sound, nobody listening: no call can
  succeed; of a server that has spoken, JSON or a page with a status of 200 is a passing fault, as of a gateway before
  it.

No message holds the text of a transport's error, which may quote a header and the key in it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from manifests.errors import BuildError, RejectedError
from stages.server_health import OUTAGES, TELLING, ServerHealth
from stages.speech.engine_config import ServerSettings
from stages.speech.retrying import PassingFaultError, with_retries
from stages.speech.server_key import key_of
from stages.transport_faults import PASSING, fault_kind

Result = TypeVar("Result")

_HOPELESS = frozenset({401, 402, 404, 405, 410})
_NO_SOUND = ("text/", "application/json")
_LONGEST_MESSAGE = 300
_MESSAGE_BYTES = 4096
"""Of a refusal; so many are read, so that a key is whole when it is looked for."""


class TtsServer:
    """One route of one server.

    Args:
        config: address, key, timeout, retries, concurrency.
        route: put behind `base_url`, for example ``"/audio/speech"``.
        most_bytes: an answer that goes on beyond is given up.
        advice: what to check where no call succeeds, besides address and key: ``"that the server runs"``.

    Raises:
        BuildError: the variable that should hold the key is not set.
    """

    def __init__(self, config: ServerSettings, route: str, most_bytes: int, advice: str) -> None:
        import httpx2

        self._config = config
        self._url = config.base_url.rstrip("/") + route
        self._most_bytes = most_bytes
        self._advice = advice
        self._key = key_of(config)
        self._client = httpx2.Client(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=config.timeout_s,
            limits=httpx2.Limits(max_connections=config.concurrency, max_keepalive_connections=config.concurrency),
        )
        self._places = threading.BoundedSemaphore(config.concurrency)
        self._health = ServerHealth()
        self._heard: set[str] = set()
        self._refused_of: Counter[str] = Counter()

    def ask(
        self, request: dict[str, Any], voice: str, read: Callable[[bytes], Result], rng: np.random.Generator
    ) -> Result:
        """Post a request and return what `read` makes of the answer.

        Args:
            request: the arguments of `httpx2.Client.stream` that hold the body.
            voice: that the request names.
            read: takes the body, never empty; may raise `PassingFaultError` for one that is not whole.
            rng: shortens the waits between retries.

        Raises:
            BuildError: no call can succeed, or an outage has lasted too long.
            RejectedError: ``tts_failed``: this call is refused, or the retries are spent; and what `read` raises.
        """
        calls, asked = 0, object()

        def call() -> Result:
            nonlocal calls
            calls += 1
            return read(self._spoken(request, voice, asked))

        with self._places, self._health.call():
            try:
                return with_retries(call, self._config.retries, rng, self._outage_of(asked))
            except PassingFaultError as fault:
                if isinstance(fault, _NoConnectionError) and not self._health.answers:
                    raise self.hopeless(str(fault)) from fault
                raise RejectedError("tts_failed", f"{fault}, after {calls} call(s) with voice {voice!r}") from fault

    def hopeless(self, what: str) -> BuildError:
        """Return the error that stops the run, for a fault that is every call's."""
        variable = self._config.api_key_env
        key = f"the key in ${variable}" if variable else "whether api_key_env is needed"
        return BuildError(
            f"speech: {self._url}: {what}. Check base_url, {self._advice}, and {key}; then run the same command to "
            "resume."
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _outage_of(self, asked: object) -> Callable[[PassingFaultError], bool]:
        """Return what tells of each fault of one call whether it is an outage's.

        An `_OutageError` is, unless another call has been answered since the fault before it; any fault is, once so
        many calls in a row have met one that it can't be their texts'. What lasts too long stops the run; but a timeout
        that befalls few calls may be of their texts, and then costs them their retries.
        """
        answers: int | None = None

        def is_outage(fault: PassingFaultError) -> bool:
            nonlocal answers
            before, answers = answers, self._health.answers
            shared = self._health.fails_all(asked)
            if isinstance(fault, _NoConnectionError) and not answers:
                return False
            if not shared and not (isinstance(fault, _OutageError) and before in (None, answers)):
                return False
            too_long = self._health.out()
            if too_long and (shared or not isinstance(fault, _TimeoutError)):
                raise self.hopeless(f"{fault}; {too_long}") from fault
            return not too_long

        return is_outage

    def _spoken(self, request: dict[str, Any], voice: str, asked: object) -> bytes:
        try:
            body = self._post(request)
        except _RefusedTextError as refused:
            self._refused_of[voice] += 1
            if self._refused_of[voice] >= TELLING and voice not in self._heard:
                raise self.hopeless(f"text after text with voice {voice!r} is refused: {refused.detail}") from refused
            if self._health.refuses_all(asked):
                raise self.hopeless(f"text after text is refused and none is spoken: {refused.detail}") from refused
            raise
        self._health.answered()
        self._heard.add(voice)
        return body

    def _post(self, request: dict[str, Any]) -> bytes:
        import httpx2

        deadline = time.monotonic() + self._config.deadline_s
        try:
            with self._client.stream("POST", self._url, **request) as answer:
                self._check_status(answer, deadline)
                body = self._beginning(answer, self._most_bytes, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise _NoConnectionError(f"can't connect ({fault_kind(error)})") from error
        except httpx2.TimeoutException as error:
            raise _TimeoutError(f"nothing arrived within {self._config.timeout_s:g} s (timeout_s)") from error
        except httpx2.RequestError as error:
            raise PassingFaultError(f"the answer broke off ({fault_kind(error)})") from error
        if not body:
            raise PassingFaultError("the answer holds no audio")
        if len(body) > self._most_bytes:
            raise RejectedError("tts_failed", f"the server did not stop after {self._most_bytes} bytes")
        return body

    def _check_status(self, answer: Any, deadline: float) -> None:
        status: int = answer.status_code
        if status in PASSING or status >= 500:
            fault = _OutageError if status in OUTAGES else PassingFaultError
            raise fault(f"the server answered {status}", _seconds(answer.headers.get("retry-after", "")))
        if status >= 400 and status not in _HOPELESS:
            raise _RefusedTextError("tts_failed", f"the server answered {status}: {self._message(answer, deadline)}")
        if status != 200:
            raise self.hopeless(f"the server answered {status}")
        kind: str = answer.headers.get("content-type", "")
        if kind.startswith(_NO_SOUND):
            what = f"it returns {kind}, not audio: {self._message(answer, deadline)}"
            raise PassingFaultError(what) if self._health.answers else self.hopeless(what)

    def _message(self, answer: Any, deadline: float) -> str:
        """Return the beginning of an answer that is no sound, on a line, the key blotted out before anything is cut."""
        body = self._beginning(answer, _MESSAGE_BYTES, deadline)
        said = body.decode(errors="replace")
        if self._key:
            said = said.replace(self._key, "***")
            if len(body) > _MESSAGE_BYTES:  # what was not read may hold the rest of a key
                said = said[: len(said) - len(self._key) + 1]
        return " ".join(said.split())[:_LONGEST_MESSAGE]

    def _beginning(self, answer: Any, most_bytes: int, deadline: float) -> bytes:
        """Return an answer's body, or a beginning of it of more than `most_bytes`.

        Raises:
            PassingFaultError: it was not whole at the deadline, by `time.monotonic`.
        """
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if len(body) > most_bytes:
                break
            if time.monotonic() > deadline:
                raise PassingFaultError(f"the answer was incomplete after {self._config.deadline_s:g} s")
        return bytes(body)


class _OutageError(PassingFaultError):
    """The server has too much to do, or is not there behind its gateway: every call may meet this."""


class _NoConnectionError(_OutageError):
    """Nobody listens: a server that restarts is waited for, one that was never there is a config's slip."""


class _TimeoutError(_OutageError):
    """The server hangs, or its text takes too long."""


class _RefusedTextError(RejectedError):
    """The server has read the request and won't speak it, or a filter before it won't let it through."""


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() else 0.0
