"""What can be known to fail before a dialogue is asked for."""

import fsspec

from manifests.errors import BuildError
from stages.dialogues.chat import api_key
from stages.dialogues.config import DialoguesConfig


def check(config: DialoguesConfig) -> None:
    """Check that the key's variable is set, or that the text set is there; nothing is called or read.

    Raises:
        BuildError: it is not.
    """
    if config.file is not None:
        file_system, path = fsspec.url_to_fs(config.file.path)
        if not file_system.isfile(path):
            raise BuildError(f"dialogues.file.path {config.file.path!r}: no such file; name an existing JSONL file")
    elif config.llm.provider == "openai":
        api_key(config.llm)
