"""Addresses that a config may hold: they are published with the corpus, so they must give nothing away."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field


def _plain(address: str) -> str:
    parts = urlsplit(address)
    if "://" in address and (parts.username or parts.password or parts.query):
        raise ValueError(
            f"the address at {parts.hostname} holds credentials or a query; leave them out, storage keys come from the "
            "environment"
        )
    return address


FileAddress = Annotated[str, Field(min_length=1), AfterValidator(_plain)]
"""A local path or an fsspec URL without credentials and query: it stands in the published config."""
