"""Who speaks, and how fast: one assistant voice, one user voice per dialogue, spread evenly over the corpus. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from manifests.errors import BuildError
from manifests.names import SPLITS, Split
from manifests.randomness import generator
from manifests.records import Role, Slot
from stages.speech.casting_config import CastingConfig, SpeedLaw


@dataclass(frozen=True)
class Cast:
    """The voices of a run; a dialogue's slot is all it needs to cast one.

    Attributes:
        assistant: the assistant's one voice.
        users: the pool that each split casts its users from.
        speeds: the law of each role's speaking rate.
        seed: the run's.
    """

    assistant: str
    users: Mapping[Split, tuple[str, ...]]
    speeds: Mapping[Role, SpeedLaw]
    seed: int

    def voice(self, role: Role, slot: Slot, attempt: int = 0) -> str:
        """Return the voice of a role in a dialogue.

        Args:
            role: the assistant has one voice, whatever the attempt.
            slot: the dialogue's; its split says which pool the user comes from.
            attempt: 0 for the voice that is cast; 1, 2 ... for the next one of the same pool where a voice has
                failed. Each is another voice until the pool is through.
        """
        if role == "assistant":
            return self.assistant
        return user_voice(self.users[slot.split], slot.index, self.seed, attempt)

    def speed(self, role: Role, slot: Slot) -> float:
        """Return how fast a role speaks in a dialogue, as a multiple of the voice's own pace."""
        law = self.speeds[role]
        rng = generator(self.seed, f"{role} speed", slot.index)
        if law.sd == 0:
            return law.mean
        while not law.min <= (drawn := float(rng.normal(law.mean, law.sd))) <= law.max:
            pass
        return drawn


def make_cast(config: CastingConfig, assistant: str, users: Sequence[str], seed: int) -> Cast:
    """Return the cast of a run.

    Raises:
        BuildError: `disjoint_splits` with fewer than three user voices.
    """
    pools = split_voices(users, config.held_out_share, seed) if config.disjoint_splits else None
    return Cast(
        assistant,
        pools or dict.fromkeys(SPLITS, tuple(users)),
        {"user": config.user_speed, "assistant": config.assistant_speed},
        seed,
    )


def split_voices(voices: Sequence[str], held_out_share: float, seed: int) -> dict[Split, tuple[str, ...]]:
    """Divide voices among the splits, none in two of them.

    Validation and test get the share each, rounded, and at least one voice; train gets the rest. Which voices, is
    drawn from the seed; each pool keeps the order of `voices`.

    Raises:
        BuildError: fewer than three voices.
    """
    if len(voices) < len(SPLITS):
        raise BuildError(
            f"speech.casting.disjoint_splits: there are {len(voices)} user voice(s), but each of {', '.join(SPLITS)} "
            "needs its own; name more voices under speech.user, or set disjoint_splits: false"
        )
    each = max(1, round(len(voices) * held_out_share))
    order = generator(seed, "voices of splits").permutation(len(voices))
    chosen = {"validation": order[:each], "test": order[each : 2 * each], "train": order[2 * each :]}
    return {split: tuple(voices[number] for number in sorted(chosen[split])) for split in SPLITS}


def user_voice(voices: Sequence[str], index: int, seed: int, attempt: int = 0) -> str:
    """Return the user's voice in dialogue `index`.

    Every block of len(voices) consecutive dialogues uses each voice once, in an order drawn for that block; so
    voices are balanced over the corpus, and over every run of dialogues, to within one dialogue a block border.
    It needs nothing of the other dialogues. A pool of a split's own is balanced as far as the split's dialogues
    fill the blocks: evenly in train, by chance in a small held-out split.
    """
    block, place = divmod(index, len(voices))
    order = generator(seed, "casting", block).permutation(len(voices))
    return voices[int(order[(place + attempt) % len(voices)])]
