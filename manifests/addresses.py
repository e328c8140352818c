"""Addresses in configs: they are published, recorded and printed, so they must not contain secrets."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from manifests.errors import BuildError

_NAME = re.compile(r"[^/]*@")
_NAME_AND_KEY = re.compile(r"[^/@]*:(?!\d+/).*@")
"""A key may hold slashes, so it ends at any "@" behind a colon that no port follows."""
_LONGEST_HOST = 253
_HELD = "address contains credentials or a query; leave them out"
_FROM_ENVIRONMENT = f"{_HELD}: storage keys come from the environment"


def refuse_keys(address: str) -> None:
    """Refuse a corpus whose address contains a key or a query. A user name alone is allowed: some storage needs one.

    Raises:
        BuildError: it contains one; the message doesn't repeat it.
    """
    if "://" in address and _holds(address, _NAME_AND_KEY):
        raise BuildError(f"the corpus's {_FROM_ENVIRONMENT}")


def _holds(address: str, *before_the_host: re.Pattern[str]) -> bool:
    """Tell whether one of these stands before the host, which a scheme may precede, or a query behind the path."""
    behind_the_scheme = address.split("://", 1)[-1]
    return any(pattern.match(behind_the_scheme) for pattern in before_the_host) or bool(urlsplit(address).query)


def _plain_file(address: str) -> str:
    if "://" in address and _holds(address, _NAME, _NAME_AND_KEY):
        raise ValueError(f"the {_FROM_ENVIRONMENT}")
    return address


def _plain_cluster(address: str) -> str:
    if _holds(address, _NAME, _NAME_AND_KEY):
        raise ValueError(f"the {_HELD}")
    return address


def _plain_endpoint(address: str) -> str:
    if _holds(address, _NAME, _NAME_AND_KEY):
        raise ValueError(f"the {_HELD} and name the key's variable in api_key_env")
    if not _is_http(address):
        raise ValueError(f"{address!r} is not an http(s) address such as http://host:8000/v1")
    return address


def _is_http(address: str) -> bool:
    """Tell whether an http client could call an address if something listens there."""
    if " " in address or not address.isprintable():
        return False
    parts = urlsplit(address)
    try:
        host, _ = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:  # a port that is none; a label of the host that is empty or longer than 63 letters
        return False
    return parts.scheme in ("http", "https") and 0 < len(host) <= _LONGEST_HOST


FileAddress = Annotated[str, Field(min_length=1), AfterValidator(_plain_file)]
"""A local path or an fsspec URL without credentials and query: it appears in the published config."""

ClusterAddress = Annotated[str, Field(min_length=1), AfterValidator(_plain_cluster)]
"""A Ray cluster's address, without credentials and query: it appears in the run's record."""

EndpointAddress = Annotated[str, Field(min_length=1), AfterValidator(_plain_endpoint)]
"""An http(s) URL without credentials and query: it appears in the published config."""
