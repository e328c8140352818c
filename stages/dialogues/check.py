"""What can be known of the config's surroundings before a dialogue is asked for: a key, a text set."""

import hashlib
from functools import cache

import fsspec

from manifests.errors import BuildError
from stages.dialogues.chat import api_key
from stages.dialogues.config import DialoguesConfig

_BLOCK_BYTES = 1 << 20


def check(config: DialoguesConfig) -> None:
    """Check that the key's variable is set, or that the text set is there; nothing is called.

    Raises:
        BuildError: it is not.
    """
    if config.file is not None:
        text_set_digest(config)
    elif config.llm.provider == "openai":
        api_key(config.llm)


def text_set_digest(config: DialoguesConfig) -> str | None:
    """Return the sha256 of the text set's bytes, read once a process; None for text that a model writes.

    Raises:
        BuildError: the file can't be read.
    """
    return _digest(config.file.path) if config.file is not None else None


@cache
def _digest(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with fsspec.open(path, "rb") as opened:
            while block := opened.read(_BLOCK_BYTES):
                digest.update(block)
    except (OSError, ValueError, ImportError) as error:
        raise BuildError(
            f"dialogues.file.path {path!r} can't be read ({error}); name an existing JSONL file"
        ) from error
    return digest.hexdigest()
