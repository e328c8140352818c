"""The embedded language model: SmolLM2 behind an OpenAI-compatible server inside this process."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from manifests.extras import missing_extra
from stages import weights

if TYPE_CHECKING:
    import httpx2

WEIGHTS = "smollm2-135m-instruct"
WEIGHT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONTEXT_TOKENS = 4096


class LocalServer:
    """Serves the model on a free port of the loopback address until it is closed.

    One slot and a fixed number of threads: the same request gives the same answer whatever came before it.

    Raises:
        BuildError: xllamacpp isn't installed, or the weights are not available.
    """

    def __init__(self, threads: int) -> None:
        try:
            import xllamacpp
        except ImportError as error:
            raise missing_extra("llm.provider local needs xllamacpp", "engines") from error
        params = xllamacpp.CommonParams()
        params.model.path = str(weights.ensure(WEIGHTS) / WEIGHT_FILE)
        params.n_ctx = _CONTEXT_TOKENS
        params.n_parallel = 1
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.cache_ram_mib = 0  # no second cache behind the slot's: its hits would depend on earlier requests
        params.port = 0
        params.ui = False
        params.warmup = False
        params.verbosity = 0
        server = xllamacpp.Server(params)
        self.base_url = f"{server.listening_address}/v1"
        self._server: object | None = server

    def close(self) -> None:
        """Stop the server and free the model."""
        self._server = None  # its destructor stops the listening thread and joins it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def direct_transport() -> "httpx2.Client":
    """Return what the OpenAI client reaches the server with: no proxy that the environment names comes between."""
    import openai

    return openai.DefaultHttpxClient(trust_env=False)


def digest() -> str:
    """Return the identity of the embedded model's weights."""
    return weights.digest(WEIGHTS)
