"""Step `noise`: make the built-in noise folder once, in MUSAN's layout."""

from manifests.audio import resample
from manifests.errors import RejectedError
from manifests.randomness import generator
from noise import builtin_noise
from pipeline.artefacts import Artefact, Artefacts, NewFile
from pipeline.plan import Plan
from stages.speech import open_cast, open_engine

BABBLE_SENTENCES = (
    "We could take the early train and be there before lunch.",
    "I told her the kitchen needs a new coat of paint this spring.",
    "There was a long line outside the bakery again this morning.",
    "He keeps his bicycle in the hallway because of the rain.",
    "My sister moved to a quieter street near the river last year.",
    "They open at nine, but nobody answers the phone before ten.",
    "Put the boxes over there and come sit down with us for a while.",
    "The second half of the film was a good deal better than the first.",
)
"""What the background talkers say; spoken by users' voices, so that babble sounds like the corpus's people.

By those that train dialogues are cast from: every split's dialogues get this noise, and where `disjoint_splits` keeps
voices for the held-out splits, no other split hears them.
"""


class NoiseStep:
    """Synthesises the babble's talkers and writes the noise files."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._config = plan.config
        self._engine = open_engine(plan.config.speech.user, plan.config.seed)

    def run(self, shard: int | None) -> Artefact:
        """Make every file of the folder."""
        assert shard is None
        rate = self._config.speech.sample_rate
        voices = open_cast(self._config.speech, self._config.seed).users["train"]
        clips = []
        for number, sentence in enumerate(BABBLE_SENTENCES):
            random = generator(self._config.seed, "babble", number)
            try:
                clip = self._engine.synthesize(sentence, voices[number % len(voices)], "en", 1.0, random)
            except RejectedError:  # a voice that speaks no English, or a server's fault: babble of fewer talkers
                continue
            clips.append(resample(clip.samples, clip.rate, rate))
        artefact = Artefact(items_in=len(BABBLE_SENTENCES), items_out=len(clips))
        for path, data in builtin_noise(self._config.seed, clips, rate):
            artefact.files.append(NewFile("noise", "", path, data, 1))
        return artefact

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()
