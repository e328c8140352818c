"""Tells the Hub's refusals, which are the config's fault, from network faults, which may pass."""

from collections.abc import Iterator
from contextlib import contextmanager

from manifests.errors import BuildError
from stages.transport_faults import PASSING


@contextmanager
def hub_faults(what: str, way_out: str) -> Iterator[None]:
    """Explain errors raised while fetching something from the Hub.

    Args:
        what: is fetched, for the message.
        way_out: for the message.

    Raises:
        BuildError: the Hub has nothing of that name or commit, or does not give it; or it may not be asked.
        OSError: it can't be reached now.
    """
    import httpx2

    try:
        yield
    except (OSError, RuntimeError, ValueError, httpx2.HTTPError) as error:  # RuntimeError: its Rust client's
        told = f"{what} can't be fetched: {error}; {way_out}"
        raise (BuildError if _is_refused(error) else OSError)(told) from error


def _is_refused(error: BaseException) -> bool:
    """Tell whether an error, or its root cause, is an answer that would come again."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return True
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return 400 <= status < 500 and status not in PASSING
    if error.__cause__ is not None:
        return _is_refused(error.__cause__)
    return isinstance(error, ValueError)
