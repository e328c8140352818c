"""The key of a TTS server."""

from stages.server_keys import server_key
from stages.speech.engine_config import ServerSettings


def key_of(config: ServerSettings) -> str | None:
    """Return the key in the variable that the config names; None if it names none.

    Raises:
        BuildError: the variable is not set, or holds no key.
    """
    return None if config.api_key_env is None else server_key(config.api_key_env, "speech: api_key_env")
