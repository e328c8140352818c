"""What is heard in the first scenes of a corpus: its timing as a listener meets it."""

from dataclasses import dataclass, field

from manifests.records import Scene
from stages.scenes.audit.heard import can_be_heard, hear
from stages.scenes.audit.measure import Measure


@dataclass
class Listened:
    """What was heard in the scenes so far.

    Attributes:
        first: how many scenes are taken; those that follow are left out.
        values: what laws decide, measured between what was heard.
        onset_errors_s: of every utterance whose onset was heard, audible less planned.
        unheard: how many utterances have no onset of their own in the audio.
        scenes: how many have been listened to.
        passed_over: how many could not be, for their noise.
    """

    first: int
    values: dict[Measure, list[float]] = field(default_factory=dict)
    onset_errors_s: list[float] = field(default_factory=list)
    unheard: int = 0
    scenes: int = 0
    passed_over: int = 0

    def add(self, scene: Scene) -> None:
        """Listen to a scene, with its audio, if it is one of the first and can be heard."""
        if self.scenes + self.passed_over == self.first:
            return
        if not can_be_heard(scene):
            self.passed_over += 1
            return
        self.scenes += 1
        heard = hear(scene)
        self.onset_errors_s += heard.onset_errors_s
        self.unheard += heard.unheard
        for measure, value in heard.values:
            self.values.setdefault(measure, []).append(value)
