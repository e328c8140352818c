"""What was planned in a scene beside what is heard in its audio."""

from manifests.records import Role, Scene
from stages.scenes.audible import Heard, Spoken, audible_speech, match_heard

CHANNELS: tuple[Role, Role] = ("user", "assistant")
"""By their place in a scene's audio."""


def utterances_heard(scene: Scene, role: Role) -> list[tuple[Spoken, Heard]]:
    """Return each of a speaker's utterances as planned and as heard, in order of onset.

    Args:
        scene: with its audio.
        role: whose channel is listened to.
    """
    planned = sorted(
        (Spoken(turn.start_s, turn.end_s) for turn in scene.turns if turn.role == role), key=lambda one: one.start_s
    )
    channel = scene.samples[:, CHANNELS.index(role)]
    heard = match_heard(planned, audible_speech(channel, scene.sample_rate))
    return list(zip(planned, heard, strict=True))
