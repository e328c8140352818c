"""The transcript of a conversation: events and text with their times."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from talk.conversation import AnsweredChunk
from talk.events import TalkEvent

_APART_S = 1.0
"""Text that comes later than this after the text before it begins a line of its own."""
_LINE_S = 5.0
"""So does text that comes as late as this after the line's beginning."""


@dataclass(frozen=True)
class TimedText:
    """A piece of the assistant's text; it comes a little before it is spoken.

    Attributes:
        at_s: when the sound of its chunk begins.
    """

    at_s: float
    text: str


@dataclass
class Transcript:
    """Collects events and text as they arrive."""

    events: list[TalkEvent] = field(default_factory=list)
    text: list[TimedText] = field(default_factory=list)

    def note(self, answered: AnsweredChunk) -> None:
        """Add the events and text of an answered chunk."""
        self.events += answered.events
        if answered.chunk.text:
            self.text.append(TimedText(answered.played.start_s, answered.chunk.text))

    def finish(self, text: str, events: Sequence[TalkEvent]) -> None:
        """Add what was held back at the end."""
        self.events += events
        if text:
            self.text.append(TimedText(self.text[-1].at_s if self.text else 0.0, text))

    def in_order(self) -> list[TalkEvent]:
        """Return the events in order of time."""
        return sorted(self.events, key=lambda event: event.at_s)

    def spoken(self) -> list[tuple[float, float]]:
        """Return when the assistant spoke, as starts and ends in seconds."""
        ours = [event for event in self.in_order() if event.role == "assistant" and event.kind != "interrupted"]
        starts = [event.at_s for event in ours if event.kind == "started"]
        stops = [event.at_s for event in ours if event.kind == "stopped"]
        return list(zip(starts, stops, strict=False))

    def lines(self) -> list[TimedText]:
        """Return the text in lines, one per continuous stretch."""
        lines: list[TimedText] = []
        last_s = float("-inf")
        for piece in self.text:
            if piece.at_s - last_s <= _APART_S and piece.at_s - lines[-1].at_s < _LINE_S:
                lines[-1] = TimedText(lines[-1].at_s, lines[-1].text + piece.text)
            else:
                lines.append(piece)
            last_s = piece.at_s
        return lines

    def to_json(self, facts: dict[str, Any]) -> str:
        """Return events, text and some facts as JSON; times in seconds to the millisecond."""
        content = {
            **facts,
            "events": [asdict(event) | {"at_s": round(event.at_s, 3)} for event in self.in_order()],
            "text": [asdict(piece) | {"at_s": round(piece.at_s, 3)} for piece in self.text],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
