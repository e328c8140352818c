"""Step `scenes`: spoken turns -> two-channel conversations, the `dialogues` config."""

from manifests.errors import BuildError
from manifests.tables import scenes_to_table, spoken_from_table
from noise import Catalogue
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from pipeline.steps.step import by_split, sift
from stages.scenes import SceneStage


class ScenesStep:
    """Places turns in time and mixes noise."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._plan = plan
        self._artefacts = artefacts
        self._stage = SceneStage(plan.config.scenes, plan.config.seed, self._catalogue())

    def run(self, shard: int | None) -> Artefact:
        """Build one shard's scenes."""
        assert shard is not None
        spoken = [
            dialogue
            for table in self._artefacts.tables("speech", shard, "speech")
            for dialogue in spoken_from_table(table)
        ]
        artefact = Artefact(items_in=len(spoken))
        scenes = sift(self._stage.process(spoken), artefact)
        rate = self._plan.config.speech.sample_rate
        for split, part in by_split(scenes, lambda scene: scene.slot.split):
            audio_s = sum(len(scene.samples) / rate for scene in part)
            artefact.add_table("dialogues", split, scenes_to_table(part, rate), audio_s=audio_s)
        # The name before a colon is what counts; what follows tells which file or turn.
        artefact.notes.update(note.split(":")[0] for scene in scenes for note in scene.notes)
        return artefact

    def close(self) -> None:
        """Nothing was started."""

    def _catalogue(self) -> Catalogue | None:
        config = self._plan.config.scenes.noise
        if config.source == "none":
            return None
        if config.source == "folder":
            assert config.path is not None
            return Catalogue.open(config.path, config.categories)
        completion = self._artefacts.completion("noise", None)
        if completion is None or not completion.files:
            raise BuildError(
                f"{self._artefacts.store.root}: the built-in noise is missing; run with --from-stage noise"
            )
        folder = "/".join(completion.files[0].path.split("/")[:3])
        return Catalogue.open(self._artefacts.store.address(folder), config.categories)
