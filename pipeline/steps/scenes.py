"""Step `scenes`: spoken turns -> two-channel conversations, the `dialogues` config."""

from manifests.errors import BuildError
from manifests.tables import scenes_to_table, spoken_from_table
from noise import AudioFile, AudioFolder, Catalogue, NoiseConfig
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from pipeline.side_by_side import side_by_side
from pipeline.steps.step import by_split, sift
from stages.scenes import SceneStage


class ScenesStep:
    """Places turns in time and mixes noise."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._plan = plan
        self._artefacts = artefacts
        noise = open_noise(plan.config.scenes.noise, artefacts)
        self._stage = SceneStage(plan.config.scenes, plan.config.seed, noise)

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


def open_noise(config: NoiseConfig, artefacts: Artefacts) -> Catalogue | None:
    """Return the noise that a config asks for: a folder's, or of the built-in noise the files that its record lists.

    Raises:
        BuildError: the folder can't be used; the built-in noise was not made, or a file of it is not the recorded one.
    """
    if config.source == "none":
        return None
    if config.source == "folder":
        assert config.path is not None
        return Catalogue.open(config.path, config.categories)
    completion = artefacts.completion("noise", None)
    if completion is None or not completion.files:
        raise BuildError(f"{artefacts.store.root}: the built-in noise is missing; run with --from-stage noise")
    side_by_side(artefacts.read, completion.files)  # which checks them: the catalogue reads them later, part by part
    folder = "/".join(completion.files[0].path.split("/")[:3])
    files = [AudioFile(file.path.removeprefix(f"{folder}/"), file.size) for file in completion.files]
    made = AudioFolder.of(artefacts.store.address(folder), files, "noise", "run with --from-stage noise")
    return Catalogue.of(made, config.categories)
