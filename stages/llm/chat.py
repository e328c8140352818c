"""Calls to a language model over the OpenAI protocol, with the answer cache in front and faults classified."""

import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from manifests.errors import BuildError, RejectedError
from stages.llm.answers import AnswerCache, ChatRequest, answer_key
from stages.llm.config import LlmConfig
from stages.llm.dialects import asked
from stages.llm.local_server import LocalServer, digest, direct_transport
from stages.server_health import OUTAGES, ServerHealth
from stages.server_keys import server_key
from stages.transport_faults import fault_kind

if TYPE_CHECKING:
    from openai import APIConnectionError
    from openai.types.chat import ChatCompletion

ENDPOINT_ERROR = "endpoint_error"
ENDPOINT_REFUSED = "endpoint_refused"
_PRIMING_TEXT = "."
_CONNECT_S = 10.0
"""An address where nobody listens is not waited for as long as an answer."""
_REFUSALS = (400, 403, 413, 422)
"""What an endpoint says that wants to be asked otherwise, or a filter that does not like one text."""


@dataclass(frozen=True)
class Purpose:
    """What a model is used for, as messages describe it.

    Attributes:
        answer: what the endpoint is told that the answers are, one word.
        url, model, key, dialect: what its user calls the settings of address, model, key, and of what else an endpoint
            may want otherwise, for messages.
    """

    answer: str
    url: str
    model: str
    key: str
    dialect: str


class Chat:
    """One model behind one endpoint. `ask` may be called from several threads.

    Args:
        config: the model.
        cache: of its answers.
        purpose: what it is asked for.

    Raises:
        BuildError: the key's variable is not set; the embedded engine is missing.
    """

    def __init__(self, config: LlmConfig, cache: AnswerCache, purpose: Purpose) -> None:
        import openai

        self._config = config
        self._cache = cache
        self._purpose = purpose
        self._local_lock = threading.Lock()
        self._server: LocalServer | None = None
        self._health = ServerHealth()
        key = "none"
        if config.provider == "local":
            self._server = LocalServer(config.threads)
            self._url = self._server.base_url
            self.endpoint = f"local:{digest()}"
        else:
            assert config.base_url is not None
            self._url = self.endpoint = config.base_url
            key = api_key(config, purpose)
        self._client = openai.OpenAI(
            base_url=self._url,
            api_key=key,
            timeout=openai.Timeout(config.timeout_s, connect=min(_CONNECT_S, config.timeout_s)),
            max_retries=config.max_retries,
            http_client=None if self._server is None else direct_transport(),
        )
        # The client takes these from variables of its own, which are meant for another host.
        self._client.organization = self._client.project = self._client.admin_api_key = None
        self._client._custom_headers = {}

    def ask(self, request: ChatRequest) -> str:
        """Return the raw answer to a request: from the cache if it is there, else from the model (and cached).

        Raises:
            BuildError: nobody listens, and nobody has answered here before (the cache does not count); the endpoint
                refuses every request; or an outage has lasted too long.
            RejectedError: ``endpoint_refused`` for this request alone: 400, 403, 413, 422, as of a filter.
                ``endpoint_error`` after the client's retries of a timeout, a connection that broke off or 5xx, or at
                once where the answer holds an error or no choice in spite of its HTTP 200, as gateways tell of faults
                behind them.
            OSError: the embedded model takes too long, or its server broke off: this machine has too much to do, now.
                Or an outage, after the client's retries: the endpoint says 429, 502 or 503; nobody listens any more; it
                answers nobody in time; or request after request gets an ``endpoint_error``. Whoever asks again later
                has the answers given so far in the cache.
        """
        key = answer_key(self.endpoint, self._config.model, request, self._config.dialect)
        known = self._cache.get(key)
        if known is not None:
            return known.decode()
        if self._server is None:
            answer = self._call(request, key)
        else:
            with self._local_lock:
                self._prime(request, key)
                answer = self._call(request, key)
        self._cache.put(key, answer.encode())
        stored = self._cache.get(key)  # of two askers at once, the first one's answer is the record for both
        return stored.decode() if stored is not None else answer

    def close(self) -> None:
        """Close the connections, and the embedded server if there is one."""
        self._client.close()
        if self._server is not None:
            self._server.close()

    def _prime(self, request: ChatRequest, key: str) -> None:
        """Leave the embedded server's cache holding exactly the messages before the last one.

        llama.cpp's kernels round differently for batches of different lengths, so an answer depends on how much of
        its prompt is cached. A fixed last message before every request makes that length a constant, and the long
        part of the prompt is read once instead of once a call.
        """
        primed = [*map(asdict, request.messages[:-1]), {"role": "user", "content": _PRIMING_TEXT}]
        self._create(key, messages=primed, extra_body={"cache_prompt": True, "n_predict": 0})

    def _call(self, request: ChatRequest, key: str) -> str:
        call = asked(request, self._config.answers, self._config.reasoning, self._purpose.answer)
        if self._server is not None:
            call["extra_body"] = {**call.get("extra_body", {}), "cache_prompt": True}
        answers = self._health.answers
        try:
            with self._health.call():
                text = _text_of(self._create(key, **call))
        except RejectedError as fault:
            if fault.reason == ENDPOINT_ERROR:
                self._check_outage(fault, key, answers)
            raise
        self._health.answered()
        return text

    def _check_outage(self, fault: RejectedError, key: str, answers: int) -> None:
        """Raise the outage that a request's fault is part of, if it is.

        It is once request after request has failed, or where no answer came in time and none to another call either,
        after those that there were when this one began. But where that lasts and befalls few, it may be of their texts.
        """
        import openai

        shared = self._health.fails_all(key)
        late = isinstance(fault.__cause__, openai.APITimeoutError) and answers == self._health.answers
        if shared or late:
            outage = self._outage(f"fails: {fault.detail}")
            if shared or isinstance(outage, OSError):
                raise outage from fault

    def _create(self, key: str, **call: Any) -> "ChatCompletion":
        """Call the endpoint; its faults are sorted into the run's, the item's and the moment's."""
        import openai

        try:
            answer: ChatCompletion = self._client.chat.completions.create(model=self._config.model, **call)
        except openai.APIConnectionError as error:
            raise self._unanswered(error) from error
        except openai.APIStatusError as error:
            raise self._sorted(error.status_code, key) from error
        except (openai.APIError, ValueError) as error:
            raise RejectedError(ENDPOINT_ERROR, f"unreadable answer ({type(error).__name__})") from error
        return answer

    def _unanswered(self, error: "APIConnectionError") -> BuildError | RejectedError | OSError:
        """Return the fault of a call without a whole answer, a timeout's too."""
        import httpx2
        import openai

        late = isinstance(error, openai.APITimeoutError)
        what = f"no answer within {self._config.timeout_s} s" if late else f"no whole answer ({fault_kind(error)})"
        if self._server is not None:
            return (TimeoutError if late else ConnectionError)(f"the embedded writer gave {what}")
        if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
            unreached = f"can't be reached ({fault_kind(error)})"
            if self._health.answers:
                return self._outage(unreached)
            return BuildError(f"{self._url} {unreached}; start the server or fix {self._purpose.url}")
        return RejectedError(ENDPOINT_ERROR, what)

    def _outage(self, what: str) -> BuildError | OSError:
        """Return an outage's fault: the moment's, and the run's if it has lasted too long."""
        too_long = self._health.out()
        if not too_long:
            return ConnectionError(f"{self._url} {what}")
        return BuildError(
            f"{self._url} {what}; {too_long}. Check that it is running and that the key has quota left; then run the "
            "same command to resume"
        )

    def _sorted(self, status: int, key: str) -> BuildError | RejectedError | OSError:
        """Return the fault for a status; never the answer's body, which may echo parts of the key."""
        if status in OUTAGES:
            return self._outage(f"answered HTTP {status}")
        if status in (408, 409) or status >= 500:
            return RejectedError(ENDPOINT_ERROR, f"HTTP {status}")
        way_out = self._way_out(status)
        if status not in _REFUSALS:
            return BuildError(f"{self._url} answered HTTP {status}: {way_out}")
        if self._health.refuses_all(key):
            return BuildError(f"{self._url} answered HTTP {status} to request after request: {way_out}")
        return RejectedError(ENDPOINT_REFUSED, f"HTTP {status}; if other requests are refused too: {way_out}")

    def _way_out(self, status: int) -> str:
        variable = self._config.api_key_env
        key = f"the key in ${variable}" if variable else f"whether {self._purpose.key} is needed (no key was sent)"
        ways_out = {
            401: f"check {key}",
            403: f"check {key}, and its access to this model",
            404: f"check {self._purpose.url} and {self._purpose.model} ({self._config.model!r})",
        }
        dialect = f"JSON schemas, or sampling settings for this model, may be unsupported; try {self._purpose.dialect}"
        ways_out |= {400: dialect, 422: dialect}
        return ways_out.get(status, "see the endpoint's documentation")


def _text_of(answer: "ChatCompletion") -> str:
    """Return what the model wrote; empty where it wrote nothing.

    The client checks no types, so nothing is taken for granted of an answer; what it says of an error is not quoted.

    Raises:
        RejectedError: ``endpoint_error``.
    """
    if getattr(answer, "error", None):
        raise RejectedError(ENDPOINT_ERROR, "HTTP 200 with an error")
    try:
        choice = answer.choices[0]
        content = choice.message.content
    except (AttributeError, IndexError, TypeError) as error:
        raise RejectedError(ENDPOINT_ERROR, "HTTP 200 without a choice") from error
    if getattr(choice, "error", None):
        raise RejectedError(ENDPOINT_ERROR, "HTTP 200 with an error in its choice")
    text = "" if content is None else content
    if not isinstance(text, str) or not _is_utf8(text):
        raise RejectedError(ENDPOINT_ERROR, "HTTP 200 with content that is not text")
    return text


def _is_utf8(text: str) -> bool:
    """Tell whether a text can be stored: half of a surrogate pair, as of a split emoji, can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def api_key(config: LlmConfig, purpose: Purpose) -> str:
    """Return the key from the environment; any text will do for an endpoint without keys.

    Raises:
        BuildError: the variable is not set, or holds no key.
    """
    return "none" if config.api_key_env is None else server_key(config.api_key_env, purpose.key)
