"""Runner of stage `scenes`: spoken turns -> two-channel conversations, the `dialogues` config."""

from itertools import chain
from operator import itemgetter

import pyarrow as pa

from manifests.errors import BuildError
from manifests.names import Split
from manifests.tables import scenes_to_table, spoken_from_table
from noise import AudioFile, AudioFolder, Catalogue, NoiseConfig
from pipeline.artefacts import Artefact, Artefacts
from pipeline.plan import Plan
from pipeline.runners.runner import by_split, counted, joined, sift
from pipeline.side_by_side import side_by_side
from stages.scenes import SceneStage


class ScenesRunner:
    """Places turns in time and mixes noise."""

    def __init__(self, plan: Plan, artefacts: Artefacts) -> None:
        self._plan = plan
        self._artefacts = artefacts
        noise = open_noise(plan.config.scenes.noise, artefacts)
        self._stage = SceneStage(plan.config.scenes, plan.config.seed, noise)

    def run(self, shard: int | None) -> Artefact:
        """Build one shard's scenes."""
        assert shard is not None
        artefact = Artefact()
        spoken = chain.from_iterable(map(spoken_from_table, self._artefacts.tables("speech", shard, "speech")))
        rate = self._plan.config.speech.sample_rate
        made: list[tuple[Split, pa.Table, float]] = []
        for scene in sift(self._stage.process(counted(spoken, artefact)), artefact):
            made.append((scene.slot.split, scenes_to_table([scene], rate), len(scene.samples) / rate))
            # The name before a colon is what counts; what follows tells which file or turn.
            artefact.notes.update(note.split(":")[0] for note in scene.notes)
        for split, part in by_split(made, itemgetter(0)):
            _, tables, audio_s = zip(*part, strict=True)
            artefact.add_table("dialogues", split, joined(tables), audio_s=sum(audio_s))
        return artefact

    def close(self) -> None:
        """Nothing was started."""


def open_noise(config: NoiseConfig, artefacts: Artefacts) -> Catalogue | None:
    """Return the noise that a config asks for: a folder's, or of the built-in noise the files that its record lists.

    Raises:
        BuildError: the folder can't be used, the built-in noise was not made, or one of its files was changed.
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
    made = AudioFolder.of(artefacts.store.address(folder), files, "noise")
    return Catalogue.of(made, config.categories)
