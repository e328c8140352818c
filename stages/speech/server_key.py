"""Keys of servers, out of the environment and nowhere else."""

import os

from manifests.errors import BuildError
from stages.speech.engine_config import ServerSettings


def key_of(config: ServerSettings) -> str | None:
    """Return the key out of the variable that the config names; None where it names none.

    Raises:
        BuildError: the variable is not set.
    """
    if config.api_key_env is None:
        return None
    key = os.environ.get(config.api_key_env)
    if not key:
        raise BuildError(f"speech: api_key_env names ${config.api_key_env}, which is not set; export the server's key")
    return key
