"""Who speaks: one assistant voice, and a user voice per dialogue, spread evenly over the corpus. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from manifests.randomness import generator
from manifests.records import Role


def user_voice(voices: Sequence[str], index: int, seed: int) -> str:
    """Return the user's voice in dialogue `index`.

    Every block of len(voices) consecutive dialogues uses each voice once, in an order drawn for that block; so
    voices are balanced over the corpus, and over every run of dialogues, to within one dialogue a block border.
    It needs nothing of the other dialogues.
    """
    block, place = divmod(index, len(voices))
    order = generator(seed, "casting", block).permutation(len(voices))
    return voices[int(order[place])]


@dataclass(frozen=True)
class Cast:
    """The voices of a run."""

    assistant: str
    users: tuple[str, ...]
    seed: int

    def voice(self, role: Role, index: int) -> str:
        """Return the voice of a role in dialogue `index`."""
        return self.assistant if role == "assistant" else user_voice(self.users, index, self.seed)
