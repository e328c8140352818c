"""Which reader a file needs, and who is who in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from manifests.errors import BuildError
from manifests.records import Role
from stages.scenes.fit.conversation import Conversation
from stages.scenes.fit.elan import read_elan
from stages.scenes.fit.ipus import ipus_of
from stages.scenes.fit.measurement import IpuConversation
from stages.scenes.fit.rttm import read_rttm
from stages.scenes.fit.supervisions import read_supervisions
from stages.scenes.fit.textgrid import read_textgrid

READERS: Mapping[str, Callable[[Path], list[Conversation]]] = {
    ".rttm": read_rttm,
    ".jsonl": read_supervisions,
    ".jsonl.gz": read_supervisions,
    ".eaf": read_elan,
    ".TextGrid": read_textgrid,
}
"""By the end of a file's name, in large or small letters."""


def read_conversations(path: Path) -> list[Conversation]:
    """Read a file of conversations with the reader that its name selects.

    Raises:
        BuildError: no such file, no reader for it, or a bad row in it.
    """
    if not path.is_file():
        raise BuildError(f"{path}: no such file")
    for ending, read in READERS.items():
        if path.name.lower().endswith(ending.lower()):
            return read(path)
    raise BuildError(f"{path}: can't read such files; supported: {', '.join(READERS)}, and corpus folders")


def patterns_in(folder: Path) -> list[str]:
    """Return the patterns, such as ``calls/*.rttm``, of the files in a folder that there are readers for."""
    names = [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    endings = {name[-len(ending) :] for name in names for ending in READERS if name.lower().endswith(ending.lower())}
    return [f"{folder}/*{ending}" for ending in sorted(endings)]


def ipu_conversations(
    conversations: Iterable[Conversation], speakers: tuple[str, str] | None, pool: bool
) -> Iterator[IpuConversation]:
    """Yield the conversations as IPUs, each speaker with its role or, pooled, with both.

    Args:
        conversations: as read.
        speakers: names of user and assistant, the same in every conversation; others are ignored. None: each has two
            speakers with any names.
        pool: use both speakers for both roles.

    Raises:
        BuildError: a conversation doesn't have the two speakers.
    """
    for conversation in conversations:
        first, second = _pair(conversation, speakers)
        yield IpuConversation(ipus_of(conversation, first, second), roles_of(first, second, pool))


def roles_of(user: str, assistant: str, pool: bool) -> dict[str, Sequence[Role]]:
    """Return the roles of two speakers: one each or, pooled, both."""
    both: Sequence[Role] = ("user", "assistant")
    return {user: both, assistant: both} if pool else {user: both[:1], assistant: both[1:]}


def _pair(conversation: Conversation, speakers: tuple[str, str] | None) -> tuple[str, str]:
    found = conversation.speakers
    names = ", ".join(found) or "none"
    if speakers is None:
        if len(found) != 2:
            raise BuildError(
                f"{conversation.name}: {len(found)} speakers ({names}), but timing is measured between two; select "
                "them with --user and --assistant"
            )
        return found[0], found[1]
    for speaker in speakers:
        if speaker not in found:
            raise BuildError(f"{conversation.name}: no speaker is called {speaker!r}; the speakers are {names}")
    return speakers
