"""Existing text sets: one JSON record per line, in the layouts that public sets use."""

from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from manifests.errors import RejectedError
from manifests.records import Role
from manifests.storage_faults import storage_faults
from stages.dialogues.config import FileConfig, Layout
from stages.dialogues.marks import RawMark
from stages.dialogues.source_file import open_source_file
from stages.read_json import read_json

WRONG_SHAPE = "wrong_shape"
_MOSS_MARKS = ("<eoh>", "<eom>", "<eot>", "<eoc>", "<eor>")
_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
}


@dataclass(frozen=True)
class RawTurn:
    """One turn as stored in a file; `interrupts` and `marks` if its layout supports them."""

    role: Role
    text: str
    interrupts: bool = False
    marks: tuple[RawMark, ...] = ()


class TextFile:
    """Reads record i of a JSONL file; blank lines and a byte order mark don't count.

    Constructing one scans the file once for the places where its records begin.

    Raises:
        BuildError: the file can't be opened.
        OSError: of the constructor and of `read`: storage can't be reached now.
    """

    def __init__(self, config: FileConfig) -> None:
        self._config = config
        self._records: list[tuple[int, int]] = []
        self._stream = open_source_file("dialogues.file.path", config.path)
        offset = 0
        with storage_faults(config.path):
            for number, line in enumerate(self._stream, start=1):
                mark = len(BOM_UTF8) if number == 1 and line.startswith(BOM_UTF8) else 0
                if line[mark:].strip():
                    self._records.append((number, offset + mark))
                offset += len(line)

    def __len__(self) -> int:
        return len(self._records)

    def place(self, record: int) -> str:
        """Return ``file:line`` of a record."""
        return f"{self._config.path}:{self._records[record][0]}"

    def read(self, record: int) -> tuple[RawTurn, ...]:
        """Return the turns of a record, the user's first, in alternation.

        Raises:
            RejectedError: ``no_record`` past the end; ``not_utf8``, ``not_json`` or ``wrong_shape`` naming file:line.
        """
        if record >= len(self._records):
            raise RejectedError("no_record", f"{self._config.path} holds {len(self._records)} records")
        with storage_faults(self.place(record)):
            self._stream.seek(self._records[record][1])
            line = self._stream.readline()
        try:
            return alternating(_LAYOUTS[self._config.layout](read_json(line.decode("utf-8"))))
        except UnicodeDecodeError as error:
            raise RejectedError("not_utf8", f"{self.place(record)}: {error.reason}") from error
        except RejectedError as rejected:
            raise RejectedError(rejected.reason, f"{self.place(record)}: {rejected.detail}") from rejected
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RejectedError(WRONG_SHAPE, f"{self.place(record)}: {error!r}") from error

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def alternating(turns: tuple[RawTurn, ...]) -> tuple[RawTurn, ...]:
    """Return whole exchanges: neighbours of one role become one turn, a last turn of the user's is left out.

    Raises:
        RejectedError: ``assistant_first``, or ``no_exchange`` when nothing is left.
    """
    merged: list[RawTurn] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            before = merged[-1]
            text, marks = f"{before.text} {turn.text}", (*before.marks, *turn.marks)
            merged[-1] = RawTurn(turn.role, text, before.interrupts, marks)
        else:
            merged.append(turn)
    if merged and merged[0].role != "user":
        raise RejectedError("assistant_first", merged[0].text[:80])
    if len(merged) % 2:
        merged.pop()
    if not merged:
        raise RejectedError("no_exchange", "a record needs a user turn and an assistant turn")
    return tuple(merged)


def _messages(record: Any) -> tuple[RawTurn, ...]:
    """OpenAI's ``{"messages": [{"role", "content"}]}``; ShareGPT's ``conversations`` of ``from``, ``value`` too.

    An entry may hold ``"interrupts": true``, and ``"backchannels": [{"after", "says"}]``: what the other says in it.
    """
    entries = record["messages"] if "messages" in record else record["conversations"]
    turns = []
    for entry in entries:
        role = entry["role"] if "role" in entry else entry["from"]
        content = entry["content"] if "content" in entry else entry["value"]
        if role == "system":
            continue
        if role not in _ROLES:
            raise RejectedError(WRONG_SHAPE, f"role {role!r} is neither user nor assistant")
        marks = tuple(RawMark(_text(mark["after"]), _text(mark["says"])) for mark in entry.get("backchannels", ()))
        turns.append(RawTurn(_ROLES[role], _text(content), entry.get("interrupts") is True, marks))
    return tuple(turns)


def _alpaca(record: Any) -> tuple[RawTurn, ...]:
    """``{"instruction", "input", "output"}``; the input, if any, follows the instruction in the user's turn."""
    instruction, extra = _text(record["instruction"]), _text(record.get("input") or "")
    return RawTurn("user", f"{instruction} {extra}".strip()), RawTurn("assistant", _text(record["output"]))


def _ultrachat(record: Any) -> tuple[RawTurn, ...]:
    """``{"id", "data": [user, assistant, user, ...]}``."""
    roles: tuple[Role, Role] = ("user", "assistant")
    return tuple(RawTurn(roles[i % 2], _text(text)) for i, text in enumerate(record["data"]))


def _moss(record: Any) -> tuple[RawTurn, ...]:
    """``{"conversation": [{"human", "assistant"}]}``, or ``chat`` with ``turn_1``: ``{"Human", "MOSS"}`` and marks."""
    if "conversation" in record:
        pairs = [(each["human"], each["assistant"]) for each in record["conversation"]]
    else:
        chat = record["chat"]
        names = sorted((name for name in chat if name.startswith("turn_")), key=lambda name: int(name[5:]))
        pairs = [(chat[name]["Human"], chat[name]["MOSS"]) for name in names]
    return tuple(
        turn
        for human, assistant in pairs
        for turn in (RawTurn("user", _moss_text(human)), RawTurn("assistant", _moss_text(assistant)))
    )


def _moss_text(value: Any) -> str:
    text = _text(value)
    for mark in _MOSS_MARKS:
        text = text.replace(mark, "")
    return text.strip().removeprefix("<|Human|>:").removeprefix("<|MOSS|>:").strip()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise RejectedError(WRONG_SHAPE, f"{str(value)[:80]!r} is not text")
    return value


_LAYOUTS: dict[Layout, Callable[[Any], tuple[RawTurn, ...]]] = {
    "messages": _messages,
    "alpaca": _alpaca,
    "ultrachat": _ultrachat,
    "moss": _moss,
}
