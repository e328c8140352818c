"""Calls to a TTS server over HTTP: so many at once, tried again where a fault may pass, refusals told apart.

What an answer means is the same for every server:

- 408, 425, 429, 5xx, a timeout, a lost connection, a body that is empty, breaks off or can't be unpacked: a passing
  fault, tried again; once the retries are spent, the turn is lost;
- 429, 502, 503 and nobody listening where the server has spoken before and no call succeeds any more: an outage, which
  is waited out for minutes before the retries count as spent;
- 400, 422 and every other 4xx: this text is refused, the turn is lost, and others may be spoken; but where a voice's
  first texts are all refused, it is the voice or the model that the server does not know, and no call can succeed;
- 401-405, 410, any other status but 200, a web page or JSON instead of sound, nobody listening: no call can succeed;
- of a server that has spoken, 403 is a refused text, as by a filter before it, if it is not every call's; JSON or a
  page with a status of 200 is a passing fault, as of a gateway before it.

No message holds the text of a transport's error, which may quote a header and the key in it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from manifests.errors import BuildError, RejectedError
from stages.speech.engine_config import ServerSettings
from stages.speech.retrying import PassingFaultError, with_retries
from stages.speech.server_key import key_of
from stages.transport_faults import fault_kind

Result = TypeVar("Result")

_PASSING = frozenset({408, 425, 429})
_OUTAGES = frozenset({429, 502, 503})
"""Not 500 and 504, which one text too difficult or too long may bring about."""
_OUTAGE_S = 600.0
"""Loading a large model takes minutes; what lasts longer is for a person to mend."""
_HOPELESS = frozenset({401, 402, 403, 404, 405, 410})
_TELLING_REFUSALS = 5
"""Texts refused in a voice that has said none yet, or forbidden in a row: of a voice that can speak, with a key that
counts, so many would be rare chance."""
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
        self._heard: set[str] = set()
        self._refusals: Counter[str] = Counter()
        self._forbidden = 0
        self._answers = 0
        self._down_since: float | None = None
        self._counting = threading.Lock()

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
            BuildError: no call can succeed.
            RejectedError: ``tts_failed``: this call is refused, or the retries are spent; and what `read` raises.
        """
        calls = 0

        def call() -> Result:
            nonlocal calls
            calls += 1
            return read(self._spoken(request, voice))

        with self._places:
            waits = self._outage_waits(self._answers)
            try:
                return with_retries(call, self._config.retries, rng, waits)
            except _NoConnectionError as fault:
                raise self.hopeless(str(fault)) from fault
            except PassingFaultError as fault:
                raise RejectedError("tts_failed", f"{fault}, after {calls} call(s) with voice {voice!r}") from fault

    def hopeless(self, what: str) -> BuildError:
        """Return the error that stops the run, for a fault that is every call's."""
        variable = self._config.api_key_env
        key = f"the key in ${variable}" if variable else "whether api_key_env is needed"
        return BuildError(f"speech: {self._url}: {what}. Check base_url, {self._advice}, and {key}.")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _outage_waits(self, answers: int) -> Callable[[PassingFaultError], bool]:
        """Return what tells of a call's fault whether it is an outage's, and that not too long by now.

        It is none where the server has answered another call since this one began, at so many `answers`: then the
        fault may be of its text. Nor where it has not answered any.
        """

        def waits(fault: PassingFaultError) -> bool:
            with self._counting:
                since = self._down_since
                silent = 0 < answers == self._answers
            down = silent and isinstance(fault, _OutageError)
            return down and since is not None and time.monotonic() < since + _OUTAGE_S

        return waits

    def _spoken(self, request: dict[str, Any], voice: str) -> bytes:
        try:
            body = self._post(request)
        except _RefusedTextError as refused:
            self._count(refused, voice)
            raise
        except _OutageError:
            with self._counting:
                self._down_since = self._down_since or time.monotonic()
            raise
        with self._counting:
            self._heard.add(voice)
            self._answers += 1
            self._forbidden = 0
            self._down_since = None
        return body

    def _count(self, refused: "_RefusedTextError", voice: str) -> None:
        with self._counting:
            self._refusals[voice] += 1
            self._forbidden += isinstance(refused, _ForbiddenTextError)
            refusals, forbidden, heard = self._refusals[voice], self._forbidden, voice in self._heard
        if not heard and refusals >= _TELLING_REFUSALS:
            what = f"voice {voice!r} has said nothing, and {refusals} texts were refused: {refused.detail}"
            raise self.hopeless(what) from refused
        if forbidden >= _TELLING_REFUSALS:
            raise self.hopeless(f"{forbidden} calls in a row are forbidden: {refused.detail}") from refused

    def _post(self, request: dict[str, Any]) -> bytes:
        import httpx2

        deadline = time.monotonic() + self._config.deadline_s
        try:
            with self._client.stream("POST", self._url, **request) as answer:
                self._check_status(answer, deadline)
                body = self._beginning(answer, self._most_bytes, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise _NoConnectionError(f"no connection ({fault_kind(error)})") from error
        except httpx2.TimeoutException as error:
            raise PassingFaultError(f"nothing came within {self._config.timeout_s:g} s") from error
        except httpx2.RequestError as error:
            raise PassingFaultError(f"the answer broke off ({fault_kind(error)})") from error
        if not body:
            raise PassingFaultError("the answer holds no sound")
        if len(body) > self._most_bytes:
            raise RejectedError("tts_failed", f"the server did not stop after {self._most_bytes} bytes")
        return body

    def _check_status(self, answer: Any, deadline: float) -> None:
        status: int = answer.status_code
        if status in _PASSING or status >= 500:
            fault = _OutageError if status in _OUTAGES else PassingFaultError
            raise fault(f"the server answered {status}", _seconds(answer.headers.get("retry-after", "")))
        if status >= 400 and status not in _HOPELESS:
            raise _RefusedTextError("tts_failed", f"the server answered {status}: {self._message(answer, deadline)}")
        if status == 403 and self._heard:
            raise _ForbiddenTextError("tts_failed", f"the server answered 403: {self._message(answer, deadline)}")
        if status != 200:
            raise self.hopeless(f"the server answered {status}")
        kind: str = answer.headers.get("content-type", "")
        if kind.startswith(_NO_SOUND):
            what = f"it answers {kind}, not sound: {self._message(answer, deadline)}"
            raise PassingFaultError(what) if self._heard else self.hopeless(what)

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
                raise PassingFaultError(f"the answer was not whole after {self._config.deadline_s:g} s")
        return bytes(body)


class _OutageError(PassingFaultError):
    """The server has too much to do, or is not there behind its gateway."""


class _NoConnectionError(_OutageError):
    """Nobody listens: a server that restarts is waited for, one that stays away stops the run."""


class _RefusedTextError(RejectedError):
    """The server has read the request and won't speak it."""


class _ForbiddenTextError(_RefusedTextError):
    """A filter before the server won't let the text through, or the key counts no more."""


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdecimal() else 0.0
