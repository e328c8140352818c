"""RTTM: the format of diarisation, a line per segment of speech."""

from collections import defaultdict
from pathlib import Path

from manifests.errors import BuildError
from stages.scenes.fit.conversation import Conversation, Interval
from stages.scenes.fit.rows import interval_of, lines_of

_OTHER_TYPES = frozenset(
    (
        *("SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH"),
        *("FILLER", "EDIT", "IP", "SU", "CB", "A/P", "SPKR-INFO"),
    )
)
"""Of NIST's format (RT-09 evaluation plan, appendix A), without speech segments; passed over."""


def read_rttm(path: Path) -> list[Conversation]:
    """Read the SPEAKER lines of an RTTM file; each of the recordings that it names is a conversation.

    A speaker named ``<NA>`` is called by its channel.

    Raises:
        BuildError: a line that isn't RTTM, or has no times; names file, line and value.
    """
    recordings: dict[str, list[Interval]] = defaultdict(list)
    for line, text in lines_of(path):
        fields = text.split()
        if not fields or fields[0].startswith(";;") or fields[0] in _OTHER_TYPES:
            continue
        where = f"{path}: line {line}"
        if fields[0] != "SPEAKER" or len(fields) < 8:
            raise BuildError(f"{where} is {text!r}, expected SPEAKER, file, channel, start, duration, ..., speaker")
        recording, channel, start, duration, speaker = fields[1], fields[2], fields[3], fields[4], fields[7]
        name = f"channel {channel}" if speaker == "<NA>" else speaker
        recordings[recording].append(interval_of(where, name, start, duration))
    return [Conversation(f"{path} ({name})", tuple(intervals)) for name, intervals in recordings.items()]
