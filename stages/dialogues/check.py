"""Checks of what a config refers to, before a dialogue is requested: a key, a text set, scenarios."""

import hashlib
from functools import cache

from manifests.errors import BuildError
from manifests.storage_faults import storage_faults
from stages.dialogues.config import WRITING, DialoguesConfig
from stages.dialogues.scenarios import scenario_book, scenario_file
from stages.dialogues.source_file import open_source_file
from stages.llm.chat import api_key

_BLOCK_BYTES = 1 << 20


def check(config: DialoguesConfig) -> None:
    """Check that the text set exists, or enough scenarios and the key; calls nothing.

    Raises:
        BuildError: something is missing.
        OSError: the storage of the text set or scenarios is unreachable for now.
    """
    if config.file is not None:
        source_digest(config)
        return
    points, exchanges = scenario_book(config).fewest_points, config.turns.max // 2
    if config.llm.resolved_mode == "exchanges" and exchanges > points:
        raise BuildError(
            f"dialogues.turns.max is {config.turns.max}, but a topic in {scenario_file(config)} has {points} points, "
            f"one per exchange; set it to {2 * points} or less, add points, or set dialogues.llm.mode: whole"
        )
    if config.llm.provider == "openai":
        api_key(config.llm, WRITING)


def source_digest(config: DialoguesConfig) -> str:
    """Return the sha256 of the file that dialogues start from, a text set or scenarios, read once per process.

    Raises:
        BuildError: the file can't be opened.
        OSError: storage can't be reached now.
    """
    if config.file is not None:
        return _digest("dialogues.file.path", config.file.path)
    scenario_book(config)  # names what is wrong with it
    return _digest("dialogues.scenarios", scenario_file(config))


def outside_paths(config: DialoguesConfig) -> dict[str, str]:
    """Return the files that a config names, by key: every node must see them."""
    paths = {"dialogues.file.path": config.file.path if config.file else None, "dialogues.scenarios": config.scenarios}
    return {key: path for key, path in paths.items() if path is not None}


@cache
def _digest(key: str, path: str) -> str:
    digest = hashlib.sha256()
    with open_source_file(key, path) as opened, storage_faults(path):
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
