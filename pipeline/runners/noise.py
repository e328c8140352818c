"""Runner of stage `noise`: make the built-in noise folder once, in MUSAN's layout."""

from manifests.audio import Samples, resample
from manifests.errors import BuildError, RejectedError
from manifests.randomness import generator
from manifests.records import Reject
from noise import builtin_noise
from pipeline.artefacts import Artefact, Artefacts, NewFile
from pipeline.plan import Plan
from stages.speech import check_clip, open_cast, open_engine

_ENGLISH = (
    "We could take the early train and be there before lunch.",
    "I told her the kitchen needs a new coat of paint this spring.",
    "There was a long line outside the bakery again this morning.",
    "He keeps his bicycle in the hallway because of the rain.",
    "My sister moved to a quieter street near the river last year.",
    "They open at nine, but nobody answers the phone before ten.",
    "Put the boxes over there and come sit down with us for a while.",
    "The second half of the film was a good deal better than the first.",
)
_CHINESE = (
    "我们可以坐早班火车，中午之前就能到。",
    "我跟她说过，厨房今年春天该重新刷一遍了。",
    "今天早上面包店外面又排了很长的队。",
    "因为下雨，他把自行车放在走廊里。",
    "我妹妹去年搬到河边一条安静的街上去了。",
    "他们九点开门，可是十点以前没有人接电话。",
    "把箱子放在那边，过来跟我们坐一会儿吧。",
    "电影的后半段比前半段好看多了。",
)
BABBLE_SENTENCES: dict[str, tuple[str, ...]] = {"en": _ENGLISH, "zh": _CHINESE}
"""What the background talkers say; spoken by users' voices, so that babble sounds like the corpus's people.

By those that train dialogues are cast from: every split's dialogues get this noise, and where `disjoint_splits` keeps
voices for the held-out splits, no other split hears them.
"""


class NoiseRunner:
    """Synthesises the babble's talkers and writes the noise files."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._config = plan.config
        self._engine = open_engine(plan.config.speech.user, plan.config.seed)

    def run(self, shard: int | None) -> Artefact:
        """Make every file of the folder; a talker who can't be made is missing from the babble and becomes a reject.

        Raises:
            BuildError: no talker can be made.
        """
        assert shard is None
        sentences = BABBLE_SENTENCES[self._config.dialogues.language]
        voices = open_cast(self._config.speech, self._config.seed).users["train"]
        artefact = Artefact(items_in=len(sentences))
        clips = []
        for number, sentence in enumerate(sentences):
            try:
                clips.append(self._talker(number, sentence, voices[number % len(voices)]))
            except RejectedError as lost:
                reject = Reject(f"talker-{number}", "noise", lost.reason, lost.detail, sentence, final=False)
                artefact.rejects.append(reject)
        if not clips:
            first = artefact.rejects[0]
            raise BuildError(
                f"noise: the users' engine could say none of {len(sentences)} sentences for the babble, the first one "
                f"because of {first.reason} ({first.detail}); fix that, or set scenes.noise.source to folder or none"
            )
        artefact.items_out = len(clips)
        for path, data in builtin_noise(self._config.seed, clips, self._config.speech.sample_rate):
            artefact.files.append(NewFile("noise", "", path, data, 1))
        return artefact

    def _talker(self, number: int, sentence: str, voice: str) -> Samples:
        """Return a sentence in a voice, shape (n,), at the corpus's rate."""
        rng = generator(self._config.seed, "babble", number)
        clip = self._engine.synthesize(sentence, voice, self._config.dialogues.language, 1.0, rng)
        check_clip(clip.samples, clip.rate)
        return resample(clip.samples, clip.rate, self._config.speech.sample_rate)

    def close(self) -> None:
        """Release the engine."""
        self._engine.close()
