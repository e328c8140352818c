"""What can be known of the config's surroundings before a dialogue is asked for: a key, a text set."""

import hashlib
from functools import cache

from manifests.storage_faults import storage_faults
from stages.dialogues.config import WRITING, DialoguesConfig
from stages.dialogues.text_set import open_text_set
from stages.llm.chat import api_key

_BLOCK_BYTES = 1 << 20


def check(config: DialoguesConfig) -> None:
    """Check that the key's variable is set, or that the text set is there; nothing is called.

    Raises:
        BuildError: it is not.
        OSError: the text set's storage can't be reached now.
    """
    if config.file is not None:
        text_set_digest(config)
    elif config.llm.provider == "openai":
        api_key(config.llm, WRITING)


def text_set_digest(config: DialoguesConfig) -> str | None:
    """Return the sha256 of the text set's bytes, read once a process; None for text that a model writes.

    Raises:
        BuildError: the file can't be opened.
        OSError: storage can't be reached now.
    """
    return _digest(config.file.path) if config.file is not None else None


@cache
def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open_text_set(path) as opened, storage_faults(path):
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
