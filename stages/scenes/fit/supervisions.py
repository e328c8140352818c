"""Supervisions of lhotse: one JSON object per line (https://lhotse.readthedocs.io)."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from manifests.errors import BuildError
from stages.scenes.fit.conversation import Conversation, Interval
from stages.scenes.fit.rows import interval_of, lines_of


def read_supervisions(path: Path) -> list[Conversation]:
    """Read a supervisions manifest (.jsonl or .jsonl.gz); each recording is a conversation.

    If a supervision has aligned words, those are used; a speaker without a name is called by its channel.

    Raises:
        BuildError: a line that isn't a supervision; names file, line and value.
    """
    recordings: dict[str, list[Interval]] = defaultdict(list)
    for line, text in lines_of(path):
        if not text.strip():
            continue
        where = f"{path}: line {line}"
        try:
            supervision = json.loads(text)
        except json.JSONDecodeError as error:
            raise BuildError(f"{where} is not JSON ({error})") from error
        if not isinstance(supervision, dict) or not isinstance(supervision.get("recording_id"), str):
            raise BuildError(f"{where} is {text[:80]!r}, expected a supervision with recording_id, start, duration")
        recordings[supervision["recording_id"]].extend(_intervals(where, supervision))
    return [Conversation(f"{path} ({name})", tuple(intervals)) for name, intervals in recordings.items()]


def _intervals(where: str, supervision: dict[str, Any]) -> Iterator[Interval]:
    speaker = str(supervision.get("speaker") or f"channel {supervision.get('channel', 0)}")
    words = (supervision.get("alignment") or {}).get("word")
    if not words:
        text = supervision.get("text")
        yield interval_of(where, speaker, supervision.get("start"), supervision.get("duration"), text)
        return
    for word in words:
        if not isinstance(word, list) or len(word) < 3:
            raise BuildError(f"{where}: aligned word {word!r}, expected [word, start, duration, ...]")
        if word[2] != 0:  # aligners give a word no time at all where they found none
            yield interval_of(where, speaker, word[1], word[2], str(word[0]))
