"""What is heard in the first scenes of a corpus: its timing as a listener experiences it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from manifests.in_order import in_order
from manifests.records import Scene
from stages.scenes.audit.heard import HeardScene, can_be_heard, hear
from stages.scenes.audit.measure import Measure


@dataclass
class Listened:
    """What was heard in the scenes so far.

    Attributes:
        first: how many scenes are taken; later ones are left out.
        values: what laws decide, measured between what was heard.
        onset_errors_s: of every utterance whose onset was heard, audible minus planned.
        unheard: how many utterances have no onset of their own in the audio.
        scenes: how many have been listened to.
        passed_over: how many were too noisy for that.
    """

    first: int
    values: dict[Measure, list[float]] = field(default_factory=dict)
    onset_errors_s: list[float] = field(default_factory=list)
    unheard: int = 0
    scenes: int = 0
    passed_over: int = 0

    def add(self, scenes: Iterable[Scene], threads: int = 1) -> None:
        """Listen to scenes, with their audio, as far as they are among the first and can be heard.

        Args:
            scenes: at most one scene's audio per thread is in memory; no more are taken than are listened to.
            threads: scenes listened to at once.
        """
        first = islice(scenes, self.first - self.scenes - self.passed_over)
        for heard in in_order(_heard, first, threads):
            if heard is None:
                self.passed_over += 1
                continue
            self.scenes += 1
            self.onset_errors_s += heard.onset_errors_s
            self.unheard += heard.unheard
            for measure, value in heard.values:
                self.values.setdefault(measure, []).append(value)


def _heard(scene: Scene) -> HeardScene | None:
    return hear(scene) if can_be_heard(scene) else None
