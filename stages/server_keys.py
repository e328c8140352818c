"""Keys of servers, out of the environment and nowhere else, checked so that no transport has cause to quote one."""

import os

from manifests.errors import BuildError


def server_key(variable: str, setting: str) -> str:
    """Return the key that an environment variable holds, without the white space around it.

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
            f"{setting} names ${variable}, which is not set; export the server's key, or set null for none"
        )
    if not (key.isascii() and key.isprintable()):
        raise BuildError(
            f"{setting} names ${variable}, which holds characters that no key in an HTTP header can have (line breaks "
            "inside it, or letters beyond ASCII); export the server's key alone"
        )
    return key
