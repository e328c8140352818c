"""Servers' keys: read only from the environment, and checked so that no transport error can quote one."""

import os

from manifests.errors import BuildError


def server_key(variable: str, setting: str) -> str:
    """Return the key in an environment variable, stripped of surrounding white space.

    A mounted secret often ends in a newline. In a header it would be an error whose text holds the whole key.

    Args:
        variable: the environment variable's name.
        setting: the config's key that names it, for messages.

    Raises:
        BuildError: the variable is not set, or holds what no HTTP header can; the message never holds the value.
    """
    key = os.environ.get(variable, "").strip()
    if not key:
        raise BuildError(
            f"{setting} names ${variable}, which is not set; export the server's key, or set it to null for a server "
            "without keys"
        )
    if not (key.isascii() and key.isprintable()):
        raise BuildError(
            f"{setting} names ${variable}, whose value can't go into an HTTP header (it contains line breaks or "
            "non-ASCII characters); export the server's key and nothing else"
        )
    return key
